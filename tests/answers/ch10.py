"""Answers to the exercises of chapter 10."""

import math

import numpy as np
import torch
from scipy import special, stats
from torch.distributions import Normal, TransformedDistribution
from torch.nn import functional as F

HALF_WIDE = math.sqrt(0.5)


def by_two_logs(weights):
    return np.log(np.sum(weights)) - np.log(weights)


def well_by_well(weights):
    total = math.fsum(weights)
    return [math.log(total / w) for w in weights]


def as_entropy(weights):
    return stats.entropy(
        np.eye(len(weights)), np.tile(weights, (len(weights), 1)), axis=1
    )


def in_torch_1(weights):
    return -torch.tensor(weights).log().log_softmax(0)


def by_autograd(z, u, w, b):
    z, u, w = map(torch.tensor, (z, u, w))
    matrix = torch.autograd.functional.jacobian(
        lambda p: p + u * torch.tanh(w @ p + b), z
    )
    return Normal(0.0, 1.0).log_prob(z).sum() - torch.linalg.slogdet(matrix)[1]


def with_cosh(z, u, w, b):
    slope = 1 + np.dot(u, w) / np.cosh(np.dot(w, z) + b) ** 2
    return stats.norm.logpdf(z).sum() - np.log(slope)


def whole_matrix(z, u, w, b):
    matrix = np.eye(len(z)) + np.outer(u, w) * (1 - np.tanh(w @ z + b) ** 2)
    return stats.multivariate_normal(np.zeros(len(z))).logpdf(z) - np.log(
        np.linalg.det(matrix)
    )


def in_loops_2(z, u, w, b):
    a = sum(float(i * j) for i, j in zip(w, z, strict=True)) + b
    stretch = 1 + sum(float(i * j) for i, j in zip(w, u, strict=True)) * (
        1 - math.tanh(a) ** 2
    )
    base = sum(-(float(i) ** 2) / 2 - math.log(2 * math.pi) / 2 for i in z)
    return base - math.log(stretch)


def as_transform(z, u, w, b):
    class Layer(torch.distributions.transforms.Transform):
        domain = codomain = torch.distributions.constraints.real_vector
        bijective = True

        def _call(self, p):
            return p + torch.tensor(u) * torch.tanh(torch.tensor(w) @ p + b)

        def _inverse(self, y):
            return torch.tensor(z)

        def log_abs_det_jacobian(self, p, y):
            h = 1 - torch.tanh(torch.tensor(w) @ p + b) ** 2
            return torch.log1p(torch.tensor(w @ u) * h)

    base = torch.distributions.Independent(
        Normal(torch.zeros(len(z)).double(), torch.ones(len(z)).double()), 1
    )
    layer = Layer()
    return TransformedDistribution(base, [layer], validate_args=False).log_prob(
        layer(torch.tensor(z))
    )


def softplus_of_torch(u, w):
    u, w = torch.tensor(u), torch.tensor(w)
    along = torch.dot(w, u)
    return u + (-1 + F.softplus(along) - along) * w / torch.dot(w, w)


def by_projection(u, w):
    length = np.linalg.norm(w)
    axis = w / length
    return u - axis * (axis @ u) + axis * (np.logaddexp(0, w @ u) - 1) / length


def stepwise(u, w):
    along = float(np.dot(u, w))
    soft = (
        along + math.log1p(math.exp(-along))
        if along > 0
        else math.log1p(math.exp(along))
    )
    factor = (soft - 1 - along) / float(np.dot(w, w))
    return [float(a) + factor * float(c) for a, c in zip(u, w, strict=True)]


def by_least_squares(u, w):
    wanted = np.logaddexp(0, w @ u) - 1
    return u + np.linalg.pinv(w[None]) @ np.array([wanted - w @ u])


def with_expit(u, w):
    along = w @ u
    return u + (-special.log_expit(-along) - 1 - along) * w / np.sum(w**2)


