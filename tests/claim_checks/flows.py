"""Chapter 10: flows and importance weights."""

from math import log, pi

import numpy as np
import torch
from mpmath import mp
from oracles import flows as oracle
from scipy import optimize

from kl_helpers.nn import flows


def normal(v):
    """A `PlanarFlow` without layers, from two means and two log-widths."""
    mean, log_scale = torch.tensor(np.array(v)).reshape(2, 1, 2)
    none = torch.zeros(1, 0, 2)
    return flows.PlanarFlow(mean, log_scale, none, none, none[..., 0])


def best_normal(*start):
    log_z = flows.log_normalizer(flows.energy_1)

    def nats(v):
        return flows.reverse_kl(normal(v), flows.energy_1, log_z=log_z)[0]

    return optimize.minimize(nats, start).fun


def check_S0_19():
    def right(z):
        return torch.where(z[..., 0] > 0, flows.energy_1(z), np.inf)

    whole, part = (flows.log_normalizer(u, points=800) for u in (flows.energy_1, right))
    ours = [flows.log_normalizer(flows.energy_1), best_normal(2, 0, -1, 0)]
    theirs = [oracle.log_z(1), oracle.best_normal((1.8, 0.1, -1, 0))]
    lost = oracle.log_z(1) - oracle.log_z(1, right_half=True)
    return [*ours, whole - part], [*theirs, lost]


def check_S0_20():
    place = torch.tensor([[[-1.0], [0.0], [2.0]]]).double()
    one = torch.ones(1, 1).double()
    ours, _ = flows.planar_layer(place, -3 * one, one, torch.zeros(1).double())
    return ours.ravel().tolist(), [float(z - 3 * mp.tanh(z)) for z in (-1, 0, 2)]


def three_layers():
    """The flow of the page, and the same as numpy arrays."""
    generator = torch.Generator().manual_seed(4)
    u, w, b = (torch.randn(3, 2, generator=generator).double() for _ in range(3))
    u, b = flows.invertible_u(u, w), b[:, 0]
    zero = torch.zeros(1, 2).double()
    flow = flows.PlanarFlow(zero, zero, u[None], w[None], b[None])
    return flow, [(p.numpy(), q.numpy(), float(r)) for p, q, r in zip(u, w, b)]  # noqa: B905


def check_S0_21():
    flow, layers = three_layers()
    start = torch.tensor([[[0.5, -1.0]]]).double()
    end, log_q = flow.push(start)
    plane = torch.cartesian_prod(*[torch.linspace(-9, 9, 301).double()] * 2)[None]
    mass = flow.log_density(plane).exp().sum().item() * (18 / 300) ** 2
    theirs = oracle.log_density(end[0, 0].numpy(), 0, 1, layers)
    grid = np.linspace(-9, 9, 91)
    total = sum(
        np.exp(oracle.log_density([a, b], 0, 1, layers)) for a in grid for b in grid
    )
    return [log_q.item(), mass], [theirs, total * 0.2**2]


def check_S0_22():
    ours = [best_normal(0, 0, 0, 0), best_normal(2, 0, -1, 0)]
    starts = (0.05, 0.05, 0.4, 0.3), (1.8, 0.1, -1, 0)
    return ours, [oracle.best_normal(start) for start in starts]


def check_S0_24():
    d, rng = 1000, np.random.default_rng(0)
    u, w, z = rng.normal(size=(3, d)) / d**0.5
    rows = (torch.tensor(each)[None] for each in (z[None], u, w))
    _, ours = flows.planar_layer(*rows, torch.zeros(1).double())
    return ours.item(), np.log(oracle.stretch(z, u, w, 0.0))


def check_S0_31():
    noise = torch.linspace(-8, 8, 40_001).double()[None, :, None]
    chance = torch.softmax(-(noise[0, :, 0] ** 2) / 2, 0)
    one = torch.ones(1, 1, 1).double()
    flow = flows.PlanarFlow(
        0.5 * one[0], log(0.6) * one[0], 0.8 * one, one, torch.zeros(1, 1).double()
    )
    z, log_q = (part.reshape(-1) for part in flow.push(noise))
    log_prior = -(z**2) / 2 - log(2 * pi) / 2
    missed = ((2 - z) ** 2 + log(2 * pi)) / 2
    whole, rate, rest = log_q - log_prior + missed, log_q - log_prior, missed
    ours = [(each @ chance).item() for each in (whole, rate, rest)]
    return ours, oracle.bent_number()[:3]


def check_C_12():
    """The average logarithm of a sum as an integral over t of exp(-tw)."""
    s, z = np.linspace(-14, 60, 1200), np.linspace(-10, 12, 2201)
    t, prior = np.exp(s), np.exp(-(z**2) / 2) / np.sqrt(2 * np.pi)
    w = np.exp(-((2 - z) ** 2) / 2) / np.sqrt(2 * np.pi)
    phi = np.exp(-t[:, None] * w) @ prior * (z[1] - z[0])
    ks = (1, 2, 5, 10, 50, 500)
    ours = [np.trapezoid(np.exp(-t) - phi**k, s) - log(k) for k in ks]
    theirs = oracle.importance_bounds(ks)
    log_evidence = -log(4 * pi) / 2 - 1
    evidence = oracle.bent_number()
    return [*ours, log_evidence], [*theirs, evidence[3] - evidence[0]]
