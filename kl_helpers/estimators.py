"""KL from samples: three quantities per sample, and how far off their average is.

The samples come from `p`, the first argument, always; w = q/p is the ratio that PPO
calls its ratio. All three are in nats per sample. Where no density is known, counts in
shared bins or distances to neighbours take the place of log p and log q.
"""

import numpy as np

from ._stable import kl_terms, tangent_gap
from ._validate import read_finite, read_numbers

__all__ = ["kl_histogram", "kl_k1", "kl_k2", "kl_k3", "kl_knn", "mean_with_error"]


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


def kl_histogram(x_p, x_q, *, bins=10):
    r"""KL between the histograms of two samples in shared bins; too large on average.

    .. math:: \sum_j \hat p_j \log \frac{\hat p_j}{\hat q_j}, \qquad
              \hat p_j = \frac{\text{count of } x_p \text{ in bin } j}{n}

    Bins hide what happens inside them, which lowers the result; chance makes the two
    histograms differ where the laws do not, which raises it: by about (k - 1)/2n for n
    numbers of P in k bins, and by about (sum of p_j/q_j, minus 1)/2m for m numbers of
    Q, which is the same if the bins have the same shares. A bin that `x_q` never hits
    and `x_p` does makes the result `inf`.

    Args:
        x_p: Numbers drawn from P, the first argument.
        x_q: Numbers drawn from Q; there may be more or fewer of them.
        bins: How many bins of equal width, from the smallest number to the largest, or
            the edges of the bins, in rising order.

    Returns:
        A float in nats per sample, at least 0.

    Raises:
        ValueError: If a sample is empty, is no list of finite numbers or leaves the
            edges, or if `bins` is neither a count nor edges.

    References:
        | Estimation of Entropy and Mutual Information (Paninski, 2003)
        | https://doi.org/10.1162/089976603321780272

    Example:
        >>> round(kl_histogram([0, 1, 2, 3], [0, 2, 2, 3], bins=2), 4)
        0.1438

    Introduced in chapter 8.
    """
    samples = {"x_p": _read_list("x_p", x_p), "x_q": _read_list("x_q", x_q)}
    edges = _read_edges(bins, np.concatenate([*samples.values()]))
    shares = []
    for name, x in samples.items():
        if x.min() < edges[0] or x.max() > edges[-1]:
            raise ValueError(
                f"`{name}` runs from {x.min():.4g} to {x.max():.4g}, but `bins` covers "
                f"{edges[0]:.4g} to {edges[-1]:.4g} only. Numbers outside would be "
                "lost; let the first and the last edge reach them."
            )
        shares.append(np.histogram(x, edges)[0] / x.size)
    return float(kl_terms(*shares).sum())


def kl_knn(x_p, x_q, *, k=5):
    r"""KL from distances to neighbours: how much emptier is Q where P has its points.

    .. math:: \frac{d}{n} \sum_{i=1}^n \log \frac{\nu_k(x_i)}{\rho_k(x_i)}
              + \log \frac{m}{n - 1}

    Here rho_k(x) is the distance from x to its k-th neighbour among the other n - 1
    points of P, and nu_k(x) the one among the m points of Q. The result tends to
    D(P‖Q) as both samples grow, slowly in many dimensions, and it may be negative.

    Args:
        x_p: Points drawn from P, shape (n,) or (n, d).
        x_q: Points drawn from Q, shape (m,) or (m, d).
        k: Which neighbour. A larger k varies less and blurs more.

    Returns:
        A float in nats per sample.

    Raises:
        ValueError: If the points are not finite, their dimensions differ, `k` is not a
            whole number that both samples can serve, or k of them coincide.

    References:
        | Divergence Estimation for Multidimensional Densities Via k-Nearest-Neighbor
        | Distances (Wang, Kulkarni & Verdú, 2009)
        | https://doi.org/10.1109/TIT.2009.2016060

    Example:
        >>> round(kl_knn([0.0, 1.0, 3.0], [0.5, 1.5, 4.0, 9.0], k=1), 4)
        0.0

    Introduced in chapter 8, Deeper.
    """
    points, others = _read_points("x_p", x_p), _read_points("x_q", x_q)
    if points.shape[1] != others.shape[1]:
        raise ValueError(
            f"`x_p` has {points.shape[1]} numbers a point and `x_q` has "
            f"{others.shape[1]}; both must live in the same space, points in rows."
        )
    n, m = len(points), len(others)
    is_whole = isinstance(k, (int, np.integer)) and not isinstance(k, bool)
    if not is_whole or not 1 <= k <= min(n - 1, m):
        raise ValueError(
            f"`k` is {k!r}, but with {n} points in `x_p` and {m} in `x_q` it must "
            f"be a whole number from 1 to {min(n - 1, m)}: a point is no neighbour "
            "of itself."
        )
    own = _kth_distance(points, points, k + 1)  # the nearest is the point itself
    other = _kth_distance(points, others, k)
    if not (own.all() and other.all()):
        raise ValueError(
            f"`x_p` has a point with {k} neighbours at distance 0: repeated numbers, "
            "as after rounding. Neighbour distances need a density; count shared "
            "values and use `kl_divergence`, or raise `k`."
        )
    ratios = np.log(other) - np.log(own)
    return float(points.shape[1] * ratios.mean() + np.log(m / (n - 1)))


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


def _read_list(name, value):
    array = read_finite(name, value)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(
            f"`{name}` has shape {array.shape}; a histogram needs one list of numbers, "
            "at least one. Take one coordinate at a time."
        )
    return array


def _read_edges(bins, x):
    is_whole = isinstance(bins, (int, np.integer)) and not isinstance(bins, bool)
    if is_whole and bins >= 1:
        return np.histogram_bin_edges(x, bins)
    edges = np.array([]) if is_whole else read_finite("bins", bins)
    if edges.ndim != 1 or edges.size < 2 or (np.diff(edges) <= 0).any():
        raise ValueError(
            f"`bins` is {bins!r:.60}; pass how many bins, a whole number from 1, or at "
            "least two edges in rising order."
        )
    return edges


def _read_points(name, value):
    array = read_finite(name, value)
    points = array[:, None] if array.ndim == 1 else array
    if points.ndim != 2 or len(points) < 2 or points.shape[1] == 0:
        raise ValueError(
            f"`{name}` has shape {array.shape}; at least two points are needed, one a "
            "row: (n,) for numbers, (n, d) for points in d dimensions."
        )
    return points


def _kth_distance(points, others, k):
    """From each point to the k-th nearest of the others, a block of rows at a time."""
    found = []
    for block in np.array_split(points, max(1, len(points) * len(others) // 10**6)):
        square = ((block[:, None] - others) ** 2).sum(-1)
        found.append(np.sqrt(np.partition(square, k - 1, axis=1)[:, k - 1]))
    return np.concatenate(found)
