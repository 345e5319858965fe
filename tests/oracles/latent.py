"""Second opinions for claims about latent variables: quadrature, search, autograd.

A hidden number z ~ N(0, 1) is seen as x ~ N(z, 1). Its evidence and posterior come from
integrals here, not from the formulas for normal distributions.
"""

from fractions import Fraction
from functools import cache

import numpy as np
from mpmath import mp, mpf
from scipy import optimize, stats

from . import reference
from .claims import Z_WEIGHTS, Z

SPAN = range(-14, 15, 2)


@cache
def hidden_number(x, q, with_x=None):
    """{name: nats} of q = (mean, variance) for the posterior at x, all by quadrature.

    `explains` is the mean of log p(x|z), `rate` KL(q‖prior), `gap` KL(q‖posterior).
    With `with_x`, the same q explains another observation.
    """
    x, mean, variance = (mpf(str(number)) for number in (x, *q))
    if with_x is not None:
        x = mpf(with_x)
    width = mp.sqrt(variance)
    evidence = mp.quad(
        lambda z: mp.npdf(z) * mp.npdf(x, z, 1), [x / 2 + s for s in SPAN]
    )

    def average(f):
        edges = [mean + width * s for s in SPAN]
        return mp.quad(lambda z: mp.npdf(z, mean, width) * f(z), edges)

    def log_q(z):
        return mp.log(mp.npdf(z, mean, width))

    def log_posterior(z):
        return mp.log(mp.npdf(z)) + mp.log(mp.npdf(x, z, 1)) - mp.log(evidence)

    with mp.workdps(20):
        explains = average(lambda z: mp.log(mp.npdf(x, z, 1)))
        rate = average(lambda z: log_q(z) - mp.log(mp.npdf(z)))
        gap = average(lambda z: log_q(z) - log_posterior(z))
    log_px = mp.log(evidence)
    assert abs(explains - rate - (log_px - gap)) < 1e-12
    found = {"log_px": log_px, "explains": explains, "rate": rate, "gap": gap}
    found["elbo"] = explains - rate
    return {name: float(value) for name, value in found.items()}


def best_q(x, loss):
    """The q = (mean, variance) with the smallest `rate` or `gap` at x, by search."""

    def nats(point):
        z = point[0] + np.exp(point[1]) * Z
        log_q = stats.norm.logpdf(Z) - point[1]
        belief = stats.norm.logpdf(z)
        if loss == "gap":  # up to log p(x), which no q changes
            belief = belief + stats.norm.logpdf(x, z, 1)
        return Z_WEIGHTS @ (log_q - belief)

    best = optimize.minimize(nats, [0.4, -0.3], tol=1e-10)
    return round(best.x[0], 5) + 0.0, round(float(np.exp(2 * best.x[1])), 5)


def three_boxes(q):
    """Mean of log p(red|z), rate and ELBO of q in bits, by enumeration of fractions."""
    prior, red = (
        [Fraction(1, n) for n in (2, 4, 4)],
        [Fraction(1, n) for n in (4, 2, 1)],
    )
    explains = spent = elbo = mpf(0)
    for b, p, likely in zip(map(Fraction, q), prior, red, strict=True):
        if b > 0:
            explains += float(b) * log2(likely)
            spent += float(b) * log2(b / p)
            elbo += float(b) * log2(likely * p / b)
    return [explains, spent, elbo]


def log2(fraction):
    return mp.log(mpf(fraction.numerator) / fraction.denominator, 2)


def joint_kl(p_data, q, model):
    """KL of p_data(x) q(z|x) to a joint table, of the x alone, and the mean of q's."""
    cells = [
        (mpf(str(p)), mpf(str(b)), mpf(str(m)), mp.fsum(map(mpf, map(str, m_row))))
        for p, q_row, m_row in zip(p_data, q, model, strict=True)
        for b, m in zip(q_row, m_row, strict=True)
    ]
    whole = mp.fsum(p * b * mp.log(p * b / m) for p, b, m, _ in cells)
    in_x = mp.fsum(p * b * mp.log(p / px) for p, b, _, px in cells)
    in_z = mp.fsum(p * b * mp.log(b * px / m) for p, b, m, px in cells)
    return [whole, in_x, in_z]


def surgery(centres, sigma):
    """Mean rate, information and mismatch of equally frequent codes, by quadrature."""
    edges = [mpf(s) / 2 for s in range(-16, 17)]
    codes = [lambda z, c=c: mp.npdf(z, c, mpf(str(sigma))) for c in centres]

    def blend(z):
        return mp.fsum(code(z) for code in codes) / len(codes)

    def toll(first, second):
        return mp.quad(lambda z: first(z) * mp.log(first(z) / second(z)), edges)

    with mp.workdps(20):
        mean_rate = mp.fsum(toll(code, mp.npdf) for code in codes) / len(codes)
        information = mp.fsum(toll(code, blend) for code in codes) / len(codes)
        mismatch = toll(blend, mp.npdf)
    assert abs(mean_rate - information - mismatch) < 1e-12
    return [mean_rate, information, mismatch]


