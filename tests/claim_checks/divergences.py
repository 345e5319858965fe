"""Chapter 9: the relatives of KL, and what a GAN's generator minimises."""

import math

import numpy as np
from oracles import claims as oracle
from oracles import divergences as family
from oracles import reference

import kl_helpers as kl

SKEW, EVEN = [0.9, 0.1], [0.5, 0.5]
X = np.arange(-12, 22, 0.01) + 0.005
PLACES, NEAR, FAR = [0.0, 1.0, 5.0], ([1, 0, 0], [0, 1, 0]), ([1, 0, 0], [0, 0, 1])


def bump(d):
    mass = np.exp(-((X - d) ** 2) / 2)
    return mass / mass.sum()


def slope(price, d, h=1e-3):
    return (price(d + h) - price(d - h)) / (2 * h)


def js_of_bumps(d):
    return kl.js_divergence(bump(0), bump(d))


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


def gradient(f, z):
    return [slope(lambda t, e=e: f(z + t * e), 0.0, 1e-5) for e in np.eye(len(z))]


GENERATOR, DATA = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])
BEST = DATA / (DATA + GENERATOR)


def used_gradient():
    return gradient(lambda z: -softmax(z) @ np.log(BEST), np.log(GENERATOR))


def check_X8():
    ours = gradient(lambda z: softmax(z) @ np.log(1 - BEST), np.log(GENERATOR))
    minimax, used, *_ = family.softmax_gradients(GENERATOR, DATA)
    return [*ours, *used_gradient()], [*minimax, *used]


def check_C_29():
    def combined(z):
        g = softmax(z)
        return kl.kl_divergence(g, DATA) - 2 * kl.js_divergence(g, DATA)

    ours = gradient(combined, np.log(GENERATOR))
    assert np.allclose(ours, used_gradient(), atol=1e-8)
    _, used, _, theirs = family.softmax_gradients(GENERATOR, DATA)
    assert np.allclose(used, theirs, atol=1e-12)
    return ours, used


def check_S1_28():
    pair = SKEW, SKEW[::-1]
    ours = [kl.js_divergence(*pair), kl.jeffreys_divergence(*pair)]
    return ours, [reference.js(*pair), sum(oracle.both_ways(*pair))]


def check_S1_29():
    def used(d):
        return kl.kl_divergence(bump(d), bump(0)) - 2 * js_of_bumps(d)

    ours = [slope(used, 6), 2 * slope(js_of_bumps, 6)]
    return ours, family.forces_on_a_bump(6)[::-1]


def told_by_the_draw(p, q):
    """Mutual information of the draw and the coin, from entropies."""
    mixed = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    return oracle.entropy(mixed) - (oracle.entropy(p) + oracle.entropy(q)) / 2


def check_S2_46():
    pairs = [([1, 0], [0, 1]), (SKEW, SKEW[::-1])]
    ours = [kl.js_divergence(*pair) for pair in pairs]
    return ours, [told_by_the_draw(*pair) for pair in pairs]


def check_S2_47():
    left, middle, right = [1, 0], EVEN, [0, 1]
    ours = []
    for d in (kl.js_divergence, kl.js_distance):
        ours += [d(left, right), d(left, middle) + d(middle, right)]
    straight = reference.js(left, right)
    legs = [reference.js(left, middle), reference.js(middle, right)]
    roots = [math.sqrt(straight), sum(map(math.sqrt, legs))]
    return ours, [straight, sum(legs), *roots]


def best_value(p, g):
    p, g = np.array(p), np.array(g)
    D = p / (p + g)
    return p @ np.log(D) + g @ np.log(1 - D)


def searched_value(p, g):
    """The largest V over a fine grid of discriminators, outcome by outcome."""
    D = np.linspace(1e-5, 1 - 1e-5, 200_001)
    return sum(
        (a * np.log(D) + b * np.log(1 - D)).max() for a, b in zip(p, g, strict=True)
    )


def check_S2_48():
    pair = SKEW, SKEW[::-1]
    ours = [best_value(*pair), -np.log(4), kl.js_divergence(*pair)]
    found = searched_value(*pair)
    return ours, [found, 2 * np.log(0.5), (found + np.log(4)) / 2]


def check_S2_55():
    pair = SKEW, SKEW[::-1]
    js = kl.js_divergence(*pair)
    return [2 * js - np.log(4), js], [searched_value(*pair), reference.js(*pair)]


def check_S2_49():
    def w1(d):
        return kl.wasserstein_1d(X, bump(0), bump(d))

    ours = [*(slope(js_of_bumps, d) for d in (2, 6, 10)), slope(w1, 10)]
    theirs = [family.slope_of_js(d) for d in (2, 6, 10)]
    return ours, [*theirs, family.slope_of_w1(10)]


def check_S2_50():
    ours = [kl.wasserstein_1d(PLACES, *pair) for pair in (NEAR, FAR)]
    ours += [kl.js_divergence(*FAR), kl.total_variation(*FAR), kl.kl_divergence(*FAR)]
    theirs = [family.transport(PLACES, *pair) for pair in (NEAR, FAR)]
    ratios = [reference.js(*FAR), reference.total_variation(*FAR), reference.kl(*FAR)]
    return ours, theirs + ratios


