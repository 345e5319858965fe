"""Answers to the exercises of chapter 7."""

import math

import numpy as np
import torch
from scipy import special, stats
from scipy.spatial import distance


def by_scipy(p, y):
    kernel = 1 / (1 + distance.pdist(y) ** 2)
    q = distance.squareform(kernel / (2 * kernel.sum()))
    return special.rel_entr(p, q).sum()


def in_loops(p, y):
    n = len(y)
    pairs = [(i, j) for i in range(n) for j in range(n) if i != j]
    kernel = {(i, j): 1 / (1 + math.dist(y[i], y[j]) ** 2) for i, j in pairs}
    total = sum(kernel.values())
    return sum(
        p[ij] * math.log(p[ij] * total / k) for ij, k in kernel.items() if p[ij] > 0
    )


def by_torch(p, y):
    p, y = torch.tensor(p), torch.tensor(y)
    kernel = 1 / (1 + torch.cdist(y, y) ** 2)
    kernel = kernel * (1 - torch.eye(len(y), dtype=torch.float64))
    return (torch.xlogy(p, p) - torch.special.xlogy(p, kernel / kernel.sum())).sum()


def in_two_parts(p, y):
    square = distance.squareform(distance.pdist(y, "sqeuclidean"))
    total = (1 / (1 + square)).sum() - len(y)
    return np.sum(p * np.log1p(square)) + np.log(total) - special.entr(p).sum()


def by_entropy(p, y):
    kernel = 1 / (1 + distance.squareform(distance.pdist(y)) ** 2)
    kernel -= np.eye(len(y))
    return [stats.entropy(p.ravel(), kernel.ravel())]


ORDER = ["all zeros away", "one zero away", "sixes over zeros", "zeros torn"]


def draw(d, beta):
    return special.softmax(-beta * d)


def by_moments(d, beta):
    p = draw(d, beta)
    return -beta * (p @ d**2 - (p @ d) ** 2)


def by_covariance(d, beta):
    return -beta * float(np.cov(d, aweights=draw(d, beta), bias=True))


def by_autograd(d, beta):
    b = torch.tensor(beta, dtype=torch.float64, requires_grad=True)
    log_p = torch.log_softmax(-b * torch.tensor(d), -1)
    return torch.autograd.grad(-(log_p.exp() * log_p).sum(), b)[0]


def from_pairs(d, beta):
    p = draw(d, beta)
    return -beta * sum(
        a * b * (x - y) ** 2 / 2
        for a, x in zip(p, d, strict=True)
        for b, y in zip(p, d, strict=True)
    )


def by_differences(d, beta, h=1e-6):
    up, down = (stats.entropy(draw(d, beta + s)) for s in (h, -h))
    return (up - down) / (2 * h)


RIGHT = {
    "q1": [by_scipy, in_loops, by_torch, in_two_parts, by_entropy],
    "q2": [
        ORDER,
        lambda: ORDER,
        lambda: tuple(ORDER),
        lambda: [name.upper() for name in ORDER],
        lambda: [f" {name}" for name in ORDER],
    ],
    "q3": [by_moments, by_covariance, by_autograd, from_pairs, by_differences],
    "q4": [
        lambda rows: np.exp(stats.entropy(rows, axis=1)),
        lambda rows: 2 ** stats.entropy(rows, base=2, axis=1),
        lambda rows: np.exp(special.entr(rows).sum(-1)),
        lambda rows: [math.prod(x**-x for x in row if x > 0) for row in rows],
        lambda rows: torch.special.entr(torch.tensor(rows)).sum(1).exp(),
    ],
}
WRONG = {
    "q1": [
        (lambda p, y: 1.001 * by_scipy(p, y), "too_rough"),
        (lambda p, y: 2 * by_scipy(p, y), "off_by_a_factor"),
        (lambda p, y: by_scipy(p, 1.5 * y), None),
        (lambda p, y: special.rel_entr(p, p + 0 * p).sum(1), "wrong_shape"),
        (lambda p: 0.0, "wrong_parameters"),
    ],
    "q2": [
        (lambda: ORDER[::-1], "reversed"),
        (lambda: ORDER[:3], "wrong_words"),
        (lambda: [*ORDER[:3], "zeros"], "wrong_words"),
        ([ORDER[1], ORDER[0], *ORDER[2:]], "counts_points"),
        (lambda: 4, "not_words"),
    ],
    "q3": [
        (lambda d, beta: -by_moments(d, beta), "wrong_sign"),
        (lambda d, beta: by_moments(d, beta) / beta, "beta_missing"),
        (lambda d, beta: by_moments(d, 1.0), None),
        (lambda d, beta: draw(d, beta), "wrong_shape"),
        (lambda d: 0.0, "wrong_parameters"),
    ],
    "q4": [
        (lambda rows: stats.entropy(rows, axis=1), "entropy"),
        (lambda rows: np.exp(stats.entropy(rows.ravel())), "wrong_shape"),
        (lambda rows: 1.01 * np.exp(stats.entropy(rows, axis=1)), "too_rough"),
        (lambda rows: np.full(len(rows), 3.0), "constant"),
        (lambda rows: None, "returns_nothing"),
    ],
}
