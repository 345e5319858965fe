"""Second opinions on policies with two or three actions: 50 digits and enumeration."""

from fractions import Fraction

from mpmath import mp, mpf
from scipy import stats

from . import claims


def kl_half(z):
    """D(½ : ½ ‖ sigmoid(z)), which is ln cosh(z / 2)."""
    return mp.log(mp.cosh(mpf(z) / 2))


def silent_clip(features, epsilon):
    """KL of the first state and mean KL where the last ratio reaches 1 + epsilon."""
    edge = mp.log((1 + mpf(epsilon)) / (1 - mpf(epsilon)))
    theta = edge / min(map(mpf, features))
    each = [kl_half(theta * mpf(f)) for f in features]
    return [each[0], mp.fsum(each) / len(each)]


def balance(beta):
    """Ratio and KL where w = beta (w - 1) / (2 - w), for the old probability ½."""
    b = 2 - mpf(beta)  # w² - (2 - beta) w - beta = 0
    w = (b + mp.sqrt(b * b + 4 * mpf(beta))) / 2
    return [w, claims.kl(["0.5", "0.5"], [w / 2, 1 - w / 2])]


def all_actions_optimum(old, advantage, beta):
    """Minimum of -A/n sum(new/old) + beta D(old‖new) on the simplex, and its KL.

    At the minimum beta old/new + A/(n old) is the same number for all actions.
    """
    old = [mpf(str(p)) for p in old]
    slopes = [mpf(advantage) / (len(old) * p) for p in old]

    def policy(level):
        return [beta * p / (level - s) for p, s in zip(old, slopes, strict=True)]

    lowest = max(slopes) + mpf("1e-30")  # all probabilities positive above it
    level = mp.findroot(
        lambda x: mp.fsum(policy(x)) - 1,
        (lowest, lowest + 10),
        solver="anderson",
        tol=1e-20,
        maxsteps=500,
    )
    new = policy(level)
    return [*new, claims.kl(old, new)]


def trust_region(features, delta):
    """Mean KL of the step in the KL ball, and of a gradient step of its length.

    In its own unit each weight moves its logit by the same z: z² / 8 = delta.
    """
    z = mp.sqrt(8 * mpf(delta))
    length = mp.sqrt(mp.fsum((z / mpf(f)) ** 2 for f in features))
    norm = mp.sqrt(mp.fsum(mpf(f) ** 2 for f in features))
    along = [kl_half(length * mpf(f) / norm * mpf(f)) for f in features]
    return [kl_half(z), mp.fsum(along) / len(along)]


def visits(go, back):
    """Long-run shares of two states, by the flow between them."""
    go, back = Fraction(go), Fraction(back)
    return [back / (go + back), go / (go + back)]


def best_arm_missing(old, pulls):
    """Chance that the last arm does not occur among the pulls."""
    return stats.binom.pmf(0, pulls, old[-1])


def softmax_kls(old_logits, new_logits):
    """Mean over rows of D(old‖new) and of D(new‖old), from logits."""
    both = [mpf(0), mpf(0)]
    for old, new in zip(old_logits, new_logits, strict=True):
        p, q = ([mp.exp(mpf(float(z))) for z in row] for row in (old, new))
        p, q = [a / mp.fsum(p) for a in p], [a / mp.fsum(q) for a in q]
        both = [both[0] + claims.kl(p, q), both[1] + claims.kl(q, p)]
    return [total / len(old_logits) for total in both]


def all_actions_loss(old_logits, new_logits, advantages, beta):
    """Minus the mean ratio of all actions times the advantage, plus beta times KL."""
    push, count = mpf(0), 0
    for old, new, gain in zip(old_logits, new_logits, advantages, strict=True):
        p, q = ([mp.exp(mpf(float(z))) for z in row] for row in (old, new))
        for a, b in zip(p, q, strict=True):
            push += b / mp.fsum(q) / (a / mp.fsum(p)) * mpf(float(gain))
            count += 1
    return -push / count + mpf(beta) * softmax_kls(old_logits, new_logits)[0]


def prices(start, kls, target):
    """The rule of section 4 of the paper, for updates with these KLs."""
    price, later = Fraction(start), []
    for kl in map(Fraction, kls):
        if kl > Fraction(3, 2) * Fraction(target):
            price *= 2
        elif kl < Fraction(target) / Fraction(3, 2):
            price /= 2
        later.append(float(price))
    return later
