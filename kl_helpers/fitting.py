"""Fit one Gaussian to a mixture of Gaussians, forward or reverse, with every optimum.

A target is ``(weights, means, sigmas)``, each of shape (k,), or in two dimensions
``(weights, means, covs)`` of shapes (k,), (k, 2) and (k, 2, 2). All integrals are sums
over a fine grid of standard-normal nodes, so there is no sampling noise. Reverse fits
start from many places; tests compare what they find with another optimiser.
"""

from itertools import combinations
from typing import NamedTuple

import numpy as np

from ._mixture import (
    COARSE,
    Mixture,
    check_widths,
    derivatives,
    finer_grids,
    forward_cost,
    is_settled,
    log_density,
    moments,
    nodes_and_weights,
    read_line,
    read_mixture,
    reverse_cost,
)
from ._validate import read_finite, read_positive

__all__ = ["Fit", "fit_forward_kl", "fit_reverse_kl", "forward_kl", "reverse_kl"]

SAME = 1e-4  # two optima closer than this, in units of their width, are one
FLAT = 1e-6  # a gradient below this, in those units, is zero


class Fit(NamedTuple):
    """A fitted Gaussian: its mean, its variance, and what it costs in nats.

    Numbers in one dimension; in two, arrays of shape (2,) and (2, 2).
    """

    mu: float
    cov: float
    kl: float


def fit_forward_kl(target, *, diagonal=False):
    r"""The Gaussian with the smallest KL(target‖q): it matches mean and covariance.

    .. math:: \mu = \sum_i w_i \mu_i, \qquad
              \Sigma = \sum_i w_i \left(\Sigma_i
              + (\mu_i - \mu)(\mu_i - \mu)^\top\right)

    With independent coordinates it matches the mean and the variances.

    Args:
        target: ``(weights, means, sigmas)`` of a mixture in one dimension, each of
            shape (k,), or ``(weights, means, covs)`` of shapes (k,), (k, 2), (k, 2, 2).
        diagonal: Whether q has independent coordinates. Says nothing in one dimension.

    Returns:
        A list with the one optimum, a `Fit` of mu, cov (in one dimension the variance)
        and kl in nats.

    Raises:
        ValueError: If the weights are no distribution, a sigma is not above 0, a
            covariance is not symmetric and positive definite, or shapes do not fit.

    References:
        | Pattern Recognition and Machine Learning, section 10.7 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> fit, = fit_forward_kl(([0.5, 0.5], [-2, 2], [1, 1]))
        >>> fit.mu, fit.cov, round(fit.kl, 4)
        (0.0, 5.0, 0.172)

    Introduced in chapter 3.
    """
    mixture = read_mixture(target)
    mu, cov = moments(mixture)
    cov = np.diag(np.diag(cov)) if diagonal else cov
    return [_fit(mu, cov, forward_cost(mu, np.linalg.cholesky(cov), mixture))]


def fit_reverse_kl(target, *, diagonal=False):
    r"""Every Gaussian at which KL(q‖target) has a local minimum, best first.

    .. math:: D_{\mathrm{KL}}(q \,\|\, p) = \mathbb E_{z}\left[
              \log q(\mu + L z) - \log p(\mu + L z)\right], \qquad \Sigma = L L^\top

    Newton's method in the mean and the logarithm of the width, from the moments of
    groups of components (every group if there are at most four, else each alone, pairs
    and all), with their weights and with equal ones, and in one dimension from each
    cell of a grid over :math:`(\mu, \sigma)` in which both derivatives change sign.
    With independent coordinates the fit is the mean-field approximation. In two
    dimensions a minimum more than about six times as wide as a component that it
    covers may be left out.

    Args:
        target: ``(weights, means, sigmas)`` of a mixture in one dimension, each of
            shape (k,), or ``(weights, means, covs)`` of shapes (k,), (k, 2), (k, 2, 2).
        diagonal: Whether q has independent coordinates. Says nothing in one dimension.

    Returns:
        A list of `Fit` of mu, cov (in one dimension the variance) and kl in nats,
        smallest kl first.

    Raises:
        ValueError: If the weights are no distribution, a sigma is not above 0, a
            covariance is not symmetric and positive definite, or shapes do not fit.

    References:
        | Pattern Recognition and Machine Learning, section 10.1.2 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> fits = fit_reverse_kl(([0.7, 0.3], [-3, 3], [1, 1]))
        >>> [(round(fit.mu, 2), round(fit.kl, 3)) for fit in fits]
        [(-2.99, 0.354), (2.97, 1.197)]
        >>> ellipse = ([1.0], [[0, 0]], [[[1, 0.9], [0.9, 1]]])
        >>> fit, = fit_reverse_kl(ellipse, diagonal=True)
        >>> np.diag(fit.cov).round(2).tolist(), round(fit.kl, 4)
        ([0.19, 0.19], 0.8304)

    Introduced in chapter 3.
    """
    minima = _local_minima(read_mixture(target), diagonal)
    return [_fit(mu, root @ root.T, kl) for mu, root, kl in minima]


