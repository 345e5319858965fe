"""Answers to the exercises of chapter 3."""

import math
from fractions import Fraction

import numpy as np
import torch
from scipy import integrate, optimize, stats

import kl_helpers as kl


def by_total_variance(weights, means, sigmas):
    mu = np.average(means, weights=weights)
    within = np.average(np.square(sigmas), weights=weights)
    between = np.average(np.square(means - mu), weights=weights)
    return [mu, math.sqrt(within + between)]


def by_loops(weights, means, sigmas):
    first = second = 0.0
    for w, mean, sigma in zip(weights, means, sigmas, strict=True):
        first += w * mean
        second += w * (sigma**2 + mean**2)
    return first, (second - first**2) ** 0.5


def by_quadrature(weights, means, sigmas):
    def moment(power):
        def integrand(x):
            return x**power * (weights @ stats.norm.pdf(x, means, sigmas))

        return integrate.quad(integrand, -20, 20, points=sorted(means), limit=400)[0]

    return np.array([moment(1), np.sqrt(moment(2) - moment(1) ** 2)])


def by_search(weights, means, sigmas):
    def cross_entropy(theta):
        mu, log_sigma = theta
        square = weights @ (sigmas**2 + (means - mu) ** 2)
        return log_sigma + square / 2 * np.exp(-2 * log_sigma)

    best = optimize.minimize(cross_entropy, [0, 1], method="BFGS", tol=1e-12)
    return best.x[0], math.exp(best.x[1])


def with_torch(weights, means, sigmas):
    w, mu, s = (torch.tensor(part) for part in (weights, means, sigmas))
    centre = (w * mu).sum()
    return torch.stack([centre, (w * (s**2 + (mu - centre) ** 2)).sum().sqrt()])


def sorts_in_place(weights, means, sigmas):
    means.sort()
    return by_loops(weights, means, sigmas)


PREDICTED = (-1.2, math.sqrt(8.56), -math.log(0.7), -math.log(0.3))
RIGHT = {
    "q1": [
        lambda: (-1.2, 2.926, 0.357, 1.204),
        lambda: np.array(PREDICTED),
        lambda: list(PREDICTED),
        lambda: torch.tensor(PREDICTED),
        lambda: (Fraction(-6, 5), 8.56**0.5, math.log(10 / 7), math.log(10 / 3)),
        PREDICTED,
    ],
    "q2": [
        by_total_variance,
        by_loops,
        by_quadrature,
        with_torch,
        by_search,
        lambda *t: (lambda f: (f.mu, f.cov**0.5))(kl.fit_forward_kl(t)[0]),
    ],
    "q3": [
        lambda: 2.45,
        lambda: 2.79,
        lambda: [2.5],
        lambda: np.float32(2.6),
        lambda: torch.tensor(2.7),
        2.6,
        lambda: Fraction(13, 5),
    ],
    "q4": [
        lambda: ("forward", "reverse", "forward", "reverse", "forward"),
        lambda: "forward reverse forward reverse forward".split(),
        lambda: ["Forward", "Reverse", "Forward", "Reverse", "Forward"],
        lambda: [" forward", "reverse ", "forward", "reverse", "forward"],
        ["forward", "reverse"] * 2 + ["forward"],
    ],
}
WRONG = {
    "q1": [
        (lambda: (-1.2, 2.9257), "wrong_shape"),
        (lambda: (-1.2, 8.56, 0.3567, 1.204), "variance_for_sigma"),
        (lambda: (0, 3.1623, 0.6931, 0.6931), "unweighted"),
        (lambda: (-1.2, 2.926, 0.354, 1.197), "measured_prices"),
        (lambda: (-1.2, 2.926, 0.7, 0.3), None),
        (lambda: (-1.2, 2.93, 0.36, 1.2), "too_rough"),
        (lambda: (-1.2, ..., 0.3567, 1.204), "not attempted"),
        (lambda: ["-1.2", "2.9", "0.36", "1.2"], "wrong_type"),
    ],
    "q2": [
        (lambda w, mu, s: (w @ mu, 1.0), "lowest"),
        (lambda w, mu, s: w @ mu, "wrong_shape"),
        (lambda w, mu, s: by_loops(w, mu, s)[::-1], "lowest"),
        (lambda w, mu, s: (np.median(mu), np.std(mu)), "lowest"),
        (sorts_in_place, "changes_its_input"),
        (lambda w, mu: (w @ mu, 1.0), "wrong_parameters"),
        (lambda w, mu, s: (w @ mu, -by_loops(w, mu, s)[1]), None),
    ],
    "q3": [
        (lambda: 2.41, "one_optimum"),
        (lambda: 2.81, "selects"),
        (lambda: -2.6, "wrong_shape"),
        (lambda: "2.6", "text"),
        (lambda: 5.2, "full_distance"),
        (lambda: 6.0, "selects"),
        (lambda: float("nan"), "wrong_shape"),
    ],
    "q4": [
        (lambda: ["forward"] * 5, "all_forward"),
        (lambda: ["f", "r", "f", "r", "f"], "wrong_words"),
        (lambda: ["forward"] * 4, "wrong_words"),
        (lambda: dict(a="forward"), "not_words"),
        (lambda: "forward", "wrong_words"),
        (lambda: [1, 0, 1, 0, 1], "not_words"),
        (lambda: ["reverse", "reverse", "reverse", "forward", "forward"], None),
    ],
}
