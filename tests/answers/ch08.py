"""Answers to the exercises of chapter 8."""

import math

import numpy as np
import torch
from scipy import integrate, special, stats

LOGS = ["noise", "swapped", "offset", "noise", "swapped"]
TRIPLES = [
    (-0.004, 0.09, 200),
    (-0.004, 0.09, 40_000),
    (-2.3, 0.2, 100),
    (-0.0004, 0.03, 2500),
    (-0.02, 0.2, 10_000),
]


def by_rule():
    words = []
    for mean, sd, n in TRIPLES:
        error = sd / math.sqrt(n)
        bug = "swapped" if abs(mean + sd**2 / 2) < 4 * error else "offset"
        words.append("noise" if mean > -3 * error else bug)
    return words


def by_moments(d, z):
    return 4 * (z / d) ** 2, (2 * z / d**2) ** 2 * (math.expm1(d * d) - d * d)


def by_scipy(d, z):
    p = stats.norm()
    found = []
    for k in (lambda w: -np.log(w), lambda w: w - 1 - np.log(w)):

        def over_p(f, k=k):
            def each(x):
                return p.pdf(x) * f(k(np.exp(d * x - d * d / 2)))

            return integrate.quad(each, -12, 15, epsabs=1e-13, epsrel=1e-11)[0]

        mean = over_p(lambda v: v)
        found.append(z**2 * over_p(lambda v, mean=mean: (v - mean) ** 2) / mean**2)
    return found


def as_one_array(d, z):
    return (2 * z / d**2) ** 2 * np.array([d**2, np.exp(d**2) - 1 - d**2])


def from_errors(d, z):
    error = d**2 / (2 * z)
    return [d**2 / error**2, (math.exp(d**2) - 1 - d**2) / error**2]


def in_torch(d, z):
    d2 = torch.tensor(d, dtype=torch.float64) ** 2
    return torch.stack([4 * z**2 / d2, 4 * z**2 * (torch.expm1(d2) - d2) / d2**2])


def autograd_of_kl(z, ref, mu):
    z = torch.tensor(z, requires_grad=True)
    log_pi = z.log_softmax(-1)
    toll = (log_pi.exp() * (log_pi - torch.tensor(ref).log())).sum()
    return torch.autograd.grad(toll, z)[0]


def moving_weight(z, ref, mu):
    z, ref, mu = torch.tensor(z, requires_grad=True), *map(torch.tensor, (ref, mu))
    log_pi = z.log_softmax(-1)
    w = (ref.log() - log_pi).exp()
    loss = (mu * (log_pi.exp() / mu) * (w - 1 - w.log())).sum()
    return torch.autograd.grad(loss, z)[0]


def closed(z, ref, mu):
    pi = special.softmax(z)
    k1 = np.log(pi / ref)
    return pi * (k1 - pi @ k1)


def in_loops(z, ref, mu):
    pi = special.softmax(z)
    return [
        sum(
            pi[a] * math.log(pi[a] / ref[a]) * ((a == i) - pi[i])
            for a in range(len(pi))
        )
        for i in range(len(pi))
    ]


def k1_in_the_reward(z, ref, mu):
    log_pi = special.log_softmax(z)
    score = np.eye(len(z)) - np.exp(log_pi)
    return np.einsum("a,a,ai->i", np.exp(log_pi), log_pi - np.log(ref), score)


def without_weight(z, ref, mu):
    pi = special.softmax(z)
    return mu @ (np.log(pi / ref)[:, None] * (np.eye(len(z)) - pi))


RIGHT = {
    "q1": [
        LOGS,
        by_rule,
        tuple(LOGS),
        lambda: [word.upper() for word in LOGS],
        lambda: [f" {word} " for word in LOGS],
    ],
    "q2": [by_moments, by_scipy, as_one_array, from_errors, in_torch],
    "q3": [autograd_of_kl, moving_weight, closed, in_loops, k1_in_the_reward],
    "q4": [
        lambda p, q: special.rel_entr(p, q).sum() - q[p == 0].sum(),
        lambda p, q: special.kl_div(p, q)[p > 0].sum(),
        lambda p, q: stats.entropy(p, q) + q[p > 0].sum() - 1,
        lambda p, q: math.fsum(
            b - a - a * math.log(b / a) for a, b in zip(p, q, strict=True) if a
        ),
        lambda p, q: (
            torch.special.xlogy(torch.tensor(p), torch.tensor(p / q)).sum()
            - torch.tensor(q)[torch.tensor(p) == 0].sum()
        ),
    ],
}
WRONG = {
    "q1": [
        (lambda: LOGS[::-1], None),
        (lambda: LOGS[:4], "wrong_words"),
        (lambda: ["bug"] * 5, "wrong_words"),
        (lambda: 3, "not_words"),
        (lambda: ["noise"] * 5, "all_noise"),
    ],
    "q2": [
        (lambda d, z: as_one_array(d, z)[0], "wrong_shape"),
        (lambda d, z: np.sqrt(as_one_array(d, z)), "forgets_the_square"),
        (lambda d, z: 1.005 * as_one_array(d, z), "too_rough"),
        (lambda d: 0.0, "wrong_parameters"),
        (lambda d, z: [2 * z**2 / d**2, 2 * z**2], None),
    ],
    "q3": [
        (without_weight, "no_weight"),
        (lambda z, ref, mu: special.softmax(z) - ref, "other_direction"),
        (lambda z, ref, mu: 0 * z, "k1_as_loss"),
        (lambda z, ref, mu: 2 * closed(z, ref, mu), "off_by_a_factor"),
        (lambda z, ref, mu: closed(z, ref, mu).sum(), "wrong_shape"),
    ],
    "q4": [
        (lambda p, q: special.rel_entr(p, q).sum(), "the_kl"),
        (lambda p, q: special.kl_div(p, q).sum(), "the_kl"),
        (lambda p, q: special.rel_entr(p, q), "not_totalled"),
        (lambda p, q: 1.0, "constant"),
        (lambda p, q: None, "returns_nothing"),
    ],
}
