"""Mixtures of Gaussians in one or two dimensions, and what one Gaussian costs there.

A Gaussian is a pair (mu, root) with covariance root @ root.T, root lower triangular.
Averages over it are sums over a grid of standard-normal nodes z, at mu + root @ z.
"""

from typing import NamedTuple

import numpy as np

from ._validate import read_finite, read_positive, read_probabilities
from .gaussian import _read_covariance

NARROWEST = {1: 1000, 2: 20}  # how many times narrower than the whole a part may be
REACH = {1: 10.0, 2: 9.0}  # nodes end here, in standard deviations
COARSE = {1: 0.02, 2: 0.15}  # distance of the first nodes
FINEST = {1: 1e-4, 2: 0.018}  # no finer than this
SETTLED = {1: 1e-11, 2: 1e-9}  # changing less with twice the nodes, a value is final


class Mixture(NamedTuple):
    """Weights (k,), means (k, d) and lower Cholesky roots (k, d, d)."""

    weights: np.ndarray
    means: np.ndarray
    roots: np.ndarray

    @property
    def covs(self):
        return self.roots @ self.roots.swapaxes(-1, -2)


def read_mixture(target):
    """The target as a `Mixture` of the components that have any weight."""
    try:
        weights, means, spreads = target
    except (TypeError, ValueError):
        raise ValueError(
            f"`target` must be (weights, means, sigmas), found {target!r:.60}. "
            "In two dimensions it is (weights, means, covs)."
        ) from None
    weights = read_probabilities("weights", weights, -1)
    means = read_finite("means", means)
    spreads = read_finite("sigmas" if means.ndim < 2 else "covs", spreads)
    if weights.ndim == 1 and max(means.ndim, spreads.ndim - 1) > 1:
        roots = _read_covs(weights, means, spreads)
    else:
        roots = _read_sigmas(weights, means, spreads)[:, None, None]
        means = means[:, None]
    used = weights > 0
    mixture = Mixture(weights[used], means[used], roots[used])
    check_widths(mixture, np.linalg.cholesky(moments(mixture)[1]))
    return mixture


def read_line(target):
    """The same for a function that has one dimension only."""
    mixture = read_mixture(target)
    if mixture.means.shape[1] != 1:
        raise ValueError(
            f"`target` has {mixture.means.shape[1]} dimensions, but `mu` and `sigma` "
            "describe one. Pass (weights, means, sigmas), three rows of numbers."
        )
    return mixture


def moments(mixture):
    """Mean and covariance of the whole."""
    weights, means, _ = mixture
    mu = weights @ means
    apart = means - mu
    inside = np.tensordot(weights, mixture.covs, 1)
    return mu, inside + (weights[:, None] * apart).T @ apart


def nodes_and_weights(step, dimensions):
    """Standard-normal nodes (n, d) at distance `step`, and weights that sum to 1."""
    reach = REACH[dimensions]
    count = int(np.ceil(reach / step))
    axis = np.linspace(-reach, reach, 2 * count + 1)
    nodes = np.stack(np.meshgrid(*[axis] * dimensions, indexing="ij"), -1)
    nodes = nodes.reshape(-1, dimensions)
    squares = (nodes**2).sum(-1)
    inside = squares <= reach**2
    density = np.exp(-squares[inside] / 2)
    return nodes[inside], density / density.sum()


def log_density(x, mixture):
    """log p at each x (n, d), each component's share, and the pull towards its mean.

    Component i pulls x with inverse(cov_i) @ (mean_i - x); log p has the slope
    sum_i share_i * pull_i.
    """
    parts, pulls = [], []
    for weight, mean, root in zip(*mixture, strict=True):
        inverse = np.linalg.inv(root)
        z = (x - mean) @ inverse.T
        height = weight * np.prod(np.diag(inverse)) / (2 * np.pi) ** (len(mean) / 2)
        parts.append(np.log(height) - (z * z).sum(-1) / 2)
        pulls.append(-z @ inverse)
    parts = np.stack(parts)
    top = parts.max(0)
    log_p = top + np.log(np.exp(parts - top).sum(0))
    return log_p, np.exp(parts - log_p), pulls


