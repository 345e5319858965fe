"""Discrete entropy, KL, JS and TV: right to the last digits, and true to theory."""

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from oracles import reference
from oracles.reference import close, draw, nudged
from scipy import special, stats

import kl_helpers as kl
from kl_helpers import _stable

P, Q = [0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.25, 0.125]
A, B, C = [0.7, 0.2, 0.1], [0.2, 0.3, 0.5], [0.5, 0.4, 0.1]
LOG2 = np.log(2)
PAIRS = {
    "two outcomes": ([0.9, 0.1], [0.6, 0.4]),
    "three outcomes": (A, B),
    "0 in p": ([0, 0.3, 0.7], [0.1, 0.5, 0.4]),
    "0 in q": ([0.1, 0.5, 0.4], [0, 0.3, 0.7]),
    "0 in both": ([0.0, 0.3, 0.7], [0.0, 0.5, 0.5]),
    "0 on either side": ([0.0, 0.3, 0.7], [0.3, 0.0, 0.7]),
    "one outcome": ([1.0], [1.0]),
    "certain": ([1.0, 0.0], [0.25, 0.75]),
    "nothing shared": ([1.0, 0.0], [0.0, 1.0]),
    "p of 1e-300": ([1e-300, 1.0], [0.5, 0.5]),
    "q of 1e-300": ([0.5, 0.5], [1e-300, 1.0]),
    "smallest q": ([0.5, 0.5], [5e-324, 1.0]),
    "smallest p": ([5e-324, 1.0], [0.5, 0.5]),
    "smallest p, q of 0": ([5e-324, 1.0], [0.0, 1.0]),
    "almost nothing shared": ([1 - 4e-9, 4e-9], [2e-9, 1 - 2e-9]),
    "wide range": ([1e-9, 1e-5, 0.1, 0.89999 - 1e-9], [0.7, 0.1, 0.2 - 1e-8, 1e-8]),
}
each_pair = pytest.mark.parametrize(("p", "q"), PAIRS.values(), ids=PAIRS.keys())
seeds = st.integers(0, 2**32 - 1)
sizes = st.one_of(st.integers(1, 20), st.sampled_from([100, 333, 1000]))


@each_pair
def test_against_fifty_digits(p, q):
    assert close(kl.kl_divergence(p, q), reference.kl(p, q))
    assert close(kl.cross_entropy(p, q), reference.cross_entropy(p, q))
    assert close(kl.entropy(p), reference.entropy(p))
    assert close(kl.total_variation(p, q), reference.total_variation(p, q))


@each_pair
def test_js_against_fifty_digits(p, q):
    assert close(kl.js_divergence(p, q), reference.js(p, q))
    assert close(kl.js_distance(p, q), reference.mp.sqrt(reference.js(p, q)), tiny=1e-9)


@each_pair
def test_against_scipy(p, q):
    expected = special.rel_entr(p, q).sum()
    assert float(kl.kl_divergence(p, q)) == pytest.approx(expected, rel=1e-9, abs=1e-15)
    assert float(kl.entropy(p)) == pytest.approx(stats.entropy(p), rel=1e-12)


@given(seeds, st.integers(2, 50))
def test_against_torch(seed, k):
    p, q = draw(seed, k), draw(seed + 1, k)
    worlds = [torch.distributions.Categorical(torch.from_numpy(x)) for x in (p, q)]
    expected = torch.distributions.kl_divergence(*worlds).item()
    assert float(kl.kl_divergence(p, q)) == pytest.approx(expected, rel=1e-9, abs=1e-13)


@given(seeds, sizes, st.floats(-13, 1).map(lambda x: 10**x))
def test_kl_of_nearly_equal_distributions(seed, k, eps):
    p = draw(seed, k)
    q = nudged(p, seed + 1, eps)
    found, true = float(kl.kl_divergence(p, q)), reference.kl(p, q)
    assert found >= 0
    assert close(found, true)
    assert float(kl.kl_divergence(p, p)) == 0


@given(seeds, sizes, st.floats(-13, 1).map(lambda x: 10**x))
def test_kl_from_nearly_equal_logits(seed, k, eps):
    rng = np.random.default_rng(seed)
    a = rng.normal(scale=3, size=k)
    b = a + eps * rng.normal(size=k)
    found = float(kl.kl_from_logits(a, b))
    assert found >= 0
    assert close(found, reference.kl_softmax(a, b))
    assert float(kl.kl_from_logits(a, a)) == 0


@given(seeds, sizes, st.floats(-7, 1).map(lambda x: 10**x))
def test_js_of_nearly_equal_distributions(seed, k, eps):
    p = draw(seed, k)
    q = nudged(p, seed + 1, eps)
    assert close(kl.js_divergence(p, q), reference.js(p, q))


