"""The trunk, the bridges, chapters 4 to 8 and the notation page."""

import math
from fractions import Fraction
from itertools import product

import numpy as np
import torch
from mpmath import mp, mpf
from oracles import claims as oracle
from oracles import distillation, estimators, latent, neighbours, policies, reference
from scipy import stats

import kl_helpers as kl
from kl_helpers import embedding
from kl_helpers.nn import losses

P, Q = [1 / 2, 1 / 4, 1 / 8, 1 / 8], [1 / 8, 1 / 2, 1 / 4, 1 / 8]
THREE, OTHER = [0.7, 0.2, 0.1], [0.2, 0.3, 0.5]
EVEN, SKEW = [0.5, 0.5], [0.9, 0.1]


def both_ways(p, q):
    return [kl.kl_divergence(p, q), kl.kl_divergence(q, p)]


def slope(f, x, step=1e-5):
    return (f(x + step) - f(x - step)) / (2 * step)


def gradient(f, z):
    """Central differences of f at the logits z."""
    z = np.asarray(z, dtype=float)
    return [slope(lambda t, e=e: f(z + t * e), 0.0) for e in np.eye(z.size)]


def ascending(fits):
    """Local optima of a symmetric target: one of each mirrored pair, by |mean|."""
    return sorted((f for f in fits if f.mu > -1e-6), key=lambda f: abs(f.mu))


# What KL is: definition, units, codes


def check_S0_01():
    return kl.kl_divergence(P, Q, base=2), oracle.kl(P, Q, base=2)


def check_S0_02():
    ours = [*both_ways(SKEW, [0.6, 0.4]), both_ways(SKEW, SKEW[::-1])[1]]
    assert math.isclose(ours[2], kl.kl_divergence(SKEW, SKEW[::-1]), rel_tol=1e-12)
    return ours, [*oracle.both_ways(SKEW, [0.6, 0.4]), oracle.kl(SKEW, SKEW[::-1])]


def check_S0_03():
    s, v, e = EVEN, [0.25, 0.75], [0.1, 0.9]
    ours = [
        kl.kl_divergence(s, e),
        kl.kl_divergence(s, v) + kl.kl_divergence(v, e),
    ]
    return ours, [oracle.kl(s, e), oracle.kl(s, v) + oracle.kl(v, e)]


def check_S0_05():
    x = np.linspace(-9, 11, 20_001)
    p = np.exp(-((x - 1) ** 2) / 2) / np.sqrt(2 * np.pi)
    y = np.exp(x)
    entropies = [
        -np.trapezoid(p * np.log(p), x),
        -np.trapezoid(p / y * np.log(p / y), y),
    ]
    return [kl.kl_normal(1, 1, 0, 1), *entropies], oracle.lognormal_entropies()


def check_S1_01():
    ours = [kl.cross_entropy(P, Q, base=2), kl.entropy(P, base=2)]
    ours.append(kl.kl_divergence(P, Q, base=2))
    theirs = [oracle.cross_entropy(P, Q, base=2), oracle.entropy(P, base=2)]
    return ours, [*theirs, theirs[0] - theirs[1]]


def check_S1_02():
    return both_ways(THREE, OTHER), oracle.both_ways(THREE, OTHER)


def message():
    return np.random.default_rng(0).choice(3, size=100_000, p=np.array(THREE))


def check_S1_03():
    symbols = message()
    ours = []
    for model in (THREE, OTHER):
        bits = kl.arithmetic_encode(symbols, model)
        decoded = kl.arithmetic_decode(bits, model, n=symbols.size)
        assert (decoded == symbols).all(), "something was lost"
        ours.append(len(bits) / symbols.size)
    counts = np.bincount(symbols)
    return ours, [oracle.ideal_bits(counts, model) for model in (THREE, OTHER)]


def check_S1_11():
    gap = np.divide(Q, P) - 1 - np.log(np.divide(Q, P))
    short, whole = np.array([0.2, 0.2]), np.array(EVEN)
    ours = [P @ gap, short @ np.log(short / whole)]
    return ours, [oracle.kl(P, Q), oracle.kl(short, whole)]


def check_S1_14():
    belief = [0.8, 0.2, 0.0]
    return kl.kl_divergence(THREE, belief), oracle.kl(THREE, belief)


def check_S1_15():
    ours = [8 * kl.entropy(P, base=2), 8 * kl.cross_entropy(P, Q, base=2)]
    theirs = oracle.bill_of_codewords(
        "aababcda",
        {"a": "0", "b": "10", "c": "110", "d": "111"},
        {"a": "110", "b": "0", "c": "10", "d": "111"},
    )
    return [*ours, kl.kl_divergence(P, Q, base=2)], theirs


def check_S2_07():
    belief = [0.8, 0.2, 0.0]
    return kl.kl_divergence(belief, THREE), oracle.kl(belief, THREE)


def check_S2_09():
    def cauchy(x):
        return 1 / (np.pi * (1 + x**2))

    def log_normal(x):
        return -(x**2) / 2 - np.log(2 * np.pi) / 2

    ours = []
    for edge in (10, 100, 1000):
        x = np.linspace(-edge, edge, 400_001)
        log_ratio = np.log(cauchy(x)) - log_normal(x)
        ours.append(np.trapezoid(cauchy(x) * log_ratio, x))
    x = np.linspace(-40, 40, 400_001)
    log_ratio = log_normal(x) - np.log(cauchy(x))
    ours.append(np.trapezoid(np.exp(log_normal(x)) * log_ratio, x))
    theirs = [oracle.cauchy_against_normal(edge) for edge in (10, 100, 1000)]
    return ours, [*theirs, oracle.normal_against_cauchy()]


