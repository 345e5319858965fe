"""Answers to the exercises of chapter 2."""

import math
from fractions import Fraction

import numpy as np
import torch
from scipy.optimize import brentq
from scipy.special import entr, rel_entr
from scipy.special import softmax as scipy_softmax
from scipy.stats import entropy
from torch.nn import functional as F

import kl_helpers as kl
from kl_helpers.exercises import ch02
from kl_helpers.exercises.ch02 import kl_div


def gap_by_scipy():
    target = [0.91] + [0.01] * 9
    return np.array([0.55 - entropy(target), 0.31])


def by_autograd(logits, label, eps):
    z = torch.tensor(logits, dtype=torch.double, requires_grad=True)
    F.cross_entropy(z[None], torch.tensor([label]), label_smoothing=eps).backward()
    return z.grad


def gradient_of_kl(logits, label, eps):
    z = torch.tensor(logits, dtype=torch.double, requires_grad=True)
    target = torch.full((len(logits),), eps / len(logits), dtype=torch.double)
    target[label] += 1 - eps
    F.kl_div(F.log_softmax(z, dim=0), target, reduction="sum").backward()
    return z.grad.numpy()


def with_a_loop(logits, label, eps):
    top = max(logits)
    weights = [math.exp(z - top) for z in logits]
    slopes = []
    for i, weight in enumerate(weights):
        target = eps / len(logits) + (1 - eps if i == label else 0)
        slopes.append(weight / sum(weights) - target)
    return slopes


def in_place(logits, label, eps):
    logits -= logits.max()
    return scipy_softmax(logits) - ch02.smooth(label, eps, len(logits))


def by_torch(p, q):
    p, q = torch.tensor(p), torch.tensor(q)
    return F.kl_div(q.log(), p, reduction="batchmean")


def root_search():
    def too_much(a):
        return entropy([a, 0.1 * (1 - a), 0.9 * (1 - a)], base=2) - 1

    a = brentq(too_much, 0.4, 0.99, xtol=1e-12)
    return np.array([a, 0.1 * (1 - a), 0.9 * (1 - a)])


def small_third():
    a = brentq(lambda x: entropy([x, 0.98 - x, 0.02], base=2) - 1, 0.5, 0.97)
    return (a, 0.98 - a, 0.02)


RIGHT = {
    "q1": [
        (0.05, 0.31),
        [0.0497, 0.31],
        gap_by_scipy,
        lambda: torch.tensor([0.55 - entr([0.91] + [0.01] * 9).sum(), 0.31]),
        lambda: (Fraction(497, 10_000), Fraction(31, 100)),
        lambda: 0.55 - entr([[0.91] + [0.01] * 9, [1] + [0] * 9]).sum(1) - [0, 0.24],
    ],
    "q2": [
        by_torch,
        lambda p, q: kl_div(np.log(q), p, "sum") / len(p),
        lambda p, q: kl_div(np.log(q), p) * p.shape[1],
        lambda p, q: rel_entr(p, q).sum(axis=1).mean(),
        lambda p, q: np.mean([entropy(a, b) for a, b in zip(p, q, strict=True)]),
        lambda p, q: [kl.kl_divergence(p, q).mean()],
    ],
    "q3": [
        by_autograd,
        gradient_of_kl,
        with_a_loop,
        lambda z, y, e: scipy_softmax(z) - e / len(z) - (1 - e) * np.eye(len(z))[y],
        lambda z, y, e: np.exp(z - np.logaddexp.reduce(z)) - ch02.smooth(y, e, len(z)),
        lambda logits, label, eps: (
            torch.softmax(torch.tensor(logits), 0)
            - torch.tensor(ch02.smooth(label, eps, len(logits)))
        ),
    ],
    "q4": [
        root_search,
        small_third,
        lambda: ch02.target_of_one_bit()[::-1],
        lambda: torch.tensor(ch02.target_of_one_bit(), dtype=torch.double),
        lambda: np.array(root_search())[[2, 0, 1]],
        tuple(ch02.target_of_one_bit()),
    ],
}
WRONG = {
    "q1": [
        (lambda: 0.05, "wrong_shape"),
        (lambda: ("A", 0.05), "wrong_type"),
        (lambda: (0.55, 0.31), "forgets_the_floor"),
        (lambda: (0.31, 0.05), "exchanged"),
        (lambda: (0.05, -0.19), "one_floor_for_both"),
        (lambda: (0.07, 0.45), None),
        (lambda: (0.0717, 0.447), "in_bits"),
        (lambda: (0.06, 0.31), None),
        (lambda: (0.0497, ...), "not attempted"),
        (lambda: None, "returns_nothing"),
    ],
    "q2": [
        (lambda p, q: kl_div(p, q), "as_it_was"),
        (lambda p, q: kl_div(np.log(p), q, "batchmean"), "swapped"),
        (lambda p, q: kl_div(q, p, "batchmean"), "no_log"),
        (lambda p, q: kl_div(np.log(q), p), "mean_over_entries"),
        (lambda p, q: kl_div(np.log(q), p, "sum"), "sum_over_rows"),
        (lambda p, q: kl_div(np.log(p), q), "swapped+mean_over_entries"),
        (lambda p, q: kl_div(p, q, "batchmean"), "swapped+no_log"),
        (lambda p, q: kl_div(np.log(q + 1e-8), p, "batchmean"), "finite"),
        (lambda p, q: kl_div(np.log(q), p, "rowmean"), "raised"),
        (lambda p, q: kl.kl_divergence(p, q), "wrong_shape"),
        (lambda p: 0, "wrong_parameters"),
    ],
    "q3": [
        (lambda z, y, e: ch02.smooth(y, e, len(z)) - scipy_softmax(z), "wrong_sign"),
        (lambda z, y, e: scipy_softmax(z) - np.eye(len(z))[y], "hard_target"),
        (lambda z, y, e: scipy_softmax(z) - e, "sums_to_zero"),
        (lambda z, y, e: scipy_softmax(z) - 1 / len(z), "finite_differences"),
        (lambda z, y, e: np.sum(scipy_softmax(z)), "wrong_shape"),
        (in_place, "changes_its_input"),
        (
            lambda z, y, e: np.exp(z) / np.exp(z).sum() - np.eye(len(z))[y],
            "finite_differences",
        ),
        (lambda z, y, e: z[99], "raised"),
        (lambda z, y: z, "wrong_parameters"),
        (lambda z, y, e: "q - p", "text"),
    ],
    "q4": [
        (lambda: [0.5, 0.5], "wrong_shape"),
        (lambda: [0.6, 0.6, -0.2], "not_a_distribution"),
        (lambda: [0.5, 0.3, 0.1], "not_a_distribution"),
        (lambda: [1 / 3, 1 / 3, 1 / 3], "too_high"),
        (lambda: [0.98, 0.01, 0.01], "too_low"),
        (lambda: [0.773, 0.1135, 0.1135], "too_rough"),
        (lambda: [1, 0, 0], "a_zero"),
        (lambda: (..., 0.5, 0.5), "not attempted"),
        (lambda: print([0.5]), "returns_nothing"),
    ],
}
