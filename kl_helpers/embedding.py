"""t-SNE: neighbours as probabilities, and a map whose neighbours are drawn like them.

`p` and `q` are matrices over ordered pairs of points. They are symmetric, have zeros on
the diagonal, and sum to 1: one distribution over all pairs, not one per point.
"""

import numpy as np

from ._validate import read_finite

__all__ = ["map_affinities", "perplexity_affinities", "tsne", "tsne_gradient"]

GAIN_STEP, GAIN_SHRINK, LEAST_GAIN = 0.2, 0.8, 0.01


def perplexity_affinities(x, *, perplexity=30.0):
    r"""Probability of each pair of points, with the width of each point's neighbourhood
    chosen by the perplexity.

    .. math:: p_{j \mid i} \propto e^{-\beta_i \|x_i - x_j\|^2}, \qquad
              e^{H(p_{\cdot \mid i})} = \text{perplexity}, \qquad
              p_{ij} = \frac{p_{j \mid i} + p_{i \mid j}}{2n}

    Args:
        x: Points, shape (n, d).
        perplexity: Effective number of neighbours of a point, from 1 to n - 1, both
            excluded. Met to a relative error of 1e-11.

    Returns:
        Array ``p`` of shape (n, n), symmetric, zero on the diagonal, summing to 1.

    Raises:
        ValueError: If `x` is no table of finite numbers, the perplexity is out of
            range, or so many points coincide that no width gives it.

    References:
        | Visualizing Data using t-SNE (van der Maaten & Hinton, 2008)
        | https://www.jmlr.org/papers/v9/vandermaaten08a.html

    Example:
        >>> p = perplexity_affinities([[0.0], [1.0], [3.0], [4.0]], perplexity=2.0)
        >>> p.shape, round(float(p.sum()), 12)
        ((4, 4), 1.0)

    Introduced in chapter 7.
    """
    x = _read_points("x", x)
    n = len(x)
    if not 1 < perplexity < n - 1:
        raise ValueError(
            f"`perplexity` is {perplexity!r} for {n} points, but it must be above 1 "
            f"and below {n - 1}, the number of other points. It is the effective "
            "number of neighbours; 5 to 50 is usual."
        )
    conditional = _conditional(_squared_distances(x), float(np.log(perplexity)))
    return (conditional + conditional.T) / (2 * n)


def map_affinities(y):
    r"""Probability of each pair of points of a map, by Student's kernel.

    .. math:: q_{ij} = \frac{(1 + \|y_i - y_j\|^2)^{-1}}
              {\sum_{k \ne l} (1 + \|y_k - y_l\|^2)^{-1}}

    Args:
        y: Points of the map, shape (n, d).

    Returns:
        Array ``q`` of shape (n, n), symmetric, zero on the diagonal, summing to 1.

    Raises:
        ValueError: If `y` is no table of finite numbers.

    References:
        | Visualizing Data using t-SNE (van der Maaten & Hinton, 2008)
        | https://www.jmlr.org/papers/v9/vandermaaten08a.html

    Example:
        >>> map_affinities([[0.0], [1.0], [2.0]]).round(4).tolist()[0]
        [0.0, 0.2083, 0.0833]

    Introduced in chapter 7.
    """
    kernel = _kernel(_read_points("y", y))
    return kernel / kernel.sum()


def tsne_gradient(p, y):
    r"""Gradient of D(P‖Q) in the points of the map: data first, the map moves.

    .. math:: \frac{\partial}{\partial y_i} D_{\mathrm{KL}}(P \,\|\, Q) =
              4 \sum_j (p_{ij} - q_{ij}) \frac{y_i - y_j}{1 + \|y_i - y_j\|^2}

    Args:
        p: Probabilities of the pairs, shape (n, n), as `perplexity_affinities` gives.
        y: Points of the map, shape (n, d).

    Returns:
        Array of shape (n, d), in nats per pair drawn and unit of the map.

    Raises:
        ValueError: If the shapes do not fit or a number is not finite.

    References:
        | Visualizing Data using t-SNE (van der Maaten & Hinton, 2008)
        | https://www.jmlr.org/papers/v9/vandermaaten08a.html

    Example:
        >>> p = np.array([[0, 0.3, 0.1], [0.3, 0, 0.1], [0.1, 0.1, 0]])
        >>> tsne_gradient(p, [[0.0], [1.0], [2.0]]).round(4).tolist()
        [[-0.21], [0.4], [-0.19]]

    Introduced in chapter 7.
    """
    p, y = read_finite("p", p), _read_points("y", y)
    if p.shape != (len(y), len(y)):
        raise ValueError(
            f"`p` has shape {p.shape} for {len(y)} points of the map, but it needs a "
            "row and a column for each. Pass the affinities of the same points."
        )
    kernel = _kernel(y)
    return _pull((p - kernel / kernel.sum()) * kernel, y)


