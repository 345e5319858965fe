"""Fit one Gaussian to a mixture of Gaussians, forward or reverse, with every optimum.

A target is ``(weights, means, sigmas)``, each of shape (k,). All integrals are sums
over a fine grid of standard-normal nodes, so there is no sampling noise. Reverse fits
start from many places; tests compare what they find with another optimiser.
"""

from typing import NamedTuple

import numpy as np

from ._validate import read_finite, read_positive, read_probabilities

__all__ = ["Fit", "fit_forward_kl", "fit_reverse_kl", "reverse_kl"]

NARROWEST = 1000  # how many times narrower than the whole a component may be
SAME = 1e-4  # two optima closer than this, in units of their width, are one


class Fit(NamedTuple):
    """A fitted Gaussian: its mean, its variance, and what it costs in nats."""

    mu: float
    cov: float
    kl: float


def fit_forward_kl(target):
    r"""The Gaussian with the smallest KL(target‖q): it matches mean and variance.

    .. math:: \mu = \sum_i w_i \mu_i, \qquad
              \sigma^2 = \sum_i w_i (\sigma_i^2 + (\mu_i - \mu)^2)

    Args:
        target: ``(weights, means, sigmas)`` of a one-dimensional mixture.

    Returns:
        A list with the one optimum, a `Fit` of mu, cov (the variance) and kl in nats.

    Raises:
        ValueError: If the weights are no distribution or a sigma is not above 0.

    References:
        | Pattern Recognition and Machine Learning, section 10.7 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> fit, = fit_forward_kl(([0.5, 0.5], [-2, 2], [1, 1]))
        >>> fit.mu, fit.cov, round(fit.kl, 4)
        (0.0, 5.0, 0.172)

    Introduced in chapter 3.
    """
    weights, means, sigmas = _read_mixture(target)
    mu, cov = _moments(weights, means, sigmas)
    nodes, node_weights = _grid((weights, means, sigmas))
    x = means + sigmas * nodes[:, None]  # (node, component)
    log_q = -((x - mu) ** 2) / (2 * cov) - np.log(2 * np.pi * cov) / 2
    excess = _log_density(x, weights, means, sigmas)[0] - log_q
    return [Fit(float(mu), float(cov), float(node_weights @ excess @ weights))]


