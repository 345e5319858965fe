"""Second opinions on the relatives of KL: 50 digits, quadrature, transport as a linear
programme, torch's gradients."""

import math

import numpy as np
import torch
from mpmath import mp, mpf
from scipy import optimize, stats

from .reference import exact


def normalised(values):
    """The given floats divided by their exact sum."""
    values = exact(values)
    return [v / mp.fsum(values) for v in values]


def renyi(p, q, order):
    """The definition, and the limits at 0, 1 and infinity from theirs."""
    pairs = list(zip(normalised(p), normalised(q), strict=True))
    if order == 0:
        shared = mp.fsum(b for a, b in pairs if a > 0)
        return -mp.log(shared) if shared else mp.inf
    if order >= 1 and any(a > 0 and b == 0 for a, b in pairs):
        return mp.inf
    if order == 1:
        return mp.fsum(a * mp.log(a / b) for a, b in pairs if a > 0)
    if order == math.inf:
        return max(mp.log(a / b) for a, b in pairs if a > 0)
    order = mpf(order)
    total = mp.fsum(a**order * b ** (1 - order) for a, b in pairs if a > 0 and b > 0)
    return mp.log(total) / (order - 1) if total else mp.inf


def alpha(p, q, a):
    """The definition in Minka's alpha, and the two KLs at 1 and 0."""
    if a in (0, 1):
        return renyi(*((p, q) if a else (q, p)), 1)
    p, q, a = normalised(p), normalised(q), mpf(a)
    lost = any(x > 0 and y == 0 for x, y in zip(p, q, strict=True))
    late = any(y > 0 and x == 0 for x, y in zip(p, q, strict=True))
    if a > 1 and lost or a < 0 and late:
        return mp.inf
    both = [(x, y) for x, y in zip(p, q, strict=True) if x > 0 and y > 0]
    return (1 - mp.fsum(x**a * y ** (1 - a) for x, y in both)) / (a * (1 - a))


def f_divergence(p, q, f, at_zero, slope):
    """Sum of q f(p/q), with the limits at zero and infinity as they are given."""
    total = mpf(0)
    for a, b in zip(exact(p), exact(q), strict=True):
        if b > 0:
            total += b * (f(a / b) if a > 0 else at_zero)
        elif a > 0:
            total += a * slope
    return total


def jeffreys(p, q):
    total = mpf(0)
    for a, b in zip(exact(p), exact(q), strict=True):
        if (a > 0) != (b > 0):
            return mp.inf
        total += (a - b) * mp.log(a / b) if a > 0 else 0
    return total


def transport(x, p, q):
    """The cheapest plan that carries p to q, found by a linear programme."""
    x, k = np.asarray(x, dtype=float), len(x)
    cost = np.abs(x[:, None] - x).ravel()
    leave = np.kron(np.eye(k), np.ones(k))
    arrive = np.kron(np.ones(k), np.eye(k))
    plan = optimize.linprog(
        cost, A_eq=np.vstack([leave, arrive])[:-1], b_eq=[*p, *q][:-1]
    )
    return plan.fun


def best_critic(x, p, q):
    """The largest difference of averages that a function of slope 1 can show."""
    order = np.argsort(x)
    x, p, q = (np.asarray(v, dtype=float)[order] for v in (x, p, q))
    k = len(x)
    step = np.diff(np.eye(k), axis=0)
    found = optimize.linprog(
        -(p - q),
        A_ub=np.vstack([step, -step]),
        b_ub=np.tile(np.diff(x), 2),
        bounds=[(0, 0)] + [(None, None)] * (k - 1),
    )
    return -found.fun


