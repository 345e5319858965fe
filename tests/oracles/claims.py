"""Second opinions for the rows of book/claims.yml, by another road than the package.

50 digits, quadrature, enumeration, scipy's optimisers and torch's gradients.
"""

import warnings
from fractions import Fraction

import numpy as np
from mpmath import mp, mpf
from scipy import integrate, optimize, stats

from . import reference

GAUSS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(8)  # in each of 64 panels
Z = (np.linspace(-10, 10, 65)[:-1, None] + (GAUSS + 1) * 10 / 64).ravel()
Z_WEIGHTS = np.tile(GAUSS_WEIGHTS, 64) * stats.norm.pdf(Z)
Z_WEIGHTS /= Z_WEIGHTS.sum()


def kl(p, q, base=None):
    """The sum of p log(p/q), term by term from the definition."""
    p, q = reference.exact(p), reference.exact(q)
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mp.inf
    total = mp.fsum(a * mp.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)
    return total / (mp.log(base) if base else 1)


def both_ways(p, q):
    return [kl(p, q), kl(q, p)]


def entropy(p, base=None):
    return reference.entropy(p) / (mp.log(base) if base else 1)


def cross_entropy(p, q, base=None):
    return reference.cross_entropy(p, q) / (mp.log(base) if base else 1)


def bill_of_codewords(message, code_right, code_wrong):
    """Bits of the message in two prefix codes, and the difference per symbol."""
    bits = []
    for code in (code_right, code_wrong):
        words = [code[letter] for letter in message]
        starts = [a for a in code.values() for b in code.values() if b.startswith(a)]
        assert len(starts) == len(code), "a codeword begins another one"
        bits.append(len("".join(words)))
    return [*bits, Fraction(bits[1] - bits[0], len(message))]


def ideal_bits(counts, q):
    """Mean of -log2 q over a message with these counts of its symbols."""
    total = mp.fsum(
        -int(n) * mp.log(b, 2) for n, b in zip(counts, reference.exact(q), strict=True)
    )
    return total / int(np.sum(counts))


def smallest_smoothed_cross_entropy(epsilon, k):
    """The least cross-entropy to a smoothed label, by search over the model."""
    right = 1 - epsilon + epsilon / k

    def loss(a):
        return -right * np.log(a) - (1 - right) * np.log((1 - a) / (k - 1))

    best = optimize.minimize_scalar(
        loss, bounds=(0.5, 1 - 1e-9), method="bounded", options={"xatol": 1e-10}
    )
    target, model = [right, 1 - right], [best.x, 1 - best.x]
    return [best.fun, kl(target, model)]


def best_coin(heads, flips):
    """The chance of heads with the smallest log-loss, by search."""

    def loss(b):
        return -(heads * np.log(b) + (flips - heads) * np.log(1 - b)) / flips

    return optimize.minimize_scalar(loss, bounds=(0.01, 0.99), method="bounded").x


def conditional_bill(counts, model):
    """Log-loss of a table of counts, H(Y|X), and their difference, label by label."""
    n = int(np.sum(counts))
    pairs = [
        (int(c), Fraction(int(c), int(sum(row))), mpf(float(m)))
        for row, beliefs in zip(counts, model, strict=True)
        for c, m in zip(row, beliefs, strict=True)
    ]
    loss = -mp.fsum(c * mp.log(m) for c, _, m in pairs) / n
    h = -mp.fsum(c * mp.log(mpf(f.numerator) / f.denominator) for c, f, _ in pairs) / n
    return [loss, h, loss - h]


def torch_gradients(p, q):
    """Gradients in the logits of p and of q: {(loss, who): gradient}, by autograd."""
    import torch

    found = {}
    for loss in ("kl", "ce"):
        a = torch.log(torch.tensor(p, dtype=torch.float64)).requires_grad_()
        b = torch.log(torch.tensor(q, dtype=torch.float64)).requires_grad_()
        log_p, log_q = torch.log_softmax(a, -1), torch.log_softmax(b, -1)
        inside = log_p - log_q if loss == "kl" else -log_q
        value = (log_p.exp() * inside).sum()
        value.backward()
        found[loss, "p"], found[loss, "q"] = a.grad.tolist(), b.grad.tolist()
        found[loss, "value"] = value.item()
    return found


