"""Answers to the exercises of chapter 13."""

import math

import numpy as np
import torch
from scipy import special, stats

import kl_helpers as kl

DASHBOARDS = [
    (0.2, 100, 100, 10),
    (0.02, 50_000, 50_000, 10),
    (0.12, 1000, 1000, 10),
    (0.12, 300, 300, 20),
    (0.012, 100_000, 1000, 10),
]
WORDS = ["chance", "moved", "moved", "chance", "chance"]


def chi2(n, m, bins, rate):
    return (1 / n + 1 / m) * stats.chi2.ppf(1 - rate, bins - 1)


def by_gamma(n, m, bins, rate):
    return 2 * special.gammainccinv((bins - 1) / 2, rate) * (n + m) / (n * m)


def simulated(n, m, bins, rate):
    rng = np.random.default_rng(0)
    shares = np.full(bins, 1 / bins)
    null = kl.psi_null(shares, 100 * n, 100 * m, draws=100_000, rng=rng)
    return 100 * np.quantile(null, 1 - rate)


def squares(n, m, bins, rate):
    draws = np.random.default_rng(1).normal(size=(200_000, bins - 1))
    return (1 / n + 1 / m) * np.quantile((draws**2).sum(1), 1 - rate)


def from_tail(n, m, bins, rate):
    return stats.chi2(bins - 1).isf(rate) / n + stats.chi2(bins - 1).isf(rate) / m


def by_package(before, after, rate):
    return -math.log(rate) / kl.kl_divergence([after, 1 - after], [before, 1 - before])


def by_scipy(before, after, rate):
    new, old = np.array([after, 1 - after]), np.array([before, 1 - before])
    return math.log(1 / rate) / special.rel_entr(new, old).sum()


def in_torch(before, after, rate):
    new, old = (torch.distributions.Bernoulli(probs=float(p)) for p in (after, before))
    return -math.log(rate) / torch.distributions.kl_divergence(new, old).item()


def in_bits(before, after, rate):
    return math.log2(1 / rate) / stats.entropy(
        [after, 1 - after], [before, 1 - before], base=2
    )


def cross_entropy_minus_entropy(before, after, rate):
    cross = -after * math.log(before) - (1 - after) * math.log1p(-before)
    own = -after * math.log(after) - (1 - after) * math.log1p(-after)
    return [math.log(1 / rate) / (cross - own)]


def both_kls(expected, actual, inner):
    places = [np.searchsorted(inner, x, side="right") for x in (expected, actual)]
    e, a = (np.bincount(p, minlength=len(inner) + 1) + 0.5 for p in places)
    return stats.entropy(a, e) + stats.entropy(e, a)


def digitised(expected, actual, inner):
    e, a = (
        np.array(
            [(np.digitize(x, inner) == j).sum() + 0.5 for j in range(1 + len(inner))]
        )
        for x in (expected, actual)
    )
    e, a = e / e.sum(), a / a.sum()
    return (a - e) @ (np.log(a) - np.log(e))


def by_our_package(expected, actual, inner):
    return kl.population_stability_index(expected, actual, bins=inner, pseudocount=0.5)


def in_a_loop(expected, actual, inner):
    edges, total = [-math.inf, *inner, math.inf], 0.0
    k = len(edges) - 1
    for low, high in zip(edges, edges[1:], strict=False):
        e, a = (
            (sum(low <= value < high for value in x) + 0.5) / (len(x) + 0.5 * k)
            for x in (expected, actual)
        )
        total += (a - e) * math.log(a / e)
    return total


def terms_of_torch(expected, actual, inner):
    inner = torch.tensor(inner)
    e, a = (
        torch.bucketize(torch.tensor(x), inner, right=True).bincount(
            minlength=len(inner) + 1
        )
        + 0.5
        for x in (expected, actual)
    )
    e, a = e / e.sum(), a / a.sum()
    return ((a - e).double() * (a.double() / e.double()).log()).sum()


def by_threshold():
    return [
        "moved" if psi > chi2(n, m, bins, 0.05) else "chance"
        for psi, n, m, bins in DASHBOARDS
    ]


RIGHT = {
    "q1": [chi2, by_gamma, simulated, squares, from_tail],
    "q2": [by_package, by_scipy, in_torch, in_bits, cross_entropy_minus_entropy],
    "q3": [both_kls, digitised, by_our_package, in_a_loop, terms_of_torch],
    "q4": [
        WORDS,
        by_threshold,
        tuple(WORDS),
        lambda: [word.upper() for word in WORDS],
        lambda: [f" {word} " for word in WORDS],
    ],
}
WRONG = {
    "q1": [
        (lambda n, m, bins, rate: chi2(n, m, bins + 1, rate), "a_bin_too_many"),
        (lambda n, m, bins, rate: chi2(n, m, bins, rate) / 2, "half_of_it"),
        (lambda n, m, bins, rate: 0.25, "folklore"),
        (lambda n, m, bins, rate: chi2(n, n, bins, rate), None),
        (lambda n, m: 0.1, "wrong_parameters"),
    ],
    "q2": [
        (lambda b, a, rate: by_package(a, b, rate), "swapped_worlds"),
        (lambda b, a, rate: -by_package(b, a, rate), "rate_for_line"),
        (lambda b, a, rate: 1 / rate, None),
        (lambda b, a, rate: by_package(b, a, rate) * 1.01, "too_rough"),
        (lambda b, a, rate: None, "returns_nothing"),
    ],
    "q3": [
        (lambda e, a, inner: both_kls(e, a, inner) / math.log(2), "psi_in_bits"),
        (lambda e, a, inner: both_kls(e, a, inner) / 2, "off_by_a_factor"),
        (lambda e, a, inner: -both_kls(e, a, inner), "off_by_a_factor"),
        (
            lambda e, a, inner: kl.population_stability_index(e, a, bins=inner),
            None,
        ),
        (lambda e, a, inner: 0.1, "constant"),
    ],
    "q4": [
        (lambda: ["moved"] * 5, "all_moved"),
        (lambda: ["chance"] * 5, "all_chance"),
        (lambda: WORDS[:3], "wrong_words"),
        (lambda: 1, "not_words"),
        (lambda: WORDS[::-1], None),
    ],
}
