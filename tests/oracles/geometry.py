"""Second opinions on the local and the global geometry of KL, in 50 digits."""

import math

import numpy as np
from mpmath import mp, mpf
from scipy import optimize, special, stats

from . import reference


def coin_kl(p, q):
    """KL of two coins, from its definition."""
    assert mp.dps == reference.mp.dps
    p, q = mpf(p), mpf(q)
    return p * mp.log(p / q) + (1 - p) * mp.log((1 - p) / (1 - q))


def shares_of_the_square(p, steps):
    """D(p‖p + δ), then D(p + δ‖p), over δ²/(2p(1 − p)); then JS over the former."""
    p, found = mpf(p), [[], [], []]
    for step in map(mpf, steps):
        q, half_square = p + step, step**2 / (2 * p * (1 - p))
        middle = (p + q) / 2
        js = (coin_kl(p, middle) + coin_kl(q, middle)) / 2
        found[0].append(coin_kl(p, q) / half_square)
        found[1].append(coin_kl(q, p) / half_square)
        found[2].append(js / coin_kl(p, q))
    return found


def tilt(q, x, mean):
    """λ and the law q e^{λx}/Z with a given mean, by a root in 50 digits."""
    q, x, mean = [mpf(v) for v in q], [mpf(v) for v in x], mpf(mean)

    def law(lam):
        w = [a * mp.exp(lam * b) for a, b in zip(q, x, strict=True)]
        total = mp.fsum(w)
        return [v / total for v in w]

    lam = mp.findroot(
        lambda t: mp.fsum(a * b for a, b in zip(law(t), x, strict=True)) - mean, 0
    )
    return lam, law(lam)


def kl(p, q):
    return mp.fsum(
        mpf(a) * mp.log(mpf(a) / mpf(b)) for a, b in zip(p, q, strict=True) if a != 0
    )


def nearest_by_search(q, x, mean):
    """The law of a given mean that minimises D(p‖q), by scipy over all of them."""
    q, x = np.asarray(q, dtype=float), np.asarray(x, dtype=float)
    rules = optimize.LinearConstraint(
        np.stack([np.ones_like(x), x]), [1, mean], [1, mean]
    )
    low, high = np.eye(len(x))[np.argmin(x)], np.eye(len(x))[np.argmax(x)]
    share = (mean - x.min()) / np.ptp(x)
    start = 0.5 * ((1 - share) * low + share * high) + 0.5 / len(x)
    found = optimize.minimize(
        lambda p: special.rel_entr(p, q).sum(),
        start,
        jac=lambda p: np.log(p / q) + 1,
        hess=lambda p: np.diag(1 / p),
        bounds=[(1e-9, 1)] * len(x),
        constraints=rules,
        method="trust-constr",
        options={"gtol": 1e-12, "xtol": 1e-14, "maxiter": 3000},
    )
    return found.x


def bregman_of_coins(p, q):
    """The gap of ln(1 + e^θ) above its tangent, slope by differentiation."""
    theta, eta = (mp.log(mpf(v) / (1 - mpf(v))) for v in (p, q))

    def normaliser(t):
        return mp.log(1 + mp.exp(t))

    slope = mp.diff(normaliser, theta)
    return normaliser(eta) - normaliser(theta) - (eta - theta) * slope


def log_at_least(k, n, p):
    """ln P(k heads of n, or more): the first term times a series that falls fast."""
    p = mpf(p)
    first = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    first += k * mp.log(p) + (n - k) * mp.log(1 - p)
    total, term, at = mpf(1), mpf(1), k
    while term > mpf(10) ** -40 and at < n:
        term *= mpf(n - at) / (at + 1) * p / (1 - p)
        total, at = total + term, at + 1
    return first + mp.log(total)


def stein(n, level=0.05):
    """−ln of the share of 0.6-coins that pass as fair, over n."""
    fair = stats.binom(n, 0.5)
    bar = int(fair.isf(level)) + 1  # fewest heads that are rare enough
    assert fair.sf(bar - 1) <= level < fair.sf(bar - 2)
    return -log_at_least(n - bar + 1, n, "0.4") / n  # as many tails or more


def sanov(n, share="0.7"):
    """−ln P(at least this share of heads), over n."""
    return -log_at_least(math.ceil(mpf(share) * n), n, "0.5") / n


def chernoff():
    """The largest of −ln Σ p^s q^(1−s), by scipy."""

    def minus(s):
        return np.log(0.5**s * 0.6 ** (1 - s) + 0.5**s * 0.4 ** (1 - s))

    return -optimize.minimize_scalar(minus, bounds=(0, 1), method="bounded").fun


def pac_bayes(errors, toll, n, delta):
    """The largest rate e with kl(errors‖e) within the budget, by a root."""
    budget = (mpf(toll) + mp.log(2 * mp.sqrt(n) / mpf(delta))) / n
    return mp.findroot(lambda e: coin_kl(errors, e) - budget, mpf("0.09"))
