"""Answers to the exercises of the bridge on gradients."""

import math
from fractions import Fraction

import numpy as np
import torch
from torch.distributions import Normal


def by_fractions():
    theta, points = Fraction(1, 5), (10, 5)
    chances, scores = (theta, 1 - theta), (1 / theta, -1 / (1 - theta))
    found = []
    for baseline in (0, 5):
        each = [(f - baseline) * s for f, s in zip(points, scores, strict=True)]
        mean = sum(c * e for c, e in zip(chances, each, strict=True))
        square = sum(c * e * e for c, e in zip(chances, each, strict=True))
        found.append((each, math.sqrt(square - mean**2)))
    return *found[0][0], found[0][1], found[1][1]


def by_torch_score(x, mu, sigma, pays, slope):
    width = torch.full(x.shape, sigma, dtype=torch.float64, requires_grad=True)
    draws = torch.tensor(x)
    Normal(torch.tensor(mu).double(), width).log_prob(draws).sum().backward()
    return np.stack([slope * (x - mu) / sigma, pays * width.grad.numpy()])


def by_differences(x, mu, sigma, pays, slope, h=1e-5):
    def log_q(width):
        return -np.log(width) - ((x - mu) / width) ** 2 / 2

    score = (log_q(sigma + h) - log_q(sigma - h)) / (2 * h)
    return slope * (x - mu) / sigma, pays * score


def in_a_loop(x, mu, sigma, pays, slope):
    rows = [[], []]
    for a, f, d in zip(x, pays, slope, strict=True):
        rows[0].append(d * (a - mu) / sigma)
        rows[1].append(f * ((a - mu) ** 2 / sigma**3 - 1 / sigma))
    return rows


def in_other_letters(x, mu, sigma, pays, slope):
    distance = np.square(x - mu) - sigma**2
    return [slope * (x - mu) / sigma, pays * distance / sigma**3]


def as_tensors(x, mu, sigma, pays, slope):
    eps = torch.tensor((x - mu) / sigma)
    return torch.stack(
        [torch.tensor(slope) * eps, torch.tensor(pays) * (eps**2 - 1) / sigma]
    )


def log_ratio(eps, mu, sigma, m, s):
    x = mu + sigma * eps
    return np.log(s / sigma) - eps**2 / 2 + ((x - m) / s) ** 2 / 2


def by_the_score(eps, mu, sigma, m, s):
    return np.mean((log_ratio(eps, mu, sigma, m, s) + 1) * eps / sigma)


def with_a_baseline(eps, mu, sigma, m, s):
    ratio = log_ratio(eps, mu, sigma, m, s)
    return [np.mean((ratio - ratio.mean()) * eps / sigma)]


def by_rsample(eps, mu, sigma, m, s):
    centre = torch.tensor(mu, dtype=torch.float64, requires_grad=True)
    x = centre + sigma * torch.tensor(eps)
    q, p = Normal(centre, sigma), Normal(torch.tensor(m).double(), s)
    loss = (q.log_prob(x) - p.log_prob(x)).mean()
    return torch.autograd.grad(loss, centre)[0]


def detached(eps, mu, sigma, m, s):
    centre = torch.tensor(mu, dtype=torch.float64, requires_grad=True)
    x = (centre + sigma * torch.tensor(eps)).detach()
    q, p = Normal(centre, sigma), Normal(torch.tensor(m).double(), s)
    loss = (q.log_prob(x) - p.log_prob(x)).mean()
    return torch.autograd.grad(loss, centre)[0]


def same_draws_moved(eps, mu, sigma, m, s, h=1e-4):
    up, down = (log_ratio(eps, mu + d, sigma, m, s).mean() for d in (h, -h))
    return (up - down) / (2 * h)


def by_k2(eps, mu, sigma, m, s):
    """Half the squared log-ratio with the draws held: right on average, too."""
    return np.mean(log_ratio(eps, mu, sigma, m, s) * eps / sigma)


RIGHT = {
    "q1": [
        by_fractions,
        lambda: (50, -6.25, 22.5, 10),
        lambda: np.array([50, -25 / 4, 45 / 2, 10]),
        lambda: torch.tensor([50, -6.25, 22.5, 10]),
        [50.0, -6.25, 22.5, 10.0],
        lambda: [50, -6.25, math.sqrt(506.25), math.sqrt(100)],
    ],
    "q2": [
        by_torch_score,
        in_a_loop,
        in_other_letters,
        as_tensors,
        by_differences,
    ],
    "q3": [
        by_the_score,
        with_a_baseline,
        by_rsample,
        same_draws_moved,
        by_k2,
        lambda eps, mu, sigma, m, s: (mu - m) / s**2,
    ],
}
WRONG = {
    "q1": [
        (lambda: (50, -6.25, 22.5), "wrong_shape"),
        (lambda: (50, 6.25, 17.5, 10), "tails_gains"),
        (lambda: (50, -6.25, 506.25, 100), "variance_for_sd"),
        (lambda: (50, -6.25, 23.049, 11.18), "mean_not_subtracted"),
        (lambda: (50, -6.25, 22.5, 0), None),
        (lambda: (50, -6.25, ..., 10), "not attempted"),
        (lambda: (10, 5, 2, 2), "pays_without_score"),
        (lambda: {"heads": 50}, "wrong_type"),
    ],
    "q2": [
        (lambda *given: np.mean(in_other_letters(*given), axis=1), "wrong_shape"),
        (lambda x, mu, sigma, pays, slope: slope * (x - mu) / sigma, "wrong_shape"),
        (lambda *given: in_other_letters(*given)[::-1], "exchanged"),
        (lambda *given: -np.array(in_other_letters(*given)), "off_by_a_factor"),
        (lambda x, mu, sigma, pays: (x, x), "wrong_parameters"),
        (lambda x, mu, sigma, pays, slope: print(x), "returns_nothing"),
        (lambda x, mu, sigma, pays, slope: (slope, pays), None),
        (lambda x, mu, sigma, pays, slope: x[7], "raised"),
    ],
    "q3": [
        (detached, "holds_the_draws"),
        (lambda *given: by_the_score(*given) * len(given[0]), "sum_not_mean"),
        (lambda *given: -by_rsample(*given), "wrong_sign"),
        (lambda *given: log_ratio(*given).mean(), "value_for_slope"),
        (lambda eps, mu, sigma, m, s: (mu + sigma * eps - m) / s**2, "wrong_shape"),
        (lambda eps, mu, sigma, m, s: (mu - m) / sigma**2, "swapped"),
        (lambda eps, mu, sigma, m, s: 3 * (mu - m) / s**2, "off_by_a_factor"),
        (lambda eps, mu, sigma: 0.0, "wrong_parameters"),
    ],
}