@cache
def rate(mu, log_var):
    """KL of N(mu, exp(log_var)) to N(0, 1), by quadrature."""
    return reference.kl_normal_by_quadrature(mu, np.exp(log_var / 2), 0, 1)


def rates(mu, log_var):
    """The rate of each image, its dimensions one by one."""
    return [
        mp.fsum(rate(*pair) for pair in zip(*rows, strict=True))
        for rows in zip(mu, log_var, strict=True)
    ]


def linear_rates(variances, noise, beta=1.0):
    """KL of each coordinate of the best linear VAE, by search over a, w and log σ²."""
    found = []
    for variance in variances:

        def loss(v, variance=variance):
            square = variance * (1 - v[0] * v[1]) ** 2 + v[1] ** 2 * np.exp(v[2])
            return square / (2 * noise) + beta * linear_rate(v, variance)

        starts = [(0.5, 0.5, -1.0), (0.01, 0.01, 0.0), (1.0, 1.0, -2.0)]
        runs = [optimize.minimize(loss, start, tol=1e-12) for start in starts]
        best = min(runs, key=lambda run: run.fun)
        found.append(linear_rate(best.x, variance))
    law = [max(0, mp.log(mpf(v) / (mpf(beta) * mpf(noise))) / 2) for v in variances]
    assert np.allclose(found, np.array(law, dtype=float), atol=1e-6)
    return law


def linear_rate(v, variance):
    return (v[0] ** 2 * variance + np.exp(v[2]) - v[2] - 1) / 2


def free_bits(variances, noise, floor, seeds=3):
    """KL of each dimension and −ELBO of the best linear VAE with free bits.

    Encoder and decoder are full matrices; the last d entries of v are what is charged.
    """
    variances, d = np.array(variances), len(variances)

    def parts(v):
        encoder, decoder = v[: 2 * d * d].reshape(2, d, d)
        log_var = v[2 * d * d : -d]
        kl = (encoder**2 @ variances + np.exp(log_var) - log_var - 1) / 2
        missed = (np.eye(d) - decoder @ encoder) ** 2 @ variances
        square = missed.sum() + (decoder**2 @ np.exp(log_var)).sum()
        return square / (2 * noise) + d * np.log(2 * np.pi * noise) / 2, kl

    limits = {"type": "ineq", "fun": lambda v: v[-d:] - parts(v)[1]}
    runs = []
    for seed in range(seeds):
        start = np.random.default_rng(seed).normal(0, 0.3, 2 * d * d)
        start = np.concatenate([start, np.zeros(d), np.ones(d)])
        runs.append(
            optimize.minimize(
                lambda v: parts(v)[0] + v[-d:].sum(),
                start,
                method="SLSQP",
                bounds=[(None, None)] * (len(start) - d) + [(floor, None)] * d,
                constraints=[limits],
                options={"maxiter": 1000, "ftol": 1e-12},
            )
        )
    explained, kl = parts(min(runs, key=lambda run: run.fun).x)
    return sorted(kl, reverse=True), explained + kl.sum()


def toll_to_two_hills(mu, sigma, m, width):
    """KL of N(mu, sigma²) to equal hills at ±m, by quadrature."""
    return reference.kl_normal_to_mixture(mu, sigma, ([0.5] * 2, [-m, m], [width] * 2))


def integral_of_grey(chance):
    """The integral over grey pixels of what binary cross-entropy calls a likelihood."""
    a = mpf(str(chance))
    return mp.quad(lambda x: a**x * (1 - a) ** (1 - x), [0, 1])


def hidden_beta(pixels, images, batch_mean_too):
    """How much the KL weighs against a mean over pixels, read off the gradients."""
    import torch

    bce = torch.rand(images, pixels, dtype=torch.float64, requires_grad=True)
    kl = torch.rand(images, 3, dtype=torch.float64, requires_grad=True)
    loss = bce.mean() + (kl.sum() if batch_mean_too else kl.sum(1).mean())
    loss.backward()
    return (kl.grad / bce.grad[0, 0]).mean().item()


def noise_variance_of(reduction, pixels):
    """The σ² for which squared error + KL has the gradient of a normal −ELBO."""
    import torch

    generator = torch.Generator().manual_seed(0)
    x, mu, weight = (
        torch.randn(shape, generator=generator, dtype=torch.float64)
        for shape in [(5, pixels), (5, 2), (2, pixels)]
    )
    moving = [mu.requires_grad_(), weight.requires_grad_()]

    def gradient(reconstruction):
        loss = (reconstruction + (mu**2).sum(1) / 2).mean()
        return torch.cat([g.ravel() for g in torch.autograd.grad(loss, moving)])

    def bound(log_variance):
        decoded = torch.distributions.Normal(mu @ weight, np.exp(log_variance / 2))
        return gradient(-decoded.log_prob(x).sum(1))

    squares = gradient(getattr((x - mu @ weight) ** 2, reduction)(1))
    found = optimize.brentq(
        lambda s: float((bound(s) - squares) @ squares), -5, 12, xtol=1e-13
    )
    assert torch.allclose(bound(found), squares, rtol=1e-8)
    return float(np.exp(found))