NO = -np.inf
LOGITS = {
    "huge": ([1000.0, 0.0, -1000.0], [-1000.0, 500.0, 1000.0]),
    "far down": ([-1000.0, -1001.0], [-1002.0, -1000.0]),
    "mask on p": ([0.5, NO, 1.0], [0.1, 0.2, 0.3]),
    "mask on q": ([0.1, 0.2, 0.3], [0.5, NO, 1.0]),
    "same mask": ([0.5, NO, 1.0], [1.5, NO, 0.0]),
    "one left": ([0.0, NO, NO], [3.0, 1.0, NO]),
    "smallest softmax": ([0.0, -740.0], [-740.0, 0.0]),
    "shifted": ([1.0, 2.0, 3.0], [1001.0, 1002.0, 1003.5]),
}


@pytest.mark.parametrize(("a", "b"), LOGITS.values(), ids=LOGITS.keys())
def test_logits_against_fifty_digits(a, b):
    assert close(kl.kl_from_logits(a, b), reference.kl_softmax(a, b), rel=1e-12)
    assert close(kl.kl_from_logits(b, a), reference.kl_softmax(b, a), rel=1e-12)


def test_logits_are_log_probabilities_up_to_a_constant():
    a, b = np.log(A) + 7, np.log(B) - 3
    assert float(kl.kl_from_logits(a, b)) == pytest.approx(
        float(kl.kl_divergence(A, B))
    )


KNOWN = [
    (P, Q, 2, 0.625, 0.5),
    (A, B, None, 0.6349, 0.6758),
    ([0.9, 0.1], [0.6, 0.4], None, 0.2263, 0.3112),
    ([0.6, 0.3, 0.1], [0.1, 0.3, 0.6], None, 0.8959, 0.8959),
    ([0.6, 0.3, 0.1], [0.3, 0.1, 0.6], None, 0.5663, 0.7573),
]


@pytest.mark.parametrize(("p", "q", "base", "there", "back"), KNOWN)
def test_known_values_in_both_directions(p, q, base, there, back):
    assert float(kl.kl_divergence(p, q, base=base)) == pytest.approx(there, abs=5e-5)
    assert float(kl.kl_divergence(q, p, base=base)) == pytest.approx(back, abs=5e-5)


@given(seeds, st.integers(2, 12), st.data())
def test_only_an_exchange_of_outcomes_is_sure_to_be_symmetric(seed, k, data):
    p = draw(seed, k)
    i, j = data.draw(st.permutations(range(k)))[:2]
    q = p.copy()
    q[[i, j]] = p[[j, i]]
    there, back = kl.kl_divergence(p, q), kl.kl_divergence(q, p)
    assert float(there) == pytest.approx(float(back), rel=1e-12)


UNITS = [kl.kl_divergence, kl.cross_entropy, kl.js_divergence]


@pytest.mark.parametrize("function", UNITS)
@pytest.mark.parametrize("base", [2, 10, 2.5, np.float64(3)])
def test_base_is_a_change_of_unit(function, base):
    nats = float(function(A, B))
    assert float(function(A, B, base=base)) == pytest.approx(nats / np.log(base))
    assert float(kl.entropy(A, base=base)) == pytest.approx(stats.entropy(A, base=base))
    logits = kl.kl_from_logits(np.log(A), np.log(B), base=base)
    assert float(logits) == pytest.approx(stats.entropy(A, B, base=base))


def test_base_of_js_distance_is_under_the_root():
    expected = np.sqrt(float(kl.js_divergence(A, B)) / LOG2)
    assert float(kl.js_distance(A, B, base=2)) == pytest.approx(expected)


PAIRWISE = [*UNITS, kl.js_distance, kl.total_variation, kl.kl_from_logits]


@pytest.mark.parametrize("function", PAIRWISE)
def test_batches_and_axes(function):
    p, q = draw(1, 4, 1, 6), draw(2, 5, 6)
    found = function(p, q)
    assert found.shape == (4, 5)
    for i, j in np.ndindex(4, 5):
        single = float(function(p[i, 0], q[j]))
        assert found[i, j] == pytest.approx(single, rel=1e-13)
    pair_p, pair_q = draw(3, 4, 6), draw(4, 4, 6)
    assert np.array_equal(
        function(pair_p.T, pair_q.T, axis=0), function(pair_p, pair_q)
    )
    assert function(np.ones((0, 3)) / 3, [0.2, 0.3, 0.5]).shape == (0,)


INPUTS = {
    "list": list,
    "tuple": tuple,
    "array": np.array,
    "torch tensor": torch.tensor,
    "reversed view": lambda x: np.array(x[::-1])[::-1],
}


@pytest.mark.parametrize("make", INPUTS.values(), ids=INPUTS.keys())
def test_kinds_of_input(make):
    p, q = make(P), make(Q)
    assert float(kl.kl_divergence(p, q, base=2)) == pytest.approx(0.625, abs=1e-7)
    assert float(kl.entropy(p, base=2)) == pytest.approx(1.75, abs=1e-7)
    assert float(kl.cross_entropy(p, q, base=2)) == pytest.approx(2.375, abs=1e-7)


def test_whole_numbers_and_truth_values_are_probabilities_too():
    assert float(kl.kl_divergence([0, 1], [0.5, 0.5], base=2)) == 1
    assert float(kl.kl_divergence([True, False], [1, 0])) == 0
    assert float(kl.js_divergence([1, 0], [0, 1], base=2)) == 1


