"""Answers to the exercises of chapter 14."""

import math

import numpy as np
import torch
from scipy import optimize, special, stats


def coin_by_curvature(z, dz):
    z = torch.tensor(z, dtype=torch.float64)

    def toll(to):
        log_p = torch.nn.functional.logsigmoid(torch.stack([z, -z]))
        log_q = torch.nn.functional.logsigmoid(torch.stack([to, -to]))
        return (log_p.exp() * (log_p - log_q)).sum()

    F = torch.autograd.functional.hessian(toll, z)
    return torch.stack([F, F * dz**2 / 2])


def coin_by_variance(z, dz):
    F = stats.bernoulli(special.expit(z)).var()
    return [F, 0.5 * F * dz * dz]


def coin_by_cosh(z, dz):
    F = 1 / (2 + 2 * math.cosh(z))
    return F, F * dz**2 / 2


def coin_from_p(z, dz):
    p = special.expit(z)
    dp = p * (1 - p) * dz
    return np.array([p * (1 - p), dp**2 / (p * (1 - p)) / 2])


def coin_by_slope(z, dz):
    F = special.expit(z) * special.expit(-z)
    return np.array([1, dz**2 / 2]) * F


def steps_by_pinv(z, R, budget):
    pi = special.softmax(z)
    F = np.diag(pi) - np.outer(pi, pi)
    ways = [pi * (R - pi @ R), np.linalg.pinv(F) @ (pi * (R - pi @ R))]
    return [way * math.sqrt(2 * budget / (way @ F @ way)) for way in ways]


def steps_by_variances(z, R, budget):
    """Twice the price of a step is its variance under π."""
    pi = special.softmax(z)
    ways = [pi * (R - pi @ R), R - R.mean()]
    spread = [pi @ way**2 - (pi @ way) ** 2 for way in ways]
    return np.array(
        [way * np.sqrt(2 * budget / s) for way, s in zip(ways, spread, strict=True)]
    )


def steps_in_torch(z, R, budget):
    z = torch.tensor(z, requires_grad=True)
    R = torch.tensor(R)
    (g,) = torch.autograd.grad(z.softmax(0) @ R, z)
    pi = z.softmax(0).detach()
    F = torch.diag(pi) - torch.outer(pi, pi)
    natural = torch.linalg.lstsq(F, g, driver="gelsd").solution
    natural = natural - natural.mean()
    return torch.stack(
        [way * torch.sqrt(2 * budget / (way @ F @ way)) for way in (g, natural)]
    )


def steps_by_hessian(z, R, budget):
    old = torch.tensor(z)

    def toll(new):
        return (old.softmax(0) * (old.log_softmax(0) - new.log_softmax(0))).sum()

    F = torch.autograd.functional.hessian(toll, old).numpy()
    g = F @ R
    natural = np.linalg.lstsq(F, g, rcond=1e-10)[0]
    return np.array([w * np.sqrt(2 * budget / (w @ F @ w)) for w in (g, natural)])


def steps_by_search(z, R, budget):
    """The natural step as the best of all steps of its price, in closed form."""
    pi = special.softmax(z)
    root = np.sqrt(pi)[:, None] * (np.eye(len(z)) - pi)  # rootᵀ root = F
    F = root.T @ root
    g = F @ R
    best = np.linalg.lstsq(root, root @ R, rcond=1e-12)[0]
    return np.stack(
        [w * np.sqrt(2 * budget) / np.linalg.norm(root @ w) for w in (g, best)]
    )


def tilt_by_brentq(q, x, mean):
    def gap(lam):
        return special.softmax(np.log(q) + lam * x) @ x - mean

    lam = optimize.brentq(gap, -300 / np.ptp(x), 300 / np.ptp(x), xtol=1e-13)
    return special.softmax(np.log(q) + lam * x)


def tilt_by_dual(q, x, mean):
    found = optimize.minimize_scalar(
        lambda lam: special.logsumexp(np.log(q) + lam * (x - mean)), tol=1e-13
    )
    return special.softmax(np.log(q) + found.x * x)


def tilt_by_slsqp(q, x, mean):
    rules = [
        {"type": "eq", "fun": lambda p: p.sum() - 1, "jac": np.ones_like},
        {"type": "eq", "fun": lambda p: p @ x - mean, "jac": lambda p: x},
    ]
    found = optimize.minimize(
        lambda p: special.rel_entr(p, q).sum(),
        tilt_by_brentq(q, x, (mean + q @ x) / 2),
        jac=lambda p: np.log(p / q) + 1,
        bounds=[(1e-12, 1)] * len(q),
        constraints=rules,
        options={"ftol": 1e-15, "maxiter": 500},
    )
    return tilt_by_newton(q, x, mean) if not found.success else found.x


