"""Answers to the exercises of chapter 5."""

import math
from fractions import Fraction

import numpy as np
import torch
from scipy import optimize, stats

from kl_helpers.nn.losses import ppo_clip_loss, ppo_kl_penalty_loss


def by_search():
    grid = np.linspace(0.8, 1.2, 100_001)
    return (-np.log(grid) / 2 - np.log(2 - grid) / 2).max()


def by_scipy():
    return stats.entropy([0.5, 0.5], [0.6, 0.4])


def by_optimiser():
    found = optimize.minimize_scalar(
        lambda r: math.log(r * (2 - r)) / 2, bounds=(1, 1.2), method="bounded"
    )
    return -found.fun


def by_autograd(w, p, advantage, beta, epsilon):
    """Two logits would do as well: the package's losses, differentiated."""
    log_w = torch.tensor(np.log(w), requires_grad=True)
    log_p = torch.full_like(log_w, math.log(p))
    gain = torch.full_like(log_w, advantage)
    clip = ppo_clip_loss(log_p + log_w, log_p, gain, epsilon=epsilon)
    (first,) = torch.autograd.grad(clip.sum(), log_w)
    rest = torch.log1p(-p * log_w.exp())
    new = torch.stack([log_p + log_w, rest], -1)
    old = torch.stack([log_p, torch.full_like(log_w, math.log1p(-p))], -1)
    taken = torch.zeros(len(w), dtype=int)
    priced = ppo_kl_penalty_loss(new, old, taken, gain, beta=beta)
    (second,) = torch.autograd.grad(priced.sum(), log_w)
    return -torch.stack([first, second])


def by_differences(w, p, advantage, beta, epsilon, h=1e-5):
    def losses(w):
        clipped = np.clip(w, 1 - epsilon, 1 + epsilon)
        kl = p * np.log(1 / w) + (1 - p) * np.log((1 - p) / (1 - p * w))
        gain = np.minimum(w * advantage, clipped * advantage)
        return np.array([-gain, -w * advantage + beta * kl])

    return -(losses(w * math.exp(h)) - losses(w * math.exp(-h))) / (2 * h)


def one_by_one(w, p, advantage, beta, epsilon):
    rows = [[], []]
    for x in w:
        off = x > 1 + epsilon if advantage > 0 else x < 1 - epsilon
        rows[0].append(0 if off else x * advantage)
        rows[1].append(x * advantage + beta * p - beta * (1 - p) * p * x / (1 - p * x))
    return rows


def as_dataframe_like(w, p, advantage, beta, epsilon):
    side = np.sign(advantage)
    inside = side * (w - 1) <= epsilon
    other = p / (1 - p * w)
    return np.vstack([inside * w * advantage, w * advantage - beta * other * (w - 1)])


def by_torch(new, old, actions, advantages, beta, target):
    log_new, log_old = torch.tensor(new).log(), torch.tensor(old).log()
    A, taken = torch.tensor(advantages), torch.tensor(actions)
    loss = ppo_kl_penalty_loss(log_new, log_old, taken, A, beta=beta).mean()
    kl = (log_old.exp() * (log_old - log_new)).sum(-1).mean().item()
    if kl > 1.5 * target:
        return loss.item(), 2 * beta
    return loss.item(), beta / 2 if kl < target / 1.5 else beta


def with_take_along(new, old, actions, advantages, beta, target):
    w = np.take_along_axis(new / old, actions[:, None], axis=1)[:, 0]
    kl = stats.entropy(old, new, axis=1).mean()
    steps = np.searchsorted([target / 1.5, 1.5 * target], kl) - 1
    return np.array([beta * kl - w @ advantages / len(w), beta * 2.0**steps])


def in_logs(new, old, actions, advantages, beta, target):
    i = np.arange(len(actions))
    w = np.exp(np.log(new[i, actions]) - np.log(old[i, actions]))
    kl = (old * np.log(old) - old * np.log(new)).sum() / len(old)
    loss = -(w * advantages).mean() + beta * kl
    return [loss, beta * (2 if kl > 1.5 * target else 0.5 if kl < target / 1.5 else 1)]


