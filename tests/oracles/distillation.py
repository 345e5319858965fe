"""Second opinions on softened distributions: 50 digits, from the definitions."""

from mpmath import mp, mpf

from . import claims


def softened(logits, temperature):
    weights = [mp.exp(mpf(z) / mpf(temperature)) for z in logits]
    return [w / mp.fsum(weights) for w in weights]


def loss_and_parts(teacher, student, temperature):
    """KL, cross-entropy and floor at this temperature, without T²."""
    p, q = softened(teacher, temperature), softened(student, temperature)
    return [claims.kl(p, q), claims.cross_entropy(p, q), claims.entropy(p)]


def three_directions(teacher, student, temperature):
    """Forward, reverse and Jensen-Shannon."""
    p, q = softened(teacher, temperature), softened(student, temperature)
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    js = (claims.kl(p, middle) + claims.kl(q, middle)) / 2
    return [claims.kl(p, q), claims.kl(q, p), js]


def gradient_norms(teacher, student, temperatures):
    """Norm of T (q - p) for each T, and of the limit (z - v, centred) / N."""
    norms = []
    for temperature in temperatures:
        p, q = softened(teacher, temperature), softened(student, temperature)
        each = [mpf(temperature) * (b - a) for a, b in zip(p, q, strict=True)]
        norms.append(mp.norm(each))
    gap = [mpf(z) - mpf(v) for z, v in zip(student, teacher, strict=True)]
    middle = mp.fsum(gap) / len(gap)
    return [*norms, mp.norm([g - middle for g in gap]) / len(gap)]