def forward_kl(mu, sigma, target):
    r"""KL(target‖q) in nats for one given Gaussian q, fitted or not.

    .. math:: \mathbb E_{x \sim p}\left[\log p(x) - \log q(x)\right],
              \qquad q = \mathcal N(\mu, \sigma^2)

    Args:
        mu: Mean of q, a number.
        sigma: Standard deviation of q, above 0.
        target: ``(weights, means, sigmas)`` of a one-dimensional mixture p.

    Returns:
        A float.

    Raises:
        ValueError: If the weights are no distribution, a sigma is not above 0, or the
            target has two dimensions.

    References:
        | Pattern Recognition and Machine Learning, section 10.1.2 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> round(forward_kl(2, 1, ([0.5, 0.5], [-2, 2], [1, 1])), 3)
        3.367

    Introduced in chapter 3.
    """
    mu, root = _read_normal(mu, sigma)
    return forward_cost(mu, root, read_line(target))


def reverse_kl(mu, sigma, target):
    r"""KL(q‖target) in nats for one given Gaussian q, fitted or not.

    .. math:: \mathbb E_{x \sim \mathcal N(\mu, \sigma^2)}
              \left[\log q(x) - \log p(x)\right]

    Args:
        mu: Mean of q, a number.
        sigma: Standard deviation of q, above 0.
        target: ``(weights, means, sigmas)`` of a one-dimensional mixture.

    Returns:
        A float.

    Raises:
        ValueError: If the weights are no distribution, a sigma is not above 0, or the
            target has two dimensions.

    References:
        | Pattern Recognition and Machine Learning, section 10.1.2 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> round(reverse_kl(2, 1, ([0.5, 0.5], [-2, 2], [1, 1])), 3)
        0.633

    Introduced in chapter 3.
    """
    mu, root = _read_normal(mu, sigma)
    mixture = read_line(target)
    check_widths(mixture, root)
    return reverse_cost(mu, root, mixture)


def _fit(mu, cov, kl):
    if len(mu) == 1:
        mu, cov = float(mu[0]), float(cov[0, 0])
    return Fit(mu, cov, float(kl))


def _read_normal(mu, sigma):
    """mu of shape (1,) and sigma of shape (1, 1)."""
    mu = read_finite("mu", mu)
    sigma = read_positive("sigma", sigma, "a standard deviation")
    for name, number in [("mu", mu), ("sigma", sigma)]:
        if number.ndim:
            raise ValueError(
                f"`{name}` has shape {number.shape}, but one Gaussian has one: pass a "
                "number, and call once for each Gaussian."
            )
    return mu.reshape(1), sigma.reshape(1, 1)


def _local_minima(mixture, diagonal):
    """(mu, root, kl) of every local minimum of KL(q‖p), smallest kl first."""
    d = mixture.means.shape[1]
    grid = nodes_and_weights(COARSE[d], d)
    ends = []
    for mu, cov in _starts(mixture):
        cov = np.diag(np.diag(cov)) if diagonal else cov
        end = _descend((mu, np.linalg.cholesky(cov)), mixture, grid, diagonal)
        if not any(_same(end, other) for other in ends):
            ends.append(end)
    found = [_refine(end, mixture, diagonal) for end in ends]
    minima = []
    for end in sorted((f for f in found if f), key=lambda f: f[2]):
        if not any(_same(end, other) for other in minima):
            minima.append(end)
    return minima


def _same(one, other):
    (mu, root), (mu_2, root_2) = one[:2], other[:2]
    apart = np.linalg.solve(root, np.column_stack([mu_2 - mu, root_2 - root]))
    return np.abs(apart).max() < SAME


def _starts(mixture):
    """Mean and covariance of groups of components, and what a scan proposes."""
    k = len(mixture.weights)
    for size in range(1, k + 1) if k <= 4 else (1, 2, k):
        for group in map(list, combinations(range(k), size)):
            weights, means, roots = (part[group] for part in mixture)
            mu, cov = moments(Mixture(weights / weights.sum(), means, roots))
            yield mu, cov
            if size > 1:  # a narrower one, and one in the middle
                yield mu, cov / 4
                yield moments(Mixture(np.full(size, 1 / size), means, roots))
    if mixture.means.shape[1] == 1:
        yield from _scan(mixture)


