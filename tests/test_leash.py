"""The best policy on a leash, and the best of n, against algebra and enumeration."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import claims as oracle
from oracles import leash as oracles
from scipy import optimize, special

import kl_helpers as kl

REF, REWARD = np.array([0.7, 0.2, 0.1]), np.array([0.0, 1.0, 2.0])


def bandits(seed, count=20):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        k = int(rng.integers(2, 9))
        beta = float(rng.uniform(0.05, 5))
        yield rng.dirichlet(np.ones(k)), rng.normal(size=k), beta


def J(pi, ref, reward, beta):
    return pi @ reward - beta * kl.kl_divergence(pi, ref)


@pytest.mark.parametrize("beta", [10, 1, 0.3, 0.1])
def test_the_optimum_fulfils_its_condition_in_fifty_digits(beta):
    found = kl.leash_optimum(REF, REWARD, beta=beta)
    assert np.allclose(found, np.array(oracles.optimum(REF, REWARD, beta), float))


def test_the_optimum_is_where_an_optimiser_ends():
    for ref, reward, beta in bandits(0, 8):
        found = optimize.minimize(
            lambda z, r=ref, R=reward, b=beta: -J(special.softmax(z), r, R, b),
            np.log(ref),
            tol=1e-12,
        )
        best = kl.leash_optimum(ref, reward, beta=beta)
        assert np.allclose(special.softmax(found.x), best, atol=1e-4)
        assert -found.fun <= J(best, ref, reward, beta) + 1e-12


def test_what_a_policy_lacks_is_beta_times_its_kl_to_the_optimum():
    rng = np.random.default_rng(1)
    for ref, reward, beta in bandits(2):
        pi = rng.dirichlet(np.ones(ref.size))
        star = kl.leash_optimum(ref, reward, beta=beta)
        value = beta * special.logsumexp(reward / beta, b=ref)
        lacks = beta * kl.kl_divergence(pi, star)
        assert J(pi, ref, reward, beta) == pytest.approx(value - lacks, abs=1e-10)
        assert J(star, ref, reward, beta) == pytest.approx(value, abs=1e-10)


def test_scale_and_zero_of_the_reward_cannot_be_seen():
    for ref, reward, beta in bandits(3):
        star = kl.leash_optimum(ref, reward, beta=beta)
        assert np.allclose(star, kl.leash_optimum(ref, 3 * reward + 7, beta=3 * beta))


def test_a_log_ratio_is_a_reward_up_to_a_constant():
    for ref, reward, beta in bandits(4):
        hidden = beta * np.log(kl.leash_optimum(ref, reward, beta=beta) / ref)
        assert np.allclose(hidden - hidden[0], reward - reward[0])


def test_the_kl_of_the_optimum_falls_with_beta():
    ref, reward, _ = next(bandits(5))
    betas = np.geomspace(0.01, 100, 30)
    stars = kl.leash_optimum(ref, reward, beta=betas)
    assert stars.shape == (30, ref.size)
    assert (np.diff(kl.kl_divergence(stars, ref)) < 0).all()


def test_extreme_prices_and_rewards_stay_finite():
    assert np.allclose(kl.leash_optimum(REF, REWARD, beta=1e-6), [0, 0, 1])
    assert np.allclose(kl.leash_optimum(REF, REWARD, beta=1e9), REF)
    assert np.allclose(
        kl.leash_optimum(REF, REWARD + 1e8, beta=1),
        [*map(float, oracles.optimum(REF, REWARD, 1))],
    )
    assert kl.leash_optimum([0.5, 0.5, 0], [0, 0, 9], beta=0.1).tolist() == [
        0.5,
        0.5,
        0,
    ]


def test_rows_broadcast():
    refs = np.array([[0.5, 0.5], [0.9, 0.1]])
    found = kl.leash_optimum(refs, [0, 1], beta=[1.0, 2.0])
    for row, ref, beta in zip(found, refs, (1, 2), strict=True):
        assert np.allclose(row, kl.leash_optimum(ref, [0, 1], beta=beta))
    twice = kl.best_of_n(refs, [0, 1], 3)
    assert np.allclose(twice[1], kl.best_of_n(refs[1], [0, 1], 3))


@pytest.mark.parametrize(
    ("ref", "reward", "n"),
    [
        (["7/10", "2/10", "1/10"], [0, 1, 2], 2),
        (["7/10", "2/10", "1/10"], [2, 0, 1], 4),
        (["1/4"] * 4, [1, 2, 3, 4], 4),
        (["1/4"] * 4, [1, 1, 3, 3], 3),
        (["1/2", "1/3", "1/6"], [5, 5, 5], 3),
        (["1/2", "1/2", "0"], [1, 2, 3], 3),
        (["3/8", "1/8", "1/2"], [1, 1, 0], 1),
    ],
)
def test_the_best_of_n_is_what_a_list_of_all_draws_gives(ref, reward, n):
    exact = [float(share) for share in oracles.best_of(ref, reward, n)]
    found = kl.best_of_n([float(Fraction(p)) for p in ref], reward, n)
    assert np.allclose(found, exact, rtol=1e-12, atol=1e-15)


@given(
    st.lists(st.floats(0.01, 1), min_size=2, max_size=6),
    st.lists(st.integers(0, 3), min_size=6, max_size=6),
    st.integers(1, 40),
)
def test_the_bound_holds_and_the_reward_rises(weights, reward, n):
    ref = np.array(weights) / np.sum(weights)
    law, reward = kl.best_of_n(ref, reward[: ref.size], n), np.array(reward[: ref.size])
    assert law.sum() == pytest.approx(1) and (law >= 0).all()
    assert kl.kl_divergence(law, ref) <= np.log(n) - (n - 1) / n + 1e-9
    assert law @ reward >= ref @ reward - 1e-9


def test_ties_lower_the_kl_and_fine_answers_reach_the_bound():
    even = np.full(4, 1 / 4)
    for n in (4, 16):
        found = kl.kl_divergence(kl.best_of_n(even, [1, 2, 3, 4], n), even)
        assert found == pytest.approx(
            float(oracles.kl_of_best_uniform(4, n)), rel=1e-12
        )
        tied = kl.kl_divergence(kl.best_of_n(even, [1, 1, 2, 2], n), even)
        assert tied < found
    fine = np.full(4000, 1 / 4000)
    found = kl.kl_divergence(kl.best_of_n(fine, np.arange(4000), 16), fine)
    assert found == pytest.approx(float(oracles.kl_of_best_atomless(16)), abs=1e-4)


def test_many_draws_keep_their_digits():
    """Rare answers: F^n - F⁻^n would lose them to rounding."""
    ref = np.array([1e-13, 1 - 2e-13, 1e-13])
    found = kl.best_of_n(ref, [0, 1, 2], 5)
    assert found[2] == pytest.approx(5e-13, rel=1e-3)
    assert found[0] < 1e-60


def test_one_draw_is_the_reference():
    assert np.allclose(kl.best_of_n(REF, REWARD, 1), REF)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kl.leash_optimum(REF, REWARD, beta=0), ("`beta`", "above 0", "leash")),
        (lambda: kl.leash_optimum(REF, REWARD, beta=-1), ("`beta`", "-1")),
        (lambda: kl.leash_optimum(REF, [0, 1], beta=1), ("`ref` has 3", "`reward`")),
        (lambda: kl.leash_optimum(REF, [0, 1, np.inf], beta=1), ("`reward`", "finite")),
        (lambda: kl.leash_optimum([0.7, 0.2], [0, 1], beta=1), ("`ref` sums to 0.9",)),
        (lambda: kl.best_of_n(REF, REWARD, 0), ("`n` is 0", "whole number from 1")),
        (lambda: kl.best_of_n(REF, REWARD, 2.5), ("`n` is 2.5",)),
        (lambda: kl.best_of_n(REF, REWARD, True), ("`n` is True",)),
    ],
)
def test_errors_name_the_argument_and_the_cure(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert all(word in str(error.value) for word in words), error.value


def test_the_oracle_agrees_with_itself():
    """Its optimum beats its neighbours by its own measure."""
    star = oracles.optimum(REF, REWARD, 0.5)
    top = oracles.value(star, REF, REWARD, 0.5)
    for shift in (0.01, -0.01):
        near = [star[0] + shift, star[1] - shift, star[2]]
        assert oracles.value(near, REF, REWARD, 0.5) < top
    forward = oracles.forward_optimum(REF, REWARD, 1)
    for shift in (0.01, -0.01):
        near = [forward[0] + shift, forward[1] - shift, forward[2]]
        assert oracles.average(near, REWARD) - oracle.kl(REF, near) < (
            oracles.average(forward, REWARD) - oracle.kl(REF, forward)
        )