def one_hot(new, old, actions, advantages, beta, target):
    taken = np.eye(new.shape[1])[actions]
    w = (taken * new).sum(1) / (taken * old).sum(1)
    kl = np.mean([a @ np.log(a / b) for a, b in zip(old, new, strict=True)])
    later = beta
    if kl > target * 1.5:
        later *= 2
    elif kl * 1.5 < target:
        later /= 2
    return beta * kl - np.mean(w * advantages), later


def in_place_copy(new, old, actions, advantages, beta, target):
    return tuple(
        map(float, one_hot(new + 0, old + 0, actions, advantages, beta, target))
    )


CAUSES = ["nothing", "swapped", "summed", "stale", "too far"]
RIGHT = {
    "q1": [
        by_search,
        by_scipy,
        by_optimiser,
        0.0204,
        lambda: torch.tensor(25 / 24).log() / 2,
        lambda: math.log(Fraction(25, 24)) / 2,
    ],
    "q2": [
        [41, 1, 0.01],
        lambda: (4.1, 10, 0.1),
        lambda: np.array([0.41, 1.0, 100.0]),
        lambda: torch.tensor([41.0, 1.0, 1.0, 0.01]),
        [1, 1000, 0.41, 5],
        lambda: [Fraction(41, 1), 1, Fraction(1, 100)],
    ],
    "q3": [
        by_autograd,
        by_differences,
        one_by_one,
        as_dataframe_like,
        lambda *given: tuple(as_dataframe_like(*given)),
    ],
    "q4": [by_torch, with_take_along, in_logs, one_hot, in_place_copy],
    "q5": [
        CAUSES,
        lambda: CAUSES,
        lambda: tuple(CAUSES),
        lambda: [c.upper() for c in CAUSES],
        lambda: [f" {c} " for c in CAUSES],
    ],
}
WRONG = {
    "q1": [
        (lambda: 0.2, "epsilon_itself"),
        (0.02, "quadratic"),
        (lambda: 0.0201, "swapped"),
        (lambda: 0.0294, "in_bits"),
        (lambda: -0.0204, "wrong_sign"),
        (lambda: math.log(1.2), "log_of_the_ratio"),
        (lambda: "0.0204", "text"),
        (lambda: [0.0204, 0.0204], "wrong_shape"),
    ],
    "q2": [
        ([0.41, 1, 1], "kl_too_small"),
        ([100, 1, 0.01], "carried_too_far"),
        ([40, 1, 0.01], "not_silent"),
        ([41, 1, -0.01], "not_silent"),
        ([0, 1, 1], "theta_not_positive"),
        (lambda: 41, "wrong_shape"),
        (lambda: [41, float("nan"), 0.01], "wrong_shape"),
    ],
    "q3": [
        (lambda w, p, a, b, e: by_differences(w, p, a, b, e) * 1.003, "too_rough"),
        (lambda w, p, a, b, e: by_differences(w, p, a, 0.0, e), None),
        (lambda w, p, a, b, e: by_differences(w, p, a, b, 10.0), "no_clip"),
        (lambda w, p, a, b, e: by_differences(w, 1 - p, a, b, e), "nan"),
        (lambda w, p, a, b, e: by_differences(w, p, a, b, e)[1], "wrong_shape"),
        (lambda w: w, "wrong_parameters"),
    ],
    "q4": [
        (lambda *given: in_logs(*given)[0], "wrong_shape"),
        (lambda *given: in_logs(*given)[::-1], "exchanged"),
        (lambda *given: [in_logs(*given)[0], given[4]], "beta_unchanged"),
        (lambda new, old, *rest: in_logs(old, new, *rest), None),
        (lambda *given: None, "returns_nothing"),
    ],
    "q5": [
        (["nothing"] * 5, None),
        (lambda: CAUSES[::-1], None),
        (lambda: CAUSES[:4], "wrong_words"),
        (lambda: ["fine", *CAUSES[1:]], "wrong_words"),
        (lambda: 5, "not_words"),
        (
            lambda: ["nothing", "stale", "summed", "swapped", "too far"],
            "two_and_four_exchanged",
        ),
    ],
}
