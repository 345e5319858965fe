"""Answers to the exercises of chapter 6."""

import math

import numpy as np
import torch
from scipy import optimize, special
from torch.nn import functional as F

from kl_helpers.nn.distillation import flattened


def with_where(p):
    rest = (1 - p.max(axis=1, keepdims=True)) / (p.shape[1] - 1)
    first = np.arange(p.shape[1]) == p.argmax(axis=1)[:, None]
    return np.where(first, p, rest)


def by_filling(p):
    out = np.empty_like(p)
    for row, old in zip(out, p, strict=True):
        best = int(np.argmax(old))
        row.fill((1 - old[best]) / (len(old) - 1))
        row[best] = old[best]
    return out


def by_put(p):
    top = p.max(axis=1)
    out = np.outer((1 - top) / (p.shape[1] - 1), np.ones(p.shape[1]))
    np.put_along_axis(out, p.argmax(axis=1)[:, None], top[:, None], axis=1)
    return out


def as_lists(p):
    return by_filling(p).tolist()


def softmaxes(z, v, T):
    return special.softmax(z / T), special.softmax(v / T)


def by_autograd(z, v, T):
    z = torch.tensor(z, requires_grad=True)
    log_q = F.log_softmax(z / T, -1)
    loss = F.kl_div(log_q, F.softmax(torch.tensor(v) / T, -1), reduction="sum")
    return torch.autograd.grad(T * T * loss, z)[0]


def by_hand(z, v, T):
    q, p = softmaxes(z, v, T)
    return T * (q - p)


def by_jacobian(z, v, T):
    q, p = softmaxes(z, v, T)
    jacobian = (np.diag(q) - np.outer(q, q)) / T
    return T**2 * jacobian @ (-p / q)


def by_scipy(z, v, T):
    _, p = softmaxes(z, v, T)

    def loss(x):
        return T**2 * special.rel_entr(p, special.softmax(x / T)).sum()

    return optimize.approx_fprime(z, loss, 1e-7) + 0.0


def with_logsumexp(z, v, T):
    q = np.exp(z / T - special.logsumexp(z / T))
    return [T * a - T * b for a, b in zip(q, special.softmax(v / T), strict=True)]


def by_torch(student, teacher, T):
    log_q = F.log_softmax(torch.tensor(student) / T, 1)
    p = F.softmax(torch.tensor(teacher) / T, 1)
    return T**2 * F.kl_div(log_q, p, reduction="batchmean")


def by_rel_entr(student, teacher, T):
    p, q = (special.softmax(x / T, axis=1) for x in (teacher, student))
    return T**2 * special.rel_entr(p, q).sum() / len(p)


def in_a_loop(student, teacher, T):
    rows = zip(student, teacher, strict=True)
    return np.mean(
        [T * T * special.rel_entr(*softmaxes(v, z, T)).sum() for z, v in rows]
    )


def floor_subtracted(student, teacher, T):
    p = special.softmax(teacher / T, axis=1)
    ce = -(p * special.log_softmax(student / T, axis=1)).sum(1)
    return T**2 * np.mean(ce - special.entr(p).sum(1))


RIGHT = {
    "q1": [
        with_where,
        by_filling,
        by_put,
        as_lists,
        lambda p: flattened(torch.tensor(p)),
    ],
    "q2": [by_autograd, by_hand, by_jacobian, by_scipy, with_logsumexp],
    "q3": [
        by_torch,
        by_rel_entr,
        in_a_loop,
        floor_subtracted,
        lambda *given: [by_rel_entr(*given)],
    ],
    "q4": [
        (4.33, 20.1),
        lambda: [3 / math.log(2), math.exp(3)],
        lambda: torch.tensor([4.328, 20.0855]),
        [4.328085, 20.085537],
        lambda: (
            optimize.brentq(lambda T: math.exp(3 / T) - 2, 1, 50),
            math.exp(5) / math.exp(2),
        ),
    ],
}
WRONG = {
    "q1": [
        (lambda p: by_filling(p) / 2, "ties"),
        (lambda p: p, "unchanged"),
        (lambda p: by_filling(p).sum(1), "wrong_shape"),
        (lambda p: p.max(axis=1), "wrong_shape"),
        (lambda: 1, "wrong_parameters"),
        (lambda p: None, "returns_nothing"),
    ],
    "q2": [
        (lambda z, v, T: by_hand(v, z, T), "wrong_sign"),
        (lambda z, v, T: by_hand(z, v, 1.0), None),
        (lambda z, v, T: by_hand(z, v, T) * 1.004, "too_rough"),
        (lambda z, v, T: by_hand(z, v, T).sum(), "wrong_shape"),
        (lambda z, v, T: math.exp(z), "raised"),
    ],
    "q3": [
        (lambda z, v, T: by_torch(v, z, T), "student_first"),
        (lambda z, v, T: by_rel_entr(z, v, T) / T**2, "square_missing"),
        (lambda z, v, T: by_rel_entr(z, v, T) / T, None),
        (lambda z, v, T: by_rel_entr(z, v, 1.0), None),
        (lambda z, v, T: "a", "text"),
    ],
    "q4": [
        (lambda: (3, 20.1), "in_bits"),
        (lambda: (20.1, 4.33), "exchanged"),
        (lambda: 4.33, "wrong_shape"),
        (lambda: (4.33, 3), "log_ratio"),
        (lambda: (3, 54.6), None),
    ],
}