def fit_reverse_kl(target):
    r"""Every Gaussian at which KL(q‖target) has a local minimum, best first.

    .. math:: D_{\mathrm{KL}}(q \,\|\, p) = \mathbb E_{z}\left[
              \log q(\mu + \sigma z) - \log p(\mu + \sigma z)\right]

    Newton's method in :math:`(\mu, \log\sigma)` from each component, from the matched
    moments and from the middle of each pair of neighbours.

    Args:
        target: ``(weights, means, sigmas)`` of a one-dimensional mixture.

    Returns:
        A list of `Fit` of mu, cov (the variance) and kl in nats, smallest kl first.

    Raises:
        ValueError: If the weights are no distribution or a sigma is not above 0.

    References:
        | Pattern Recognition and Machine Learning, section 10.1.2 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> fits = fit_reverse_kl(([0.7, 0.3], [-3, 3], [1, 1]))
        >>> [(round(fit.mu, 2), round(fit.kl, 3)) for fit in fits]
        [(-2.99, 0.354), (2.97, 1.197)]

    Introduced in chapter 3.
    """
    mixture = _read_mixture(target)
    grid = _grid(mixture)
    found = [_newton(start, mixture, grid) for start in _starts(mixture)]
    fits = []
    for mu, log_sigma, kl in sorted((f for f in found if f), key=lambda f: f[2]):
        sigma = np.exp(log_sigma)
        if not any(
            abs(mu - fit.mu) < SAME * sigma and abs(sigma**2 / fit.cov - 1) < SAME
            for fit in fits
        ):
            fits.append(Fit(float(mu), float(sigma**2), float(kl)))
    return fits


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
        ValueError: If the weights are no distribution or a sigma is not above 0.

    References:
        | Pattern Recognition and Machine Learning, section 10.1.2 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> round(reverse_kl(2, 1, ([0.5, 0.5], [-2, 2], [1, 1])), 3)
        0.633

    Introduced in chapter 3.
    """
    mu = read_finite("mu", mu)
    sigma = read_positive("sigma", sigma, "a standard deviation")
    for name, number in [("mu", mu), ("sigma", sigma)]:
        if number.ndim:
            raise ValueError(
                f"`{name}` has shape {number.shape}, but one Gaussian has one: pass a "
                "number, and call once for each Gaussian."
            )
    mixture = _read_mixture(target)
    grid = _grid(mixture, sigma)
    return float(_objective((mu, np.log(sigma)), mixture, grid)[0])


def _read_mixture(target):
    try:
        weights, means, sigmas = target
    except (TypeError, ValueError):
        raise ValueError(
            f"`target` must be (weights, means, sigmas), found {target!r:.60}."
        ) from None
    weights = read_probabilities("weights", weights, -1)
    means = read_finite("means", means)
    sigmas = read_positive("sigmas", sigmas, "a standard deviation")
    if not weights.shape == means.shape == sigmas.shape or weights.ndim != 1:
        raise ValueError(
            "`weights`, `means` and `sigmas` must be three rows of equal length, "
            f"found shapes {weights.shape}, {means.shape} and {sigmas.shape}."
        )
    used = weights > 0
    return weights[used], means[used], sigmas[used]


def _moments(weights, means, sigmas):
    mu = weights @ means
    return mu, weights @ (sigmas**2 + (means - mu) ** 2)


def _grid(mixture, widest=0.0):
    """Standard-normal nodes and weights, fine enough for the narrowest component."""
    spread = max(np.sqrt(_moments(*mixture)[1]), widest)
    ratio = spread / mixture[2].min()
    if ratio > NARROWEST:
        raise ValueError(
            f"`target` has a component {ratio:.3g} times narrower than the whole; more "
            f"than {NARROWEST} times cannot be integrated reliably. Drop or widen it."
        )
    nodes = np.linspace(-10, 10, 2000 * int(np.ceil(ratio / 20)) + 1)
    density = np.exp(-(nodes**2) / 2)
    return nodes, density / density.sum()


def _starts(mixture):
    weights, means, sigmas = mixture
    centre, variance = _moments(*mixture)
    spread = np.sqrt(variance)
    order = np.argsort(means)
    left, right = means[order][:-1], means[order][1:]
    yield from zip(means, np.log(sigmas), strict=True)
    for width in (spread, spread / 2, sigmas.min()):
        yield centre, np.log(width)
    for a, b in zip(left, right, strict=True):
        yield (a + b) / 2, np.log(sigmas.min() + (b - a) / 4)


def _log_density(x, weights, means, sigmas):
    """log p of a mixture with its first two derivatives, at each x."""
    z = (x[..., None] - means) / sigmas
    parts = np.log(weights / (sigmas * np.sqrt(2 * np.pi))) - z**2 / 2
    top = parts.max(-1, keepdims=True)
    log_p = top[..., 0] + np.log(np.exp(parts - top).sum(-1))
    share = np.exp(parts - log_p[..., None])
    slope = (share * -z / sigmas).sum(-1)
    curvature = (share * (z**2 - 1) / sigmas**2).sum(-1) - slope**2
    return log_p, slope, curvature


def _objective(point, mixture, grid):
    """KL(q‖p) at (mu, log sigma), its gradient and its Hessian."""
    (mu, log_sigma), (nodes, mean) = point, grid
    sigma, step = np.exp(log_sigma), mean * nodes
    log_p, slope, curvature = _log_density(mu + sigma * nodes, *mixture)
    kl = -log_sigma - np.log(2 * np.pi * np.e) / 2 - mean @ log_p
    gradient = -np.array([mean @ slope, 1 + sigma * (step @ slope)])
    mixed = sigma * (step @ curvature)
    second = sigma**2 * ((step * nodes) @ curvature) + sigma * (step @ slope)
    return kl, gradient, -np.array([[mean @ curvature, mixed], [mixed, second]])


def _newton(start, mixture, grid, tries=200):
    """The local minimum downhill from `start`; None if it ends on a saddle."""
    point = np.array(start, dtype=float)
    kl, gradient, hessian = _objective(point, mixture, grid)
    for _ in range(tries):
        convex = np.linalg.eigvalsh(hessian)[0] > 0
        if convex:
            step = -np.linalg.solve(hessian, gradient)
        else:  # downhill in the metric of the Gaussian itself
            step = -gradient * [np.exp(2 * point[1]), 0.5]
        length = np.abs(step / [np.exp(point[1]), 1]).max(initial=1e-12)  # in widths
        arrived = convex and length < 1e-6  # below, rounding hides the descent
        scale = 1.0 if arrived else min(1.0, 1.0 / length)
        trial = _objective(point + scale * step, mixture, grid)
        while trial[0] > kl and not arrived and scale > 1e-9:
            scale /= 2
            trial = _objective(point + scale * step, mixture, grid)
        point = point + scale * step
        kl, gradient, hessian = trial
        if arrived or scale <= 1e-9:
            break
    is_minimum = np.linalg.eigvalsh(hessian)[0] > 0 and np.abs(gradient).max() < 1e-6
    return (*point, kl) if is_minimum else None