def tilt_by_newton(q, x, mean):
    lam = optimize.newton(
        lambda t: special.softmax(np.log(q) + t * x) @ x - mean, 0.0, tol=1e-14
    )
    p = q * np.exp(lam * x)
    return (p / p.sum()).tolist()


def tilt_in_torch(q, x, mean):
    lam = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    log_q, d = torch.tensor(q).log(), torch.tensor(x - mean)
    optimizer = torch.optim.LBFGS(
        [lam], max_iter=200, tolerance_grad=1e-12, line_search_fn="strong_wolfe"
    )

    def closure():
        optimizer.zero_grad()
        loss = torch.logsumexp(log_q + lam * d, 0)
        loss.backward()
        return loss

    optimizer.step(closure)
    return torch.softmax(log_q + lam * d, 0)


RIGHT = {
    "q1": [
        lambda k: [1] * k,
        lambda k: np.full(k, -3.7),
        lambda k: torch.ones(k),
        lambda k: tuple(1e-9 for _ in range(k)),
        lambda k: np.linalg.eigh(np.eye(k) / k - np.ones((k, k)) / k**2)[1][:, 0],
    ],
    "q2": [
        coin_by_curvature,
        coin_by_variance,
        coin_by_cosh,
        coin_from_p,
        coin_by_slope,
    ],
    "q3": [
        steps_by_pinv,
        steps_by_variances,
        steps_in_torch,
        steps_by_hessian,
        steps_by_search,
    ],
    "q4": [
        tilt_by_brentq,
        tilt_by_dual,
        tilt_by_slsqp,
        tilt_by_newton,
        tilt_in_torch,
    ],
    "q5": [
        ["M", "I", "M", "I", "I"],
        tuple("MIMII"),
        lambda: list("mimii"),
        lambda: [" M", "I ", "M", "I", "I"],
        lambda: ["I" if first else "M" for first in (0, 1, 0, 1, 1)],
    ],
}
WRONG = {
    "q1": [
        (lambda k: np.zeros(k), "stands_still"),
        (lambda k: np.eye(k)[2], "one_logit_alone"),
        (lambda k: [1, -1, 1, -1], "trade_of_logits"),
        (lambda k: [1, 1, 1, 2], "behaviour_moves"),
        (lambda k: 1.0, "wrong_shape"),
    ],
    "q2": [
        (lambda z, dz: coin_by_cosh(z, dz)[0], "wrong_shape"),
        (lambda z, dz: [4 * v for v in coin_by_cosh(z, dz)], "off_by_a_factor"),
        (lambda z, dz: coin_by_cosh(z, dz)[::-1], None),
        (
            lambda z, dz: [
                1 / coin_by_cosh(z, dz)[0],
                dz**2 / coin_by_cosh(z, dz)[0] / 2,
            ],
            "fisher_in_probabilities",
        ),
        (lambda z: 0.25, "wrong_parameters"),
    ],
    "q3": [
        (lambda z, R, b: steps_by_variances(z, R, 2 * b), "off_by_a_factor"),
        (lambda z, R, b: steps_by_variances(z, R, b)[::-1], "rows_exchanged"),
        (lambda z, R, b: steps_by_variances(z, R, b / 2), "price_without_half"),
        (lambda z, R, b: -steps_by_variances(z, R, b), "downhill"),
        (lambda z, R, b: steps_by_variances(z, R, b)[0], "wrong_shape"),
    ],
    "q4": [
        (lambda q, x, mean: q, "nothing_tilted"),
        (lambda q, x, mean: tilt_by_brentq(0 * q + 1, x, mean), "forgets_q"),
        (lambda q, x, mean: tilt_by_brentq(q, x, mean).sum(), "wrong_shape"),
        (lambda q, x, mean: tilt_by_brentq(q, x, mean) * 2, "off_by_a_factor"),
        (lambda q, x, mean: None, "returns_nothing"),
    ],
    "q5": [
        (lambda: list("IMIMM"), "i_and_m_exchanged"),
        (lambda: list("MMMMM"), "every_fit_is_m"),
        (lambda: list("IIIII"), None),
        (lambda: list("MIM"), "wrong_words"),
        (lambda: 5, "not_words"),
    ],
}