def _scan(mixture):
    """Where both derivatives change sign inside one cell of a grid over (mu, sigma)."""
    means, sigmas = mixture.means[:, 0], mixture.roots[:, 0, 0]
    beside = means[:, None] + sigmas[:, None] * np.linspace(-3, 3, 13)
    between = np.linspace(means.min(), means.max(), 41)
    mu = np.unique(np.concatenate([beside.ravel(), between]))
    widest = sigmas.max() + np.ptp(means)
    count = 8 + int(8 * np.log(widest / sigmas.min()))
    sigma = np.geomspace(0.9 * sigmas.min(), widest, count)
    across, along = [], []
    for s in sigma:
        nodes, mean = nodes_and_weights(min(0.15, sigmas.min() / s), 1)
        x = (mu[:, None] + s * nodes.T).reshape(-1, 1)
        _, share, pulls = log_density(x, mixture)
        slope = (share * np.stack(pulls)[..., 0]).sum(0).reshape(len(mu), -1)
        across.append(slope @ mean)
        along.append(1 + s * (slope @ (mean * nodes[:, 0])))
    crossed = _changes_sign(np.array(across)) & _changes_sign(np.array(along))
    for i, j in np.argwhere(crossed):
        cov = np.array([[sigma[i] * sigma[i + 1]]])
        yield (mu[j : j + 2].mean(keepdims=True), cov)


def _changes_sign(values):
    positive = (values > 0).astype(int)
    corners = positive[1:, 1:] + positive[1:, :-1] + positive[:-1, 1:]
    corners += positive[:-1, :-1]
    return (corners > 0) & (corners < 4)


def _slots(dimensions, diagonal):
    """Rows and columns of the entries of B that may change."""
    rows, columns = np.tril_indices(dimensions)
    kept = rows == columns if diagonal else slice(None)
    return rows[kept], columns[kept]


def _move(q, step, diagonal):
    """q = (mu, root) moved to (mu + root @ a, root @ B), for step = (a, entries of B).

    B is lower triangular with a positive diagonal, given by its logarithm: whatever the
    step, the result is a Gaussian.
    """
    mu, root = q
    rows, columns = _slots(len(mu), diagonal)
    change = np.zeros_like(root)
    change[rows, columns] = step[len(mu) :]
    change[np.diag_indices(len(mu))] = np.exp(np.diag(change))
    return mu + root @ step[: len(mu)], root @ change


def _objective(q, mixture, grid, diagonal):
    """KL(q‖p) with its gradient and its Hessian in the step of `_move`."""
    (mu, root), (nodes, mean) = q, grid
    d = len(mu)
    log_p, slope, curvature = derivatives(mu + nodes @ root.T, root, mixture)
    rows, columns = _slots(d, diagonal)
    coordinate = np.concatenate([np.arange(d), rows])
    factor = np.column_stack([np.ones((len(nodes), d)), nodes[:, columns]])
    stretch = np.concatenate([np.zeros(d), rows == columns])
    gain = np.array(
        [mean @ (factor[:, j] * slope[a]) for j, a in enumerate(coordinate)]
    )
    hessian = np.empty((len(gain), len(gain)))
    for j, a in enumerate(coordinate):
        for k, b in enumerate(coordinate):
            hessian[j, k] = -((mean * factor[:, j]) @ (factor[:, k] * curvature[a][b]))
    hessian -= np.diag(stretch * gain)
    kl = -np.log(np.diag(root)).sum() - d / 2 * np.log(2 * np.pi * np.e) - mean @ log_p
    return kl, -gain - stretch, hessian


def _descend(q, mixture, grid, diagonal, tries=100):
    """Downhill from q until nothing is gained; a Newton step where that is downhill."""
    kl, gradient, hessian = _objective(q, mixture, grid, diagonal)
    for _ in range(tries):
        values, axes = np.linalg.eigh(hessian)
        step = -axes @ (axes.T @ gradient / np.maximum(np.abs(values), 1e-9))
        length = np.abs(step).max()
        arrived = values[0] > 0 and length < 1e-6  # below, rounding hides the descent
        scale = min(1.0, 1.0 / max(length, 1e-12))
        trial_q = _move(q, scale * step, diagonal)
        trial = _objective(trial_q, mixture, grid, diagonal)
        while trial[0] > kl and not arrived and scale * length > 1e-9:
            scale /= 2
            trial_q = _move(q, scale * step, diagonal)
            trial = _objective(trial_q, mixture, grid, diagonal)
        q, (kl, gradient, hessian) = trial_q, trial
        if arrived or scale * length <= 1e-9:
            break
    lowest = np.linalg.eigvalsh(hessian)[0]
    return *q, kl, bool(lowest > 0 and np.abs(gradient).max() < FLAT)


def _refine(end, mixture, diagonal):
    """The same minimum with finer nodes; None if it is none with the finest."""
    before = np.inf
    for grid in finer_grids(len(end[0])):
        end = _descend(end[:2], mixture, grid, diagonal)
        if end[3] and is_settled(end[2], before, len(end[0])):
            break
        before = end[2]
    return end[:3] if end[3] else None