def check_S2_10():
    toll = kl.kl_divergence([0.5, 0.5, 0.0], [0.4, 0.4, 0.2])
    return toll, -math.log(1 - 0.2)


def check_S2_12():
    return both_ways(SKEW, SKEW[::-1]), oracle.both_ways(SKEW, SKEW[::-1])


def check_S2_13():
    base, ours, theirs = [0.6, 0.3, 0.1], [], []
    for order in ([2, 1, 0], [1, 2, 0]):
        other = [base[i] for i in order]
        ours += both_ways(base, other)
        theirs += oracle.both_ways(base, other)
    return ours, theirs


def check_S2_25():
    p = np.array([-0.1, 1.1])
    happens = p > 0
    formula = np.sum(p[happens] * np.log(p[happens] / 0.5))
    return formula, 1.1 * math.log(2.2)


def check_S2_28():
    pairs = [
        (SKEW, EVEN),
        (EVEN, SKEW),
        (THREE, THREE[::-1]),
        ([0.99, 0.01], EVEN),
    ]
    ours = [number for pair in pairs for number in both_ways(*pair)]
    return ours, [number for pair in pairs for number in oracle.both_ways(*pair)]


def check_S2_29():
    belief = np.array([0.8, 0.2, 0.0])
    beliefs = [belief, *((1 - s) * belief + s / 3 for s in (0.01, 0.001))]
    ours = [kl.kl_divergence(THREE, b) for b in beliefs]
    return ours, [oracle.kl(THREE, b) for b in beliefs]


def check_S2_63():
    sure = np.array([1, 4, 2, 0]) / 7
    return kl.kl_divergence(P, sure), oracle.kl(P, sure)


def check_S3_24():
    bits_in_a_nat = kl.kl_divergence(P, Q, base=2) / kl.kl_divergence(P, Q)
    bits = oracle.kl(P, Q, base=2) / oracle.kl(P, Q)
    return [bits_in_a_nat, 1 / bits_in_a_nat], [bits, math.log(2)]


def check_S1_27():
    return both_ways([1, 0], EVEN), oracle.both_ways([1, 0], EVEN)


def check_S2_05():
    ours = [kl.kl_divergence(P, Q, base=2), kl.kl_divergence(Q, P, base=2)]
    return ours, [oracle.kl(P, Q, base=2), oracle.kl(Q, P, base=2)]


def check_C_04():
    p_first, p_next = np.array([0.7, 0.3]), np.array([[0.9, 0.1], [0.4, 0.6]])
    q_first, q_next = np.array([0.5, 0.5]), np.array([[0.8, 0.2], [0.3, 0.7]])
    first, given = kl.kl_divergence(p_first, q_first), kl.kl_divergence(p_next, q_next)
    ours = [first + p_first @ given, first + q_first @ given]
    return ours, oracle.chain(p_first, p_next, q_first, q_next)


def check_C_06():
    noise = [[0.8, 0.2, 0.0], [0.1, 0.8, 0.1], [0.0, 0.2, 0.8]]
    merge = [[1, 0], [0, 1], [0, 1]]
    flip = [[0.9, 0.1], [0.1, 0.9]]
    ours, theirs = [], []
    for channel in (np.eye(3), noise, merge):
        ours.append(kl.kl_divergence(*(np.array(p) @ channel for p in (THREE, OTHER))))
        theirs.append(oracle.kl(*(oracle.through(p, channel) for p in (THREE, OTHER))))
    coins = EVEN, [0.6, 0.4]
    after = kl.kl_divergence(*(np.array(p) @ flip for p in coins))
    ours.append(after / kl.kl_divergence(*coins))
    their_after = oracle.kl(*(oracle.through(p, flip) for p in coins))
    return ours, [*theirs, their_after / oracle.kl(*coins)]


def check_C_18():
    counts = np.bincount(message())
    frequency = counts / counts.sum()
    in_file = [kl.cross_entropy(frequency, q, base=2) for q in (OTHER, THREE)]
    ours = [kl.kl_divergence(THREE, OTHER, base=2), in_file[0] - in_file[1]]
    theirs = [oracle.ideal_bits(counts, q) for q in (OTHER, THREE)]
    return ours, [oracle.kl(THREE, OTHER, base=2), theirs[0] - theirs[1]]


# Cross-entropy


def check_S0_06():
    def loss(z):
        q = np.exp(z) / np.exp(z).sum()
        return kl.kl_divergence(THREE, q)

    ours = [kl.cross_entropy(THREE, OTHER), kl.kl_divergence(THREE, OTHER)]
    theirs = oracle.torch_gradients(THREE, OTHER)
    ours += gradient(loss, np.log(OTHER))  # of KL; the oracle's is of cross-entropy
    return ours, [theirs["ce", "value"], theirs["kl", "value"], *theirs["ce", "q"]]


def check_S0_07():
    model = [0.7, 0.2, 0.1]
    return kl.kl_divergence([1, 0, 0], model), oracle.cross_entropy([1, 0, 0], model)


def check_S0_08():
    smoothed = np.full(10, 0.01)
    smoothed[3] = 0.91
    ours = [kl.cross_entropy(smoothed, smoothed), kl.kl_divergence(smoothed, smoothed)]
    return ours, oracle.smallest_smoothed_cross_entropy(0.1, 10)


def check_S0_09():
    def toll(sigma):
        return kl.kl_normal(0, sigma, 0, 1)

    def cross_entropy(sigma):  # the toll plus the entropy of q
        return toll(sigma) + np.log(sigma) + np.log(2 * np.pi * np.e) / 2

    sigma = np.linspace(0.5, 1.5, 100_001)
    ours = [slope(cross_entropy, 0.5), slope(toll, 0.5), sigma[toll(sigma).argmin()]]
    return ours, oracle.slopes_in_sigma(0.5)


