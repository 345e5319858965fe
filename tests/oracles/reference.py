"""What the right answers are: 50 digits and quadrature, from the definitions alone."""

import numpy as np
from mpmath import mp, mpf
from scipy import integrate

mp.dps = 50


def exact(values):
    """The given floats, exactly, as numbers of 50 digits."""
    return [mpf(float(x)) for x in np.ravel(values)]


def kl(p, q):
    """Sum of p log(p/q) - p + q, which is KL when both sum to 1."""
    total = mpf(0)
    for a, b in zip(exact(p), exact(q), strict=True):
        if a > 0 and b == 0:
            return mp.inf
        total += b - a + (a * mp.log(a / b) if a > 0 else 0)
    return total


def entropy(p):
    return cross_entropy(p, p)


def cross_entropy(p, q):
    total = mpf(0)
    for a, b in zip(exact(p), exact(q), strict=True):
        if a > 0:
            total += mp.inf if b == 0 else -a * mp.log(b)
    return total


def js(p, q):
    """Half of Sum p log(p/m) + q log(q/m), with m = (p + q)/2."""
    total = mpf(0)
    for a, b in zip(exact(p), exact(q), strict=True):
        m = (a + b) / 2
        total += sum(x * mp.log(x / m) for x in (a, b) if x > 0)
    return total / 2


def total_variation(p, q):
    return sum(abs(a - b) for a, b in zip(exact(p), exact(q), strict=True)) / 2


def softmax(logits):
    """Probabilities of 50 digits; a logit of -inf gives 0."""
    weights = [mp.exp(x) for x in exact(logits)]
    return [w / mp.fsum(weights) for w in weights]


def kl_softmax(a, b):
    total = mpf(0)
    for x, y in zip(softmax(a), softmax(b), strict=True):
        if x > 0:
            total += mp.inf if y == 0 else x * mp.log(x / y)
    return total


def kl_normal(mu_p, sigma_p, mu_q, sigma_q):
    m, s, n, t = exact([mu_p, sigma_p, mu_q, sigma_q])
    return mp.log(t / s) + (s**2 + (m - n) ** 2) / (2 * t**2) - mpf(1) / 2


def kl_normal_by_quadrature(mu_p, sigma_p, mu_q, sigma_q):
    """The definition: the integral of p log(p/q)."""
    m, s, n, t = exact([mu_p, sigma_p, mu_q, sigma_q])

    def integrand(x):
        log_ratio = mp.log(t / s) + ((x - n) / t) ** 2 / 2 - ((x - m) / s) ** 2 / 2
        return mp.npdf(x, m, s) * log_ratio

    return mp.quad(integrand, [m + s * c for c in range(-12, 13, 2)])


def kl_mvn(mu_p, cov_p, mu_q, cov_q):
    a, b = mp.matrix(np.asarray(cov_p).tolist()), mp.matrix(np.asarray(cov_q).tolist())
    shift = mp.matrix(exact(mu_p)) - mp.matrix(exact(mu_q))
    inverse = b**-1
    product = inverse * a
    trace = sum(product[i, i] for i in range(a.rows))
    quadratic = (shift.T * inverse * shift)[0]
    return (trace - a.rows + quadratic + mp.log(mp.det(b) / mp.det(a))) / 2


def log_mixture(x, target):
    """Log-density of a one-dimensional mixture of normals."""
    weights, means, sigmas = (np.asarray(part, dtype=float) for part in target)
    z = (x - means) / sigmas
    parts = np.log(weights) - np.log(sigmas) - np.log(2 * np.pi) / 2 - z * z / 2
    return np.logaddexp.reduce(parts)


def kl_normal_to_mixture(mu, sigma, target):
    """The integral of q log(q/p) for q = N(mu, sigma^2) and a mixture p."""

    def integrand(z):
        log_q = -z * z / 2 - np.log(2 * np.pi) / 2
        return np.exp(log_q) * (
            log_q - np.log(sigma) - log_mixture(mu + sigma * z, target)
        )

    return _quad(integrand, -10, 10, [-3, 0, 3])


def kl_mixture_to_normal(target, mu, sigma):
    """The integral of p log(p/q) for a mixture p and q = N(mu, sigma^2)."""

    def integrand(x):
        log_p, z = log_mixture(x, target), (x - mu) / sigma
        log_q = -z * z / 2 - np.log(sigma) - np.log(2 * np.pi) / 2
        return np.exp(log_p) * (log_p - log_q)

    means, widest = np.asarray(target[1], dtype=float), 12 * np.max(target[2])
    corners = sorted(set(means.tolist()))
    return _quad(integrand, means.min() - widest, means.max() + widest, corners)


def _quad(integrand, low, high, corners):
    value, _ = integrate.quad(
        integrand, low, high, points=corners, epsabs=1e-12, epsrel=1e-11, limit=400
    )
    return value


def draw(seed, *shape, concentration=0.7):
    rng = np.random.default_rng(seed)
    rows = rng.gamma(concentration, size=shape) + 1e-12
    return rows / rows.sum(-1, keepdims=True)


def nudged(p, seed, eps):
    """A distribution that differs from `p` by about a factor 1 + eps."""
    q = p * np.exp(eps * np.random.default_rng(seed).normal(size=p.shape))
    return q / q.sum(-1, keepdims=True)


def close(found, true, *, rel=1e-11, tiny=1e-20):
    """Relative error at most `rel`; below `tiny` only the size has to fit."""
    found, true = float(found), mpf(true)
    if mp.isinf(true):
        return found == np.inf
    return abs(found - true) <= rel * max(abs(true), tiny)
