"""Answers to the exercises of chapter 12."""

import math

import numpy as np
import torch
from scipy import special, stats
from sklearn.metrics import mutual_info_score

REPORTS = ["realised", "expected", "neither", "expected", "neither"]


def in_thirds(suspects, left, right):
    s = (left + right) / suspects
    return special.entr([s / 2, s / 2, 1 - s]).sum()


def split_in_two_steps(suspects, left, right):
    """First: does it tip? Then: which side?"""
    s = (left + right) / suspects
    return stats.entropy([s, 1 - s]) + s * math.log(2)


def what_is_known_after(suspects, left, right):
    s = left + right
    left_over = 0.0
    for count in (s, s, 2 * (suspects - s)):
        if count:
            left_over += count / (2 * suspects) * math.log(count)
    return math.log(2 * suspects) - left_over


def counted_by_sklearn(suspects, left, right):
    side = np.repeat([0, 1, 2], [left, right, suspects - left - right])
    falls = np.concatenate([side, np.array([1, 0, 2])[side]])
    return mutual_info_score(np.arange(2 * suspects), falls)


def balls_in_torch(suspects, left, right):
    s = torch.tensor((left + right) / suspects, dtype=torch.float64)
    return torch.special.entr(torch.stack([s / 2, s / 2, 1 - s])).sum()


def outcomes_of(prior, checks):
    joint = prior[None, :, None] * checks
    return joint, joint.sum(1, keepdims=True)


def by_scipy(prior, checks):
    joint, answers = outcomes_of(prior, checks)
    return special.rel_entr(joint, prior[None, :, None] * answers).sum((1, 2))


def by_realised_gains(prior, checks):
    joint, answers = outcomes_of(prior, checks)
    after = joint / answers
    gains = np.sum(after * np.log(after / prior[:, None]), axis=1)
    return np.sum(answers[:, 0] * gains, axis=-1)


def by_entropies(prior, checks):
    return [
        stats.entropy(prior)
        + stats.entropy(prior @ rows)
        - stats.entropy((prior[:, None] * rows).ravel())
        for rows in checks
    ]


def in_torch(prior, checks):
    prior, checks = torch.tensor(prior), torch.tensor(checks)
    answers = torch.einsum("i,ciy->cy", prior, checks)
    noise = torch.special.entr(checks).sum(-1) @ prior
    return torch.special.entr(answers).sum(-1) - noise


def in_loops(prior, checks):
    found = []
    for rows in checks:
        total = 0.0
        for i, row in enumerate(rows):
            for y, chance in enumerate(row):
                p_y = sum(p * r[y] for p, r in zip(prior, rows, strict=True))
                total += prior[i] * chance * math.log(chance / p_y)
        found.append(total)
    return np.array(found)


def openness(prior, checks):
    return stats.entropy(prior @ checks, axis=-1)


def by_log1p(x, cov, noise_sd):
    v = cov[0, 0] + 2 * x * cov[0, 1] + x * x * cov[1, 1]
    return math.log1p(v / noise_sd**2) / 2


def by_correlation(x, cov, noise_sd):
    v = np.array([1, x]) @ cov @ [1, x]
    return -math.log(1 - v / (v + noise_sd**2)) / 2


def by_eigenvalues(x, cov, noise_sd):
    phi = np.array([[1.0, x]])
    whole = np.eye(2) + cov @ phi.T @ phi / noise_sd**2
    return 0.5 * np.log(np.linalg.det(whole))


def by_stretches(x, cov, noise_sd):
    root = np.linalg.cholesky(cov)
    return np.log(np.linalg.norm([noise_sd, *(root.T @ [1, x])]) / noise_sd)


def line_in_torch(x, cov, noise_sd):
    phi = torch.tensor([1.0, x], dtype=torch.float64)
    return 0.5 * torch.log1p(phi @ torch.tensor(cov) @ phi / noise_sd**2)


RIGHT = {
    "q1": [
        in_thirds,
        split_in_two_steps,
        what_is_known_after,
        counted_by_sklearn,
        balls_in_torch,
    ],
    "q2": [
        REPORTS,
        tuple(REPORTS),
        lambda: [word.upper() for word in REPORTS],
        lambda: [f" {word} " for word in REPORTS],
        lambda: ["realized", *REPORTS[1:]],
    ],
    "q3": [
        [[0.998, 0.001], [0.0, 0.001]],
        np.array([[0.9985, 0.0005], [0.0005, 0.0005]]),
        lambda: torch.tensor([[0.0, 0.002], [0.997, 0.001]]),
        lambda: ((0.9999, 0.00002), (0.0, 0.00008)),
        lambda: np.outer([0.999, 0.001], [1, 0]) * 0.999 + [[0, 5e-4], [0, 5e-4]],
    ],
    "q4": [by_scipy, by_realised_gains, by_entropies, in_torch, in_loops],
    "q5": [by_log1p, by_correlation, by_eigenvalues, by_stretches, line_in_torch],
}
WRONG = {
    "q1": [
        (lambda n, a, b: in_thirds(n, a, b) / math.log(2), "in_bits"),
        (lambda n, a, b: stats.entropy([a, b, n - a - b]), "only_heavy"),
        (lambda n, a, b: math.log(3), "constant"),
        (lambda n, a: 0.0, "wrong_parameters"),
        (lambda n, a, b: 2 * in_thirds(n, a, b), "off_by_a_factor"),
    ],
    "q2": [
        (lambda: REPORTS[::-1], None),
        (lambda: REPORTS[:4], "wrong_words"),
        (lambda: ["surprise"] * 5, "wrong_words"),
        (lambda: 3, "not_words"),
        (lambda: ["expected"] * 5, "all_expected"),
    ],
    "q3": [
        (lambda: [[0.5, 0.5], [0.5, 0.5]], "no_table"),
        (lambda: [[1.0, 0.0], [0.0, 0.0]], "never_happens"),
        (lambda: [0.998, 0.002], "wrong_shape"),
        (lambda: [[0.25, 0.25], [0.25, 0.25]], "teaches_too_little"),
        (lambda: [[0.5, 0.0], [0.0, 0.5]], "teaches_too_little"),
        (lambda: [[0.97, 0.0], [0.0, 0.03]], "not_rare"),
        (lambda: [[0.999, 0.0], [0.0, 0.001]], "narrower"),
    ],
    "q4": [
        (openness, "openness_only"),
        (
            lambda prior, checks: stats.entropy(checks.mean(1), axis=-1),
            "nothing_repaired",
        ),
        (lambda prior, checks: by_scipy(prior, checks).sum(), "wrong_shape"),
        (lambda prior, checks: -by_scipy(prior, checks), "noise_minus_openness"),
        (lambda prior, checks: 3 * by_scipy(prior, checks), "off_by_a_factor"),
    ],
    "q5": [
        (lambda x, cov, sd: 2 * by_log1p(x, cov, sd), "no_half"),
        (lambda x, cov, sd: by_log1p(x, cov, math.sqrt(sd)), "noise_sd_not_squared"),
        (lambda x, cov, sd: by_log1p(x, cov * np.eye(2), sd), "covariance_forgotten"),
        (lambda x, cov, sd: by_log1p(0, cov, sd), None),
        (lambda x, cov, sd: [x, sd], "wrong_shape"),
    ],
}
