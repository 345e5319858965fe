"""Inputs on which the repairs of the bug clinic are tried, and two small formulas."""

from math import fsum

import numpy as np

from ._answer import Case


def log_softmax(z):
    z = z - z.max(axis=-1, keepdims=True)
    return z - np.log(np.exp(z).sum(axis=-1, keepdims=True))


def softmax(z):
    return np.exp(log_softmax(z))


def row_by_row(student, teacher):
    """D(teacher‖student) of two tables of logits, averaged over the rows."""
    rows = [
        fsum(p * (np.log(p) - np.log(q)) for p, q in zip(*pair, strict=True))
        for pair in zip(softmax(teacher), softmax(student), strict=True)
    ]
    return fsum(rows) / len(rows)


def laws(seed, *shapes):
    """Cases of two distributions each, one on every row."""
    rng = np.random.default_rng(seed)
    for *rows, k in shapes:
        yield Case(tuple(rng.dirichlet(np.full(k, 2.0), size=rows) for _ in range(2)))


def tables(seed, *shapes, number=2, scale=1.5):
    """Cases of `number` arrays of normal numbers each."""
    rng = np.random.default_rng(seed)
    for shape in shapes:
        yield Case(tuple(rng.normal(scale=scale, size=(number, *shape)).round(3)))


def log_probabilities(seed, *shapes):
    """Cases of two arrays of log-probabilities each, normalised on the last axis."""
    for case in tables(seed, *shapes):
        yield Case(tuple(map(log_softmax, case.arguments)))
