"""Second opinions on the relatives of KL: 50 digits, quadrature, transport as a linear
programme, torch's gradients."""

import math

import numpy as np
import torch
from mpmath import mp, mpf
from scipy import integrate, optimize, special, stats

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


def over(f, *corners):
    """The integral of f over the line, corner by corner, to about 12 digits."""
    ends = [min(corners) - 12, *sorted(set(corners)), max(corners) + 12]
    return math.fsum(
        integrate.quad(f, low, high, epsabs=1e-16, epsrel=1e-12, limit=200)[0]
        for low, high in zip(ends[:-1], ends[1:], strict=True)
    )


def bumps(d):
    """KL, JS, TV and W1 of N(0, 1) and N(d, 1), by quadrature of the definitions."""
    p, q = stats.norm(), stats.norm(d)

    def half_js(x):
        log_m = np.logaddexp(p.logpdf(x), q.logpdf(x)) - math.log(2)
        parts = (law.pdf(x) * (law.logpdf(x) - log_m) for law in (p, q))
        return sum(parts) / 2

    return [
        over(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), 0, d / 2, d),
        over(half_js, 0, d / 2, d),
        over(lambda x: abs(p.pdf(x) - q.pdf(x)) / 2, 0, d / 2, d),
        over(lambda x: abs(p.cdf(x) - q.cdf(x)), 0, d / 2, d),
    ]


def slope_of_js(d):
    """Slope in d of JS: the derivative under the integral, where the density of the
    second moves by (x - d) q."""
    p, q = stats.norm(), stats.norm(d)

    def moved(x):
        log_m = np.logaddexp(p.logpdf(x), q.logpdf(x)) - math.log(2)
        return (x - d) * q.pdf(x) * (q.logpdf(x) - log_m) / 2

    return over(moved, 0, d / 2, d)


def slope_of_w1(d):
    """Slope in d of W1: the cumulative share of the second moves by -q."""
    p, q = stats.norm(), stats.norm(d)
    return over(lambda x: q.pdf(x) * np.sign(p.cdf(x) - q.cdf(x)), 0, d / 2, d)


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
    q = stats.norm(d)

    def best(x):
        return special.expit(d * d / 2 - d * x)

    return [  # the slopes in x of ln(1 - D) and of -ln D, averaged
        over(lambda x: q.pdf(x) * d * best(x), 0, d / 2, d),
        over(lambda x: q.pdf(x) * d * special.expit(d * x - d * d / 2), 0, d / 2, d),
    ]


def where_the_bounds_cross():
    """The KL at which sqrt(KL/2) and sqrt(1 - e^-KL) cross."""
    return mp.findroot(lambda t: t / 2 - 1 + mp.exp(-t), mpf("1.6"))


def half_normal():
    """Mean, variance and KL of the normal fit to a standard normal cut at 0."""
    p = stats.halfnorm()
    mean, variance = p.mean(), p.var()
    fit = stats.norm(mean, math.sqrt(variance))
    toll = integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - fit.logpdf(x)), 0, 14)
    return [mean, variance, toll[0]]


def gaussian_mechanism(order, sigma):
    """Rényi divergence of N(0, σ²) and N(1, σ²), by quadrature."""
    p, q = stats.norm(0, sigma), stats.norm(1, sigma)
    total = over(
        lambda x: np.exp(order * p.logpdf(x) + (1 - order) * q.logpdf(x)),
        *(1 - order, 0, 1),
    )
    return math.log(total) / (order - 1)


def w2_of_normals(mu_p, sigma_p, mu_q, sigma_q):
    """Root of the mean squared distance of equal quantiles."""
    u = (np.arange(400_000) + 0.5) / 400_000
    p, q = stats.norm.ppf(u, mu_p, sigma_p), stats.norm.ppf(u, mu_q, sigma_q)
    return math.sqrt(np.mean((p - q) ** 2))


def copied_renyi(p, q, order):
    """The formula with the exponent that does not belong there."""
    a = mpf(str(order))
    pairs = zip(exact(p), exact(q), strict=True)
    return mp.log(mp.fsum(x * (x / y) ** a for x, y in pairs)) / (a - 1)


def renyi_bound(order):
    """The bound of order a on ln p(x = 2) for z ~ N(0, 1), x ~ N(z, 1), and the prior
    as q, from its definition: log E_q[(p(x, z)/q)^(1-a)] / (1 - a)."""
    prior, noise = stats.norm(), stats.norm(2)  # of z, and of 2 - z

    def mean(f):
        return over(lambda z: prior.pdf(z) * f(noise.logpdf(z)), 0, 2)

    if order == 1:
        return mean(lambda log_ratio: log_ratio)
    power = 1 - order
    return math.log(mean(lambda log_ratio: math.exp(power * log_ratio))) / power


def em_gaps(data, centres):
    """ln p(data) minus the bound, after an E-step and after the M-step that follows,
    for two hills of width 1, from sums in plain Python."""

    def joint(x, centre):
        return 0.5 * math.exp(-((x - centre) ** 2) / 2) / math.sqrt(2 * math.pi)

    shares = []
    for x in data:
        parts = [joint(x, c) for c in centres]
        shares.append([part / sum(parts) for part in parts])

    def gap(centres):
        total = 0.0
        for x, q in zip(data, shares, strict=True):
            parts = [joint(x, c) for c in centres]
            total += math.log(sum(parts))
            total -= sum(a * math.log(b / a) for a, b in zip(q, parts, strict=True))
        return total

    moved = [
        sum(q[k] * x for x, q in zip(data, shares, strict=True))
        / sum(q[k] for q in shares)
        for k in range(len(centres))
    ]
    return [abs(gap(centres)), gap(moved)]
