"""Chapter 14: what KL is near equality, projections, tests."""

import numpy as np
from mpmath import mpf
from oracles import geometry as oracle

import kl_helpers as kl
from kl_helpers.exercises import ch14


def check_C_03():
    p, ours = np.array([0.3, 0.7]), [[], [], []]
    for delta in (0.1, 0.01, 0.001):
        q, half_square = p + [delta, -delta], delta**2 / (2 * 0.3 * 0.7)
        ours[0].append(kl.kl_divergence(p, q) / half_square)
        ours[1].append(kl.kl_divergence(q, p) / half_square)
        ours[2].append(kl.js_divergence(p, q) / kl.kl_divergence(p, q))
    theirs = oracle.shares_of_the_square("0.3", ["0.1", "0.01", "0.001"])
    return [*ours[0], *ours[1], *ours[2][:2]], [*theirs[0], *theirs[1], *theirs[2][:2]]


def check_C_08():
    die, x = np.full(6, 1 / 6), np.arange(1.0, 7)
    star = ch14.nearest_with_mean(die, x, 4.5)
    p = np.array([0.1, 0.05, 0.1, 0.1, 0.3, 0.35])
    split = kl.kl_divergence(p, star) + kl.kl_divergence(star, die)
    slope = np.log(star[-1] / star[0]) / 5
    ours = [slope, *star, kl.kl_divergence(star, die), split]
    exact = [mpf(1) / 6] * 6
    lam, law = oracle.tilt(exact, range(1, 7), "4.5")
    text = ["0.1", "0.05", "0.1", "0.1", "0.3", "0.35"]
    return ours, [lam, *law, oracle.kl(law, exact), oracle.kl(text, exact)]


def check_C_09():
    ours = kl.kl_divergence([0.3, 0.7], [0.6, 0.4])
    return ours, oracle.bregman_of_coins("0.3", "0.6")


def log_tail(n, p, first, last):
    """ln P(first … last heads of n), summed from ratios of neighbours."""
    k = np.arange(n)
    steps = np.log((n - k) / (k + 1)) + np.log(p / (1 - p))
    terms = (n * np.log(1 - p) + np.r_[0, np.cumsum(steps)])[first : last + 1]
    return terms.max() + np.log(np.exp(terms - terms.max()).sum())


def check_C_17():
    sizes, ours = [10**i for i in range(2, 7)], []
    for n in sizes:
        low, high = n // 2, n  # bisect for the lowest bar that holds
        while high - low > 1:
            bar = (low + high) // 2
            rare = log_tail(n, 0.5, bar, n) <= np.log(0.05)
            low, high = (low, bar) if rare else (bar, high)
        ours.append(-log_tail(n, 0.6, 0, high - 1) / n)
    ours.append(kl.kl_divergence([0.5, 0.5], [0.6, 0.4]))
    s = np.linspace(0, 1, 20_001)
    mixed = 0.5**s * (0.6 ** (1 - s) + 0.4 ** (1 - s))
    ours.append(-np.log(mixed).min())
    ours += [-log_tail(n, 0.5, 7 * n // 10, n) / n for n in sizes[:4]]
    ours.append(kl.kl_divergence([0.7, 0.3], [0.5, 0.5]))
    theirs = [oracle.stein(n) for n in sizes]
    theirs += [oracle.coin_kl("0.5", "0.6"), oracle.chernoff()]
    theirs += [oracle.sanov(n) for n in sizes[:4]]
    return ours, [*theirs, oracle.coin_kl("0.7", "0.5")]


def check_C_23():
    budget, low, high = (5 + np.log(2 * np.sqrt(1000) / 0.05)) / 1000, 0.05, 1.0
    for _ in range(60):
        e = (low + high) / 2
        fits = kl.kl_divergence([0.05, 0.95], [e, 1 - e]) <= budget
        low, high = (e, high) if fits else (low, e)
    return low, oracle.pac_bayes("0.05", "5", 1000, "0.05")


def check_C_24():
    ours = 0.1 / kl.kl_divergence([0.5, 0.5], [0.6, 0.4])
    return ours, mpf("0.1") / oracle.coin_kl("0.5", "0.6")
