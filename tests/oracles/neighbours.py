"""Second opinions on t-SNE: the definitions, pair by pair, with mpmath and scipy."""

import numpy as np
from mpmath import mp, mpf
from scipy import optimize

from . import reference  # sets the 50 digits


def lottery(distances, perplexity):
    """p(j|i) for the other points of one point, β by scipy's bracketing root finder."""

    def draw(log_beta):
        weights = [mp.exp(-mp.exp(log_beta) * mpf(d)) for d in distances]
        return [w / mp.fsum(weights) for w in weights]

    def off(log_beta):
        p = draw(log_beta)
        return float(-mp.fsum(x * mp.log(x) for x in p) - mp.log(perplexity))

    return draw(optimize.brentq(off, -12, 6, xtol=1e-14))


def pairs(points, perplexity):
    """All lotteries of points on a line, and P."""
    n = len(points)
    rows = [[mpf(0)] * n for _ in points]
    for i, here in enumerate(points):
        others = [j for j in range(n) if j != i]
        found = lottery([(points[j] - here) ** 2 for j in others], perplexity)
        for j, p in zip(others, found, strict=True):
            rows[i][j] = p
    both = [[(rows[i][j] + rows[j][i]) / (2 * n) for j in range(n)] for i in range(n)]
    return rows, both


def kls_of_map(p, y):
    """D(P‖Q) and D(Q‖P) of a map, pair by pair in 50 digits."""
    n = len(y)
    kernel = {}
    for i in range(n):
        for j in range(n):
            if i != j:
                gap = [mpf(a) - mpf(b) for a, b in zip(y[i], y[j], strict=True)]
                kernel[i, j] = 1 / (1 + mp.fsum(g * g for g in gap))
    assert mp.dps == reference.mp.dps >= 50
    total, terms = mp.fsum(kernel.values()), [[], []]
    for (i, j), k in kernel.items():
        a, b = mpf(p[i][j]), k / total
        if a > 0:
            terms[0].append(a * mp.log(a / b))
        terms[1].append(b * mp.log(b / a) if a > 0 else mp.inf)
    return [mp.fsum(t) for t in terms]


def slopes_at_first_point(p, y):
    """Slopes of D(P‖Q) and of D(Q‖P) in the first coordinate of the first point."""
    h, found = mpf("1e-15"), []
    for which in (0, 1):
        values = []
        for sign in (1, -1):
            moved = [list(map(mpf, point)) for point in y]
            moved[0][0] += sign * h
            values.append(kls_of_map(p, moved)[which])
        found.append((values[0] - values[1]) / (2 * h))
    return found


def gradient(p, y, step=1e-6):
    """Central differences of D(P‖Q) in every coordinate, in double precision."""

    def bill(flat):
        z = flat.reshape(y.shape)
        kernel = 1 / (1 + ((z[:, None] - z) ** 2).sum(-1))
        q = kernel / (kernel.sum() - len(z))
        off = p > 0
        return float((p[off] * np.log(p[off] / q[off])).sum())

    flat, found = y.ravel(), []
    for e in np.eye(flat.size):
        found.append((bill(flat + step * e) - bill(flat - step * e)) / (2 * step))
    return np.reshape(found, y.shape)