def check_S3_01():
    ours = [kl.kl_divergence(*NEAR)]
    ours += [kl.wasserstein_1d(PLACES, *pair) for pair in (NEAR, FAR)]
    critics = [family.best_critic(PLACES, *pair) for pair in (NEAR, FAR)]
    return ours, [reference.kl(*NEAR), *critics]


LESSON = [(EVEN, EVEN), (SKEW, SKEW[::-1]), ([0.7, 0.3], EVEN), ([0.99, 0.01], EVEN)]


def check_S2_51():
    ours = [kl.js_divergence(*pair) for pair in LESSON]
    assert all(0 <= js <= np.log(2) for js in ours)
    return ours, [told_by_the_draw(*pair) for pair in LESSON]


def check_S2_52():
    pairs = [LESSON[1], ([1, 0], [0, 1]), LESSON[3]]
    ours = [kl.js_divergence(*pair) for pair in pairs]
    theirs = [reference.js(*pair) for pair in pairs]
    ours.append(kl.kl_divergence(*pairs[1]))
    return ours, [*theirs, reference.kl(*pairs[1])]


def half_normal():
    """Mean, variance and KL of the moment match, on a grid."""
    step = 0.001
    x = np.arange(0, 10, step) + step / 2
    cut = np.exp(-(x**2) / 2) / np.exp(-(x**2) / 2).sum()
    mean = cut @ x
    variance = cut @ (x - mean) ** 2
    bell = np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)
    return [mean, variance, cut @ np.log(cut / (bell * step))]


def check_S2_53():
    data, centres = np.array([-2.0, -1.0, 1.0, 4.0]), np.array([-1.0, 1.0])

    def posterior(centres):
        weights = np.exp(-((data[:, None] - centres) ** 2) / 2)
        return weights / weights.sum(1, keepdims=True)

    q = posterior(centres)
    moved = (q * data[:, None]).sum(0) / q.sum(0)
    gaps = [kl.kl_divergence(q, posterior(c)).sum() for c in (centres, moved)]
    theirs = [family.half_normal()[2], *family.em_gaps(data, centres)]
    return [half_normal()[2], *gaps], theirs


def check_S2_56():
    return half_normal()[:2], family.half_normal()[:2]


def check_S2_57():
    p, q = np.array(SKEW), np.array(EVEN)
    ours = [
        kl.renyi_divergence(p, q, order=2),
        np.log(p @ (p / q) ** 2),
        kl.renyi_divergence(p, q, order=1),
        np.log(p @ (p / q) ** 0.999) / -0.001,
        kl.renyi_divergence(p, q, order=0.999),
    ]
    theirs = [family.renyi(p, q, order) for order in (2, 1, 0.999)]
    copied = [family.copied_renyi(p, q, order) for order in (2, 0.999)]
    return ours, [theirs[0], copied[0], theirs[1], copied[1], theirs[2]]


def check_S2_58():
    x = np.arange(-40, 41, 0.01)
    one, other = (np.exp(-((x - at) ** 2) / 8) for at in (0, 1))
    ours = [kl.renyi_divergence(one / one.sum(), other / other.sum(), order=10)]
    z = np.arange(-10, 10, 0.01)
    prior, joint = np.exp(-(z**2) / 2), np.exp(-(z**2) / 2 - (2 - z) ** 2 / 2)
    evidence = np.log(joint.sum() * 0.01 / (2 * np.pi))
    pair = prior / prior.sum(), joint / joint.sum()
    ours += [evidence - kl.renyi_divergence(*pair, order=a) for a in (1, 0.5)]
    bounds = [family.renyi_bound(order) for order in (1, 0.5)]
    return ours, [family.gaussian_mechanism(10, 2), *bounds]


def coins(a, b):
    return [a, 1 - a], [b, 1 - b]


def check_S2_59():
    pair = coins(0.5, 0.6)
    ours = [kl.total_variation(*pair), np.sqrt(kl.kl_divergence(*pair) / 2)]
    return ours, [reference.total_variation(*pair), (reference.kl(*pair) / 2) ** 0.5]


def check_C_05():
    t = 1.6
    for _ in range(60):
        t = 2 * (1 - math.exp(-t))
    ours, theirs = [t], [family.where_the_bounds_cross()]
    for pair in (coins(0.9, 0.1), coins(0.99, 0.01)):
        toll, exact = float(kl.kl_divergence(*pair)), reference.kl(*pair)
        ours += [kl.total_variation(*pair), (toll / 2) ** 0.5]
        ours.append(math.sqrt(-math.expm1(-toll)))
        theirs += [reference.total_variation(*pair), (exact / 2) ** 0.5]
        theirs.append((1 - math.e ** (-exact)) ** 0.5)
    return ours, theirs


def check_C_19():
    ours = [math.hypot(3, 2 - 1), kl.kl_normal(0, 1, 3, 2), kl.kl_normal(3, 2, 0, 1)]
    tolls = [
        reference.kl_normal_by_quadrature(*pair)
        for pair in [(0, 1, 3, 2), (3, 2, 0, 1)]
    ]
    return ours, [family.w2_of_normals(0, 1, 3, 2), *tolls]


def check_C_21():
    orders = [0.5, 1, 2, np.inf]
    ours = [kl.renyi_divergence(SKEW, EVEN, order=order) for order in orders]
    return ours, [family.renyi(SKEW, EVEN, order) for order in orders]