def torch_kl_div(p, q, reduction):
    """F.kl_div(log q, p), each of shape (1, k)."""
    import torch
    from torch.nn.functional import kl_div

    first = torch.tensor([p], dtype=torch.float64)
    log_second = torch.tensor([q], dtype=torch.float64).log()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch says that "mean" is not the KL: our row
        return float(kl_div(log_second, first, reduction=reduction))


def slopes_in_sigma(sigma):
    """d/dσ of H(q, p) and of KL(q‖p) for q = N(0, σ²), p = N(0, 1); the best σ."""

    def mean_surprise(s, spread):  # under N(0, s²), of a belief N(0, spread²)
        surprise = -stats.norm.logpdf(s * Z, 0, spread)
        return Z_WEIGHTS @ surprise

    def toll(s):
        return mean_surprise(s, 1) - mean_surprise(s, s)

    def slope(f):
        return (8 * (f(h) - f(-h)) - f(2 * h) + f(-2 * h)) / (12 * h)

    h = 1e-3
    best = optimize.minimize_scalar(toll, bounds=(0.3, 2), method="bounded").x
    ce_slope = slope(lambda d: mean_surprise(sigma + d, 1))
    return [ce_slope, slope(lambda d: toll(sigma + d)), best]


def label_smoothing(epsilon, k, wrong):
    """Best logit gap; one-hot log-loss and smoothed KL at `wrong` a class."""
    right, rest = 1 - mpf(epsilon) + mpf(epsilon) / k, mpf(epsilon) / k
    q_right = 1 - (k - 1) * mpf(wrong)
    smoothed = right * mp.log(right / q_right)
    smoothed += (k - 1) * rest * mp.log(rest / mpf(wrong))

    def loss(gap):
        total = np.log1p((k - 1) * np.exp(-gap))
        return float(right) * total + (k - 1) * float(rest) * (gap + total)

    gap = optimize.minimize_scalar(loss, bracket=(1, 8), tol=1e-12).x
    return [gap, -mp.log(q_right), smoothed]


def points_against_normal(points, widths):
    """Mean of -ln q over the points; KL of the points to q on bins around them."""
    share = mpf(1) / len(points)
    loss = -mp.fsum(mp.log(mp.npdf(x)) for x in points) * share
    binned = [
        mp.fsum(
            share * mp.log(share / mp.quad(mp.npdf, [x - h / 2, x, x + h / 2]))
            for x in map(mpf, points)
        )
        for h in map(mpf, widths)
    ]
    return [loss, *binned]


def lognormal_entropies():
    """KL, entropy of N(1, 1) and of exp of it; KL also in exp(x), all by quadrature."""

    def p(x):
        return mp.npdf(x, 1, 1)

    def p_y(y):
        return mp.npdf(mp.log(y), 1, 1) / y

    def q_y(y):
        return mp.npdf(mp.log(y), 0, 1) / y

    x = [mpf(edge) for edge in range(-11, 14, 2)]
    y = [mp.exp(edge) for edge in x]
    with mp.workdps(20):
        toll = mp.quad(lambda t: p(t) * mp.log(p(t) / mp.npdf(t)), x)
        toll_y = mp.quad(lambda t: p_y(t) * mp.log(p_y(t) / q_y(t)), y)
        assert abs(toll - toll_y) < 1e-9
        h = mp.quad(lambda t: -p(t) * mp.log(p(t)), x)
        return [toll_y, h, mp.quad(lambda t: -p_y(t) * mp.log(p_y(t)), y)]


def cauchy_against_normal(edge):
    """The part of KL(Cauchy‖N(0, 1)) from -edge to edge, in closed form."""
    edge = mpf(edge)
    # E[x²] and E[ln(1 + x²)] of the truncated Cauchy; the first is elementary
    mass, square = 2 * mp.atan(edge) / mp.pi, 2 * (edge - mp.atan(edge)) / mp.pi
    log_part = 2 * mp.quad(
        lambda a: -2 * mp.log(mp.cos(a)) / mp.pi, [0, mp.atan(edge) / 2, mp.atan(edge)]
    )
    return square / 2 + mass * (mp.log(2 * mp.pi) / 2 - mp.log(mp.pi)) - log_part


