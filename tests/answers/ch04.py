"""Answers to the exercises of chapter 4."""

import math
from fractions import Fraction

import numpy as np
import torch
from scipy import optimize, special
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

import kl_helpers as kl

CAUSES = ["nothing", "log_var", "collapse", "nothing", "mu"]
NATS = [25, 4610, 0.008, 20, 1600]


def by_autograd(mu, log_var):
    v = torch.tensor([mu, log_var], dtype=torch.float64, requires_grad=True)
    posterior = Normal(v[0], torch.exp(v[1] / 2))
    zero, one = torch.zeros(2, dtype=torch.float64).add(torch.tensor([0.0, 1.0]))
    kl_divergence(posterior, Normal(zero, one)).backward()
    return v.grad


def by_complex_step(mu, log_var):
    h = 1e-30

    def f(a, b):
        return (a * a + np.exp(b) - b - 1) / 2

    return [(f(mu + 1j * h, log_var) / h).imag, (f(mu, log_var + 1j * h) / h).imag]


def with_torch(x, logits, mu, log_var):
    x, logits = torch.tensor(x), torch.tensor(logits)
    bce = F.binary_cross_entropy_with_logits(logits, x, reduction="sum")
    q = Normal(torch.tensor(mu), torch.exp(torch.tensor(log_var) / 2))
    prior = Normal(torch.zeros(1, dtype=x.dtype), torch.ones(1, dtype=x.dtype))
    return (bce + kl_divergence(q, prior).sum()) / len(x)


def by_loops(x, logits, mu, log_var):
    total = 0.0
    for i in range(len(x)):
        for pixel, logit in zip(x[i], logits[i], strict=True):
            p = special.expit(logit)
            total -= math.log(p if pixel == 1 else 1 - p)
        for a, v in zip(mu[i], log_var[i], strict=True):
            total += (a * a + math.exp(v) - v - 1) / 2
    return total / len(x)


def with_helpers(x, logits, mu, log_var):
    log_p = x * special.log_expit(logits) + (1 - x) * special.log_expit(-logits)
    return np.mean(kl.kl_to_standard_normal(mu, log_var) - log_p.sum(1))


def centred(x, logits, mu, log_var):
    x -= x.mean()
    return with_helpers(x, logits, mu, log_var)


NARROW = optimize.brentq(lambda v: (math.exp(v) - v - 1) / 2 - 2, -20, -1)
RIGHT = {
    "q1": [
        lambda: (CAUSES, NATS),
        lambda: [CAUSES, np.array(NATS)],
        lambda: (tuple(CAUSES), (25, 4610, Fraction(1, 125), 20, 1.6e3)),
        lambda: ([c.upper() for c in CAUSES], torch.tensor(NATS)),
        lambda: (CAUSES, [3200 / 128, 4610, 0.8 / 100, 8 * 2.5, 51_200 / 32]),
        (CAUSES, NATS),
    ],
    "q2": [
        by_autograd,
        by_complex_step,
        lambda mu, v: np.array([mu, math.expm1(v) / 2]),
        lambda mu, v: (mu, math.sinh(v / 2) * math.exp(v / 2)),
        lambda mu, v: [mu, 0.5 * (np.sqrt(np.exp(v)) ** 2 - 1)],
    ],
    "q3": [
        with_torch,
        by_loops,
        with_helpers,
        lambda *batch: [with_helpers(*batch)],
        lambda *batch: (
            sum(
                by_loops(*(part[i : i + 1] for part in batch))
                for i in range(len(batch[0]))
            )
            / len(batch[0])
        ),
    ],
    "q4": [
        lambda: ([0, 2, 0], [0, 0, -4.993]),
        lambda: ([0, -2, 0], [0, 0, NARROW]),
        lambda: np.array([[0, 2.0, 0], [0, 0, NARROW]]),
        lambda: torch.tensor([[0, 2.0, 0], [0, 0, NARROW]]),
        ([0.01, 2, 0], [0.01, 0, -4.9932]),
        lambda: ((0, 2, 0), (0, 0, np.float32(NARROW))),
    ],
}
WRONG = {
    "q1": [
        (lambda: CAUSES, "wrong_shape"),
        (lambda: (CAUSES, NATS[:4]), "wrong_shape"),
        (lambda: (["fine", *CAUSES[1:]], NATS), "wrong_words"),
        (lambda: (CAUSES, [3200, 4610, 0.8, 2.5, 51_200]), "batch_total"),
        (lambda: (["collapse"] * 5, NATS), "large_is_collapse"),
        (lambda: (CAUSES, [25, 4610, 0.8, 20, 1600]), "all_right"),
        (lambda: (["nothing"] * 5, NATS), "missed_collapse"),
        (lambda: (CAUSES, ["a"] * 5), "wrong_type"),
        (lambda: (NATS, CAUSES), "not_words"),
    ],
    "q2": [
        (lambda mu, v: mu + (math.exp(v) - 1) / 2, "wrong_shape"),
        (lambda mu, v: (mu, (math.exp(v) - 1) / 2 + 1e-3), "too_rough"),
        (lambda mu, v: (mu, v / 2), None),
        (lambda mu, v: (mu, math.exp(v) - 1), "in_log_sigma"),
        (lambda mu: (mu, 0), "wrong_parameters"),
        (lambda mu, v: (mu, math.log(v)), "raised"),
    ],
    "q3": [
        (
            lambda x, logits, mu, v: with_torch(x, logits, mu, v) / 784,
            "off_by_a_factor",
        ),
        (centred, "changes_its_input"),
        (lambda x, logits, mu, v: None, "returns_nothing"),
        (lambda x, logits: 0.0, "wrong_parameters"),
        (lambda *batch: 1.02 * by_loops(*batch), "off_by_a_factor"),
        (lambda *batch: by_loops(*batch) + 1, "off_by_a_constant"),
    ],
    "q4": [
        (lambda: ([0, 2, 0], [0, 0, -5]), "width_price"),
        (lambda: ([0, 2, 0], [0, 0, 2]), "wide"),
        (lambda: ([0, 2], [0, 0]), "wrong_shape"),
        (lambda: ([0, 2, 0], [1, 1, 1]), "sigma_for_log_var"),
        (lambda: ([0, 2, 0], [0, 0, float("nan")]), "wrong_shape"),
        (lambda: "0 2 0", "text"),
    ],
}
