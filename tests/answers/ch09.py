"""Answers to the exercises of chapter 9."""

import math

import numpy as np
import torch
from scipy import integrate, special, stats

CHOICES = ["w1", "renyi", "kl", "root js", "tv"]


def searched_laws():
    """The smallest share that is enough, by trying."""
    for share in np.arange(0.001, 0.02, 0.001):
        if 100 * share >= 1:
            return [1, 0, 0], [0.05, 0.95, 0], [1 - share, 0, share]


def by_scipy(d):
    g = stats.norm(d)

    def over_g(slope):
        parts = [(-12 + d, d / 2), (d / 2, d), (d, 12 + d)]
        return sum(
            integrate.quad(lambda x: g.pdf(x) * slope(x), *ends, epsabs=1e-14)[0]
            for ends in parts
        )

    t = d * d / 2
    return [
        over_g(lambda x: d * special.expit(t - d * x)),
        over_g(lambda x: d * special.expit(d * x - t)),
        1,
    ]


def autograd(d):
    """Samples at quantiles of the generator, moved by torch, D held."""
    u = (torch.arange(200_000, dtype=torch.float64) + 0.5) / 200_000
    z = torch.special.ndtri(u)
    shift = torch.tensor(float(d), dtype=torch.float64, requires_grad=True)
    logit = d * d / 2 - d * (z + shift)  # ln D/(1 - D)
    found = []
    for loss in (
        torch.nn.functional.logsigmoid(-logit).mean(),
        -torch.nn.functional.logsigmoid(logit).mean(),
        (z + shift).mean(),  # W1 to a bump at 0, from the right
    ):
        found += torch.autograd.grad(loss, shift, retain_graph=True)
    return torch.stack(found)


def hermite(d):
    nodes, weights = np.polynomial.hermite_e.hermegauss(150)
    weights = weights / weights.sum()
    x = d + nodes
    D = special.expit(d * d / 2 - d * x)
    minimax = d * (weights @ D)
    return np.array([minimax, d - minimax, 1.0])


def with_a_sum(d):
    x = np.arange(-15, 25, 0.002)
    p, g = stats.norm.pdf(x), stats.norm.pdf(x, d)
    both = 0.002 * d * np.sum(p * g / (p + g))
    return both, d - both, 1.0


def derivative_of_js(d):
    x = np.arange(-15, 25, 0.002)
    p, g = stats.norm.pdf(x), stats.norm.pdf(x, d)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = (x - d) * g * np.log(2 * g / (p + g))
    minimax = 0.002 * np.nansum(terms)
    return (minimax, d - minimax, 1)


RIGHT = {
    "q1": [
        searched_laws,
        ([0, 1, 0], [1, 0, 0], [0, 0.98, 0.02]),
        lambda: np.array([[0.96, 0.0, 0.04], [0.0, 0.96, 0.04], [0.975, 0.0, 0.025]]),
        lambda: [[0.9, 0.1, 0], [0, 1, 0], [0.9, 0.08, 0.02]],
        lambda: (torch.tensor([1.0, 0, 0]), torch.tensor([0, 1.0, 0]), [0.98, 0, 0.02]),
        lambda: [[0.02, 0.94, 0.04], [0.93, 0.03, 0.04], [0.02, 0.96, 0.02]],
    ],
    "q2": [
        lambda toll: 0.5 + math.sqrt(min(toll / 2, -math.expm1(-toll))) / 2,
        lambda toll: np.mean([1, np.sqrt(min(toll / 2, 1 - math.exp(-toll)))]),
        lambda toll: (
            (1 + math.sqrt(toll / 2)) / 2
            if toll <= 1.59362426004
            else (1 + math.sqrt(1 - math.exp(-toll))) / 2
        ),
        lambda toll: (
            torch.tensor([0.5 * toll, 1 - math.exp(-toll)]).double().min() ** 0.5 / 2
            + 0.5
        ),
        lambda toll: [1 - (1 - min((toll / 2) ** 0.5, (1 - np.exp(-toll)) ** 0.5)) / 2],
    ],
    "q3": [by_scipy, autograd, hermite, with_a_sum, derivative_of_js],
    "q4": [
        CHOICES,
        tuple(CHOICES),
        lambda: [word.upper() for word in CHOICES],
        lambda: ["W1", "Rényi", "KL", "√JS", "TV"],
        lambda: [f" {word} " for word in CHOICES],
    ],
}
WRONG = {
    "q1": [
        (lambda: ([1, 0, 0], [0, 1, 0]), "wrong_shape"),
        (lambda: ([1, 0, 0], [0, 1, 0], [1, 0, 1]), "not_distributions"),
        (lambda: ([2, -1, 0], [0, 1, 0], [1, 0, 0]), "not_distributions"),
        (lambda: 3, "wrong_shape"),
        (lambda: ([1, 0, 0], [0.5, 0.5, 0], [0.985, 0, 0.015]), "q_shares_too_much"),
        (lambda: ([1, 0, 0], [0, 0, 1], [0.985, 0, 0.015]), "q_travels_too_far"),
    ],
    "q2": [
        (lambda toll: math.sqrt(toll / 2), None),
        (lambda toll: (1 + math.sqrt(toll / 2)) / 2, "pinsker_alone"),
        (lambda toll: 0.5, "constant"),
        (lambda toll: math.log(toll), "raised"),
        (lambda: 0.5, "wrong_parameters"),
    ],
    "q3": [
        (lambda d: by_scipy(d)[:2], "wrong_shape"),
        (lambda d: [d, d, d], None),
        (lambda d: np.array(by_scipy(d)) * [1, 1, d], "value_of_w1"),
        (lambda d: by_scipy(d)[::-1], None),
        (lambda d: 2 * np.array(by_scipy(d)), "off_by_a_factor"),
    ],
    "q4": [
        (lambda: CHOICES[::-1], None),
        (lambda: CHOICES[:4], "wrong_choices"),
        (lambda: ["wasserstein"] * 5, "wrong_choices"),
        (lambda: 3, "not_words"),
        (lambda: ["kl"] * 5, "kl_for_everything"),
    ],
}
