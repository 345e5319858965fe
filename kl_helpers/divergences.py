"""Relatives of KL: families that price the ratio p/q, and one that prices the move.

`p` and `q` hold probabilities along `axis`; the other axes broadcast. Only
`wasserstein_1d` knows where the outcomes lie; no other divergence changes if they are
renamed or moved.
"""

from numbers import Real

import numpy as np

from ._stable import kl_terms, log_ratio, tangent_gap
from ._validate import read_base, read_finite, read_two_probabilities

__all__ = [
    "alpha_divergence",
    "f_divergence",
    "jeffreys_divergence",
    "renyi_divergence",
    "wasserstein_1d",
]

NEAR = 0.5  # a log-ratio below this: terms as gaps to a tangent, where nothing cancels
PROBES = 2.0 ** np.arange(-6, 7)  # ratios at which the shape of an f is looked at


def renyi_divergence(p, q, *, order, base=None, axis=-1):
    r"""How far `p` is from `q`, in nats: the higher `order`, the more p/q counts.

    .. math:: D_a(P \,\|\, Q) = \frac{1}{a - 1} \log \sum_x p(x)^a \, q(x)^{1 - a}

    It never falls as the order a grows. Order 1 is the KL divergence, order 0 is -log
    of the mass that `q` has where `p` has any, order infinity is the largest log p/q.
    From order 1 on it is `inf` if some p(x) > 0 meets q(x) = 0; below, only if `p` and
    `q` share no outcome.

    Args:
        p: Probabilities, shape (..., k): the one that samples.
        q: Probabilities believed, broadcastable to `p`.
        order: A number from 0 on, or infinity.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), never negative, with all digits also where `p` and `q`
        are nearly equal.

    Raises:
        ValueError: If `p` or `q` is not a distribution, their outcomes differ, or
            `order` is negative or no number.

    References:
        | Rényi Divergence and Kullback-Leibler Divergence (van Erven & Harremoës, 2014)
        | https://doi.org/10.1109/TIT.2014.2320500

    Example:
        >>> p, q = [0.9, 0.1], [0.5, 0.5]
        >>> [round(float(renyi_divergence(p, q, order=a)), 4) for a in (0.5, 1, 2)]
        [0.2231, 0.3681, 0.4947]
        >>> round(float(renyi_divergence(p, q, order=np.inf)), 4)
        0.5878

    Introduced in chapter 9, Deeper.
    """
    order = _read_order(order)
    p, q = read_two_probabilities(p, q, axis)
    if order == 0:
        result = _surprise_of_the_support(p, q)
    elif order == 1:
        result = kl_terms(p, q).sum(-1)
    elif order == np.inf:
        with np.errstate(invalid="ignore"):
            ratios = np.where(p > 0, -log_ratio(p, q), -np.inf)
        result = np.maximum(ratios.max(-1), 0.0)  # below 0 by rounding only
    else:
        result = _log_mean_power(p, q, order)
    return result / read_base(base)


def alpha_divergence(p, q, *, alpha, base=None, axis=-1):
    r"""One family from reverse to forward KL: `alpha` 0 is D(Q‖P), 1 is D(P‖Q).

    .. math:: D_a(P \,\|\, Q) = \frac{1 - \sum_x p(x)^a \, q(x)^{1 - a}}{a (1 - a)}

    This is Minka's alpha; Amari's is 2a - 1 or its negative. At 1/2 the divergence is
    symmetric, four times the sum of (sqrt(p) - sqrt(q))^2 / 2. For `alpha` from 1 on it
    is `inf` if some p(x) > 0 meets q(x) = 0, for `alpha` up to 0 if some q(x) > 0 meets
    p(x) = 0, and strictly between 0 and 1 it is finite, at most 1/(a (1 - a)).

    Args:
        p: Probabilities, shape (..., k).
        q: Probabilities, broadcastable to `p`.
        alpha: Any finite number.
        base: None, or 2 to divide by log 2: KL in bits at 0 and 1, and the same scale
            elsewhere.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), never negative, with all digits also where `p` and `q`
        are nearly equal.

    Raises:
        ValueError: If `p` or `q` is not a distribution, their outcomes differ, or
            `alpha` is no finite number.

    References:
        | Divergence Measures and Message Passing (Minka, 2005), section 2
        | https://www.microsoft.com/en-us/research/publication/divergence-measures-and-message-passing/

    Example:
        >>> p, q = [0.9, 0.1], [0.5, 0.5]
        >>> [round(float(alpha_divergence(p, q, alpha=a)), 4) for a in (0, 0.5, 1)]
        [0.5108, 0.4223, 0.3681]

    Introduced in chapter 9, Deeper.
    """
    alpha = _read_real("alpha", alpha, "0 for D(Q‖P), 1 for D(P‖Q), 0.5 between them")
    p, q = read_two_probabilities(p, q, axis)
    return _alpha_terms(p, q, alpha).sum(-1) / read_base(base)


