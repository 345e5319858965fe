"""Mistakes that people make with a formula, each under one name.

A `Formula` computes its result in four steps, and a `Mutator` spoils one of them. So
the wrong answers of an exercise or a quiz are computed from the right one, two mistakes
can be made at once, and a test can prove that each is a mistake.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import combinations
from typing import NamedTuple

import numpy as np


def unchanged(value):
    return value


def sum_of_terms(terms):
    return np.sum(terms, axis=-1)


def mean_of_terms(terms):
    return np.mean(terms, axis=-1)


@dataclass(frozen=True)
class Formula:
    """result(total(terms(*arguments(given)))): the terms stand on the last axis."""

    terms: Callable
    total: Callable = sum_of_terms
    arguments: Callable = unchanged
    result: Callable = unchanged

    def __call__(self, *given):
        with np.errstate(all="ignore"):
            return self.result(self.total(self.terms(*self.arguments(given))))

    def at(self, *given):
        """The same formula as one number: its arguments are given here."""
        return replace(self, arguments=lambda none: given)


def log_ratio_terms(p, q):
    """p log(p/q) for each outcome, in nats, with the rules for zero."""
    p, q = np.asarray(p, dtype=float), np.asarray(q, dtype=float)
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1) / q), 0.0)


KL = Formula(log_ratio_terms)
KL_IN_BITS = Formula(log_ratio_terms, result=lambda nats: nats / np.log(2))


class Mutator(NamedTuple):
    """A named mistake, the sentence that names it, and how it changes a formula."""

    name: str
    sentence: str
    change: Callable

    def __call__(self, formula):
        return self.change(formula)

    def saying(self, sentence):
        """The same mistake in the words of one question."""
        return self._replace(sentence=sentence)


def composed(mutators, formula):
    """(name, sentence, wrong formula) of each mistake, then of each two at once."""
    for m in mutators:
        yield m.name, m.sentence, m(formula)
    for a, b in combinations(mutators, 2):
        sentence = f"Two things at once. {a.sentence} And: {b.sentence}"
        yield f"{a.name}+{b.name}", sentence, b(a(formula))


def on_arguments(change):
    return lambda f: replace(f, arguments=lambda given: change(f.arguments(given)))


def on_terms(change):
    return lambda f: replace(f, terms=lambda *given: change(f.terms(*given)))


def on_result(change):
    return lambda f: replace(f, result=lambda total: change(f.result(total)))


def on_total(total):
    return lambda f: replace(f, total=total)


def exchange(arguments):
    """The last two halves of the arguments change places: (x, p, q) -> (x, q, p)."""
    half = len(arguments) // 2
    middle = len(arguments) - half
    start = middle - half
    return (*arguments[:start], *arguments[middle:], *arguments[start:middle])


def power_at(exponent, *positions):
    """Raise the arguments at these positions to a power."""
    return on_arguments(
        lambda given: tuple(
            x**exponent if i in positions else x for i, x in enumerate(given)
        )
    )


def sigma_for_variance(*positions):
    """A standard deviation stands where a variance belongs."""
    sentence = "A standard deviation stands where a variance belongs: square it."
    return Mutator("sigma_for_variance", sentence, power_at(0.5, *positions))


def variance_for_sigma(*positions):
    """A variance stands where a standard deviation belongs."""
    sentence = "A variance stands where a standard deviation belongs: take its root."
    return Mutator("variance_for_sigma", sentence, power_at(2, *positions))


swapped = Mutator(
    "swapped",
    "The two distributions are exchanged: the first one samples.",
    on_arguments(exchange),
)
in_bits = Mutator(
    "in_bits",
    "That is in bits, and nats are asked: use the natural logarithm.",
    on_result(lambda x: x / np.log(2)),
)
in_nats = Mutator(
    "in_nats",
    "That is in nats, and bits are asked: divide by ln 2.",
    on_result(lambda x: x * np.log(2)),
)
in_digits = Mutator(
    "in_digits",
    "That is a logarithm to base 10.",
    on_result(lambda x: x / np.log(10)),
)
wrong_sign = Mutator(
    "wrong_sign",
    "The sign is reversed: the first one stands on top of the fraction.",
    on_result(lambda x: -x),
)
abs_terms = Mutator(
    "abs_terms",
    "The sign of each term was dropped; some terms are negative and must stay so.",
    on_terms(np.abs),
)
abs_result = Mutator(
    "abs_result",
    "The sign of the result was dropped; keep it, it tells when something is wrong.",
    on_result(np.abs),
)
positive_terms = Mutator(
    "positive_terms",
    "Negative terms were cut off at zero; they are part of the sum.",
    on_terms(lambda t: np.maximum(t, 0)),
)
drops_infinite = Mutator(
    "drops_infinite",
    "Outcomes with q = 0 were dropped; where p > 0 they make the result infinite.",
    on_terms(lambda t: np.where(np.isfinite(t), t, 0)),
)
no_zero_rule = Mutator(
    "no_zero_rule",
    "A rule for p = 0 is missing: such a term counts 0, but 0 * log(0) is nan.",
    lambda f: replace(
        f, terms=lambda p, *q: np.where(np.asarray(p) == 0, np.nan, f.terms(p, *q))
    ),
)
mean_not_sum = Mutator(
    "mean_not_sum",
    "You averaged over the outcomes; their probabilities already weigh them: sum.",
    on_total(mean_of_terms),
)
sum_not_mean = Mutator(
    "sum_not_mean",
    "You summed over the samples; the result is per sample: take the mean.",
    on_total(sum_of_terms),
)
not_totalled = Mutator(
    "not_totalled",
    "These are the single terms; one number is asked, their total.",
    on_total(unchanged),
)
halved = Mutator("halved", "A factor of 2 is missing.", on_result(lambda x: x / 2))
doubled = Mutator("doubled", "A factor of ½ is missing.", on_result(lambda x: x * 2))
exponential = Mutator(
    "exponential", "That is e to the power of what is asked.", on_result(np.exp)
)