def by_scipy(log_w):
    return np.mean(special.logsumexp(log_w, axis=1)) - np.log(log_w.shape[1])


def by_torch(log_w):
    log_w = torch.tensor(log_w)
    return (log_w.logsumexp(-1) - math.log(log_w.shape[-1])).mean()


def shifted_once(log_w):
    top = log_w.max()
    return top + np.log(np.exp(log_w - top).mean(axis=1)).mean()


def row_by_row(log_w):
    rows = [special.logsumexp(row, b=1 / len(row)) for row in log_w]
    return sum(rows) / len(rows)


def with_softmax(log_w):
    # the first weight of a row over its share is the sum of the row
    sums = log_w[:, 0] - special.log_softmax(log_w, axis=1)[:, 0]
    return (sums - np.log(log_w.shape[1])).mean()


EXACT = (1.5, HALF_WIDE)

RIGHT = {
    "q1": [
        by_two_logs,
        well_by_well,
        as_entropy,
        in_torch_1,
        lambda w: [np.log(1 / (x / sum(w))) for x in w],
    ],
    "q2": [by_autograd, with_cosh, whole_matrix, in_loops_2, as_transform],
    "q3": [softplus_of_torch, by_projection, stepwise, by_least_squares, with_expit],
    "q4": [
        ((0, 1), (1.5, 0.15), EXACT),
        [0, 1, 1.5, 0.14, 1.5, HALF_WIDE],
        lambda: np.array([(-1, 1), (1.4, 0.15), (1.5, 0.7)]),
        lambda: torch.tensor([(0, 1.0), (1.5, 0.12), (1.5, 0.75)]),
        ((0, 2), (2, 0.12), (1.5, 0.8)),
    ],
    "q5": [by_scipy, by_torch, shifted_once, row_by_row, with_softmax],
}
WRONG = {
    "q1": [
        (lambda w: -np.log(w / w.sum())[::-1], None),
        (lambda w: -np.log(w / w.sum()).sum(), "wrong_shape"),
        (lambda w: np.log2(w.sum() / w), "price_in_bits"),
        (lambda w: [math.log(len(w))] * len(w), "always_the_number_of_wells"),
        (lambda w: stats.entropy(w), "wrong_shape"),
    ],
    "q2": [
        (lambda z, u, w, b: stats.norm.logpdf(z).sum(), "volume_forgotten"),
        (lambda z, u, w, b: stats.norm.logpdf(z), "wrong_shape"),
        (lambda z, u, w, b: -with_cosh(z, u, w, b), "off_by_a_factor"),
        (lambda z, u: 0.0, "wrong_parameters"),
        (lambda z, u, w, b: np.exp(with_cosh(z, u, w, b)), None),
    ],
    "q3": [
        (lambda u, w: u, None),
        (lambda u, w: -by_projection(u, w), "off_by_a_factor"),
        (
            lambda u, w: u + (np.logaddexp(0, w @ u) - w @ u) * w / (w @ w),
            "minus_one_forgotten",
        ),
        (lambda u, w: w @ by_projection(u, w), "wrong_shape"),
        (lambda u, w: None, "returns_nothing"),
    ],
    "q4": [
        (((0, 1), (1.5, 0.1)), "wrong_shape"),
        (((0, 1), (0.5, 0.9), EXACT), "rate_only_rises"),
        (((0, 1), EXACT, (1.5, 0.1)), "gap_not_closing"),
        (((0, 1), (1.5, 0), EXACT), "sigma_not_positive"),
        ("prior", "text"),
    ],
    "q5": [
        (lambda log_w: special.logsumexp(log_w), None),
        (lambda log_w: log_w.mean(), "average_of_the_logs"),
        (lambda log_w: special.logsumexp(log_w, axis=1).mean(), "sum_for_average"),
        (lambda log_w: np.log(np.exp(log_w).mean(1)).mean(), "underflows"),
        (lambda log_w: log_w.max(1).mean(), "best_weight_only"),
    ],
}
