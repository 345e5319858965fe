"""One Gaussian for a mixture, found by scipy from random starts.

The integrals are Gauss-Legendre sums in panels, in standardised coordinates; the
densities are written out here. A point is (mu, log sigma) on the line and
(mu, log a, b, log c) in the plane, where [[a, 0], [b, c]] is a root of the covariance;
b is missing for independent coordinates.
"""

import numpy as np
from scipy import optimize

FLAT, STEP = 1e-5, 1e-4


def panels(count, order, reach):
    """Nodes on (-reach, reach) and weights for an average over N(0, 1)."""
    inside, share = np.polynomial.legendre.leggauss(order)
    edges = np.linspace(-reach, reach, count + 1)
    half = np.diff(edges)[:, None] / 2
    nodes = (edges[:-1, None] + half * (inside + 1)).ravel()
    weights = (half * share).ravel() * np.exp(-(nodes**2) / 2)
    return nodes, weights / weights.sum()


LINE = panels(128, 8, 9)


def plane(count):
    """Nodes (n, 2) and weights for an average over N(0, I)."""
    side, share = panels(count, 6, 8)
    nodes = np.stack(np.meshgrid(side, side), -1).reshape(-1, 2)
    return nodes, np.outer(share, share).ravel()


SEARCH, FINE = plane(24), plane(80)


def line_log_density(x, target):
    """log p and its derivative at each x of shape (n,)."""
    weights, means, sigmas = (np.asarray(part, dtype=float) for part in target)
    z = (x[:, None] - means) / sigmas
    closest = np.abs(z).min(1)
    density = weights / sigmas * np.exp((closest[:, None] ** 2 - z**2) / 2)
    total = density.sum(1)
    log_p = np.log(total) - (closest**2 + np.log(2 * np.pi)) / 2
    return log_p, -(density * z / sigmas).sum(1) / total


def plane_log_density(x, target):
    """log p and its gradient at each x of shape (n, 2)."""
    logs, pulls = [], []
    for weight, mean, cov in zip(*target, strict=True):
        precision = np.linalg.inv(cov)
        pulls.append((np.asarray(mean) - x) @ precision)
        distance = ((np.asarray(mean) - x) * pulls[-1]).sum(1)
        area = 2 * np.pi * np.sqrt(np.linalg.det(cov))
        logs.append(np.log(weight) - np.log(area) - distance / 2)
    log_p = np.logaddexp.reduce(logs)
    slope = sum(
        np.exp(a - log_p)[:, None] * b for a, b in zip(logs, pulls, strict=True)
    )
    return log_p, slope


def reverse_on_line(point, target):
    """KL(q‖p) and its gradient at (mu, log sigma)."""
    (mu, log_sigma), (z, mean) = point, LINE
    log_p, slope = line_log_density(mu + np.exp(log_sigma) * z, target)
    value = -log_sigma - np.log(2 * np.pi * np.e) / 2 - mean @ log_p
    return value, -np.array(
        [mean @ slope, 1 + np.exp(log_sigma) * (mean @ (slope * z))]
    )


def forward_on_line(point, target):
    """KL(p‖q) and its gradient at (mu, log sigma)."""
    (mu, log_sigma), (z, mean) = point, LINE
    value, gradient = 0.0, np.zeros(2)
    for weight, centre, sigma in zip(*target, strict=True):
        x = centre + sigma * z
        far = (x - mu) / np.exp(log_sigma)
        log_q = -(far**2) / 2 - log_sigma - np.log(2 * np.pi) / 2
        value += weight * (mean @ (line_log_density(x, target)[0] - log_q))
        slopes = -far / np.exp(log_sigma), 1 - far**2
        gradient += weight * np.array([mean @ slope for slope in slopes])
    return value, gradient


