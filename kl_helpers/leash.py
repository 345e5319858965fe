"""A reward and a reference: the best policy on a leash, and the best of n draws.

A policy here is a distribution over k outcomes, along the last axis; the other axes
broadcast. The reference stands second in D(policy‖reference): the policy samples.
"""

import numpy as np

from ._validate import check_outcomes, read_finite, read_probabilities

__all__ = ["best_of_n", "leash_optimum"]


def leash_optimum(ref, reward, *, beta):
    r"""The policy with the largest average reward minus beta times its KL to `ref`.

    .. math:: \pi^*(x) = \frac{1}{Z}\, \pi_{\mathrm{ref}}(x)\, e^{R(x)/\beta}
              = \arg\max_\pi\ \mathbb{E}_\pi[R]
              - \beta\, D_{\mathrm{KL}}(\pi \,\|\, \pi_{\mathrm{ref}})

    The maximum is beta log Z. Any other policy falls short of it by beta times its KL
    to the best one. What `ref` never does stays at probability 0.

    Args:
        ref: Probabilities of the reference, shape (..., k).
        reward: Reward R of each outcome, shape (..., k), finite numbers.
        beta: Price of a nat in units of the reward, above 0, shape (...).

    Returns:
        Array of shape (..., k), probabilities.

    Raises:
        ValueError: If `ref` is not a distribution, a reward is not finite, shapes do
            not fit or `beta` is not above 0.

    References:
        | RL with KL penalties is better viewed as Bayesian inference (Korbak, Perez &
        | Buckley, 2022)
        | https://arxiv.org/abs/2205.11275

    Example:
        >>> leash_optimum([0.7, 0.2, 0.1], [0, 1, 2], beta=1).round(4).tolist()
        [0.3531, 0.2742, 0.3727]

    Introduced in chapter 11.
    """
    ref, reward = _read_rewarded(ref, reward)
    beta = read_finite("beta", beta)[..., None]
    if not (beta > 0).all():
        raise ValueError(
            f"`beta` has the entry {beta.min():.4g}, but the price of a nat must be "
            "above 0. Without a leash every policy on the outcomes with the highest "
            "reward is best, however far away it is."
        )
    with np.errstate(divide="ignore"):
        logits = np.log(ref) + (reward - reward.max(-1, keepdims=True)) / beta
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


def best_of_n(ref, reward, n):
    r"""How likely each outcome is as the best of n independent draws from `ref`.

    .. math:: \pi_n(x) = \frac{F(x)^n - F^-(x)^n}{F(x) - F^-(x)}\,
              \pi_{\mathrm{ref}}(x)

    F(x) is the chance that a draw has at most the reward of x, and F⁻(x) that it has
    less; among equally good draws one is chosen at random. The KL of the result to
    `ref` is at most log n - (n - 1)/n, and smaller where draws may tie.

    Args:
        ref: Probabilities of the reference, shape (..., k).
        reward: Reward of each outcome, shape (..., k), finite numbers.
        n: Number of draws, a whole number from 1.

    Returns:
        Array of shape (..., k), probabilities.

    Raises:
        ValueError: If `ref` is not a distribution, a reward is not finite, shapes do
            not fit or `n` is not a whole number from 1.

    References:
        | Theoretical Guarantees on the Best-of-n Alignment Policy (Beirami et al.,
        | 2024)
        | https://arxiv.org/abs/2401.01879

    Example:
        >>> best_of_n([0.7, 0.2, 0.1], [0, 1, 2], 2).round(4).tolist()
        [0.49, 0.32, 0.19]

    Introduced in chapter 11.
    """
    ref, reward = np.broadcast_arrays(*_read_rewarded(ref, reward))
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 1:
        raise ValueError(f"`n` is {n!r}, but draws are counted: a whole number from 1.")
    below, level = (
        (compare(reward[..., None, :], reward[..., None]) * ref[..., None, :]).sum(-1)
        for compare in (np.less, np.equal)
    )
    here = level > 0
    level = np.where(here, level, 1.0)  # an outcome that is never drawn
    # F^n - F⁻^n, without a difference of nearly equal powers
    with np.errstate(divide="ignore"):
        lost = n * np.log1p(-level / (below + level))
    wins = -((below + level) ** n) * np.expm1(lost)
    weights = np.where(here, wins / level * ref, 0.0)
    return weights / weights.sum(-1, keepdims=True)


def _read_rewarded(ref, reward):
    ref = read_probabilities("ref", ref, -1)
    reward = np.atleast_1d(read_finite("reward", reward))
    check_outcomes(ref, reward, -1, ("ref", "reward"))
    return ref, reward