def check_S0_26():
    def softmax(z):
        return np.exp(z) / np.exp(z).sum()

    losses = [kl.kl_divergence, kl.cross_entropy]
    a, b = np.log(THREE), np.log(OTHER)
    ours = gradient(lambda z: kl.kl_divergence(THREE, softmax(z)), b)
    for loss in losses:
        ours += gradient(lambda z, loss=loss: loss(softmax(z), OTHER), a)
    found = oracle.torch_gradients(THREE, OTHER)
    return ours, [*found["ce", "q"], *found["kl", "p"], *found["ce", "p"]]


def check_S1_05():
    b = np.linspace(0.001, 0.999, 999)
    tolls = kl.kl_divergence([0.7, 0.3], np.column_stack([b, 1 - b]))
    return b[tolls.argmin()], oracle.best_coin(7, 10)


def check_S1_07():
    p, uniform = [0.5, 0.3, 0.2], np.full(3, 1 / 3)
    ours = [kl.cross_entropy(p, uniform), kl.entropy(p), kl.kl_divergence(p, uniform)]
    return ours, [math.log(3), oracle.entropy(p), math.log(3) - oracle.entropy(p)]


def check_S1_17():
    data = [0.7, 0.3]
    ours = [
        kl.cross_entropy(data, EVEN),
        kl.entropy(data),
        kl.kl_divergence(data, EVEN),
    ]
    loss = -7 / 10 * math.log(0.5) - 3 / 10 * math.log(0.5)
    return ours, [loss, oracle.entropy(data), loss - oracle.entropy(data)]


def check_S1_21():
    points, widths = np.array([-1.0, 0.0, 1.0]), ["0.1", "0.01", "0.001"]
    ours = [np.mean(points**2 / 2 + np.log(2 * np.pi) / 2)]
    for h in map(float, widths):
        mass = np.diff(stats.norm.cdf([points - h / 2, points + h / 2]), axis=0)[0]
        bins_p = [*np.full(3, 1 / 3), 0.0]
        ours.append(kl.kl_divergence(bins_p, [*mass, 1 - mass.sum()]))
    return ours, oracle.points_against_normal([-1, 0, 1], widths)


def check_S1_22():
    model = [0.7, 0.2, 0.1]
    return both_ways([1, 0, 0], model), oracle.both_ways([1, 0, 0], model)


def check_S2_64():
    smoothed, model = np.full(10, 0.01), np.full(10, 1e-8)
    smoothed[0], model[0] = 0.91, 1 - 9e-8
    logits = np.log(smoothed)
    one_hot = np.eye(10)[0]
    ours = [logits[0] - logits[1], kl.kl_divergence(one_hot, model)]
    ours.append(kl.kl_divergence(smoothed, model))
    return ours, oracle.label_smoothing("0.1", 10, "1e-8")


def check_S3_07():
    counts, model = np.array([[4, 2], [1, 3]]), np.array([[0.7, 0.3], [0.4, 0.6]])
    inputs, labels = counts.sum(1) / 10, counts / counts.sum(1, keepdims=True)
    ours = [
        inputs @ f
        for f in (
            kl.cross_entropy(labels, model),
            kl.entropy(labels),
            kl.kl_divergence(labels, model),
        )
    ]
    return ours, oracle.conditional_bill(counts, model)


def check_C_26():
    toll = kl.kl_divergence(SKEW, EVEN)
    ours = [toll, toll, toll / 2, kl.kl_divergence(EVEN, SKEW)]
    theirs = [oracle.torch_kl_div(SKEW, EVEN, r) for r in ("sum", "batchmean", "mean")]
    return ours, [*theirs, oracle.torch_kl_div(EVEN, SKEW, "sum")]


# Forward and reverse


def check_S0_04():
    ours, theirs = [], []
    one_hill, two_hills = ([1.0], [1.0], [2.0]), oracle.hills(3)
    for fit in (kl.fit_forward_kl(one_hill)[0], kl.fit_reverse_kl(one_hill)[0]):
        ours += [fit.mu, np.sqrt(fit.cov)]
    theirs += oracle.forward_fit(one_hill)[:2]
    theirs += oracle.reverse_fit(one_hill, (0.3, 1.0))[:2]
    ours.append(np.sqrt(kl.fit_forward_kl(two_hills)[0].cov))
    best = kl.fit_reverse_kl(two_hills)[0]
    ours += [abs(best.mu), np.sqrt(best.cov)]
    theirs.append(oracle.forward_fit(two_hills)[1])
    theirs += oracle.reverse_fit(two_hills, (2.5, 1.2))[:2]
    return ours, theirs


def check_S0_16():
    fit = kl.fit_forward_kl(oracle.hills(3))[0]
    assert abs(fit.mu) < 1e-12
    return [np.sqrt(fit.cov), fit.kl], oracle.forward_fit(oracle.hills(3))[1:]


def check_S0_17():
    near, far = (kl.fit_reverse_kl(oracle.hills(m))[0] for m in (2, 3))
    assert abs(near.mu) < 1e-6
    ours = [near.kl, abs(far.mu), np.sqrt(far.cov), far.kl]
    theirs = oracle.reverse_fit(oracle.hills(3), (2.5, 1.2))
    assert oracle.covering_fit(3)[1] > theirs[2]
    return ours, [oracle.covering_fit(2)[1], *theirs]


def check_S0_18():
    true = np.array([[1, 0.9], [0.9, 1]])
    reverse = 1 / np.linalg.inv(true)[0, 0]
    forward = true[0, 0]
    zero, eye = [0, 0], np.eye(2)
    ours = [
        reverse,
        forward,
        kl.kl_mvn(zero, reverse * eye, zero, true),
        kl.kl_mvn(zero, true, zero, forward * eye),
    ]
    variances, costs, _ = oracle.mean_field(0.9)
    return ours, [*variances, *costs]


