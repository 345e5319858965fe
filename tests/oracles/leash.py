"""Second opinions on rewards and leashes: 50 digits, and lists of all words."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
from mpmath import mp, mpf

from . import claims, reference

LETTERS_AT_WORK = "aeiouy"


def optimum(ref, reward, beta):
    """The maximiser of E R - beta KL, by solving its condition instead of quoting it.

    At the maximum R - beta ln(pi/ref) is the same number, `level`, for all answers.
    """
    ref, reward = reference.exact(ref), [mpf(str(r)) for r in reward]
    beta = mpf(str(beta))

    def policy(level):
        return [
            p * mp.exp((r - level) / beta) for p, r in zip(ref, reward, strict=True)
        ]

    level = mp.findroot(
        lambda x: mp.log(mp.fsum(policy(x))), max(reward), tol=1e-30, maxsteps=200
    )
    return policy(level)


def value(policy, ref, reward, beta):
    """E R - beta KL of any policy."""
    policy = [mpf(p) for p in policy]
    paid = mp.fsum(p * mpf(str(r)) for p, r in zip(policy, reward, strict=True))
    return paid - mpf(str(beta)) * claims.kl(policy, ref)


def average(policy, scores):
    return mp.fsum(p * mpf(str(s)) for p, s in zip(policy, scores, strict=True))


def forward_optimum(ref, reward, beta):
    """The maximiser of E R - beta D(ref‖pi): beta ref / (lambda - R), summing to 1."""
    ref, reward = reference.exact(ref), [mpf(str(r)) for r in reward]
    edge = max(reward) + mpf(beta) * ref[reward.index(max(reward))], max(reward) + beta

    def policy(level):
        return [mpf(beta) * p / (level - r) for p, r in zip(ref, reward, strict=True)]

    level = mp.findroot(lambda x: mp.fsum(policy(x)) - 1, edge, solver="anderson")
    found = policy(level)
    assert level > max(reward) and all(p > 0 for p in found)
    return found


def best_of(ref, reward, n):
    """Law of the best of n, from the list of all n-tuples of draws, in fractions."""
    ref = [Fraction(p) for p in ref]
    law = [Fraction(0)] * len(ref)
    for draws in product(range(len(ref)), repeat=n):
        chance = math.prod(ref[i] for i in draws)
        top = max(reward[i] for i in draws)
        winners = [i for i in draws if reward[i] == top]
        for i in winners:
            law[i] += chance / len(winners)
    return law


def kl_of_best_uniform(k, n):
    """D(best of n ‖ uniform) for k different rewards, from the law of a maximum."""
    wins = [mpf(i) ** n - mpf(i - 1) ** n for i in range(1, k + 1)]
    shares = [w / mpf(k) ** n for w in wins]
    return mp.fsum(s * mp.log(s * k) for s in shares)


def kl_of_best_atomless(n):
    """ln n - (n - 1)/n, by integrating the density n u^(n-1) of the winner's place."""
    n = mpf(n)
    return mp.quad(lambda u: n * u ** (n - 1) * mp.log(n * u ** (n - 1)), [0, 0.5, 1])


def words_of(k, longest):
    """All words over the symbols 1 … k - 1 with at most `longest` letters."""
    for length in range(longest + 1):
        yield from product(range(1, k), repeat=length)


def along(word, longest):
    """(place, letter before last, last letter, symbol) of each symbol of a word."""
    padded = (0, 0, *word, 0)
    assert len(word) <= longest
    return [(t, padded[t], padded[t + 1], padded[t + 2]) for t in range(len(word) + 1)]


def totals(table, longest):
    """{word: sum of the table along it}, for every word."""
    table = np.asarray(table)
    return {
        word: math.fsum(float(table[step]) for step in along(word, longest))
        for word in words_of(table.shape[-1], longest)
    }


def enumerated(log_p, score, longest):
    """Average of the total score over all words, listed one by one."""
    chance, scores = totals(log_p, longest), totals(score, longest)
    return math.fsum(math.exp(chance[w]) * scores[w] for w in chance)


def enumerated_kl(log_p, log_q, longest):
    p, q = totals(log_p, longest), totals(log_q, longest)
    return math.fsum(math.exp(p[w]) * (p[w] - q[w]) for w in p if math.exp(p[w]) > 0)


def enumerated_optimum(log_ref, score, beta, longest):
    """{word: probability} of ref e^{R/beta} over all words, and beta ln Z."""
    ref, scores = totals(log_ref, longest), totals(score, longest)
    weight = {w: mp.exp(mpf(ref[w]) + mpf(scores[w]) / mpf(beta)) for w in ref}
    total = mp.fsum(weight.values())
    law = {word: float(each / total) for word, each in weight.items()}
    return law, float(beta * mp.log(total))


def gold_of(name):
    """The rule of chapter 11 in words: length, last letter, clashes and repeats."""
    vowel = [letter in LETTERS_AT_WORK for letter in name]
    points = 3 * math.exp(-(((len(name) - 6) / 1.5) ** 2) / 2)
    points += 1 if name and vowel[-1] else 0
    for i in range(1, len(name)):
        if vowel[i] == vowel[i - 1]:
            points -= 0.5
        if name[i] in name[max(0, i - 2) : i]:
            points -= 0.7
    return points