def normal_against_cauchy():
    def integrand(x):
        log_ratio = -(x**2) / 2 - mp.log(2 * mp.pi) / 2 + mp.log(mp.pi * (1 + x**2))
        return mp.npdf(x) * log_ratio

    return mp.quad(integrand, range(-14, 15, 2))


def mixture_moments(target):
    """Mean and standard deviation of a mixture of normals, by quadrature."""
    weights, means, sigmas = target

    def density(x):
        return sum(w * stats.norm.pdf(x, a, s) for w, a, s in zip(*target, strict=True))

    edges = [min(means) - 12 * max(sigmas), max(means) + 12 * max(sigmas)]
    mu, square = (
        integrate.quad(
            lambda x, k=k: x**k * density(x), *edges, points=means, epsabs=1e-12
        )[0]
        for k in (1, 2)
    )
    return mu, np.sqrt(square - mu**2)


def forward_fit(target):
    """[mean, sigma, KL(target‖q)] of the best normal q, by search over both."""

    def loss(point):
        return reference.kl_mixture_to_normal(target, point[0], np.exp(point[1]))

    start = [target[1][0] / 2 + 0.1, 0.5]
    options = {"xatol": 1e-7, "fatol": 1e-12, "maxiter": 800}
    best = optimize.minimize(loss, start, method="Nelder-Mead", options=options)
    mu, sigma = mixture_moments(target)
    assert np.allclose(best.x, [mu, np.log(sigma)], atol=1e-5)
    return [mu, sigma, reference.kl_mixture_to_normal(target, mu, sigma)]


def reverse_toll(point, target):
    """KL(N(mu, sigma²)‖target) at (mu, log sigma), by Gauss's rule in 64 panels."""
    x = point[0] + np.exp(point[1]) * Z
    parts = [
        np.log(w) + stats.norm.logpdf(x, a, s) for w, a, s in zip(*target, strict=True)
    ]
    entropy_q = point[1] + np.log(2 * np.pi * np.e) / 2
    return -entropy_q - Z_WEIGHTS @ np.logaddexp.reduce(parts)


def reverse_fit(target, start):
    """[mean, sigma, KL(q‖target)] of the local optimum below `start` = (mu, sigma)."""
    best = optimize.minimize(
        reverse_toll, [start[0], np.log(start[1])], args=(target,), tol=1e-11
    )
    mu, sigma = best.x[0], np.exp(best.x[1])
    return [mu, sigma, reference.kl_normal_to_mixture(mu, sigma, target)]


def hills(m, weight=0.5):
    return [weight, 1 - weight], [-m, m], [1.0, 1.0]


def covering_fit(m):
    """[sigma, KL] of the best normal q centred between two equal hills at ±m."""
    found = optimize.minimize_scalar(
        lambda s: reverse_toll([0, s], hills(m)), bracket=(0, 1), tol=1e-12
    )
    return [np.exp(found.x), found.fun]


def where_one_hill_becomes_cheaper():
    """Half the distance of two equal hills at which both kinds of fit cost the same."""

    def difference(m):
        one_hill = optimize.minimize(reverse_toll, [m, 0], args=(hills(m),), tol=1e-11)
        return covering_fit(m)[1] - one_hill.fun

    return optimize.brentq(difference, 2.6, 3.0, xtol=1e-7)


def where_one_hill_fits_are_born():
    """[m, mean, sigma] of the fold: gradient zero and Hessian singular."""

    def derivatives(mu, log_sigma, m):
        """First and second derivatives in (mu, log sigma), by Stein's identities."""
        sigma = np.exp(log_sigma)
        x = mu + sigma * Z
        slope = m * np.tanh(m * x) - x  # of log p for the hills at ±m
        bend = m**2 / np.cosh(m * x) ** 2 - 1
        first = [-Z_WEIGHTS @ slope, -1 - sigma**2 * (Z_WEIGHTS @ bend)]
        mixed = -sigma * Z_WEIGHTS @ (Z * bend)
        second = -(sigma**2) * Z_WEIGHTS @ (Z**2 * bend)
        second -= sigma * Z_WEIGHTS @ (Z * slope)
        hessian = [[-Z_WEIGHTS @ bend, mixed], [mixed, second]]
        return [*first, np.linalg.det(hessian)]

    mu, log_sigma, m = optimize.fsolve(
        lambda v: derivatives(*v), [2.15, np.log(1.29), 2.41], xtol=1e-12
    )
    return [m, mu, np.exp(log_sigma)]


