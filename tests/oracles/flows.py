"""Second opinions on flows, importance weights and EM: quadrature, roots, convolutions.

Written from the definitions in numpy, scipy and mpmath; densities of flows are found
by solving for the place where a point came from.
"""

from functools import cache

import numpy as np
from mpmath import mp, mpf
from scipy import fft, linalg, optimize, stats

NODES, WEIGHTS = np.polynomial.legendre.leggauss(10)


def panels(low, high, count):
    """Knots and weights of a Gauss rule in each of many equal panels."""
    half = (high - low) / (2 * count)
    middles = low + half * (2 * np.arange(count) + 1)
    knots = middles[:, None] + half * NODES
    return knots.ravel(), np.tile(half * WEIGHTS, count)


def energy(number, a, b, share=0.5):
    """Table 1 of Rezende & Mohamed at (a, b), as exponentials; a wall for 2 to 4."""
    if number == 1:
        wells = share * np.exp(-0.5 * ((a - 2) / 0.6) ** 2)
        wells = wells + (1 - share) * np.exp(-0.5 * ((a + 2) / 0.6) ** 2)
        return 0.5 * ((np.hypot(a, b) - 2) / 0.4) ** 2 - np.log(2 * wells)
    wave = np.sin(2 * np.pi * a / 4)
    wall = np.where(abs(a) > 4, 0.5 * ((abs(a) - 4) / 0.2) ** 2, 0.0)
    if number == 2:
        return 0.5 * ((b - wave) / 0.4) ** 2 + wall
    if number == 3:
        shift, width = 3 * np.exp(-0.5 * ((a - 1) / 0.6) ** 2), 0.35
    else:
        shift, width = 3 / (1 + np.exp(-(a - 1) / 0.3)), 0.4
    with np.errstate(divide="ignore"):
        paths = np.exp(-0.5 * ((b - wave) / width) ** 2)
        paths = paths + np.exp(-0.5 * ((b - wave + shift) / 0.35) ** 2)
        return -np.log(paths) + wall


def log_z(number, share=0.5, right_half=False):
    """log of the integral of exp(-energy), perhaps over the right half-plane only."""
    a, weight_a = panels(0 if right_half else -7.0, 7.0, 70)
    b, weight_b = panels(-7.0, 7.0, 70)
    inside = np.exp(-energy(number, a[:, None], b, share))
    return float(np.log(weight_a @ inside @ weight_b))


@cache
def best_normal(start):
    """The least D(q‖p) of a normal q with independent coordinates on target 1."""
    a, weight_a = panels(-6.5, 6.5, 40)
    b, weight_b = panels(-6.5, 6.5, 40)
    cost, log_mass = energy(1, a[:, None], b), log_z(1)

    def nats(v):
        q_a = stats.norm.pdf(a, v[0], np.exp(v[2])) * weight_a
        q_b = stats.norm.pdf(b, v[1], np.exp(v[3])) * weight_b
        entropy = v[2] + v[3] + np.log(2 * np.pi * np.e)
        return q_a @ cost @ q_b - entropy + log_mass

    return float(optimize.minimize(nats, start, method="Nelder-Mead", tol=1e-9).fun)


def came_from(y, u, w, b):
    """The z with z + u tanh(w·z + b) = y, by a root in one dimension."""
    along, seen = float(np.dot(w, u)), float(np.dot(w, y))
    size = abs(along) + 1

    def off(a):
        return a + along * np.tanh(a + b) - seen

    a = optimize.brentq(off, seen - size, seen + size, xtol=1e-14, rtol=1e-14)
    return np.asarray(y) - np.asarray(u) * np.tanh(a + b)


def stretch(z, u, w, b):
    """The determinant of the whole matrix of derivatives of a layer."""
    slope = 1 / np.cosh(np.dot(w, z) + b) ** 2
    return float(linalg.det(np.eye(len(z)) + slope * np.outer(u, w)))


def log_density(y, mean, width, layers):
    """log q at y of a normal base and layers (u, w, b), the last layer first undone."""
    total, place = 0.0, np.asarray(y, dtype=float)
    for u, w, b in reversed(layers):
        place = came_from(place, u, w, b)
        total -= np.log(abs(stretch(place, u, w, b)))
    return total + stats.norm.logpdf(place, mean, width).sum()