def check_S1_16():
    centre = kl.fit_forward_kl(oracle.hills(3))[0].mu
    x = np.array([centre, 3.0])[:, None]
    density = np.exp(-((x - [-3, 3]) ** 2) / 2).mean(1) / np.sqrt(2 * np.pi)
    theirs = [stats.norm.pdf([x - 3, x + 3]).mean() for x in (0.0, 3.0)]
    return density, theirs


def check_S1_18():
    def cheaper_to_cover(m):
        covering, *rest = ascending(kl.fit_reverse_kl(oracle.hills(m)))
        return covering.kl < rest[-1].kl

    low, high = 2.6, 3.0
    while high - low > 1e-5:
        middle = (low + high) / 2
        low, high = (middle, high) if cheaper_to_cover(middle) else (low, middle)
    found = oracle.where_one_hill_becomes_cheaper()
    return [low, 2 * low], [found, 2 * found]


def check_S1_19():
    x = np.linspace(-16, 16, 4001)
    spreads = np.linspace(2.5, 3.5, 1001)
    log_q = np.array(
        [np.logaddexp(-((x - a) ** 2) / 2, -((x + a) ** 2) / 2) for a in spreads]
    ) - np.log(2 * np.sqrt(2 * np.pi))
    log_p = log_q[np.abs(spreads - 3).argmin()]
    forward = np.trapezoid(np.exp(log_p) * (log_p - log_q), x)
    reverse = np.trapezoid(np.exp(log_q) * (log_q - log_p), x)
    ours = [spreads[forward.argmin()], spreads[reverse.argmin()]]
    ours += [forward.min(), reverse.min()]
    found = [oracle.best_spread_of_two_hills(3, d) for d in ("forward", "reverse")]
    return ours, [found[0][0], found[1][0], found[0][1], found[1][1]]


def check_S1_20():
    along, across = 1 + 3**2, 1.0  # the law of total variance
    fit = kl.fit_reverse_kl(oracle.hills(3))[0]  # across, q can follow exactly
    forward, reverse, toll = oracle.two_hills_in_the_plane(3)
    assert abs(forward[0, 1]) < 1e-9 and abs(reverse[0, 1]) < 1e-4
    ours = [along, across, fit.kl, fit.cov, across]
    theirs = [forward[0, 0], forward[1, 1], toll, reverse[0, 0], reverse[1, 1]]
    return ours, theirs


def check_S1_30():
    target = ([1.0], [1.0], [2.0])
    ours = []
    for fit in (kl.fit_forward_kl(target)[0], kl.fit_reverse_kl(target)[0]):
        ours += [fit.mu, np.sqrt(fit.cov), fit.kl]
    theirs = oracle.forward_fit(target)
    return ours, [*theirs, *oracle.reverse_fit(target, (0.3, 1.0))]


def check_S2_15():
    ours = [0.5 * np.log(0.5 / q) for q in (1e-3, 1e-6)]
    ln5, ln10 = reference.mp.log(5), reference.mp.log(10)
    return ours, [(ln5 + (n - 1) * ln10) / 2 for n in (3, 6)]


def check_S2_16():
    q = reference.mpf("1e-12")
    return 1e-12 * np.log(1e-12 / 0.5), q * reference.mp.log(q / 0.5)


def check_S2_17():
    main, small = kl.fit_reverse_kl(oracle.hills(3, weight=0.7))
    far = kl.fit_reverse_kl(oracle.hills(5))[0]
    theirs = [
        oracle.reverse_fit(oracle.hills(3, weight=0.7), (-2.9, 1.1))[2],
        oracle.reverse_fit(oracle.hills(3, weight=0.7), (2.9, 1.1))[2],
        oracle.reverse_fit(oracle.hills(5), (4.8, 1.1))[2],
    ]
    return [main.kl, small.kl, far.kl], theirs


def check_S2_18():
    low, high = 2.3, 2.5  # one optimum below the fold, three above
    while high - low > 1e-6:
        middle = (low + high) / 2
        three = len(kl.fit_reverse_kl(oracle.hills(middle))) == 3
        low, high = (low, middle) if three else (middle, high)
    born = ascending(kl.fit_reverse_kl(oracle.hills(high)))[-1]
    covering = kl.fit_reverse_kl(oracle.hills(2))
    assert len(covering) == 1
    ours = [high, born.mu, np.sqrt(born.cov), covering[0].kl]
    return ours, [*oracle.where_one_hill_fits_are_born(), oracle.covering_fit(2)[1]]


def check_S2_22():
    ours = [kl.kl_normal(0, 1, 3, 2), kl.kl_normal(3, 2, 0, 1)]
    theirs = [
        reference.kl_normal_by_quadrature(0, 1, 3, 2),
        reference.kl_normal_by_quadrature(3, 2, 0, 1),
    ]
    return ours, theirs


def check_S2_61():
    return both_ways(EVEN, [1, 0]), oracle.both_ways(EVEN, [1, 0])


def check_S3_05():
    covering, one_hill = ascending(kl.fit_reverse_kl(oracle.hills(3)))
    ours = [one_hill.mu, one_hill.kl, covering.kl]
    theirs = oracle.reverse_fit(oracle.hills(3), (2.5, 1.2))
    return ours, [theirs[0], theirs[2], oracle.covering_fit(3)[1]]