def f_divergence(p, q, f, *, at_zero=None, slope_at_infinity=None, axis=-1):
    r"""The mean under `q` of a convex function of the ratio p/q: prices ratios only.

    .. math:: D_f(P \,\|\, Q) = \sum_x q(x) \, f\!\left(\frac{p(x)}{q(x)}\right),
              \qquad f(1) = 0

    Where q(x) = 0 < p(x) the term is p(x) times the slope of `f` at infinity, the limit
    of f(t)/t. With f = t log t the result is D(P‖Q), with -log t it is D(Q‖P), with
    abs(t - 1)/2 the total variation. If `p` and `q` share no outcome it is f(0) plus
    the slope at infinity, wherever the outcomes lie.

    Args:
        p: Probabilities, shape (..., k).
        q: Probabilities, broadcastable to `p`.
        f: A convex function with f(1) = 0 that takes an array of ratios.
        at_zero: f(0), if its formula gives nan there, as t log t does.
        slope_at_infinity: Limit of f(t)/t for large t; asked for only where `p` has
            mass and `q` has none. It is np.inf for t log t, 0 for -log t, 0.5 for the
            total variation.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), in the unit of `f`. Terms of both signs may cancel: nearly
        equal `p` and `q` leave rounding of about 1e-16 times the slope of `f` at 1. Add
        a multiple of t - 1 to make that slope 0; the divergence stays the same.

    Raises:
        ValueError: If `p` or `q` is not a distribution, their outcomes differ, f(1) is
            not 0, `f` is not convex or gives nan, or `slope_at_infinity` is missing.

    References:
        | On Divergences and Informations in Statistics and Information Theory
        | (Liese & Vajda, 2006)
        | https://doi.org/10.1109/TIT.2006.881731

    Example:
        >>> p, q = [0.9, 0.1], [0.5, 0.5]
        >>> round(float(f_divergence(p, q, lambda t: t * np.log(t))), 4)
        0.3681
        >>> float(f_divergence([1, 0], [0, 1], lambda t: abs(t - 1) / 2,
        ...                    slope_at_infinity=0.5))
        1.0

    Introduced in chapter 9.
    """
    p, q = read_two_probabilities(p, q, axis)
    p, q = np.broadcast_arrays(p, q)
    with np.errstate(all="ignore"):
        ratio = np.where(q > 0, p / q, 1.0)
    if not np.isfinite(ratio).all():
        raise ValueError(
            f"`q` has an entry as small as {q[np.isinf(ratio)].min():.3g}, and p/q "
            "overflows there. Use `kl_divergence` or `alpha_divergence`, which work "
            "with logarithms, or give q exactly 0 and f its `slope_at_infinity`."
        )
    total = (q * _values_of(f, ratio, at_zero)).sum(-1)
    lost = np.where(q == 0, p, 0.0).sum(-1)
    if lost.any():
        slope = _read_slope(slope_at_infinity)
        with np.errstate(invalid="ignore"):
            total = total + np.where(lost > 0, lost * slope, 0.0)
    return total