def best_spread_of_two_hills(target, direction):
    """[a, KL] for the family of equal hills at ±a, against the hills at ±target."""

    def log_density(x, a):
        return reference.log_mixture(x, hills(a))

    def loss(a):
        first, second = (target, a) if direction == "forward" else (a, target)

        def integrand(x):
            log_p = log_density(x, first)
            return np.exp(log_p) * (log_p - log_density(x, second))

        return integrate.quad(integrand, -16, 16, points=[-a, 0, a], limit=200)[0]

    best = optimize.minimize_scalar(
        loss, bounds=(1.5, 5), method="bounded", options={"xatol": 1e-6}
    )
    return [best.x, best.fun]


def two_hills_in_the_plane(m):
    """Variances of the forward fit, and KL and variances of the best reverse fit."""
    across, across_weights = np.polynomial.hermite_e.hermegauss(8)
    z = np.stack(np.meshgrid(Z, across, indexing="ij"), -1).reshape(-1, 2)
    w = np.outer(Z_WEIGHTS, across_weights).ravel() / across_weights.sum()
    centres = np.array([[-m, 0.0], [m, 0.0]])
    points = np.concatenate([z + c for c in centres])
    forward = np.cov(points.T, aweights=np.tile(w, 2), ddof=0)

    def loss(v):
        factor = np.array([[np.exp(v[2]), 0], [v[4], np.exp(v[3])]])
        x = v[:2] + z @ factor.T
        squares = ((x[:, None] - centres) ** 2).sum(-1)
        log_p = np.logaddexp(*(-squares.T / 2)) - np.log(2) - np.log(2 * np.pi)
        return -(1 + np.log(2 * np.pi) + v[2] + v[3]) - w @ log_p

    starts = [(m, 0.2, 0.1, 0.1, 0.1), (0.2, 0.1, 1.0, 0.1, 0.1)]
    best = min(
        (optimize.minimize(loss, s, tol=1e-9) for s in starts), key=lambda r: r.fun
    )
    factor = np.array([[np.exp(best.x[2]), 0], [best.x[4], np.exp(best.x[3])]])
    return forward, factor @ factor.T, best.fun


def mean_field(rho):
    """Variances and costs of the best independent q, by search in each direction."""
    true, zero = [[1, rho], [rho, 1]], [0, 0]

    def toll(log_variance, direction):
        v = float(np.exp(log_variance))
        pair = ([[v, 0], [0, v]], true)
        first, second = pair if direction == "reverse" else pair[::-1]
        return float(reference.kl_mvn(zero, first, zero, second))

    best = {
        d: optimize.minimize_scalar(toll, bracket=(-2, 0.5), args=(d,), tol=1e-9)
        for d in ("reverse", "forward")
    }
    variances = [np.exp(best[d].x) for d in ("reverse", "forward")]
    crossed = [toll(best["reverse"].x, "forward"), toll(best["forward"].x, "reverse")]
    return variances, [best["reverse"].fun, best["forward"].fun], crossed


def chain(p_first, p_next, q_first, q_next):
    """KL of the pairs by enumeration, and the wrong sum, averaged over q_first."""
    joint_p = [a * b for a, row in zip(p_first, p_next, strict=True) for b in row]
    joint_q = [a * b for a, row in zip(q_first, q_next, strict=True) for b in row]
    each = [kl(a, b) for a, b in zip(p_next, q_next, strict=True)]
    wrong = mp.fsum(w * t for w, t in zip(reference.exact(q_first), each, strict=True))
    return [kl(joint_p, joint_q), kl(p_first, q_first) + wrong]


def through(p, channel):
    """The distribution of what leaves a channel, by enumeration."""
    return [
        sum(a * row[j] for a, row in zip(p, channel, strict=True))
        for j in range(len(channel[0]))
    ]
