"""Second opinions on drift: mpmath for binned normals, scipy for the law of chance."""

import itertools
from fractions import Fraction

import numpy as np
from mpmath import mp, mpf
from scipy import optimize, stats


def psi(e, a):
    """The sum of both KLs of two lists of shares, in 30 digits."""
    pairs = [(mpf(x), mpf(y)) for x, y in zip(e, a, strict=True)]
    return sum(x * mp.log(x / y) + y * mp.log(y / x) for x, y in pairs)


def psi_of_a_shift(s, bins):
    """N(0, 1) against N(s, 1) in bins of equal expected share."""
    inner = [mp.sqrt(2) * mp.erfinv(2 * mpf(j) / bins - 1) for j in range(1, bins)]
    edges = [mpf("-inf"), *inner, mpf("inf")]
    shares = [
        mp.ncdf(b - mpf(str(s))) - mp.ncdf(a - mpf(str(s)))
        for a, b in itertools.pairwise(edges)
    ]
    return psi([mpf(1) / bins] * bins, shares)


def rare_event(e, a):
    """D(A‖E), D(E‖A) and PSI of a two-valued feature, from fractions."""
    e, a = (Fraction(str(p)) for p in (e, a))
    pairs = [(e, a), (1 - e, 1 - a)]
    pairs = [(mpf(x.numerator) / x.denominator, mpf(y.numerator) / y.denominator)
             for x, y in pairs]  # fmt: skip
    there = sum(y * mp.log(y / x) for x, y in pairs)
    back = sum(x * mp.log(x / y) for x, y in pairs)
    return [there, back, there + back]


def chance(n, m, bins, share):
    """Mean and quantile of the PSI of a world with itself, by χ²."""
    law = stats.chi2(bins - 1, scale=1 / n + 1 / m)
    return [law.mean(), law.ppf(share)]


def counts_of_bins(x, inner):
    """Rows in each bin, by scipy."""
    edges = [-np.inf, *inner, np.inf]
    return stats.binned_statistic(x, None, "count", bins=edges).statistic


def page_bound(before, after):
    """The rate at which e to the evidence averages to 1 in the old world: one."""
    step = [np.log((1 - after) / (1 - before)), np.log(after / before)]

    def excess(t):
        return (1 - before) * np.exp(t * step[0]) + before * np.exp(t * step[1]) - 1

    return optimize.brentq(excess, 0.5, 2)
