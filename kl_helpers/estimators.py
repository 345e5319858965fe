"""KL from samples: three quantities per sample, and how far off their average is.

The samples come from `p`, the first argument, always; w = q/p is the ratio that PPO
calls its ratio. All three are in nats per sample.
"""

import numpy as np

from ._stable import tangent_gap
from ._validate import read_numbers

__all__ = ["kl_k1", "kl_k2", "kl_k3", "mean_with_error"]


def kl_k1(log_p, log_q):
    r"""The log-ratio of each sample; its average is an unbiased estimate of D(P‖Q).

    .. math:: k_1 = \log p(x) - \log q(x) = -\log w, \qquad x \sim P

    A single value, and an average of few, may be negative.

    Args:
        log_p: log p(x) of samples x that were drawn from P, finite numbers.
        log_q: log q(x) of the same samples, the same shape.

    Returns:
        Array of the same shape, in nats per sample; `inf` where q(x) = 0.

    Raises:
        ValueError: If the shapes differ, `log_p` is not finite, or `log_q` is nan or
            plus infinity.

    References:
        | Approximating KL Divergence (Schulman, 2020)
        | http://joschu.net/blog/kl-approx.html

    Example:
        >>> kl_k1(np.log([0.5, 0.5]), np.log([0.25, 0.75])).round(4).tolist()
        [0.6931, -0.4055]

    Introduced in chapter 5.
    """
    return -_log_w(log_p, log_q)


def kl_k2(log_p, log_q):
    r"""Half the squared log-ratio of each sample; a little biased if P is near Q.

    .. math:: k_2 = \tfrac12 (\log w)^2, \qquad w = q(x)/p(x), \quad x \sim P

    Its average is not D(P‖Q): the two agree to second order in the distance.

    Args:
        log_p: log p(x) of samples x that were drawn from P, finite numbers.
        log_q: log q(x) of the same samples, the same shape.

    Returns:
        Array of the same shape, at least 0, in nats per sample.

    Raises:
        ValueError: As for `kl_k1`.

    References:
        | Approximating KL Divergence (Schulman, 2020)
        | http://joschu.net/blog/kl-approx.html

    Example:
        >>> kl_k2(np.log([0.5, 0.5]), np.log([0.25, 0.75])).round(4).tolist()
        [0.2402, 0.0822]

    Introduced in chapter 5.
    """
    return _log_w(log_p, log_q) ** 2 / 2


def kl_k3(log_p, log_q):
    r"""The gap between ln w and its tangent at w = 1; unbiased if Q puts nothing off P.

    .. math:: k_3 = w - 1 - \log w, \qquad w = q(x)/p(x), \quad x \sim P

    It is k1 plus w - 1, whose average is 0 if q(x) = 0 wherever p(x) = 0, and minus
    the mass that Q puts there otherwise. Its spread is infinite if that of w is.

    Args:
        log_p: log p(x) of samples x that were drawn from P, finite numbers.
        log_q: log q(x) of the same samples, the same shape.

    Returns:
        Array of the same shape, at least 0, in nats per sample.

    Raises:
        ValueError: As for `kl_k1`.

    References:
        | Approximating KL Divergence (Schulman, 2020)
        | http://joschu.net/blog/kl-approx.html

    Example:
        >>> kl_k3(np.log([0.5, 0.5]), np.log([0.25, 0.75])).round(4).tolist()
        [0.1931, 0.0945]

    Introduced in chapter 5.
    """
    return tangent_gap(_log_w(log_p, log_q))


def mean_with_error(values):
    r"""Average of independent values, and the standard error of that average.

    .. math:: \bar x = \frac1n \sum_i x_i, \qquad
              \sqrt{\frac{1}{n (n-1)} \sum_i (x_i - \bar x)^2}

    The error says how far off the average typically is from what it estimates, if it is
    unbiased, the values are independent and their spread is finite.

    Args:
        values: At least two finite numbers; an array of any shape counts as one list.

    Returns:
        ``mean`` and ``error``, two floats in the unit of the values.

    Raises:
        ValueError: If there are fewer than two values, or one is not finite.

    References:
        | https://en.wikipedia.org/wiki/Standard_error

    Example:
        >>> mean_with_error([1.0, 2.0, 3.0, 4.0])
        (2.5, 0.6454972243679028)

    Introduced in chapter 5.
    """
    values = read_numbers("values", values).astype(float).ravel()
    if values.size < 2 or not np.isfinite(values).all():
        found = "an infinite one or a nan" if values.size > 1 else "too few"
        raise ValueError(
            f"`values` holds {values.size} numbers, {found}; a standard error needs at "
            "least two finite ones. One value alone does not say how much it varies, "
            "and an infinite one leaves no average."
        )
    return float(values.mean()), float(values.std(ddof=1) / np.sqrt(values.size))


def _log_w(log_p, log_q):
    log_p, log_q = (
        read_numbers(name, value).astype(float)
        for name, value in (("log_p", log_p), ("log_q", log_q))
    )
    if log_p.shape != log_q.shape:
        raise ValueError(
            f"`log_p` has shape {log_p.shape} and `log_q` {log_q.shape}, but both must "
            "belong to the same samples, one number each. Gather the log-probability "
            "of the action taken from each, not those of all actions."
        )
    if not np.isfinite(log_p).all():
        raise ValueError(
            "`log_p` holds an infinite number or a nan, but the samples come from p "
            "and p never draws what has probability 0. Are the arguments swapped? The "
            "distribution that sampled comes first."
        )
    if np.isnan(log_q).any() or (log_q == np.inf).any():
        raise ValueError(
            "`log_q` holds a nan or plus infinity; a log-probability is a finite "
            "number, or -inf where q gives the sample probability 0."
        )
    return log_q - log_p