def jeffreys_divergence(p, q, *, base=None, axis=-1):
    r"""KL in both directions, added, in nats: symmetric, and not bounded.

    .. math:: J(P, Q) = D_{\mathrm{KL}}(P \,\|\, Q) + D_{\mathrm{KL}}(Q \,\|\, P)
              = \sum_x (p(x) - q(x)) \log \frac{p(x)}{q(x)}

    The population stability index (PSI) of two histograms is this number. It is `inf`
    if some outcome has mass in one of the two only.

    Args:
        p: Probabilities, shape (..., k).
        q: Probabilities, broadcastable to `p`.
        base: Unit of the result: None for nats, 2 for bits.
        axis: Axis that holds the k outcomes.

    Returns:
        Array of shape (...), never negative, the same if `p` and `q` change places.

    Raises:
        ValueError: If `p` or `q` is not a distribution, or their outcomes differ.

    References:
        | An Invariant Form for the Prior Probability in Estimation Problems (Jeffreys,
        | 1946)
        | https://doi.org/10.1098/rspa.1946.0056

    Example:
        >>> round(float(jeffreys_divergence([0.9, 0.1], [0.1, 0.9])), 4)
        3.5156

    Introduced in chapter 9.
    """
    p, q = read_two_probabilities(p, q, axis)
    with np.errstate(all="ignore"):
        terms = (q - p) * log_ratio(p, q)
    return np.where(p == q, 0.0, terms).sum(-1) / read_base(base)


def wasserstein_1d(x, p, q):
    r"""The least mean distance that mass must travel to turn `p` into `q`.

    .. math:: W_1(P, Q) = \int |F_P(t) - F_Q(t)| \, dt

    F are the cumulative probabilities over places on a line. It is a metric, finite for
    any pair, and grows with the distance of what is moved. For samples, pool them:
    ``x = [*x_p, *x_q]`` with 1/n for each number of the one that it came from.

    Args:
        x: Places of the k outcomes, shape (k,), in any order; they may repeat.
        p: Probabilities of the places, shape (..., k).
        q: Probabilities of the places, broadcastable to `p`.

    Returns:
        Array of shape (...), at least 0, in the unit of `x`.

    Raises:
        ValueError: If `p` or `q` is not a distribution, or `x` does not list one finite
            place for each outcome.

    References:
        | Wasserstein GAN (Arjovsky, Chintala & Bottou, 2017)
        | https://arxiv.org/abs/1701.07875
        | On Wasserstein Two-Sample Testing and Related Families of Nonparametric Tests,
        | section 4 (Ramdas, García Trillos & Cuturi, 2017)
        | https://arxiv.org/abs/1509.02237

    Example:
        >>> float(wasserstein_1d([0.0, 1.0, 5.0], [1, 0, 0], [0, 0.5, 0.5]))
        3.0

    Introduced in chapter 9.
    """
    x = read_finite("x", x)
    p, q = read_two_probabilities(p, q, -1)
    if x.shape != (p.shape[-1],):
        raise ValueError(
            f"`x` has shape {x.shape}, but `p` and `q` have {p.shape[-1]} outcomes; "
            "pass one list with the place of each outcome, in the same order."
        )
    order = np.argsort(x, kind="stable")
    ahead = np.cumsum((p - q)[..., order], axis=-1)[..., :-1]  # F_P - F_Q after a place
    return np.abs(ahead) @ np.diff(x[order])


def _surprise_of_the_support(p, q):
    shared = np.where(p > 0, q, 0.0).sum(-1)
    off = np.where(p > 0, 0.0, q).sum(-1)
    with np.errstate(divide="ignore"):
        return np.where(off < 0.5, -np.log1p(-off), -np.log(shared)) + 0.0


def _log_mean_power(p, q, a):
    """log of the sum of p^a q^(1-a), over a - 1, for orders that are no limits.

    The sum is 1 minus a (1-a) times the alpha divergence. Where that is near 1 the
    difference has more digits than the sum; elsewhere logarithms cannot overflow.
    """
    b = 1 - a
    with np.errstate(all="ignore"):
        missing = a * b * _alpha_terms(p, q, a).sum(-1)
        logs = np.where(p > 0, a * np.log(p) + b * np.log(q), -np.inf)
        top = logs.max(-1, keepdims=True)
        top = np.where(np.isfinite(top), top, 0.0)
        log_sum = np.log(np.exp(logs - top).sum(-1)) + top[..., 0]
        near = np.abs(missing) < 0.5
        result = -np.where(near, np.log1p(-missing), log_sum) / b
    return np.maximum(result, 0.0)  # below 0 by rounding only