def tsne(
    x,
    *,
    perplexity=30.0,
    iterations=1000,
    exaggeration=12.0,
    exaggerated=250,
    learning_rate=None,
    direction="forward",
    start=None,
    every=25,
):
    r"""A map of the points in the plane, by gradient descent on a KL over pairs.

    .. math:: \min_Y D_{\mathrm{KL}}(P \,\|\, Q_Y) =
              \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}}

    Exact: all pairs, no trees. The sums over pairs are in single precision, and the
    reported KL is computed in double precision. In the first iterations P is multiplied
    by `exaggeration`, so that neighbours gather; the reported KL is always that of P
    itself. Nothing is random: the start is the plane of largest variance.

    Args:
        x: Points, shape (n, d).
        perplexity: Effective number of neighbours, see `perplexity_affinities`.
        iterations: Steps of gradient descent.
        exaggeration: Factor on P in the first steps.
        exaggerated: Number of these steps.
        learning_rate: Step size; None for n divided by the exaggeration, at least 50.
        direction: "forward" for D(P‖Q), or "reverse" for D(Q‖P).
        start: Points of the map to start from, shape (n, k); None for the first two
            principal components, scaled to a standard deviation of 1e-4.
        every: The KL is computed once in so many steps, and after the last.

    Returns:
        ``y`` of shape (n, 2), and ``history``, a dict with the arrays ``iteration`` and
        ``kl``: D(P‖Q), or D(Q‖P) if that is minimised, in nats per pair drawn.

    Raises:
        ValueError: If an argument is out of range.

    References:
        | Visualizing Data using t-SNE (van der Maaten & Hinton, 2008)
        | https://www.jmlr.org/papers/v9/vandermaaten08a.html

    Example:
        >>> x = np.arange(40).reshape(20, 2) % 3 + np.repeat([[0.0], [9.0]], 10, 0)
        >>> y, history = tsne(x, perplexity=5.0, iterations=300)
        >>> y.shape, bool(history["kl"][-1] < history["kl"][0])
        ((20, 2), True)

    Introduced in chapter 7.
    """
    x = _read_points("x", x)
    _check_options(iterations, exaggeration, exaggerated, every, direction)
    p = perplexity_affinities(x, perplexity=perplexity)
    y = _plane(x) if start is None else _read_start(start, len(x))
    rate = learning_rate or max(len(x) / exaggeration, 50.0)
    slope = _Forward(p) if direction == "forward" else _Reverse(p)
    step, gains = np.zeros_like(y), np.ones_like(y)
    history = {"iteration": [], "kl": []}
    for done in range(iterations):
        if done % every == 0:
            history["iteration"].append(done)
            history["kl"].append(slope.value(y))
        early = done < exaggerated
        gradient = slope(y, exaggeration if early else 1.0)
        agrees = np.sign(gradient) == np.sign(step)  # the step goes against the slope
        gains = np.where(agrees, gains * GAIN_SHRINK, gains + GAIN_STEP)
        gains = np.maximum(gains, LEAST_GAIN)
        step = (0.5 if early else 0.8) * step - rate * gains * gradient
        y = y + step
        y -= y.mean(axis=0)
    history["iteration"].append(iterations)
    history["kl"].append(slope.value(y))
    return y, {name: np.array(values) for name, values in history.items()}


class _Forward:
    """Gradient of D(P‖Q) in single precision, without a matrix being made anew."""

    def __init__(self, p):
        self.p, n = p, len(p)
        self.minus_entropy = float((p[p > 0] * np.log(p[p > 0])).sum())
        self.single = p.astype(np.float32)
        self.kernel = np.empty((n, n), dtype=np.float32)
        self.force = np.empty((n, n), dtype=np.float32)
        self.left, self.right = np.ones((2, n, 4), dtype=np.float32)

    def __call__(self, y, exaggeration):
        if y.shape[1] != 2:
            kernel = _kernel(y)
            return _pull((exaggeration * self.p - kernel / kernel.sum()) * kernel, y)
        # 1 + |a - b|² as one product of (-2a, |a|², 1) and (b, 1, |b|² + 1)
        square = (y * y).sum(1)
        self.left[:, :2], self.left[:, 2] = -2 * y, square
        self.right[:, :2], self.right[:, 3] = y, square + 1
        np.matmul(self.left, self.right.T, out=self.kernel)
        np.reciprocal(self.kernel, out=self.kernel)
        np.fill_diagonal(self.kernel, 0)
        total = self.kernel.sum(dtype=float)
        np.multiply(
            self.kernel, np.float32(-1 / (exaggeration * total)), out=self.force
        )
        self.force += self.single
        self.force *= self.kernel
        placed = np.column_stack([y, np.ones(len(y))]).astype(np.float32)
        moved = self.force @ placed
        return 4 * exaggeration * (moved[:, 2:] * y - moved[:, :2])

    def value(self, y):
        kernel = _kernel(y)
        log_kernel = np.log(kernel + np.eye(len(kernel)))
        cross_entropy = np.log(kernel.sum()) - np.vdot(self.p, log_kernel)
        return self.minus_entropy + float(cross_entropy)


