"""Chapter 13: drift."""

from statistics import NormalDist

import numpy as np
from oracles import drift

import kl_helpers as kl


def jeffreys(e, a):
    return kl.kl_divergence(e, a) + kl.kl_divergence(a, e)


def check_S3_25():
    null = kl.psi_null(
        np.full(10, 0.1), 1000, 1000, draws=400_000, rng=np.random.default_rng(7)
    )
    return [null.mean(), np.quantile(null, 0.95)], drift.chance(1000, 1000, 10, 0.95)


def check_C_20():
    normal, ours, theirs = NormalDist(), [], []
    for s in (0.1, 0.316, 0.5, 1.0):
        inner = [normal.inv_cdf(j / 10) - s for j in range(1, 10)]
        shares = np.diff([0.0, *map(normal.cdf, inner), 1.0])
        ours.append(jeffreys(np.full(10, 0.1), shares))
        theirs.append(drift.psi_of_a_shift(s, 10))
    return ours, theirs
