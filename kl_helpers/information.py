"""How much one thing tells about another: gains of information, in nats.

A gain is a KL: what was believed afterwards samples, what was believed before stands
second. Its average over all that could have been seen is the mutual information.
"""

from typing import NamedTuple

import numpy as np

from ._stable import kl_terms
from ._validate import (
    DEFAULT_TOLERANCE,
    TOLERANCE,
    check_probabilities,
    read_base,
    read_finite,
    read_numbers,
    read_probabilities,
    read_two_probabilities,
)
from .discrete import kl_divergence

__all__ = [
    "Bottleneck",
    "expected_information_gain",
    "information_bottleneck",
    "information_gain",
    "mutual_information",
]

STEPS = 20_000  # where a code is about to be given up it takes thousands
SETTLED = 1e-10  # largest change of a code probability that counts as none
STIRRED = 1e-3  # share of each x that every sweep spreads over all codes first


class Bottleneck(NamedTuple):
    """Codes of X, one for each price, with the prices on the first axis of each array.

    ``rate`` is I(X;T), what the code keeps of X, and ``relevance`` I(T;Y), what it
    still tells about Y, in nats per x drawn, shape (prices,). ``encoder`` has p(t|x)
    with x in rows, shape (prices, n, n).

    Introduced in chapter 12, Deeper.
    """

    rate: object
    relevance: object
    encoder: object


def mutual_information(joint, *, base=None):
    r"""Mean toll, in nats, of believing that two things are independent.

    .. math:: I(X; Y) = D_{\mathrm{KL}}\bigl(P_{XY} \,\|\, P_X P_Y\bigr)
              = \sum_{x, y} p(x, y) \log \frac{p(x, y)}{p(x)\, p(y)}

    Cells with p(x, y) = 0 count 0. Shares that were counted from few samples give too
    much: with independent X and Y about (n - 1)(m - 1) / 2N for N samples.

    Args:
        joint: Probabilities of the pairs, shape (..., n, m): x in rows, y in columns.
            Each table sums to 1.
        base: Unit of the result: None for nats, 2 for bits.

    Returns:
        Array of shape (...), per pair drawn; never negative, the same if x and y change
        places, and 0 only where they are independent up to rounding.

    Raises:
        ValueError: If `joint` is no table of probabilities.

    References:
        | Elements of Information Theory, section 2.3 (Cover & Thomas, 2006)
        | https://doi.org/10.1002/047174882X

    Example:
        >>> round(float(mutual_information([[0.45, 0.05], [0.05, 0.45]])), 4)
        0.3681

    Introduced in chapter 12.
    """
    joint = _read_joint(joint)
    return _information(joint) / read_base(base)


def information_gain(prior, posterior, *, base=None, axis=-1):
    r"""What one result taught, in nats: KL(posterior‖prior), the posterior samples.

    .. math:: D_{\mathrm{KL}}\bigl(P(\theta \mid y) \,\|\, P(\theta)\bigr)

    The arguments stand in the order of time, before and after; in the symbol the
    posterior is first. It measures how far belief moved, not how much narrower it got:
    the posterior may well be wider.

    Args:
        prior: Probabilities before the result, shape (..., k).
        posterior: Probabilities after it, broadcastable to `prior`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k possibilities.

    Returns:
        Array of shape (...), per result seen; never negative. `inf` if the posterior
        has mass where the prior has none, which no result can bring about.

    Raises:
        ValueError: If `prior` or `posterior` is not a distribution, or their
            possibilities differ.

    References:
        | On a Measure of the Information Provided by an Experiment (Lindley, 1956)
        | https://doi.org/10.1214/aoms/1177728069

    Example:
        >>> round(float(information_gain([0.5, 0.5], [1.0, 0.0], base=2)), 4)
        1.0

    Introduced in chapter 12.
    """
    read_two_probabilities(posterior, prior, axis, ("posterior", "prior"))
    return kl_divergence(posterior, prior, base=base, axis=axis)


def expected_information_gain(prior, likelihood, *, base=None):
    r"""What an experiment will teach on average, in nats, before its result is known.

    .. math:: \sum_y p(y)\, D_{\mathrm{KL}}\bigl(P(\theta \mid y) \,\|\, P(\theta)\bigr)
              = I(\theta; Y)

    Args:
        prior: Probabilities of the possibilities, shape (..., k).
        likelihood: Probability of each of m results if a possibility holds, shape
            (..., k, m): each row sums to 1. Leading axes broadcast, such as one
            experiment after the other.
        base: Unit of the result: None for nats, 2 for bits.

    Returns:
        Array of the broadcast leading shape, per experiment; never negative, at most
        the entropy of the prior, and at most that of the result.

    Raises:
        ValueError: If `prior` or a row of `likelihood` is not a distribution, or they
            do not fit together.

    References:
        | On a Measure of the Information Provided by an Experiment (Lindley, 1956)
        | https://doi.org/10.1214/aoms/1177728069

    Example:
        >>> round(float(expected_information_gain([0.5, 0.5], [[1, 0], [0.5, 0.5]])), 4)
        0.2158

    Introduced in chapter 12.
    """
    prior = read_probabilities("prior", prior, -1)
    likelihood = read_probabilities("likelihood", likelihood, -1)
    if likelihood.ndim < 2 or likelihood.shape[-2] != prior.shape[-1]:
        raise ValueError(
            f"`likelihood` has shape {likelihood.shape}, but `prior` has "
            f"{prior.shape[-1]} possibilities: give one row of result probabilities "
            f"for each, shape (..., {prior.shape[-1]}, m). Transpose it if the results "
            "stand in rows."
        )
    try:
        joint = prior[..., None] * likelihood
    except ValueError:
        raise ValueError(
            f"`prior` and `likelihood` have shapes {prior.shape} and "
            f"{likelihood.shape}, whose leading axes do not match. Insert an axis of "
            "length 1 where one should be repeated."
        ) from None
    return _information(joint) / read_base(base)