def bent_number(x=2.0, mean=0.5, width=0.6, bend=0.8):
    """-ELBO, rate, -explanation and gap of a bent q, integrated where it lands."""
    y, weight = panels(-9.0, 9.0, 150)
    layer = [(np.array([bend]), np.array([1.0]), 0.0)]
    log_q = np.array([log_density([each], mean, width, layer) for each in y])
    q = np.exp(log_q) * weight
    assert abs(q.sum() - 1) < 1e-9
    prior, likely = stats.norm.logpdf(y), stats.norm.logpdf(x, y, 1)
    evidence = np.log(weight @ np.exp(prior + likely))
    rate, missed = q @ (log_q - prior), -(q @ likely)
    gap = q @ (log_q - prior - likely + evidence)
    return [rate + missed, rate, missed, gap]


def importance_bounds(ks, x=2.0):
    """L_k of the hidden number with the prior as q, by convolving the law of w.

    w = N(x; z, 1) with z ~ N(0, 1) lies between 0 and its top. Its law on a fine grid
    is convolved with itself k times; L_1 and L_2 are integrals over z.
    """
    z, chance = panels(-12.0, 14.0, 600)
    chance = chance * stats.norm.pdf(z)
    w = stats.norm.pdf(x, z, 1)
    cells = 2**14
    at = w / w.max() * (cells - 2)
    left = at.astype(int)
    law = np.bincount(left, chance * (left + 1 - at), cells)
    law += np.bincount(left + 1, chance * (at - left), cells)
    found = []
    for k in ks:
        if k == 1:
            found.append(chance @ np.log(w))
        elif k == 2:
            thin, part = z[::4], chance[::4] / chance[::4].sum()
            pair = stats.norm.pdf(x, thin, 1)
            found.append(part @ np.log((pair[:, None] + pair) / 2) @ part)
        else:
            size = fft.next_fast_len(k * cells, real=True)
            total = fft.irfft(fft.rfft(law, size) ** k, size)[: k * cells]
            sums = np.arange(k * cells) / (cells - 2) * w.max() / k
            found.append(total[1:] @ np.log(sums[1:]))
    return [float(value) for value in found]


def em_half_steps(x, means, rounds):
    """[(ELBO, log-likelihood)] after each E and M, for two bells of width 1, in mpf."""
    x, means = [mpf(str(v)) for v in x], [mpf(str(v)) for v in means]
    found = []

    def state(q):
        joint = [[mp.npdf(v, m, 1) / 2 for m in means] for v in x]
        elbo = mp.fsum(
            a * mp.log(j / a)
            for q_row, row in zip(q, joint, strict=True)
            for a, j in zip(q_row, row, strict=True)
        )
        return float(elbo), float(mp.fsum(mp.log(mp.fsum(row)) for row in joint))

    for _ in range(rounds):
        joint = [[mp.npdf(v, m, 1) / 2 for m in means] for v in x]
        q = [[j / mp.fsum(row) for j in row] for row in joint]
        found.append(state(q))
        means = [
            mp.fsum(row[i] * v for row, v in zip(q, x, strict=True))
            / mp.fsum(row[i] for row in q)
            for i in range(2)
        ]
        found.append(state(q))
    return found


def branch_entropy(pull=3.0):
    """Minus the average of ln(share of the own branch) when z - pull·tanh(z) folds."""
    turn = np.arctanh(np.sqrt(1 - 1 / pull))

    def f(z):
        return z - pull * np.tanh(z)

    def weight(z):
        return stats.norm.pdf(z) / abs(1 - pull / np.cosh(z) ** 2)

    high = f(-turn)
    total = 0.0
    for z, chance in zip(*panels(-9.0, 9.0, 300), strict=True):
        y = f(z)
        places = [z]
        if abs(y) < high:  # three places
            ends = [-30.0, -turn, turn, 30.0]
            places = [
                optimize.brentq(lambda t, y=y: f(t) - y, *pair)
                for pair in zip(ends[:-1], ends[1:], strict=True)
            ]
        share = weight(z) / sum(map(weight, places))
        total -= chance * stats.norm.pdf(z) * np.log(share)
    return float(total)
