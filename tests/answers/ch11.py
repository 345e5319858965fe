"""Answers to the exercises of chapter 11."""

import math
from itertools import combinations_with_replacement

import numpy as np
import torch
from scipy import optimize, special

import kl_helpers as kl


def by_loop(pi, ref, beta):
    return [
        beta * (math.log(p) - math.log(q) - math.log(pi[0]) + math.log(ref[0]))
        for p, q in zip(pi, ref, strict=True)
    ]


def in_torch(pi, ref, beta):
    hidden = beta * (torch.tensor(pi).log() - torch.tensor(ref).log())
    return hidden - hidden[0]


def by_odds(pi, ref, beta):
    return np.log(((pi * ref[0]) / (ref * pi[0])) ** beta)


def by_search(pi, ref, beta):
    """Rewards for which `pi` is the best policy, by least squares."""

    def off(free):
        reward = np.array([0.0, *free])
        return np.log(kl.leash_optimum(ref, reward, beta=beta) / pi)

    found = optimize.least_squares(off, np.zeros(pi.size - 1), xtol=1e-15, ftol=1e-15)
    return np.array([0.0, *found.x])


def step_by_step(pi, ref, beta):
    hidden = beta * np.log(pi / ref)
    return np.concatenate([[0.0], np.diff(hidden)]).cumsum()


def by_autograd(first, then, ref_first, ref_then):
    first, then, ref_first, ref_then = map(
        torch.tensor, (first, then, ref_first, ref_then)
    )
    z = first.log().requires_grad_()
    start = z.log_softmax(-1)
    words = start[:, None] + then.log()
    ratio = words - ref_first.log()[:, None] - ref_then.log()
    return torch.autograd.grad((words.exp() * ratio).sum(), z)[0]


def by_words(first, then, ref_first, ref_then):
    words, ref = first[:, None] * then, ref_first[:, None] * ref_then
    cost = (words * np.log(words / ref)).sum(1)
    return cost - first * cost.sum()


def by_score(first, then, ref_first, ref_then):
    score = np.eye(first.size) - first
    words = first[:, None] * then
    k1 = np.log(words) - np.log(ref_first[:, None] * ref_then)
    return np.einsum("ab,ab,ai->i", words, k1, score)


def by_jacobian(first, then, ref_first, ref_then):
    jacobian = np.diag(first) - np.outer(first, first)
    later = special.rel_entr(then, ref_then).sum(1)
    return jacobian @ (np.log(first / ref_first) + 1 + later)


def in_two_parts(first, then, ref_first, ref_then):
    own, later = np.log(first / ref_first), special.rel_entr(then, ref_then).sum(1)
    return first * (own - first @ own) + first * (later - first @ later)


def own_only(first, then, ref_first, ref_then):
    own = np.log(first / ref_first)
    return first * (own - special.rel_entr(first, ref_first).sum())


def with_the_package(ref, reward, n):
    return kl.kl_divergence(kl.best_of_n(ref, reward, n), ref)


def with_survival(ref, reward, n):
    levels, where = np.unique(reward, return_inverse=True)
    mass = np.bincount(where, ref)
    up_to = mass.cumsum()
    wins = np.diff(up_to**n, prepend=0.0)
    return special.rel_entr(wins, mass).sum()


def by_multisets(ref, reward, n):
    law = np.zeros(ref.size)
    for draws in combinations_with_replacement(range(ref.size), n):
        counts = np.bincount(draws, minlength=ref.size)
        ways = math.factorial(n) / math.prod(map(math.factorial, map(int, counts)))
        top = reward[list(draws)].max()
        share = np.where(reward == top, counts, 0)
        law += ways * np.prod(ref**counts) * share / share.sum()
    return np.sum(law * np.log(law / ref))


def by_powers(ref, reward, n):
    at_most = np.array([ref[reward <= r].sum() for r in reward])
    less = np.array([ref[reward < r].sum() for r in reward])
    ratio = (at_most**n - less**n) / (at_most - less)
    return float((ref * ratio) @ np.log(ratio))


def by_integral(ref, reward, n):
    """The ratio is the average of n u^(n-1) over the level's part of [0, 1]."""
    x, w = np.polynomial.legendre.leggauss(16)
    total = 0.0
    for level in np.unique(reward):
        a, b = ref[reward < level].sum(), ref[reward <= level].sum()
        u = (a + b) / 2 + (b - a) / 2 * x
        mean = (w / 2) @ (n * u ** (n - 1))
        total += (b - a) * mean * math.log(mean)
    return torch.tensor(total)


def bound(ref, reward, n):
    return math.log(n) - 1 + 1 / n


RIGHT = {
    "q1": [by_loop, in_torch, by_odds, by_search, step_by_step],
    "q2": [
        [[1, 0, 1, 2], [2, 5, 7, 9]],
        lambda: np.array([[0.1, -1, 0, 0], [10, 3, 103, 103]]),
        ((4, 4, 0, 0), (1, 0, -1, -1)),
        lambda: torch.tensor([[1.0, 0.0, 0.0, -3.0], [0.5, 1.0, 1.0, -0.5]]),
        lambda: [[3, 0, 3, 9], [1.5, -1, 0.5, 3.5]],
    ],
    "q3": [by_autograd, by_words, by_score, by_jacobian, in_two_parts],
    "q4": [with_the_package, with_survival, by_multisets, by_powers, by_integral],
}
WRONG = {
    "q1": [
        (lambda pi, ref, beta: np.log(pi / ref), None),
        (lambda pi, ref, beta: by_odds(pi, ref, 1.0), "beta_forgotten"),
        (lambda pi, ref, beta: beta * np.log(pi / ref), "not_a_difference"),
        (lambda pi, ref, beta: by_odds(pi, ref, beta).sum(), "wrong_shape"),
        (lambda pi, ref: 0.0, "wrong_parameters"),
    ],
    "q2": [
        ([[1, 0, 1, 2], [2, 0, 2, 4]], "only_scaled"),
        ([[1, 0, 1, 2], [1, 5, 6, 7]], "beta_too_close"),
        ([[1, 0, 1, 2], [-2, 0, -2, -4]], "beta_not_positive"),
        ([[1, 0, 1, 2], [2, 5, 6, 7]], "different_optima"),
        ([1, 0, 1, 2], "wrong_shape"),
    ],
    "q3": [
        (own_only, "later_letters_forgotten"),
        (lambda *given: -by_words(*given), "slope_upside_down"),
        (lambda *given: by_words(*given) / 2, "averaged_over_letters"),
        (lambda *given: by_words(*given).sum(), "wrong_shape"),
        (lambda *given: 3 * by_words(*given), "off_by_a_factor"),
    ],
    "q4": [
        (bound, "the_bound"),
        (lambda ref, reward, n: math.log(n), "ln_n"),
        (lambda ref, reward, n: with_survival(ref, reward, n - 1), "one_draw_too_few"),
        (lambda ref, reward, n: with_survival(ref, reward, n) / math.log(2), "in_bits"),
        (lambda ref, reward, n: None, "returns_nothing"),
    ],
}