def check_C_10():
    fit = kl.fit_forward_kl(oracle.hills(3))[0]
    swapped = kl.reverse_kl(fit.mu, np.sqrt(fit.cov), oracle.hills(3))
    sigma = math.sqrt(10)
    theirs = [
        reference.kl_mixture_to_normal(oracle.hills(3), 0, sigma),
        reference.kl_normal_to_mixture(0, sigma, oracle.hills(3)),
    ]
    return [fit.kl, swapped], theirs


def check_C_28():
    true, zero, eye = np.array([[1, 0.9], [0.9, 1]]), [0, 0], np.eye(2)
    narrow = 0.19 * eye
    ours = [
        kl.kl_mvn(zero, narrow, zero, true),
        kl.kl_mvn(zero, true, zero, eye),
        kl.kl_mvn(zero, true, zero, narrow),
        kl.kl_mvn(zero, eye, zero, true),
    ]
    _, costs, crossed = oracle.mean_field(0.9)
    return ours, [*costs, *crossed]


# Latent variables: a hidden number z ~ N(0, 1), seen as x ~ N(z, 1)


def bound(x, mean, variance):
    """The parts of the ELBO in nats for q = (mean, variance), in closed form."""
    sigma = np.sqrt(variance)
    explains = -(np.log(2 * np.pi) + (x - mean) ** 2 + variance) / 2
    rate = kl.kl_normal(mean, sigma, 0, 1)
    gap = kl.kl_normal(mean, sigma, x / 2, np.sqrt(0.5))
    return {"explains": explains, "rate": rate, "gap": gap, "elbo": explains - rate}


PRIOR_Q, EXACT_Q = (0, 1), (1, 0.5)  # mean and variance


def parts(*wanted):
    """The numbers (q, name) at x = 2, by us and by quadrature."""
    ours = [bound(2, *q)[name] for q, name in wanted]
    return ours, [latent.hidden_number(2, q)[name] for q, name in wanted]


def check_S0_10():
    ours, theirs = parts((PRIOR_Q, "elbo"))
    exact = bound(2, *EXACT_Q)  # without a gap the ELBO is log p(x)
    log_px = latent.hidden_number(2, PRIOR_Q)["log_px"]
    return [exact["elbo"] + exact["gap"], *ours], [log_px, *theirs]


def check_S0_11():
    ours, theirs = parts((PRIOR_Q, "elbo"), (PRIOR_Q, "gap"), (EXACT_Q, "gap"))
    log_px = latent.hidden_number(2, PRIOR_Q)["log_px"]
    return [ours[0] + ours[1], *ours], [log_px, *theirs]


def check_S0_15():
    return parts((EXACT_Q, "gap"), (EXACT_Q, "rate"))


def check_S0_23():
    names = ["rate", "gap"]
    return parts(*((q, name) for q in (PRIOR_Q, EXACT_Q) for name in names))


def check_S0_25():
    ours, theirs = parts((PRIOR_Q, "gap"), (EXACT_Q, "gap"))
    assert np.allclose(latent.best_q(2, "gap"), EXACT_Q, atol=1e-4)
    return ours, theirs


