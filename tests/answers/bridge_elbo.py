"""Answers to the exercises of the bridge on the ELBO."""

import math
from fractions import Fraction

import numpy as np
import torch
from scipy import integrate, stats
from torch.distributions import Normal, kl_divergence


def by_fractions():
    prior = [Fraction(1, 2), Fraction(1, 4), Fraction(1, 4)]
    blue = [Fraction(3, 4), Fraction(1, 2), Fraction(0)]
    joint = [a * b for a, b in zip(prior, blue, strict=True)]
    posterior = [part / sum(joint) for part in joint]
    q = [Fraction(1, 2), Fraction(1, 2)]
    rate, gap = (
        sum(float(a) * math.log2(a / b) for a, b in zip(q, p, strict=False))
        for p in (prior, posterior)
    )
    return sum(joint), posterior[0], rate, gap


def by_scipy():
    joint = np.array([0.375, 0.125, 0])
    q = [0.5, 0.5, 0]
    gap = stats.entropy(q[:2], joint[:2] / joint.sum(), base=2)
    return [joint.sum(), 0.75, stats.entropy(q, [0.5, 0.25, 0.25], base=2), gap]


def by_quadrature(mu, sigma, x):
    def integrand(z):
        log_joint = stats.norm.logpdf(z) + stats.norm.logpdf(x, z)
        log_q = stats.norm.logpdf(z, mu, sigma)
        return math.exp(log_q) * (log_joint - log_q)

    return integrate.quad(integrand, mu - 12 * sigma, mu + 12 * sigma, limit=200)[0]


def with_torch(mu, sigma, x):
    q = Normal(torch.tensor(mu).double(), torch.tensor(sigma).double())
    prior = Normal(torch.zeros(1).double(), 1)
    explains = Normal(q.mean, 1).log_prob(torch.tensor(x)) - q.variance / 2
    return explains - kl_divergence(q, prior)


def by_entropy(mu, sigma, x):
    log_joint = -math.log(2 * math.pi) - (mu**2 + (x - mu) ** 2 + 2 * sigma**2) / 2
    return log_joint + stats.norm.entropy(mu, sigma)


def by_gap(mu, sigma, x):
    gap = math.log(math.sqrt(0.5) / sigma) + sigma**2 + (mu - x / 2) ** 2 - 0.5
    return [stats.norm.logpdf(x, 0, math.sqrt(2)) - gap]


def two_lines(mu, sigma, x):
    constant = 0.5 + math.log(sigma) - math.log(2 * math.pi) / 2
    return Fraction(constant) - Fraction((x - mu) ** 2 / 2 + sigma**2 + mu**2 / 2)


WIDTH = 0.5**0.5
RIGHT = {
    "q1": [
        by_fractions,
        by_scipy,
        lambda: (0.5, 0.75, 0.5, 0.2075),
        lambda: np.array([1 / 2, 3 / 4, 1 / 2, np.log2(4 / 3) / 2]),
        lambda: torch.tensor([0.5, 0.75, 0.5, 0.20752]),
        [0.5, 0.75, 0.5, 0.208],
    ],
    "q2": [by_quadrature, with_torch, by_entropy, by_gap, two_lines],
    "q3": [
        lambda: [[0, 1], [-2, 0.7]],
        lambda: np.array([0, 1, -2, WIDTH]),
        lambda: torch.tensor([[0.0, 1.0], [-2.1, 0.7]]),
        ((0, 1), (-2, Fraction(7, 10))),
        lambda: ((0.5, 0.9), (-2.2, 0.8)),
        lambda: ((1, 1), (-3, 0.6)),
    ],
}
WRONG = {
    "q1": [
        (lambda: (0.5, 0.75, 0.5), "wrong_shape"),
        (lambda: (0.5, 0.75, 0.5, 0.1887), "swapped"),
        (lambda: (0.5, 0.75, 0.3466, 0.1438), "in_nats"),
        (lambda: (0.5, 0.75, 0.2075, 0.5), "rate_and_gap_exchanged"),
        (lambda: (0.5, 0.375, 0.5, 0.2075), "joint_for_posterior"),
        (lambda: (0.5, 0.75, 0.5, 0.21), "too_rough"),
        (lambda: (0.5, 0.75, 0.5, ...), "not attempted"),
        (lambda: "0.5", "text"),
        (lambda: (0.5, 0.75, 0.4387, 0), None),
    ],
    "q2": [
        (lambda mu, sigma, x: -by_quadrature(mu, sigma, x), "negative_elbo"),
        (lambda mu, sigma, x: stats.norm.logpdf(x, 0, 2**0.5), "evidence_for_bound"),
        (lambda mu, sigma, x: by_entropy(mu, sigma**0.5, x), "variance_for_sigma"),
        (
            lambda mu, sigma, x: by_entropy(mu, sigma, x) + sigma**2 / 2,
            "one_draw_at_the_centre",
        ),
        (
            lambda mu, sigma, x: by_entropy(mu, sigma, x) / math.log(2),
            "off_by_a_factor",
        ),
        (lambda mu, sigma, x: by_entropy(mu, sigma, x) + 1, "off_by_a_constant"),
        (lambda mu, sigma: 0.0, "wrong_parameters"),
        (lambda mu, sigma, x: None, "returns_nothing"),
        (lambda mu, sigma, x: mu / (x - x), "raised"),
    ],
    "q3": [
        (lambda: ((0, 1), (-2, 0.1)), "not_better"),
        (lambda: ((0, 1), (0, 1)), "not_better"),
        (lambda: ((0, 1), (-1.9, 0.95)), "not_dearer"),
        (lambda: (0, 1, -2), "wrong_shape"),
        (lambda: ((0, 1), (-2, 0)), "sigma_not_positive"),
        (lambda: ((0, 1), (-2, float("nan"))), "wrong_shape"),
        (lambda: "prior, posterior", "text"),
    ],
}