def information_bottleneck(joint, betas):
    r"""The best short descriptions T of X, if only Y matters, at each price `beta`.

    .. math:: \min_{p(t \mid x)}\ I(X; T) - \beta\, I(T; Y)

    Repeats p(t|x) proportional to p(t) exp(-beta KL(p(y|x)‖p(y|t))) until nothing
    moves. It starts at the largest beta, where every x has a code of its own, and goes
    down; each beta starts from the last result, slightly stirred. The problem is not
    convex: what is found is a point where nothing small helps.

    Args:
        joint: Probabilities of the pairs, shape (n, m): x in rows, y in columns.
        betas: Prices to try, shape (prices,), each above 0, in any order. One nat about
            Y is worth `beta` nats about X.

    Returns:
        A `Bottleneck`: ``rate`` and ``relevance`` in nats per x drawn, and ``encoder``.

    Raises:
        ValueError: If `joint` is no table of probabilities, an x never happens, or a
            price is not above 0.

    References:
        | The Information Bottleneck Method (Tishby, Pereira & Bialek, 1999)
        | https://arxiv.org/abs/physics/0004057

    Example:
        >>> found = information_bottleneck([[0.4, 0.1], [0.1, 0.4]], [1.0, 100.0])
        >>> found.rate.round(4).tolist()
        [0.0, 0.6931]

    Introduced in chapter 12, Deeper.
    """
    joint, betas = _read_joint(joint), read_finite("betas", betas)
    if joint.ndim != 2 or joint.sum(1).min() == 0:
        raise ValueError(
            f"`joint` has shape {joint.shape} and smallest row sum "
            f"{joint.sum(-1).min():.4g}; one table is needed, and every x must happen. "
            "Leave out rows that are zero."
        )
    if betas.ndim != 1 or betas.size == 0 or betas.min() <= 0:
        raise ValueError(
            f"`betas` is {betas!r:.60}; give a list of prices above 0, such as "
            "np.geomspace(1, 100, 40)."
        )
    encoders, encoder = (
        np.empty((betas.size, len(joint), len(joint))),
        np.eye(len(joint)),
    )
    for at in np.argsort(-betas, kind="stable"):
        # A code that never saw a y refuses every x that can bring it: stir, or no two
        # codes can ever merge.
        stirred = (1 - STIRRED) * encoder + STIRRED / len(joint)
        encoder = encoders[at] = _settle(joint, betas[at], stirred)
    with_x = joint.sum(1)[:, None] * encoders
    with_y = encoders.swapaxes(-1, -2) @ joint
    return Bottleneck(_information(with_x), _information(with_y), encoders)


def _settle(joint, beta, encoder):
    """The encoder at which one more step changes nothing."""
    p_x = joint.sum(1)
    p_y_of_x = joint / p_x[:, None]
    for _ in range(STEPS):
        p_t = p_x @ encoder
        used = p_t > 0
        p_y_of_t = (encoder.T @ joint)[used] / p_t[used, None]
        toll = kl_terms(p_y_of_x[:, None], p_y_of_t).sum(-1)  # (x, t)
        score = np.log(p_t[used]) - beta * toll
        score = np.exp(score - score.max(1, keepdims=True))
        new = np.zeros_like(encoder)
        new[:, used] = score / score.sum(1, keepdims=True)
        moved = np.abs(new - encoder).max()
        encoder = new
        if moved < SETTLED:
            break
    return encoder


def _information(joint):
    """KL of the tables on the last two axes to the product of their margins."""
    x, y = joint.sum(-1, keepdims=True), joint.sum(-2, keepdims=True)
    product = x * y / x.sum(-2, keepdims=True)
    return kl_terms(joint, product).sum((-2, -1))


def _read_joint(joint):
    array = read_numbers("joint", joint)
    tolerance = TOLERANCE.get(array.dtype.name, DEFAULT_TOLERANCE)
    array = array.astype(float)
    if array.ndim < 2 or 0 in array.shape[-2:]:
        raise ValueError(
            f"`joint` has shape {array.shape}; a table is needed, one row for each x "
            "and one column for each y. From samples, count the pairs and divide by "
            "their number."
        )
    if array.shape[-2] > 1 and np.allclose(array.sum(-1), 1):
        raise ValueError(
            "`joint` has rows that each sum to 1: these look like p(y|x). Multiply "
            "each row by p(x), or pass prior and table to `expected_information_gain`."
        )
    flat = array.reshape(*array.shape[:-2], -1)
    check_probabilities("joint", flat, tolerance, (-2, -1))
    return array
