"""The relatives of KL: right to the last digits, right at their limits, and ordered."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp
from oracles import divergences as oracle
from oracles import reference
from oracles.reference import close, draw, nudged
from scipy import stats
from test_discrete import PAIRS, each_pair

import kl_helpers as kl

A, B = [0.7, 0.2, 0.1], [0.2, 0.3, 0.5]
ORDERS = [0, 1e-300, 1e-9, 0.01, 0.3, 0.5, 0.7, 0.999, 1, 1 + 1e-9, 1.5, 2, 20, np.inf]
ALPHAS = [-3, -1e-6, 0, 1e-9, 0.2, 0.5, 0.8, 1 - 1e-9, 1, 1 + 1e-6, 2, 7]
seeds = st.integers(0, 2**32 - 1)
sizes = st.sampled_from([1, 2, 3, 10, 300])
steps = st.floats(-9, 1).map(lambda x: 10**x)


@pytest.mark.parametrize("order", ORDERS)
@each_pair
def test_renyi_against_fifty_digits(p, q, order):
    found = kl.renyi_divergence(p, q, order=order)
    assert close(found, oracle.renyi(p, q, order), rel=1e-10, tiny=1e-15)


@pytest.mark.parametrize("alpha", ALPHAS)
@each_pair
def test_alpha_against_fifty_digits(p, q, alpha):
    found, true = kl.alpha_divergence(p, q, alpha=alpha), oracle.alpha(p, q, alpha)
    if true > np.finfo(float).max:
        true = mp.inf
    assert close(found, true, rel=1e-10)


@given(seeds, sizes, steps, st.sampled_from([o for o in ORDERS if 1e-99 < o < 99]))
def test_renyi_of_nearly_equal_distributions(seed, k, eps, order):
    p = draw(seed, k)
    q = nudged(p, seed + 1, eps)
    found = float(kl.renyi_divergence(p, q, order=order))
    assert found >= 0 and kl.renyi_divergence(p, p, order=order) == 0
    assert close(found, oracle.renyi(p, q, order), rel=1e-9, tiny=1e-20 * min(order, 1))


@given(seeds, sizes, steps, st.sampled_from(ALPHAS))
def test_alpha_of_nearly_equal_distributions(seed, k, eps, alpha):
    p = draw(seed, k)
    q = nudged(p, seed + 1, eps)
    found = float(kl.alpha_divergence(p, q, alpha=alpha))
    assert found >= 0 and kl.alpha_divergence(p, p, alpha=alpha) == 0
    assert close(found, oracle.alpha(p, q, alpha), rel=1e-9)


@given(seeds, sizes, steps)
def test_jeffreys_of_nearly_equal_distributions(seed, k, eps):
    p = draw(seed, k)
    q = nudged(p, seed + 1, eps)
    assert close(kl.jeffreys_divergence(p, q), oracle.jeffreys(p, q), rel=1e-9)


@each_pair
def test_jeffreys_is_both_kls(p, q):
    found = kl.jeffreys_divergence(p, q)
    assert close(found, oracle.jeffreys(p, q))
    assert float(found) == float(kl.jeffreys_divergence(q, p))
    both = reference.kl(p, q) + reference.kl(q, p)
    assert close(found, both, rel=1e-7)


FAMILY = {  # f in numpy, f in mpmath, f(0), slope at infinity
    "kl": (lambda t: t * np.log(t), lambda t: t * mp.log(t), 0, np.inf),
    "reverse": (lambda t: -np.log(t), lambda t: -mp.log(t), np.inf, 0),
    "tv": (lambda t: np.abs(t - 1) / 2, lambda t: abs(t - 1) / 2, 0.5, 0.5),
    "hellinger": (
        lambda t: (np.sqrt(t) - 1) ** 2 / 2,
        lambda t: (mp.sqrt(t) - 1) ** 2 / 2,
        0.5,
        0.5,
    ),
    "chi squared": (lambda t: (t - 1) ** 2, lambda t: (t - 1) ** 2, 1, np.inf),
    "js": (
        lambda t: (t * np.log(2 * t / (1 + t)) + np.log(2 / (1 + t))) / 2,
        lambda t: (t * mp.log(2 * t / (1 + t)) + mp.log(2 / (1 + t))) / 2,
        np.log(2) / 2,
        np.log(2) / 2,
    ),
    "hockey stick": (
        lambda t: np.maximum(t - 1.5, 0),
        lambda t: max(t - 1.5, 0),
        0,
        1,
    ),
}
USABLE = {  # a ratio of 1e300 is no float any more when f squares it
    name: pair
    for name, pair in PAIRS.items()
    if "smallest" not in name and "1e-300" not in name
}


@pytest.mark.parametrize("name", FAMILY)
@pytest.mark.parametrize(("p", "q"), USABLE.values(), ids=USABLE)
def test_f_divergences_against_fifty_digits(p, q, name):
    f, exact, at_zero, slope = FAMILY[name]
    found = kl.f_divergence(p, q, f, at_zero=at_zero, slope_at_infinity=slope)
    true = oracle.f_divergence(p, q, exact, at_zero, slope)
    assert close(found, true, rel=1e-11, tiny=1e-5)


def test_the_family_contains_its_members():
    def value(name):
        f, _, at_zero, slope = FAMILY[name]
        return float(kl.f_divergence(p, q, f, at_zero=at_zero, slope_at_infinity=slope))

    for p, q in USABLE.values():
        assert value("kl") == pytest.approx(kl.kl_divergence(p, q), rel=1e-7)
        assert value("reverse") == pytest.approx(kl.kl_divergence(q, p), rel=1e-7)
        assert value("tv") == pytest.approx(kl.total_variation(p, q), rel=1e-7)
        assert value("js") == pytest.approx(kl.js_divergence(p, q), rel=1e-7)
        quarter = kl.alpha_divergence(p, q, alpha=0.5) / 4
        assert value("hellinger") == pytest.approx(quarter, rel=1e-7)
        twice = 2 * kl.alpha_divergence(p, q, alpha=2)
        assert value("chi squared") == pytest.approx(twice, rel=1e-7)


def test_nothing_shared_costs_f_of_zero_plus_the_slope_at_infinity():
    for f, _, at_zero, slope in FAMILY.values():
        limits = {"at_zero": at_zero, "slope_at_infinity": slope}
        for q in ([0, 1, 0], [0, 0, 1], [0, 0.5, 0.5]):
            found = float(kl.f_divergence([1, 0, 0], q, f, **limits))
            assert found == pytest.approx(at_zero + slope)


def test_limits_meet():
    for p, q in [(A, B), (B, A), ([0.5, 0.5, 0], [0.2, 0.3, 0.5])]:
        for limit, near in [(0, 1e-9), (1, 1 - 1e-9), (1, 1 + 1e-9), (np.inf, 1e6)]:
            exact = float(kl.renyi_divergence(p, q, order=limit))
            found = float(kl.renyi_divergence(p, q, order=near))
            assert found == pytest.approx(exact, rel=2e-5, abs=1e-8)
    for limit, there in [(0, kl.kl_divergence(B, A)), (1, kl.kl_divergence(A, B))]:
        for near in (limit - 1e-9, limit, limit + 1e-9):
            found = float(kl.alpha_divergence(A, B, alpha=near))
            assert found == pytest.approx(float(there), rel=1e-7)


def test_support_decides_what_is_infinite():
    wide, narrow = [0.5, 0.3, 0.2], [0.6, 0.4, 0.0]
    apart = [0.0, 0.0, 1.0]
    for order in (0, 0.5, 0.999):
        assert np.isfinite(kl.renyi_divergence(wide, narrow, order=order))
        assert kl.renyi_divergence(narrow, apart, order=order) == np.inf
    for order in (1, 1.5, np.inf):
        assert kl.renyi_divergence(wide, narrow, order=order) == np.inf
        assert np.isfinite(kl.renyi_divergence(narrow, wide, order=order))
    for alpha in (-1, 0):
        assert np.isfinite(kl.alpha_divergence(wide, narrow, alpha=alpha))
        assert kl.alpha_divergence(narrow, wide, alpha=alpha) == np.inf
    for alpha in (0.1, 0.5, 0.9):
        found = float(kl.alpha_divergence(narrow, apart, alpha=alpha))
        assert found == pytest.approx(1 / (alpha * (1 - alpha)))
    assert kl.jeffreys_divergence(wide, narrow) == np.inf


@given(seeds, sizes)
def test_renyi_never_falls_with_its_order(seed, k):
    p, q = draw(seed, k), draw(seed + 1, k)
    values = [float(kl.renyi_divergence(p, q, order=order)) for order in ORDERS]
    assert np.all(np.diff(values) >= -1e-9 * np.array(values[1:]))


@given(seeds, sizes, st.sampled_from(ALPHAS))
def test_alpha_mirrors(seed, k, alpha):
    p, q = draw(seed, k), draw(seed + 1, k)
    there = float(kl.alpha_divergence(p, q, alpha=alpha))
    back = float(kl.alpha_divergence(q, p, alpha=1 - alpha))
    assert there == pytest.approx(back, rel=1e-9)


@given(seeds, st.integers(1, 12))
def test_w1_is_the_cheapest_plan_and_the_best_critic(seed, k):
    rng = np.random.default_rng(seed)
    x, p, q = rng.normal(size=k).round(1), draw(seed, k), draw(seed + 1, k)
    found = float(kl.wasserstein_1d(x, p, q))
    assert found == pytest.approx(oracle.transport(x, p, q), rel=1e-8, abs=1e-9)
    assert found == pytest.approx(oracle.best_critic(x, p, q), rel=1e-8, abs=1e-9)
    assert found == pytest.approx(stats.wasserstein_distance(x, x, p, q), abs=1e-12)


def test_w1_of_two_samples():
    rng = np.random.default_rng(0)
    x_p, x_q = rng.normal(size=40), rng.normal(1, 2, size=60)
    p, q = np.repeat([1 / 40, 0], [40, 60]), np.repeat([0, 1 / 60], [40, 60])
    found = float(kl.wasserstein_1d([*x_p, *x_q], p, q))
    assert found == pytest.approx(stats.wasserstein_distance(x_p, x_q))


def test_w1_knows_the_ruler():
    x = np.array([3.0, 0.0, 10.0])
    once = float(kl.wasserstein_1d(x, A, B))
    assert float(kl.wasserstein_1d(2 * x + 7, A, B)) == pytest.approx(2 * once)
    assert float(kl.wasserstein_1d(-x, A, B)) == pytest.approx(once)
    assert float(kl.wasserstein_1d(np.zeros(3), A, B)) == 0
    assert kl.wasserstein_1d(x, [A, B], A).shape == (2,)


@pytest.mark.parametrize(
    "call",
    [
        lambda p, q, **how: kl.renyi_divergence(p, q, order=2, **how),
        lambda p, q, **how: kl.renyi_divergence(p, q, order=0.3, **how),
        lambda p, q, **how: kl.renyi_divergence(p, q, order=np.inf, **how),
        lambda p, q, **how: kl.alpha_divergence(p, q, alpha=0.3, **how),
        kl.jeffreys_divergence,
    ],
)
def test_shapes_axes_and_units(call):
    p, q = draw(0, 4, 3), draw(1, 5, 1, 3)
    both = call(p, q)
    assert both.shape == (5, 4)
    assert both[3, 2] == pytest.approx(float(call(p[2], q[3, 0])))
    assert np.allclose(call(p.T, q[:, 0].T[:, :4], axis=0), call(p, q[:4, 0]))
    assert np.allclose(call(p, q, base=2), both / np.log(2))
    assert np.isfinite(call(np.float32(A), np.float32(B)))


def test_f_broadcasts_and_takes_an_axis():
    def tv(t):
        return np.abs(t - 1) / 2

    p, q = draw(0, 4, 3), draw(1, 5, 1, 3)
    assert np.allclose(kl.f_divergence(p, q, tv), kl.total_variation(p, q))
    by_columns = kl.f_divergence(p.T, q[:4, 0].T, tv, axis=0)
    assert np.allclose(by_columns, kl.total_variation(p, q[:4, 0]))


def test_inputs_stay_as_they_are():
    x, p, q = [1.0, 0.0, 5.0], np.array(A), np.array(B)
    kl.wasserstein_1d(x, p, q), kl.renyi_divergence(p, q, order=2)
    kl.f_divergence(p, q, lambda t: (t - 1) ** 2)
    assert x == [1.0, 0.0, 5.0] and p.tolist() == A and q.tolist() == B


LIMITS = {"at_zero": 0, "slope_at_infinity": 1.0}
WRONG = {
    "a negative order": (
        lambda: kl.renyi_divergence(A, B, order=-1),
        "`order` is -1 … from 0 on … exchange `p` and `q`",
    ),
    "nan": (lambda: kl.renyi_divergence(A, B, order=np.nan), "`order` is nan"),
    "an array": (lambda: kl.renyi_divergence(A, B, order=[1, 2]), "`order` is [1, 2]"),
    "an endless alpha": (
        lambda: kl.alpha_divergence(A, B, alpha=np.inf),
        "`alpha` is inf; pass a finite number: 0 for D(Q‖P), 1 for D(P‖Q)",
    ),
    "alpha is text": (lambda: kl.alpha_divergence(A, B, alpha="1"), "`alpha` is '1'"),
    "samples": (
        lambda: kl.alpha_divergence([-1.0, 2.0], [0.5, 0.5], alpha=0.5),
        "`p` has a negative entry … samples or logits",
    ),
    "a base": (lambda: kl.jeffreys_divergence(A, B, base=1), "`base` is 1"),
    "other outcomes": (
        lambda: kl.jeffreys_divergence(A, [0.5, 0.5]),
        "`p` has 3 outcomes along axis … has 2",
    ),
    "f(1) is not 0": (
        lambda: kl.f_divergence(A, B, lambda t: t**2),
        "`f` gives 1 at the ratio 1 … Subtract that constant",
    ),
    "upside down": (
        lambda: kl.f_divergence(A, B, np.log),
        "`f` bends down near the ratio … convex … Is its sign reversed",
    ),
    "one number at a time": (
        lambda: kl.f_divergence(A, B, lambda t: t if t > 1 else 0),
        "`f` must take an array of ratios … numpy functions",
    ),
    "a total": (
        lambda: kl.f_divergence(A, B, lambda t: np.sum(t)),
        "`f` returned shape () for … one value for each",
    ),
    "no value at 0": (
        lambda: kl.f_divergence([0, 1], [0.5, 0.5], lambda t: t * np.log(t)),
        "`f` gives nan at the ratio 0. Pass `at_zero`",
    ),
    "nan elsewhere": (
        lambda: kl.f_divergence(A, B, lambda t: np.log(t - 3)),
        "`f` gives nan at the ratio 0.01562. Look at its formula",
    ),
    "no slope": (
        lambda: kl.f_divergence([0.5, 0.5], [1, 0], lambda t: t - 1),
        "`slope_at_infinity` is missing, and `p` has mass where `q` has none",
    ),
    "a slope that is none": (
        lambda: kl.f_divergence(
            [0.5, 0.5], [1, 0], lambda t: t - 1, slope_at_infinity="1"
        ),
        "`slope_at_infinity` is '1'; pass a number, or np.inf",
    ),
    "a ratio without end": (
        lambda: kl.f_divergence([0.5, 0.5], [5e-324, 1.0], lambda t: t - 1),
        "`q` has an entry as small as 4.94e-324 … overflows … `kl_divergence`",
    ),
    "places missing": (
        lambda: kl.wasserstein_1d([0.0, 1.0], A, B),
        "`x` has shape (2,), but `p` and `q` have 3 outcomes … the same order",
    ),
    "a place that is nan": (
        lambda: kl.wasserstein_1d([0.0, np.nan, 1.0], A, B),
        "`x` contains nan at index (1,)",
    ),
    "samples for weights": (
        lambda: kl.wasserstein_1d([0.0, 1.0, 2.0], [3, 5, 2], B),
        "`p` sums to 10 … look like counts",
    ),
}


@pytest.mark.parametrize(("call", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_named(call, said):
    with pytest.raises(ValueError) as error:
        call()
    text, at = str(error.value), 0
    for part in said.split(" … "):
        assert part in text[at:], text
        at = text.index(part, at)
