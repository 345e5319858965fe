"""Entropy, cross-entropy, KL and its bounded relatives for discrete distributions.

`p` and `q` hold probabilities along `axis`; the other axes broadcast. Results are in
nats unless `base` says otherwise.
"""

import numpy as np

from ._stable import js_terms, kl_logit_sum, kl_sum
from ._validate import (
    check_outcomes,
    check_probabilities,
    read_base,
    read_logits,
    read_pair,
    read_probabilities,
    read_two_probabilities,
)

__all__ = [
    "cross_entropy",
    "entropy",
    "js_distance",
    "js_divergence",
    "kl_divergence",
    "kl_from_logits",
    "total_variation",
]


def entropy(p, *, base=None, axis=-1):
    r"""Mean surprise of a world that follows `p`, in nats: what its best code costs.

    .. math:: H(P) = -\sum_x p(x) \log p(x)

    Terms with p(x) = 0 count 0.

    Args:
        p: Probabilities, shape (..., k), summing to 1 along `axis`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), between 0 and the logarithm of k in the unit of `base`.

    Raises:
        ValueError: If `p` is not a distribution along `axis`.

    References:
        | A Mathematical Theory of Communication (Shannon, 1948)
        | https://doi.org/10.1002/j.1538-7305.1948.tb01338.x

    Example:
        >>> float(entropy([0.5, 0.25, 0.125, 0.125], base=2))
        1.75

    Introduced in chapter 1.
    """
    p = read_probabilities("p", p, axis)
    return _expected_surprise(p, np.minimum(p, 1)) / read_base(base)


def cross_entropy(p, q, *, base=None, axis=-1):
    r"""Mean surprise of someone who believes `q` in a world that follows `p`, in nats.

    .. math:: H(P, Q) = -\sum_x p(x) \log q(x) = H(P) + D_{\mathrm{KL}}(P \,\|\, Q)

    Terms with p(x) = 0 count 0; the result is `inf` if some p(x) > 0 meets q(x) = 0.

    Args:
        p: Probabilities of the world, shape (..., k): the one that samples.
        q: Probabilities believed, broadcastable to `p`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), at least ``entropy(p)`` if both sum to 1 exactly.

    Raises:
        ValueError: If `p` or `q` is not a distribution, or their outcomes differ.

    References:
        | Elements of Information Theory, section 5.4 (Cover & Thomas, 2006)
        | https://doi.org/10.1002/047174882X

    Example:
        >>> p, q = [0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.25, 0.125]
        >>> float(cross_entropy(p, q, base=2))
        2.375

    Introduced in chapter 1.
    """
    p, q = read_two_probabilities(p, q, axis)
    return _expected_surprise(p, np.minimum(q, 1)) / read_base(base)


def kl_divergence(p, q, *, base=None, axis=-1):
    r"""Mean extra surprise, in nats, of believing `q` in a world that follows `p`.

    .. math:: D_{\mathrm{KL}}(P \,\|\, Q) = \sum_x p(x) \log \frac{p(x)}{q(x)}

    Terms with p(x) = 0 count 0; the result is `inf` if some p(x) > 0 meets q(x) = 0.
    What is summed is :math:`p \log(p/q) - p + q`: the same number for distributions,
    no negative term, and all digits kept when `p` and `q` are nearly equal. Sums may
    be off 1 by 1e-8 (float32 input 1e-5, float16 5e-3); the result then differs from
    the formula above by the difference of the sums.

    Args:
        p: Probabilities, shape (..., k): the one that samples.
        q: Probabilities believed, broadcastable to `p`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), never negative, and 0 only where p equals q or differs
        from it by less than a float can tell. Relative error of the sum at most 1e-11
        above 1e-20.

    Raises:
        ValueError: If `p` or `q` is not a distribution, or their outcomes differ.

    References:
        | On Information and Sufficiency (Kullback & Leibler, 1951)
        | https://doi.org/10.1214/aoms/1177729694

    Example:
        >>> p, q = [0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.25, 0.125]
        >>> [round(float(d), 4) for d in (kl_divergence(p, q), kl_divergence(q, p))]
        [0.4332, 0.3466]

    Introduced in chapter 1.
    """
    p, q, tolerances = read_pair(p, q, axis)
    total = kl_sum(p, q, tolerances=tolerances)
    if total is None:
        check_probabilities("p", p, tolerances[0], axis)
        check_probabilities("q", q, tolerances[1], axis)
    return total / read_base(base)


