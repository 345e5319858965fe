"""Second opinions on information: entropies, quadrature, and search in 50 digits."""

import itertools
import math

import numpy as np
from mpmath import mp, mpf
from scipy import optimize, special, stats

from . import reference


def mutual_information(joint):
    """H(X) + H(Y) − H(X, Y): no KL, no product of margins."""
    assert mp.dps == reference.mp.dps
    rows = [[mpf(p) for p in row] for row in joint]
    columns = list(zip(*rows, strict=True))

    def entropy(p):
        return -mp.fsum(x * mp.log(x) for x in p if x > 0)

    return (
        entropy([mp.fsum(row) for row in rows])
        + entropy([mp.fsum(column) for column in columns])
        - entropy([p for row in rows for p in row])
    )


def _beta_density(a, b):
    return lambda t: t ** (a - 1) * (1 - t) ** (b - 1) / mp.beta(a, b)


def beta_gain(before, after):
    """KL(Beta(after)‖Beta(before)) by quadrature of the densities."""
    p, q = _beta_density(*after), _beta_density(*before)
    return mp.quad(lambda t: p(t) * mp.log(p(t) / q(t)), [0, 0.25, 0.5, 0.75, 1])


def beta_entropy(a, b):
    """Differential entropy, from scipy."""
    return float(stats.beta(a, b).entropy())


def flips(n):
    """Realised gain of every number of heads of n, flat prior; all are as likely."""
    return [beta_gain((1, 1), (k + 1, n - k + 1)) for k in range(n + 1)]


def expected_flips(n):
    """I(share of heads; heads): entropy of the result minus that within each coin."""

    def within(t):
        chances = [mp.binomial(n, k) * t**k * (1 - t) ** (n - k) for k in range(n + 1)]
        return -mp.fsum(p * mp.log(p) for p in chances)

    return mp.log(n + 1) - mp.quad(within, [0, 0.5, 1])


def lautum_flips(n):
    """Average over results of KL(prior‖posterior), by quadrature."""
    return mp.fsum(beta_gain((k + 1, n - k + 1), (1, 1)) for k in range(n + 1)) / (
        n + 1
    )


def normal_pair(rho):
    """Mutual information of two correlated normal numbers, by quadrature."""
    rho = mpf(str(rho))
    width = mp.sqrt(1 - rho**2)

    def toll(x):
        """KL(P(y|x)‖P(y)) from the densities; about its mean y is narrow."""
        mean = rho * x
        return mp.quad(
            lambda y: (
                mp.npdf(y, mean, width) * mp.log(mp.npdf(y, mean, width) / mp.npdf(y))
            ),
            [mean - 9 * width, mean, mean + 9 * width],
        )

    # The toll is a parabola in x, so three points know its average.
    middle, side = toll(mpf(0)), toll(mpf(1))
    return middle + (side - middle)


def donsker_varadhan(slope, mean):
    """E_P[T] − ln E_Q[exp T] for T = slope·x, P = N(mean, 1), Q = N(0, 1)."""
    slope = mpf(str(slope))
    first = mp.quad(lambda x: mp.npdf(x, mean) * slope * x, [-14, mean, 14])
    second = mp.quad(lambda x: mp.npdf(x) * mp.exp(slope * x), [-14, 0, 14])
    return first - mp.log(second)


def weighings(balls, each_side):
    """Chance of each result of a balance, by going through all possibilities."""
    tally = {"left": 0, "right": 0, "level": 0}
    for ball, heavy in itertools.product(range(balls), (True, False)):
        if ball >= 2 * each_side:
            tally["level"] += 1
        else:
            tally["left" if (ball < each_side) == heavy else "right"] += 1
    return [count / (2 * balls) for count in tally.values()]


def line_gain(xs, noise_sd):
    """ln of how much readings at xs shrink the belief about (a, b): determinants."""
    design = mp.matrix([[1, mpf(str(x))] for x in xs])
    precision = mp.eye(2) + design.T * design / mpf(str(noise_sd)) ** 2
    return mp.log(mp.det(precision)) / 2


def second_wire(flip, kept):
    """Most that T can tell of Y = X flipped with chance `flip`, if I(X;T) = kept."""

    def h(d):
        return float(special.entr([d, 1 - d]).sum())

    kept = min(kept, math.log(2))
    d = optimize.brentq(lambda d: math.log(2) - h(d) - kept, 0.0, 0.5, xtol=1e-14)
    return math.log(2) - h(d * (1 - flip) + (1 - d) * flip)


def bottleneck_by_search(joint, beta, codes, starts=6):
    """Smallest I(X;T) − beta·I(T;Y) that scipy finds over softmax encoders."""
    joint = np.asarray(joint, dtype=float)
    n, rng = len(joint), np.random.default_rng(0)

    def information(table):
        x, y = table.sum(1), table.sum(0)
        return special.entr(x).sum() + special.entr(y).sum() - special.entr(table).sum()

    def price(logits):
        encoder = special.softmax(logits.reshape(n, codes), axis=1)
        rate = information(joint.sum(1)[:, None] * encoder)
        return rate - beta * information(encoder.T @ joint)

    found = [
        optimize.minimize(price, rng.normal(scale=2, size=n * codes)).fun
        for _ in range(starts)
    ]
    return min(found)