def alpha_on_line(alpha):
    """The alpha-divergence of p and q, 0 < alpha < 1, and its gradient, as above.

    Panels over a fixed stretch of the line: what counts may lie far from q.
    """
    inside, share = np.polynomial.legendre.leggauss(8)
    middles = np.arange(-39.75, 40, 0.5)
    x, weights = (middles[:, None] + inside / 4).ravel(), np.tile(share / 4, 160)

    @np.errstate(all="ignore")  # a search may step to where nothing is left of q
    def objective(point, target):
        mu, log_sigma = point
        z = (x - mu) / np.exp(log_sigma)
        log_q = -(z**2) / 2 - log_sigma - np.log(2 * np.pi) / 2
        log_p = line_log_density(x, target)[0]
        mass = weights * np.exp(alpha * log_p + (1 - alpha) * log_q)
        slopes = z / np.exp(log_sigma), z**2 - 1
        gradient = -np.array([mass @ slope for slope in slopes]) / alpha
        return (1 - mass.sum()) / (alpha * (1 - alpha)), gradient

    return objective


def root_of(point):
    """mu and the lower root of the covariance, with independent coordinates or not."""
    if len(point) == 4:
        return point[:2], np.diag(np.exp(point[2:]))
    a, b, c = np.exp(point[2]), point[3], np.exp(point[4])
    return point[:2], np.array([[a, 0], [b, c]])


def reverse_in_plane(point, target, rule=SEARCH):
    """KL(q‖p) and its gradient at (mu, log a, b, log c) or (mu, log a, log c)."""
    (mu, root), (z, mean) = root_of(point), rule
    log_p, slope = plane_log_density(mu + z @ root.T, target)
    value = -np.log(np.diag(root)).sum() - np.log(2 * np.pi * np.e) - mean @ log_p
    outer = (mean[:, None] * slope).T @ z
    parts = [1 + root[0, 0] * outer[0, 0], outer[1, 0], 1 + root[1, 1] * outer[1, 1]]
    kept = parts if len(point) == 5 else parts[::2]
    return value, -np.concatenate([mean @ slope, kept])


def forward_in_plane(point, target, rule=SEARCH):
    """KL(p‖q) at (mu, log a, b, log c) or (mu, log a, log c)."""
    (mu, root), (z, mean) = root_of(point), rule
    q, value = ([1.0], [mu], [root @ root.T]), 0.0
    for weight, centre, cov in zip(*target, strict=True):
        x = centre + z @ np.linalg.cholesky(cov).T
        excess = plane_log_density(x, target)[0] - plane_log_density(x, q)[0]
        value += weight * (mean @ excess)
    return value


def minima(objective, starts, target):
    """(*point, value) of every local minimum that a search from a start ends in."""
    found = []
    for start in starts:
        search = optimize.minimize(
            objective, start, (target,), method="BFGS", jac=True, options={"gtol": 1e-8}
        )
        if np.abs(search.jac).max() > FLAT or not _is_convex(
            objective, search.x, target
        ):
            continue
        if all(np.abs(search.x - other[:-1]).max() > 1e-3 for other in found):
            found.append((*search.x, search.fun))
    return sorted(found, key=lambda point: point[-1])


def _is_convex(objective, point, target):
    shifts = STEP * np.eye(len(point))
    hessian = [
        objective(point + s, target)[1] - objective(point - s, target)[1]
        for s in shifts
    ]
    return np.linalg.eigvalsh(np.array(hessian) + np.transpose(hessian))[0] > 0


def line_minima(objective, target, count, seed):
    """(mu, sigma, value) of the minima, from starts all over the target; best first."""
    rng = np.random.default_rng(seed)
    low, high = np.min(target[1]) - 1, np.max(target[1]) + 1
    narrow, wide = np.log([np.min(target[2]) / 2, high - low + np.max(target[2])])
    starts = rng.uniform([low, narrow], [high, wide], (count, 2))
    found = np.array(minima(objective, starts, target))
    return np.column_stack([found[:, 0], np.exp(found[:, 1]), found[:, 2]])


def plane_minima(target, count, seed, diagonal):
    """(mu, covariance, value) of the minima of KL(q‖p), best first."""
    rng = np.random.default_rng(seed)
    low, high = np.min(target[1], 0) - 1, np.max(target[1], 0) + 1
    starts = [
        [*rng.uniform(low, high), *rng.uniform(-1, 1, 2 if diagonal else 3)]
        for _ in range(count)
    ]
    found = []
    for *point, value in minima(reverse_in_plane, starts, target):
        mu, root = root_of(np.array(point))
        found.append((mu, root @ root.T, value))
    return found
