"""Second opinions on KL from samples: exact sums, quadrature, autograd, and trees."""

import math
from fractions import Fraction

import numpy as np
import torch
from mpmath import mp, mpf
from scipy.spatial import cKDTree

from . import reference


def plugin_bias(k, n):
    """The average KL of shares to k equal bins, in exact fractions; and its rule."""
    total = mpf(0)
    for c in range(1, n + 1):
        chance = Fraction(math.comb(n, c) * (k - 1) ** (n - c), k**n)
        share = mpf(chance.numerator) / chance.denominator * c / n
        total += k * share * mp.log(mpf(k * c) / n)
    return [total, mpf(k - 1) / (2 * n)]


def schulman_table(d):
    """sd of k1, k2, k3 and the bias of k2, by quadrature, in units of the KL."""
    assert mp.dps == reference.mp.dps
    d = mpf(str(d))

    def over_p(f):
        return mp.quad(lambda x: mp.npdf(x) * f(x), [-14, -5, 0, 5, 14 + 2 * d])

    def log_ratio(x):
        return mp.log(mp.npdf(x, d) / mp.npdf(x))

    toll, found = over_p(lambda x: -log_ratio(x)), []
    for k in (
        lambda x: -log_ratio(x),
        lambda x: log_ratio(x) ** 2 / 2,
        lambda x: mp.exp(log_ratio(x)) - 1 - log_ratio(x),
    ):
        mean, square = over_p(k), over_p(lambda x, k=k: k(x) ** 2)
        found.append((mp.sqrt(square - mean**2) / toll, mean))
    return [*(sd for sd, _ in found), found[1][1] / toll - 1]


def gradients_by_autograd(pi, ref):
    """Gradients in the logits of D(ref‖π) and of D(π‖ref), from their definitions."""
    ref, found = torch.tensor(ref, dtype=torch.float64), []
    for target_first in (True, False):
        z = torch.tensor(pi, dtype=torch.float64).log().requires_grad_()
        q = z.softmax(-1)
        a, b = (ref, q) if target_first else (q, ref)
        found += torch.autograd.grad((a * (a / b).log()).sum(), z)[0].tolist()
    return found


def histogram_kl(x_p, x_q, edges):
    """Counting by hand, the last bin closed on both sides, in 50 digits."""
    total = mpf(0)
    for left, right in zip(edges[:-1], edges[1:], strict=True):
        closed = right == edges[-1]
        a, b = (
            mpf(sum(bool(left <= v < right or closed and v == right) for v in x))
            / len(x)
            for x in (x_p, x_q)
        )
        if a > 0:
            total += mp.inf if b == 0 else a * mp.log(a / b)
    return total


def knn_kl(x_p, x_q, k):
    """Wang, Kulkarni & Verdú, equation 5, with scipy's trees for the neighbours."""
    x_p, x_q = (np.reshape(x, (len(x), -1)) for x in (x_p, x_q))
    own = cKDTree(x_p).query(x_p, [k + 1])[0][:, 0]
    other = cKDTree(x_q).query(x_p, [k])[0][:, 0]
    n, dimensions = x_p.shape
    return dimensions * np.mean(np.log(other / own)) + math.log(len(x_q) / (n - 1))