def derivatives(x, root, mixture):
    """log p with its first and second derivatives along the columns of `root`."""
    log_p, share, pulls = log_density(x, mixture)
    pulls = [(pull @ root).T for pull in pulls]
    scaled = [np.linalg.solve(own, root) for own in mixture.roots]
    parts = [
        (s, t, half.T @ half) for s, t, half in zip(share, pulls, scaled, strict=True)
    ]
    d = range(len(root))
    slope = [sum(s * t[a] for s, t, _ in parts) for a in d]

    def curvature(a, b):
        return (
            sum(s * (t[a] * t[b] - p[a, b]) for s, t, p in parts) - slope[a] * slope[b]
        )

    return log_p, slope, [[curvature(a, b) for b in d] for a in d]


def forward_cost(mu, root, mixture):
    """KL(p‖q) of the mixture p to the Gaussian q."""
    q = Mixture(np.ones(1), mu[None], root[None])

    def cost(nodes, mean):
        total = 0.0
        for weight, centre, spread in zip(*mixture, strict=True):
            x = centre + nodes @ spread.T
            excess = log_density(x, mixture)[0] - log_density(x, q)[0]
            total += weight * (mean @ excess)
        return total

    with np.errstate(over="ignore", invalid="ignore"):  # a tiny q costs inf
        return settle(cost, len(mu))


def reverse_cost(mu, root, mixture):
    """KL(q‖p) of the Gaussian q to the mixture p."""
    entropy = np.log(np.diag(root)).sum() + len(mu) / 2 * np.log(2 * np.pi * np.e)

    def cost(nodes, mean):
        return -entropy - mean @ log_density(mu + nodes @ root.T, mixture)[0]

    return settle(cost, len(mu))


def settle(cost, dimensions):
    """cost(nodes, weights) with nodes so fine that finer ones change nothing."""
    value = np.inf
    for grid in finer_grids(dimensions):
        value, before = cost(*grid), value
        if is_settled(value, before, dimensions):
            break
    return float(value)


def finer_grids(dimensions):
    """Nodes and weights, each time at half the distance, down to the finest."""
    step = COARSE[dimensions]
    while step > FINEST[dimensions]:
        yield nodes_and_weights(step, dimensions)
        step /= 2


def is_settled(value, before, dimensions):
    return abs(value - before) < SETTLED[dimensions] * max(1.0, abs(value))


def _read_sigmas(weights, means, sigmas):
    sigmas = read_positive("sigmas", sigmas, "a standard deviation")
    if not weights.shape == means.shape == sigmas.shape or weights.ndim != 1:
        raise ValueError(
            "`weights`, `means` and `sigmas` must be three rows of equal length, "
            f"found shapes {weights.shape}, {means.shape} and {sigmas.shape}."
        )
    return sigmas


def _read_covs(weights, means, covs):
    k, sides = len(weights), {*means.shape[-1:], *covs.shape[-2:]}
    if means.ndim == 2 and covs.ndim == 3 and len(sides) == 1 and sides != {2}:
        raise ValueError(
            f"`means` has {means.shape[-1]} dimensions, but mixtures are fitted in one "
            "or two only: more need too many nodes. Fit two of the coordinates, or "
            "pass rows of numbers and sigmas for one."
        )
    if means.shape != (k, 2) or covs.shape != (k, 2, 2):
        raise ValueError(
            f"`means` and `covs` have shapes {means.shape} and {covs.shape}, but {k} "
            f"weights in two dimensions need ({k}, 2) and ({k}, 2, 2): a mean and a "
            "full covariance (not standard deviations) for each component."
        )
    return _read_covariance("covs", covs)[1]


def check_widths(mixture, root):
    """Raise if a component is too narrow for nodes as wide as `root`."""
    ratios = np.linalg.norm(np.linalg.solve(mixture.roots, root), 2, (-2, -1))
    ratio, limit = ratios.max(), NARROWEST[len(root)]
    if ratio > limit:
        raise ValueError(
            f"`target` has a component {ratio:.3g} times narrower than the whole; more "
            f"than {limit} times cannot be integrated reliably. Drop or widen it."
        )
