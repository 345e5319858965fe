"""Answers to the exercises of chapter 1."""

import math
from fractions import Fraction

import numpy as np
import torch
from scipy.special import rel_entr, xlogy
from scipy.stats import entropy

import kl_helpers as kl


def with_a_loop(x, log_p, log_q):
    total = 0.0
    for value in x:
        total += float(log_p(value)) - float(log_q(value))
    return total / len(x)


def coin_with_cases(a, b):
    if a == b:
        return 0.0
    if (b == 0 and a > 0) or (b == 1 and a < 1):
        return math.inf
    heads = a * math.log(a / b) if a else 0.0
    tails = (1 - a) * math.log((1 - a) / (1 - b)) if a < 1 else 0.0
    return heads + tails


def coin_by_cross_entropy(a, b):
    return -(xlogy(a, b) + xlogy(1 - a, 1 - b)) + xlogy(a, a) + xlogy(1 - a, 1 - a)


def coin_that_prints(a, b):
    print("a", a, "b", b)
    return [coin_with_cases(a, b)]


def slow_street():
    import time

    time.sleep(2.05)
    return [1 - 1e-100, 1e-100], [0.995, 0.005]


def spoils_its_input(x, log_p, log_q):
    x -= x.mean()
    return np.mean(log_p(x) - log_q(x))


def calls_a_helper(x, log_p, log_q):
    return undefined_helper(x)  # noqa: F821


def leaves(a, b):
    raise SystemExit


RIGHT = {
    "q1": [
        lambda: ([1e-200, 1], [0.004, 0.996]),
        lambda: np.array([[1 - 1e-150, 1e-150], [0.997, 0.003]]),
        lambda: torch.tensor(
            [[1 - 1e-120, 1e-120], [0.996, 0.004]], dtype=torch.double
        ),
        lambda: {"p": 1} and [(1, 1e-300), (0.998, 0.002)],
        slow_street,
        ([1 - 1e-100, 1e-100], [0.995, 0.005]),
    ],
    "q2": [
        lambda: [1 / 2, float("inf")],
        lambda: (Fraction(1, 2), math.inf),
        lambda: np.array(["0.5", "inf"]).astype(float),
        lambda: torch.tensor([0.5, torch.inf]),
        lambda: [entropy([1, 1, 0, 0], [4, 2, 1, 1], base=2), np.inf],
        (0.5, np.inf),
    ],
    "q3": [
        lambda a, b: kl.kl_divergence([a, 1 - a], [b, 1 - b]),
        lambda a, b: rel_entr(a, b) + rel_entr(1 - a, 1 - b),
        lambda a, b: entropy([a, 1 - a], [b, 1 - b]),
        lambda a, b: np.array([[rel_entr([a, 1 - a], [b, 1 - b]).sum()]]),
        lambda *given: coin_with_cases(*given),
        coin_by_cross_entropy,
        coin_that_prints,
    ],
    "q4": [
        with_a_loop,
        lambda x, log_p, log_q: -np.average(log_q(x) - log_p(x)),
        lambda x, p, q: np.log(np.exp(p(x)) / np.exp(q(x))).sum() / x.size,
        lambda x, f, g: torch.tensor(f(x) - g(x)).mean(),
        lambda x, log_p, log_q: math.fsum(log_p(x) - log_q(x)) / len(x),
        lambda x, log_p, log_q: [np.mean(log_p(x)) - np.mean(log_q(x))],
    ],
}
WRONG = {
    "q1": [
        (lambda: [0.9, 0.1], "wrong_shape"),
        (lambda: ([1.2, -0.2], [0.5, 0.5]), "not_distributions"),
        (lambda: ([0.5, 0.4], [0.5, 0.5]), "not_distributions"),
        (lambda: "p, q", "text"),
        (lambda: (..., [0.5, 0.5]), "not attempted"),
        (lambda: None, "returns_nothing"),
        (lambda: ([0.5, 0.5], [0.5, 0.5]), "too_cheap"),
        (lambda: ([0.5, 0.5], [1]), "wrong_type"),
    ],
    "q2": [
        (lambda: 0.5, "wrong_shape"),
        (lambda: (0.5, 0.25), "finite"),
        (lambda: (0.51, np.inf), None),
        (lambda: (np.inf, 0.5), "swapped"),
        (lambda: (0.3466, np.inf), "in_nats"),
        (lambda: {0.5, np.inf}, "wrong_type"),
        (lambda: (True, np.inf), None),
        (lambda: (np.nan, np.inf), "nan"),
    ],
    "q3": [
        (lambda a, b: 3.0, "constant"),
        (lambda a, b: a - b, "relabelling"),
        (
            lambda a, b: coin_with_cases(
                min(max(a, 1e-9), 1 - 1e-9), min(max(b, 1e-9), 1 - 1e-9)
            ),
            "finite",
        ),
        (lambda a, b: 2 * coin_with_cases(a, b), "off_by_a_factor"),
        (lambda a, b: coin_with_cases(a, b) + 1, "off_by_a_constant"),
        (lambda a, b: round(coin_with_cases(a, b), 3), None),
        (lambda a, b: coin_with_cases(b, a) / math.log(2), "swapped+in_bits"),
        (lambda a: a, "wrong_parameters"),
        (coin_with_cases(0.5, 0.3), "called_too_early"),
        (lambda a, b: 1 / 0, "raised"),
        (lambda a, b: a * math.log(a / b), "raised"),
        (lambda a, b: iter([a, b]), "wrong_type"),
        (leaves, "raised"),
    ],
    "q4": [
        (spoils_its_input, "changes_its_input"),
        (calls_a_helper, "raised"),
        (lambda x, p, q: 0.5 - np.mean(x), None),
        (lambda x, p, q: np.median(p(x) - q(x)), None),
        (lambda x, p, q: np.log(np.mean(np.exp(p(x) - q(x)))), None),
        (lambda x, p, q: np.sum(p(x) - q(x)) / 400, None),
        (lambda x, p, q: print(np.mean(p(x) - q(x))), "returns_nothing"),
        (lambda x, p, q: np.mean(q(x) - p(x)) / np.log(2), "swapped+in_bits"),
    ],
}