def _alpha_terms(p, q, a):
    """Each outcome's share of the alpha divergence, never negative."""
    b = 1 - a
    if a < 0.5:  # the same number, so that b is at most 1/2 and nothing cancels
        a, b, p, q = b, a, q, p
    with np.errstate(all="ignore"):
        x = log_ratio(p, q)
        gaps = tangent_gap(x) - (tangent_gap(b * x) / b if b else 0.0)
        near = p * gaps
        far = q - p - _power_minus(p, q, x, a, b)
        terms = np.where(np.abs(x) < NEAR, near, far) / a
        alone = np.inf if b <= 0 else p / b  # where q = 0
    terms = np.where(q > 0, terms, np.where(p > 0, alone, 0.0))
    return np.maximum(np.where(p > 0, terms, q / a), 0.0)


def _power_minus(p, q, x, a, b):
    """(p^a q^b - p) / b, with its limit p x at b = 0."""
    if b == 0:
        return p * x
    power = np.exp(a * np.log(p) + b * np.log(q))
    return np.where(np.abs(b * x) < 1, p * np.expm1(b * x), power - p) / b


def _values_of(f, ratio, at_zero):
    """f at each ratio, after a look at what it must fulfil."""
    given = np.concatenate([PROBES, ratio.ravel()])
    try:
        with np.errstate(all="ignore"):
            values = np.asarray(f(given), dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"`f` must take an array of ratios, but it raised: {error}. Write it with "
            "numpy functions, such as np.log and np.where."
        ) from None
    if values.shape != given.shape:
        raise ValueError(
            f"`f` returned shape {values.shape} for {given.size} ratios; it must "
            "return one value for each."
        )
    if at_zero is not None:
        values = np.where(given == 0, _read_limit("at_zero", at_zero), values)
    if np.isnan(values).any():
        where = given[np.isnan(values)].min()
        fix = "Look at its formula." if where else "Pass `at_zero`, its limit there."
        raise ValueError(f"`f` gives nan at the ratio {where:.4g}. {fix}")
    _check_shape(values[: PROBES.size])
    return values[PROBES.size :].reshape(ratio.shape)


def _check_shape(values):
    """Raise unless f, seen at the probes, is 0 at 1 and nowhere bends down."""
    at_one = values[PROBES.size // 2]
    if not abs(at_one) < 1e-9:
        raise ValueError(
            f"`f` gives {at_one:.4g} at the ratio 1, where p and q agree; it must be 0 "
            "there. Subtract that constant."
        )
    with np.errstate(invalid="ignore"):
        slopes = np.diff(values) / np.diff(PROBES)
        bends = np.diff(slopes)
    if (bends < -1e-9 * np.abs(slopes).max()).any():
        where = PROBES[1:-1][bends.argmin()]
        raise ValueError(
            f"`f` bends down near the ratio {where:g}, and only a convex f gives a "
            "divergence. Is its sign reversed, as in log t for -log t?"
        )


def _read_slope(slope):
    if slope is None:
        raise ValueError(
            "`slope_at_infinity` is missing, and `p` has mass where `q` has none. Pass "
            "the limit of f(t)/t for large t: np.inf for t log t, 0 for -log t, 0.5 "
            "for abs(t - 1)/2."
        )
    return _read_limit("slope_at_infinity", slope)


def _read_limit(name, value):
    if not isinstance(value, Real) or isinstance(value, bool) or np.isnan(value):
        raise ValueError(f"`{name}` is {value!r}; pass a number, or np.inf.")
    return float(value)


def _read_real(name, value, advice):
    is_number = isinstance(value, Real) and not isinstance(value, bool)
    if not is_number or not np.isfinite(value):
        raise ValueError(f"`{name}` is {value!r}; pass a finite number: {advice}.")
    return float(value)


def _read_order(order):
    if isinstance(order, Real) and not isinstance(order, bool) and order >= 0:
        return float(order)
    raise ValueError(
        f"`order` is {order!r}; pass a number from 0 on, or np.inf: 0.5, 1 for KL, 2. "
        "For the other direction exchange `p` and `q`, not the sign of the order."
    )