def kl_from_logits(logits_p, logits_q, *, base=None, axis=-1):
    r"""KL divergence, in nats, of two softmax distributions given by their logits.

    .. math:: D_{\mathrm{KL}}(\mathrm{softmax}(a) \,\|\, \mathrm{softmax}(b))

    Works where probabilities cannot: logits of +-1000 give no overflow and no false
    zero. A logit of -inf is an impossible outcome.

    Args:
        logits_p: Unnormalised log-probabilities, shape (..., k): the one that samples.
        logits_q: Unnormalised log-probabilities believed, broadcastable to `logits_p`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), never negative; `inf` if an outcome of `p` is impossible
        under `q`.

    Raises:
        ValueError: If a logit is nan or +inf, a row has only -inf, or outcomes differ.

    References:
        | Deep Learning, section 4.1 (Goodfellow, Bengio & Courville, 2016)
        | https://www.deeplearningbook.org/

    Example:
        >>> float(kl_from_logits([1000.0, 0.0], [0.0, 0.0], base=2))
        1.0

    Introduced in chapter 1.
    """
    a = read_logits("logits_p", logits_p, axis)
    b = read_logits("logits_q", logits_q, axis)
    check_outcomes(a, b, axis, ("logits_p", "logits_q"))
    return kl_logit_sum(a, b) / read_base(base)


def js_divergence(p, q, *, base=None, axis=-1):
    r"""Mean KL, in nats, of `p` and `q` to their even mixture: symmetric and bounded.

    .. math:: \mathrm{JS}(P, Q) = \tfrac12 D_{\mathrm{KL}}(P \,\|\, M)
              + \tfrac12 D_{\mathrm{KL}}(Q \,\|\, M), \qquad M = \tfrac12 (P + Q)

    Args:
        p: Probabilities, shape (..., k).
        q: Probabilities, broadcastable to `p`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), from 0 (equal) to log 2 (no common outcome).

    Raises:
        ValueError: If `p` or `q` is not a distribution, or their outcomes differ.

    References:
        | Divergence Measures Based on the Shannon Entropy (Lin, 1991)
        | https://doi.org/10.1109/18.61115

    Example:
        >>> float(js_divergence([1, 0], [0, 1], base=2))
        1.0

    Introduced in chapter 9.
    """
    p, q = read_two_probabilities(p, q, axis)
    return np.minimum(js_terms(p, q).sum(-1), np.log(2)) / read_base(base)


def js_distance(p, q, *, base=None, axis=-1):
    r"""Square root of the Jensen-Shannon divergence: a metric, unlike KL.

    .. math:: d(P, Q) = \sqrt{\mathrm{JS}(P, Q)}

    Args:
        p: Probabilities, shape (..., k).
        q: Probabilities, broadcastable to `p`.
        base: Unit of the divergence under the root: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), symmetric, and never longer than a detour.

    Raises:
        ValueError: If `p` or `q` is not a distribution, or their outcomes differ.

    References:
        | A New Metric for Probability Distributions (Endres & Schindelin, 2003)
        | https://doi.org/10.1109/TIT.2003.813506

    Example:
        >>> float(js_distance([1, 0], [0, 1], base=2))
        1.0

    Introduced in chapter 9.
    """
    return np.sqrt(js_divergence(p, q, base=base, axis=axis))


def total_variation(p, q, *, axis=-1):
    r"""Largest disagreement of `p` and `q` about the probability of any event.

    .. math:: \mathrm{TV}(P, Q) = \tfrac12 \sum_x |p(x) - q(x)|

    Args:
        p: Probabilities, shape (..., k).
        q: Probabilities, broadcastable to `p`.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), from 0 (equal) to 1 (no common outcome); it has no unit.

    Raises:
        ValueError: If `p` or `q` is not a distribution, or their outcomes differ.

    References:
        | Markov Chains and Mixing Times, section 4.1 (Levin & Peres, 2017)
        | https://pages.uoregon.edu/dlevin/MARKOV/

    Example:
        >>> float(total_variation([0.5, 0.5], [0.75, 0.25]))
        0.25

    Introduced in chapter 9.
    """
    p, q = read_two_probabilities(p, q, axis)
    return np.minimum(np.abs(p - q).sum(-1) / 2, 1.0)


def _expected_surprise(p, q):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p > 0, -p * np.log(q), 0.0).sum(-1) + 0.0