class _Reverse:
    """Gradient of D(Q‖P); a constant factor on P does not change it."""

    def __init__(self, p):
        self.p = p
        with np.errstate(divide="ignore"):
            self.log_p = np.log(p)
        np.fill_diagonal(self.log_p, 0)

    def __call__(self, y, _):
        kernel = _kernel(y)
        q = kernel / kernel.sum()
        surprise = self._log_ratio(q)
        return -_pull(q * (surprise - (q * surprise).sum()) * kernel, y)

    def value(self, y):
        q = map_affinities(y)
        return float((q * self._log_ratio(q)).sum())

    def _log_ratio(self, q):
        return np.log(q + np.eye(len(q))) - self.log_p


def _pull(force, y):
    """4 times the sum over j of force_ij (y_i - y_j)."""
    return 4 * (force.sum(1)[:, None] * y - force @ y)


def _kernel(y):
    kernel = 1 / (1 + _squared_distances(y))
    np.fill_diagonal(kernel, 0)
    return kernel


def _squared_distances(x):
    square = (x * x).sum(1)
    distances = square[:, None] + square - 2 * (x @ x.T)
    np.maximum(distances, 0, out=distances)
    np.fill_diagonal(distances, 0)
    return distances


def _conditional(distances, entropy):
    """p(j|i) in row i, each row with this entropy in nats, by safeguarded Newton."""
    n = len(distances)
    others = ~np.eye(n, dtype=bool)
    d = distances[others].reshape(n, n - 1)
    d -= d.min(1, keepdims=True)
    log_beta = -np.log(d.mean(1) + 1e-300)
    low, high = np.full(n, -700.0), np.full(n, 700.0)
    for _ in range(200):
        beta = np.exp(log_beta)[:, None]
        p = np.exp(-beta * d)
        total = p.sum(1)
        p /= total[:, None]
        mean = (p * d).sum(1)
        off = np.log(total) + beta[:, 0] * mean - entropy
        if np.abs(off).max() < 1e-11:
            break
        low, high = np.where(off > 0, log_beta, low), np.where(off > 0, high, log_beta)
        spread = (p * d * d).sum(1) - mean**2
        with np.errstate(all="ignore"):  # the slope in ln β is -β² times the spread
            newton = log_beta + off / (beta[:, 0] ** 2 * spread)
        inside = (newton > low) & (newton < high)
        log_beta = np.where(inside, newton, (low + high) / 2)
    else:
        worst = int(np.abs(off).argmax())
        raise ValueError(
            f"`perplexity` {np.exp(entropy):.4g} cannot be met for point {worst}: too "
            "many other points lie at exactly the same distance from it. Remove "
            "duplicates, or choose a larger perplexity."
        )
    result = np.zeros((n, n))
    result[others] = p.ravel()
    return result


def _plane(x):
    """The first two principal components, small."""
    centred = x - x.mean(0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    axes = axes[:2] * np.sign(axes[:2, np.abs(axes[:2]).argmax(1)].diagonal())[:, None]
    y = centred @ axes.T
    if y.shape[1] < 2:
        y = np.column_stack([y, np.zeros(len(y))])
    return 1e-4 * y / (y[:, 0].std() or 1.0)


def _read_points(name, value):
    points = read_finite(name, value)
    if points.ndim != 2 or len(points) < 3:
        raise ValueError(
            f"`{name}` has shape {points.shape}, but a table of at least three points "
            "is needed, a row each. Flatten images, for example x.reshape(len(x), -1)."
        )
    return points


def _read_start(start, n):
    start = _read_points("start", start)
    if len(start) != n:
        raise ValueError(
            f"`start` places {len(start)} points, but `x` holds {n}. Give each a place."
        )
    return start.copy()


def _check_options(iterations, exaggeration, exaggerated, every, direction):
    whole = [int(n) == n for n in (iterations, exaggerated, every)]
    if not (all(whole) and iterations >= 1 and exaggerated >= 0 and every >= 1):
        raise ValueError(
            f"`iterations` {iterations}, `exaggerated` {exaggerated} and `every` "
            f"{every} must be whole numbers, the first and the last at least 1."
        )
    if not exaggeration >= 1 or direction not in ("forward", "reverse"):
        raise ValueError(
            f"`exaggeration` is {exaggeration!r} and `direction` {direction!r}, but "
            "the first must be at least 1 and the other 'forward' or 'reverse'."
        )
