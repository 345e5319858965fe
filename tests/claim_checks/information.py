"""Chapter 12: gains of information, expected and realised."""

import numpy as np
from mpmath import mp, mpf
from oracles import information as oracle

import kl_helpers as kl

NODES, WEIGHTS = np.polynomial.legendre.leggauss(1000)
THETA, FLAT = (1 + NODES) / 2, WEIGHTS / WEIGHTS.sum()


def bell(a, b):
    """Beta(a, b) on the nodes, which stand for the flat belief."""
    shape = FLAT * THETA ** (a - 1) * (1 - THETA) ** (b - 1)
    return shape / shape.sum()


def coin_table(n):
    """P(heads|theta), one row for each node."""
    heads = np.arange(n + 1)
    ways = np.array([float(mp.binomial(n, int(k))) for k in heads])
    return ways * THETA[:, None] ** heads * (1 - THETA[:, None]) ** (n - heads)


def check_S1_08():
    wire = [["0.45", "0.05"], ["0.05", "0.45"]]
    tied, loose, zero = np.array([[1, 0.8], [0.8, 1]]), np.eye(2), [0, 0]
    ours = [
        kl.mutual_information(np.array(wire, dtype=float)),
        kl.kl_mvn(zero, tied, zero, loose),
    ]
    return ours, [oracle.mutual_information(wire), oracle.normal_pair("0.8")]


def check_S2_67():
    after = bell(9, 3)
    both = [kl.information_gain(FLAT, after), kl.kl_divergence(FLAT, after)]
    table = coin_table(10)
    columns = (FLAT[:, None] * table / (FLAT @ table)).T
    means = [
        kl.expected_information_gain(FLAT, table),
        kl.kl_divergence(FLAT, columns).mean(),
    ]
    theirs = [oracle.beta_gain((1, 1), (9, 3)), oracle.beta_gain((9, 3), (1, 1))]
    return [*both, *means], [
        *theirs,
        oracle.expected_flips(10),
        oracle.lautum_flips(10),
    ]


def check_S2_68():
    gains = [kl.information_gain(FLAT, bell(k + 1, 11 - k)) for k in (5, 8)]
    expected = kl.expected_information_gain(FLAT, coin_table(10))
    theirs = [oracle.beta_gain((1, 1), (k + 1, 11 - k)) for k in (5, 8)]
    return [*gains, expected], [*theirs, oracle.expected_flips(10)]


def check_S2_69():
    sure = bell(20, 1)
    ours = [kl.information_gain(sure, bell(20, 2))]
    ours += [-kl.kl_divergence(x, FLAT) for x in (sure, bell(20, 2))]
    ours.append(kl.information_gain(sure, bell(21, 1)))
    return ours, [
        oracle.beta_gain((20, 1), (20, 2)),
        oracle.beta_entropy(20, 1),
        oracle.beta_entropy(20, 2),
        oracle.beta_gain((20, 1), (21, 1)),
    ]


def check_S2_70():
    ours = [kl.expected_information_gain(FLAT, coin_table(n)) for n in (1, 10)]
    return ours, [oracle.expected_flips(n) for n in (1, 10)]


def check_C_07():
    slopes, x = (0.5, 1.0, 1.5), np.linspace(-14, 15, 100_001)
    p, q = (np.exp(-((x - m) ** 2) / 2) / np.sqrt(2 * np.pi) for m in (1, 0))
    step = x[1] - x[0]
    bounds = [step * (p @ (a * x)) - np.log(step * (q @ np.exp(a * x))) for a in slopes]
    tied = np.array([[1, 0.99], [0.99, 1]])
    total = 10 * kl.kl_mvn([0, 0], tied, [0, 0], np.eye(2))
    theirs = [oracle.donsker_varadhan(a, 1) for a in slopes]
    many = 10 * oracle.normal_pair("0.99")
    return [*bounds, total, np.log(128)], [*theirs, many, 7 * mp.log(2)]


def check_C_25():
    ours = kl.kl_divergence([0.6, 0.4], [0.5, 0.5])
    p = mpf("0.6")
    right, wrong = (p * mp.log(2 * b) + (1 - p) * mp.log(2 * (1 - b)) for b in (p, 0.5))
    return ours, right - wrong