def bumps(d):
    """KL, JS, TV and W1 of N(0, 1) and N(d, 1), by quadrature of the definitions."""
    d, zero = mpf(d), mpf(0)

    def over(f):
        corners = sorted({zero, d / 2, d})
        return mp.quad(f, [-14, *corners, d + 14])

    def p(x):
        return mp.npdf(x)

    def q(x):
        return mp.npdf(x, d)

    def half_js(x):
        m = (p(x) + q(x)) / 2
        return (p(x) * mp.log(p(x) / m) + q(x) * mp.log(q(x) / m)) / 2

    return [
        over(lambda x: p(x) * mp.log(p(x) / q(x))),
        over(half_js),
        over(lambda x: abs(p(x) - q(x)) / 2),
        over(lambda x: abs(mp.ncdf(x) - mp.ncdf(x, d))),
    ]


def slopes_of_bumps(d):
    """Slopes in d of the same four, by differences of the quadratures."""
    h = mpf("1e-8")
    up, down = bumps(d + h), bumps(d - h)
    return [(a - b) / (2 * h) for a, b in zip(up, down, strict=True)]


def softmax_gradients(generator, real):
    """Gradients in the generator's logits, by autograd, the discriminator held at its
    best: of the minimax loss, of the loss in use, of 2 JS, and of KL(g‖r) - 2 JS."""
    real = torch.tensor(real, dtype=torch.float64)
    z = torch.tensor(generator, dtype=torch.float64).log().requires_grad_()
    g = z.softmax(-1)
    best = (real / (real + g)).detach()
    middle = (g + real) / 2
    js = ((g * (g / middle).log()).sum() + (real * (real / middle).log()).sum()) / 2
    losses = [
        (g * (1 - best).log()).sum(),
        -(g * best.log()).sum(),
        2 * js,
        (g * (g / real).log()).sum() - 2 * js,
    ]
    return [torch.autograd.grad(x, z, retain_graph=True)[0].tolist() for x in losses]


def forces_on_a_bump(d):
    """Slopes in d of the minimax and of the used loss on N(d, 1), the discriminator
    held at its best for N(0, 1), by quadrature over the generator's samples."""

    def over(slope):
        return mp.quad(
            lambda z: mp.npdf(z) * slope(z + mpf(d)), [-14, -d / 2, 0, 14], maxdegree=8
        )

    def best(x):  # D = 1/(1 + e^(d x - d²/2))
        return 1 / (1 + mp.exp(d * x - mpf(d) ** 2 / 2))

    # slopes in x of ln(1 - D) and of -ln D
    return [over(lambda x: d * best(x)), over(lambda x: d * (1 - best(x)))]


def kl_where_hinkley_takes_over():
    """The KL at which sqrt(KL/2) and sqrt(1 - e^-KL) cross."""
    return mp.findroot(lambda t: t / 2 - 1 + mp.exp(-t), mpf("1.6"))


def half_normal():
    """Mean, variance and KL of the normal fit to a standard normal cut at 0."""

    def over(f):
        return mp.quad(lambda x: 2 * mp.npdf(x) * f(x), [0, 2, 6, 14])

    mean = over(lambda x: x)
    variance = over(lambda x: (x - mean) ** 2)

    def log_ratio(x):
        return mp.log(2 * mp.npdf(x) / mp.npdf(x, mean, mp.sqrt(variance)))

    return [mean, variance, over(log_ratio)]


def gaussian_mechanism(order, sigma):
    """Rényi divergence of N(0, σ²) and N(1, σ²), by quadrature."""
    a, s = mpf(order), mpf(sigma)
    total = mp.quad(
        lambda x: mp.npdf(x, 0, s) ** a * mp.npdf(x, 1, s) ** (1 - a),
        [-20 * s - a, -a, 0, 1, 20 * s + a],
    )
    return mp.log(total) / (a - 1)


def w2_of_normals(mu_p, sigma_p, mu_q, sigma_q):
    """Root of the mean squared distance of equal quantiles."""
    u = (np.arange(400_000) + 0.5) / 400_000
    p, q = stats.norm.ppf(u, mu_p, sigma_p), stats.norm.ppf(u, mu_q, sigma_q)
    return math.sqrt(np.mean((p - q) ** 2))