def check_S0_29():
    ours = [bound(x, x / 2, 0.5)["rate"] for x in (2, 20)]
    return ours, [latent.hidden_number(x, (x // 2, 0.5))["rate"] for x in (2, 20)]


def check_S2_19():
    ours, theirs = parts((PRIOR_Q, "rate"), (PRIOR_Q, "gap"), (EXACT_Q, "rate"))
    assert np.allclose(latent.best_q(2, "rate"), PRIOR_Q, atol=1e-4)
    return ours, theirs


def boxes(q):
    """How well q explains a red ball, its rate and the ELBO, in bits per ball."""
    prior, red = np.array([0.5, 0.25, 0.25]), np.array([0.25, 0.5, 1.0])
    explains, rate = q @ np.log2(red), kl.kl_divergence(q, prior, base=2)
    return [explains, rate, explains - rate]


def check_S0_13():
    ours, theirs = [], []
    for q in ([0, 0, 1], [0.5, 0.25, 0.25]):
        ours += boxes(np.array(q))[:2]
        theirs += latent.three_boxes(q)[:2]
    return ours, theirs


def check_S2_01():
    posterior = [0.25, 0.25, 0.5]
    return boxes(np.array(posterior)), latent.three_boxes(posterior)


def check_S1_23():
    p_data, first = np.array([0.5, 0.3, 0.2]), np.array([0.9, 0.5, 0.2])
    q = np.column_stack([first, 1 - first])
    model = np.array([[0.3, 0.1], [0.2, 0.1], [0.1, 0.2]])
    p_x = model.sum(1)
    ours = [
        kl.kl_divergence((p_data[:, None] * q).ravel(), model.ravel()),
        kl.kl_divergence(p_data, p_x),
        p_data @ kl.kl_divergence(q, model / p_x[:, None]),
    ]
    return ours, latent.joint_kl([0.5, 0.3, 0.2], q.round(1).tolist(), model.tolist())


def check_S0_14():
    z, centres = np.linspace(-8, 8, 16_001), np.array([-2.0, 0, 2])
    codes = np.exp(-((z - centres[:, None]) ** 2) / 0.5) / np.sqrt(0.5 * np.pi)
    blend = codes.mean(0)
    own = -np.log(2 * np.pi * np.e * 0.25) / 2  # minus the entropy of one code
    information = own - np.trapezoid(blend * np.log(blend), z)
    rate = kl.kl_normal(centres, 0.5, 0, 1).mean()
    ours = [rate, information, rate - information, np.log(3)]
    return ours, [*latent.surgery((-2, 0, 2), 0.5), reference.mp.log(3)]


def check_S2_24():
    z = np.linspace(-4, 8, 120_001)
    log_q = -2 * (z - 2) ** 2 - np.log(0.5 * np.pi) / 2
    hills = (
        np.logaddexp(-((z - 2) ** 2) / 2, -((z + 2) ** 2) / 2) - np.log(8 * np.pi) / 2
    )
    ours = [
        kl.kl_normal(2, 0.5, 0, 1),
        np.trapezoid(np.exp(log_q) * (log_q - hills), z),
    ]
    ours.append(kl.kl_divergence(np.eye(512)[0], np.full(512, 1 / 512)))
    theirs = [latent.rate(2, 2 * math.log(0.5)), latent.toll_to_two_hills(2, 0.5, 2, 1)]
    return ours, [*theirs, 9 * reference.mp.log(2)]


# The KL of a VAE, per image and dimension


def one_dimension(*pairs):
    """Rates of (mu, log σ²), one latent dimension each, by us and by quadrature."""
    ours = [kl.kl_to_standard_normal([mu], [log_var]) for mu, log_var in pairs]
    return ours, [latent.rate(*pair) for pair in pairs]


def check_S2_02():
    return one_dimension((0, 10), (50, 0), (0, -10), (0, 0))


def check_S2_20():
    return one_dimension((0, 0), (0, -2), (0, -10))


def check_S2_23():
    return one_dimension((0, 1), (2, 1))


def check_S2_27():
    import torch

    from kl_helpers.nn import losses

    mu, log_var = torch.randn((2, 4, 2), generator=torch.Generator().manual_seed(0))
    ours = losses.kl_to_standard_normal(mu, log_var)
    theirs = latent.rates(mu.tolist(), log_var.tolist())
    return [ours.sum(), ours.mean()], [sum(theirs), sum(theirs) / 4]


def check_S2_30():
    return one_dimension((0, 0), (1, 0), (0, 1), (2, 1), (0, -2))


def check_X4():
    return one_dimension((0, 0), (0, 10))


def linear(*betas):
    """Rates of the dimensions at each β: of a trained linear VAE, and by search."""
    from kl_helpers.nn import vae

    law = ([4.0, 1.0, 0.25], 0.5)
    return [
        [run(*law, beta) for beta in betas]
        for run in (lambda *at: vae.linear_vae(*at)[0], latent.linear_rates)
    ]


def check_S2_03():
    return [[sum(rates) for rates in who] for who in linear(0.25, 1, 4)]


def check_S2_21():
    return [[*one, *four] for one, four in linear(1, 4)]


def check_S2_34():
    return [[low[2], one[2]] for low, one in linear(0.25, 1)]


def check_S2_35():
    return [rates for (rates,) in linear(1)]


def trained_with_floor(variances, noise, floor, steps=1500):
    """KL of each dimension, largest first, and −ELBO of a linear VAE with free bits."""
    import torch

    spread, eye = torch.tensor(variances), torch.eye(3).double()
    generator = torch.Generator().manual_seed(4)
    start = 0.3 * torch.randn((2, 3, 3), generator=generator, dtype=torch.float64)
    weights = [t.clone().requires_grad_() for t in (*start, torch.zeros(3).double())]
    adam = torch.optim.Adam(weights, lr=0.03)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    for _ in range(steps):
        encoder, decoder, log_var = weights
        rates = ((encoder**2 * spread).sum(1) + log_var.exp() - log_var - 1) / 2
        missed = ((eye - decoder @ encoder) ** 2 * spread).sum()
        explained = (missed + (decoder**2 * log_var.exp()).sum()) / (2 * noise)
        adam.zero_grad()
        (explained + rates.clamp(min=floor).sum()).backward()
        adam.step()
        schedule.step()
    constant = 3 * math.log(2 * math.pi * noise) / 2
    return sorted(rates.tolist(), reverse=True), (
        explained + rates.sum()
    ).item() + constant


def check_C_13():
    ours, theirs = [], []
    for floor in (0.0, 0.5):
        for who, run in [(ours, trained_with_floor), (theirs, latent.free_bits)]:
            rates, minus_elbo = run([4, 1, 0.25], 0.5, floor)
            who += [minus_elbo, *(rates if floor else [])]
    return ours, theirs


def check_S2_32():
    import torch

    from kl_helpers.nn import losses

    x = torch.linspace(0, 1, 1001, dtype=torch.float64)[:, None]
    nothing = torch.zeros_like(x)
    explains, _ = losses.elbo_terms(nothing, x, nothing, nothing)  # at probability 1/2
    integral = np.trapezoid(explains.exp(), x[:, 0])
    theirs = latent.integral_of_grey(0.5)
    return [integral, -np.log(integral)], [theirs, -reference.mp.log(theirs)]


def check_S2_33():
    ours = [28 * 28, 128 * 28 * 28]
    return ours, [latent.hidden_beta(784, 128, whole) for whole in (False, True)]


def check_X10():
    return 28 * 28, 2 * latent.noise_variance_of("mean", 784)


def check_C_22():
    theirs = reference.kl_normal_by_quadrature(1.3, 0.5, 1.0, 0.5)
    return kl.kl_normal(1.3, 0.5, 1.0, 0.5), theirs


# Policies


def forces(theta, features, epsilon=0.2, beta=0.3):
    """Minus the slopes in θ of PPO's two losses; the policy is sigmoid(θ · feature)."""
    theta = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    z = theta * torch.tensor(features, dtype=torch.float64)
    new = torch.stack([z, 0 * z], -1).log_softmax(-1)
    old, ones = torch.full_like(new, 0.5).log(), torch.ones_like(z)
    taken = torch.zeros(len(features), dtype=int)
    found = (
        losses.ppo_clip_loss(new[:, 0], old[:, 0], ones, epsilon=epsilon),
        losses.ppo_kl_penalty_loss(new, old, taken, ones, beta=beta),
    )
    return [
        -float(torch.autograd.grad(f.mean(), theta, retain_graph=True)[0])
        for f in found
    ]


def last_positive(force, low, high):
    """Where a force that is positive at `low` stops being so."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if force(middle) > 0 else (low, middle)
    return low


def halves_against(z):
    return kl.kl_from_logits(np.zeros((len(z), 2)), np.stack([z, 0 * z], -1))


def check_S2_37():
    features = np.array([1, 0.01])
    theta = last_positive(lambda t: forces(t, features)[0], 0.1, 60.0)
    each = halves_against(theta * features)
    return [each[0], each.mean()], policies.silent_clip(["1", "0.01"], "0.2")


def check_S2_38():
    z = last_positive(lambda t: forces(t, [1.0])[1], 0.1, 10.0)
    w = 2 / (1 + np.exp(-z))
    return [w, *halves_against(np.array([z]))], policies.balance("0.3")


def check_S1_24():
    return both_ways([0.001, 0.999], [0.01, 0.99]), oracle.both_ways(
        ["0.001", "0.999"], ["0.01", "0.99"]
    )


def check_S1_09():
    features = np.array([10, 0.1])
    gradient, fisher = features / 4, features**2 / 8
    step = gradient / fisher
    step *= np.sqrt(2 * 0.01 / (gradient @ step))
    along = gradient * np.linalg.norm(step) / np.linalg.norm(gradient)
    ours = [halves_against(s * features).mean() for s in (step, along)]
    return ours, policies.trust_region(["10", "0.1"], "0.01")


def check_S0_27():
    each = both_ways(SKEW[::-1], EVEN)
    ours, theirs = [], []
    for go in ("1/10", "1/2"):
        share = float(Fraction(go))
        moves = np.array([[1 - share, share], [0.5, 0.5]])
        ours.append(np.linalg.matrix_power(moves, 200)[0] @ each)
        shares, nats = policies.visits(go, "1/2"), oracle.both_ways(SKEW[::-1], EVEN)
        theirs.append(sum(float(a) * b for a, b in zip(shares, nats, strict=True)))
    return ours, theirs


def check_S2_39():
    sizes = ("100", "1", "0.01")
    ours = [halves_against(np.array([0.01 * float(f)]))[0] for f in sizes]
    return ours, [policies.kl_half(mpf("0.01") * mpf(f)) for f in sizes]


def published_example():
    torch.manual_seed(0)
    old = torch.randn(8, 4)
    return old, old + 0.1 * torch.randn(8, 4), torch.randn(8)


def check_S2_40():
    old, new, _ = published_example()
    logs = old.log_softmax(-1), new.log_softmax(-1)
    ours = [losses.categorical_kl(*pair).mean() for pair in (logs, logs[::-1])]
    return ours, policies.softmax_kls(old, new)


def check_S2_45():
    old, new, advantages = published_example()
    log_old, log_new = old.log_softmax(-1), new.log_softmax(-1)
    spent = losses.categorical_kl(log_old, log_new).mean()
    push = -((log_new - log_old).exp() * advantages[:, None]).mean()
    later = losses.adaptive_kl_coefficient(0.01, spent, target=0.01)
    theirs = policies.softmax_kls(old, new)[0]
    loss = policies.all_actions_loss(old, new, advantages, "0.01")
    return [spent, push + 0.01 * spent, later], [
        theirs,
        loss,
        *policies.prices("1/100", [str(float(theirs))], "1/100"),
    ]


def check_S2_41():
    old, ours, theirs = torch.tensor(THREE, dtype=torch.float64), [], []
    for advantage in (1, -1):
        logits = old.log().requires_grad_()
        optimizer = torch.optim.Adam([logits], lr=0.05)
        for _ in range(3000):
            log_new = logits.log_softmax(-1)
            spent = losses.categorical_kl(old.log(), log_new)
            push = -(log_new.exp() / old).mean() * advantage
            optimizer.zero_grad()
            (push + 0.01 * spent).backward()
            optimizer.step()
        new = logits.softmax(-1).detach().numpy()
        new /= new.sum()
        ours += [*new, kl.kl_divergence(THREE, new)]
        theirs += policies.all_actions_optimum(THREE, advantage, mpf("0.01"))
    return ours, theirs


def check_S2_42():
    price, ours = 0.01, []
    for _ in range(3):
        price = losses.adaptive_kl_coefficient(price, 0.005, target=0.01)
        ours.append(price)
    return ours, policies.prices("1/100", ["1/200"] * 3, "1/100")


def check_S2_66():
    ours = [kl.kl_divergence(EVEN, SKEW), kl.kl_divergence(SKEW, SKEW[::-1])]
    assert math.isclose(ours[0], kl.kl_divergence(EVEN, SKEW[::-1]))
    return ours, [oracle.kl(EVEN, SKEW), oracle.kl(SKEW, SKEW[::-1])]


def check_S2_71():
    lost = sum(
        np.prod([THREE[arm] for arm in pulls])
        for pulls in product(range(3), repeat=5)
        if 2 not in pulls
    )
    return lost, policies.best_arm_missing(THREE, 5)


# Distillation

TEACHER, STUDENT = (6, 4, 1), (3, 0, 0)


def logits(numbers):
    return torch.tensor(numbers, dtype=torch.float64)


def check_S1_10():
    given = logits(STUDENT), logits(TEACHER)
    spent = losses.distillation_loss(*given, temperature=2.0) / 4
    p, q = (torch.softmax(z / 2, -1).numpy() for z in (given[1], given[0]))
    return [spent, kl.cross_entropy(p, q), kl.entropy(p)], distillation.loss_and_parts(
        TEACHER, STUDENT, 2
    )


def check_S1_25():
    ours = [
        losses.distillation_loss(
            logits(STUDENT), logits(TEACHER), temperature=2.0, direction=way
        )
        / 4
        for way in ("forward", "reverse", "js")
    ]
    return ours, distillation.three_directions(TEACHER, STUDENT, 2)


def check_S3_12():
    ours = [torch.softmax(logits(TEACHER) / T, -1).numpy() for T in (1, 5)]
    theirs = [distillation.softened(TEACHER, T) for T in (1, 5)]
    return np.concatenate(ours), [*theirs[0], *theirs[1]]


def check_C_15():
    z, v, temperatures = logits((2, 1, 0)).requires_grad_(), logits((3, 0, 0)), []
    for T in (1, 2, 4, 20, 100):
        loss = losses.distillation_loss(z, v, temperature=T)
        temperatures.append(float(torch.autograd.grad(loss, z)[0].norm()))
    gap = (z - v).detach()
    limit = float((gap - gap.mean()).norm()) / 3
    return [*temperatures, limit], distillation.gradient_norms(
        (3, 0, 0), (2, 1, 0), (1, 2, 4, 20, 100)
    )


# Maps


def check_S3_22():
    p = [[0, 0.3, 0.1], [0.3, 0, 0.1], [0.1, 0.1, 0]]
    p, y, h = np.array(p), np.array([[0.0], [1.0], [2.0]]), 1e-6

    def reverse(move):
        q = kl.map_affinities(y + move * np.eye(3)[:, :1])
        return float(kl.kl_divergence(q.ravel(), p.ravel()))

    ours = [kl.tsne_gradient(p, y)[0, 0], slope(reverse, 0.0, h)]
    exact = [["0", "0.3", "0.1"], ["0.3", "0", "0.1"], ["0.1", "0.1", "0"]]
    return ours, neighbours.slopes_at_first_point(exact, [[0], [1], [2]])


def check_S1_26():
    ours = [p * np.log(p / q) for p, q in [(0.01, 1e-5), (1e-5, 0.01)]]
    theirs = [
        mpf(p) * mp.log(mpf(p) / mpf(q))
        for p, q in [("0.01", "1e-5"), ("1e-5", "0.01")]
    ]
    return ours, theirs


def check_C_16():
    line = [0, 1, 3, 4]
    p = kl.perplexity_affinities(np.array(line, float)[:, None], perplexity=2.0)
    distances = (np.array(line)[:, None] - np.array(line)) ** 2.0
    rows = embedding._conditional(distances, np.log(2.0))
    theirs, both = neighbours.pairs(line, 2)
    ours = [*rows[0, 1:], rows[1, 0], *rows[1, 2:], p[0, 1]]
    return ours, [*theirs[0][1:], theirs[1][0], *theirs[1][2:], both[0][1]]


# Estimates from samples


def check_S1_31():
    """The average of our KL over all counts of one bin, times the number of bins."""
    k, n = 10, 100
    counts = np.arange(n + 1)
    shares = np.stack([counts / n, 1 - counts / n], axis=-1)
    chance = stats.binom.pmf(counts, n, 1 / k)
    # Terms of one bin: with two outcomes the rest is the other term, which is known.
    rest = [b * np.log(b / (1 - 1 / k)) if b > 0 else 0.0 for b in shares[:, 1]]
    each = kl.kl_divergence(shares, [1 / k, 1 - 1 / k]) - rest
    ours = [k * (chance @ each), (k - 1) / (2 * n)]
    return ours, estimators.plugin_bias(k, n)


def check_C_01():
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights, ours, theirs = weights / weights.sum(), [], []
    for d in (0.1, 1.0):
        logs, toll = (-(nodes**2) / 2, -((nodes - d) ** 2) / 2), d**2 / 2
        each = [k(*logs) for k in (kl.kl_k1, kl.kl_k2, kl.kl_k3)]
        ours += [np.sqrt(weights @ (v - weights @ v) ** 2) / toll for v in each]
        ours.append(weights @ each[1] / toll - 1)
        theirs += estimators.schulman_table(d)
    return ours, theirs


def check_C_02():
    pi, ref = np.array(THREE), np.array(OTHER)
    score, log_w = np.eye(3) - pi, np.log(ref / pi)
    k1, k3_slope = kl.kl_k1(np.log(pi), np.log(ref)), 1 - np.exp(log_w)
    assert np.allclose(pi @ score, 0)  # k1 as a loss
    ours = [*(pi @ (k3_slope[:, None] * score)), *(pi @ (k1[:, None] * score))]
    return ours, estimators.gradients_by_autograd(THREE, OTHER)


# Rows that make the claim of another row once more

check_S0_28 = check_S0_08
check_S1_13 = check_S2_11 = check_S0_03
check_S2_06 = check_S1_01
check_S2_08 = check_S1_14
check_S2_14 = check_S3_18 = check_S0_16
check_S2_26 = check_S2_22
check_S2_60 = check_S1_03
check_S3_02 = check_S1_02
check_S3_03 = check_S0_01
check_S3_06 = check_S1_05
check_S3_19 = check_S0_17
check_S3_27 = check_S0_02
check_X5 = check_S3_05
check_X9 = check_S1_16
check_C_30 = check_S0_05
check_S1_06 = check_S2_31 = check_S2_54 = check_S3_08 = check_S0_11
check_S2_62 = check_S2_20
check_S3_10 = check_S2_01
check_X3 = check_S2_19
check_C_11 = check_S1_23
check_S3_11 = check_S1_10
check_X1 = check_S3_22
check_X2 = check_S1_24
check_X7 = check_S2_36 = check_S2_37
check_S2_44 = check_S2_42
check_S2_65 = check_S2_39


def check_S3_04():
    return kl.kl_divergence(P, Q), oracle.kl(P, Q)