def test_a_sum_slightly_off_leaves_the_contract_intact():
    p, q = np.array([0.7, 0.3 + 4e-9]), np.array([0.7 - 5e-9, 0.3])
    assert close(kl.kl_divergence(p, q), reference.kl(p, q))
    p, q = np.array([0.7, 0.3 + 9e-9]), np.array([0.2 - 9e-9, 0.8])
    assert close(kl.kl_divergence(p, q), reference.kl(p, q))


def test_blocks_equal_the_sum_of_the_terms():
    k, rows = 50, 3000  # several blocks, the last one shorter
    assert rows * k > 4 * _stable.BLOCK
    p, q = draw(5, rows, k), draw(6, rows, k)
    q[::3] = nudged(p[::3], 7, 1e-9)  # below SUSPECT
    p[1::5, 0] = 0
    q[2::7, 1] = 0
    p[4::11, 2] = q[4::11, 2] = 0
    q[5::13] = p[5::13]
    p, q = (x / x.sum(-1, keepdims=True) for x in (p, q))
    found = _stable.kl_sum(p, q, tolerances=(1e-8, 1e-8))
    expected = _stable.kl_terms(p, q).sum(-1)
    assert np.isinf(expected).any() and (expected == 0).any()
    assert np.allclose(found, expected, rtol=1e-11, atol=0)


@given(st.one_of(st.floats(-700, 700), st.floats(-0.04, 0.04)))
@example(0.0299)
@example(-0.0299)
@example(0.0301)
@example(3e-4)
def test_tangent_gap(x):
    x = x if abs(x) > 1e-15 else 1e-15  # below, 50 digits are not enough
    true = reference.mp.expm1(x) - reference.mpf(x)
    assert close(_stable.tangent_gap(x), true, rel=3e-13, tiny=1e-300)


@given(seeds, st.integers(2, 30))
def test_gibbs_and_cross_entropy(seed, k):
    p, q = draw(seed, k), draw(seed + 1, k)
    assert float(kl.kl_divergence(p, q)) > 0
    extra = float(kl.cross_entropy(p, q) - kl.entropy(p))
    assert extra == pytest.approx(float(kl.kl_divergence(p, q)), rel=1e-11, abs=1e-13)
    assert 0 <= float(kl.entropy(p)) <= np.log(k) * (1 + 1e-15)
    assert float(kl.entropy(np.full(k, 1 / k))) == pytest.approx(np.log(k))


@given(seeds, st.integers(2, 9), st.integers(2, 9))
def test_kl_adds_up_over_independent_parts(seed, k, m):
    (p, q), (r, s) = draw(seed, 2, k), draw(seed + 1, 2, m)
    together = kl.kl_divergence(np.outer(p, r).ravel(), np.outer(q, s).ravel())
    parts = float(kl.kl_divergence(p, q) + kl.kl_divergence(r, s))
    assert float(together) == pytest.approx(parts, rel=1e-11)


@given(seeds, st.integers(2, 9))
def test_chain_rule_on_two_steps_of_a_markov_chain(seed, k):
    (p, q), move_p, move_q = (
        draw(seed, 2, k),
        draw(seed + 1, k, k),
        draw(seed + 2, k, k),
    )
    paths = kl.kl_divergence(
        (p[:, None] * move_p).ravel(), (q[:, None] * move_q).ravel()
    )
    steps = kl.kl_divergence(p, q) + p @ kl.kl_divergence(move_p, move_q)
    assert float(paths) == pytest.approx(float(steps), rel=1e-11)


@given(seeds, st.integers(3, 12))
def test_processing_never_raises_a_divergence(seed, k):
    (p, q), noise = draw(seed, 2, k), draw(seed + 1, k, k)
    merged_p, merged_q = ([x[0] + x[1], *x[2:]] for x in (p, q))
    for function in (kl.kl_divergence, kl.js_divergence, kl.total_variation):
        before = float(function(p, q)) * (1 + 1e-12)
        assert float(function(merged_p, merged_q)) <= before
        assert float(function(p @ noise, q @ noise)) <= before


@given(seeds, st.integers(1, 12), st.sampled_from([0.02, 0.7, 5]))
def test_bounded_relatives(seed, k, concentration):
    p, q, r = draw(seed, 3, k, concentration=concentration)
    js, tv = float(kl.js_divergence(p, q)), float(kl.total_variation(p, q))
    assert 0 <= js <= LOG2 and 0 <= tv <= 1
    assert float(kl.js_divergence(q, p)) == js
    assert float(kl.total_variation(q, p)) == tv
    assert tv**2 / 2 <= js * (1 + 1e-12) and js <= tv * LOG2 * (1 + 1e-12)
    assert 2 * tv**2 <= float(kl.kl_divergence(p, q)) * (1 + 1e-12)  # Pinsker
    detour = float(kl.js_distance(p, r) + kl.js_distance(r, q))
    assert float(kl.js_distance(p, q)) <= detour * (1 + 1e-12)
