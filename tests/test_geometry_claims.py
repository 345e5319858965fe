"""What chapter 14 says about steps and projections, against search and 50 digits."""

import numpy as np
import pytest
from mpmath import mp, mpf
from oracles import geometry

import kl_helpers as kl
from kl_helpers.exercises import ch14


def fisher(pi):
    return np.diag(pi) - np.outer(pi, pi)


@pytest.mark.parametrize("seed", range(4))
def test_both_curvatures_are_the_fisher_matrix_of_a_softmax(seed):
    """Second derivatives of the definition, in 50 digits, against diag(p) − ppᵀ."""
    z = np.random.default_rng(seed).normal(size=3)

    def law(logits):
        w = [mp.exp(v) for v in logits]
        return [v / mp.fsum(w) for v in w]

    here = law([mpf(float(v)) for v in z])
    for moving_first in (True, False):

        def toll(*logits, moving_first=moving_first):
            pair = (law(logits), here)
            return geometry.kl(*(pair if moving_first else pair[::-1]))

        for i in range(3):
            for j in range(3):
                order = [0, 0, 0]
                order[i] += 1
                order[j] += 1
                exact = mp.diff(toll, [mpf(float(v)) for v in z], tuple(order))
                ours = fisher(ch14.softmax(z))[i, j]
                assert ours == pytest.approx(float(exact), rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_two_directions_differ_in_third_order_only(seed):
    rng = np.random.default_rng(seed)
    z, way = rng.normal(size=(2, 5))
    gaps = []
    for size in (1e-1, 1e-2, 1e-3):
        there, back = (
            kl.kl_from_logits(z, z + size * way),
            kl.kl_from_logits(z + size * way, z),
        )
        gaps.append(abs(there / back - 1))
        half_square = size**2 * way @ fisher(ch14.softmax(z)) @ way / 2
        assert there == pytest.approx(half_square, rel=10 * size)
    assert gaps[0] / gaps[1] == pytest.approx(10, rel=0.5)
    assert gaps[1] / gaps[2] == pytest.approx(10, rel=0.1)


@pytest.mark.parametrize("seed", range(4))
def test_no_step_of_the_price_gains_more_than_the_natural_one(seed):
    rng = np.random.default_rng(seed)
    z, R = rng.normal(size=(2, 4))
    pi, budget = ch14.softmax(z), 1e-6
    plain, natural = ch14.two_steps(z, R, budget)
    others = rng.normal(size=(20_000, 4))
    prices = np.einsum("ai,ij,aj->a", others, fisher(pi), others) / 2
    others *= np.sqrt(budget / prices)[:, None]

    def gain(step):
        return ch14.softmax(z + step) @ R - pi @ R

    best = max(gain(step) for step in others)
    assert gain(natural) > 0.998 * best and gain(natural) > gain(plain)
    exact = np.sqrt(2 * budget * (pi @ R**2 - (pi @ R) ** 2))
    assert gain(natural) == pytest.approx(exact, rel=1e-2)
    for step in (plain, natural):
        assert kl.kl_from_logits(z, z + step) == pytest.approx(budget, rel=1e-2)


@pytest.mark.parametrize("seed", range(4))
def test_the_natural_step_does_not_depend_on_the_parameters(seed):
    """Logits as A·w for any invertible A: the same policy afterwards."""
    rng = np.random.default_rng(seed)
    z, R = rng.normal(size=(2, 3))
    A = rng.normal(size=(3, 3)) + 2 * np.eye(3)
    F, g = fisher(ch14.softmax(z)), fisher(ch14.softmax(z)) @ R
    in_z = np.linalg.pinv(F) @ g
    in_w = A @ (np.linalg.pinv(A.T @ F @ A) @ (A.T @ g))
    assert np.allclose(ch14.softmax(z + in_z), ch14.softmax(z + in_w))
    plain = ch14.softmax(z + A @ A.T @ g)
    assert not np.allclose(plain, ch14.softmax(z + g), atol=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_tilt_is_nearest_and_splits_every_kl(seed):
    rng = np.random.default_rng(seed)
    q, x = rng.dirichlet(np.full(5, 3.0)), np.arange(5.0)
    star = ch14.nearest_with_mean(q, x, 2.3)
    searched = geometry.nearest_by_search(q, x, 2.3)
    assert np.allclose(star, searched, atol=1e-5)
    low, high = np.eye(5)[0], np.eye(5)[-1]
    for _ in range(20):
        p = rng.dirichlet(np.ones(5))
        goal = high if p @ x < 2.3 else low
        share = (2.3 - p @ x) / (goal @ x - p @ x)
        p = (1 - share) * p + share * goal  # another law of this mean
        parts = kl.kl_divergence(p, star) + kl.kl_divergence(star, q)
        assert kl.kl_divergence(p, q) == pytest.approx(parts, rel=1e-9)
        swapped = kl.kl_divergence(star, p) + kl.kl_divergence(q, star)
        assert abs(kl.kl_divergence(q, p) / swapped - 1) > 1e-4


def test_dice_with_a_rare_mean_look_like_the_tilt():
    """By counting all 6^5 rolls with the mean 4.2, and by the law of large numbers."""
    rolls = np.indices((6,) * 5).reshape(5, -1) + 1
    kept = rolls[:, rolls.sum(0) == 21]
    shares = np.array([(kept[0] == k).mean() for k in range(1, 7)])
    _, star = geometry.tilt([mpf(1) / 6] * 6, range(1, 7), "4.2")
    assert float(geometry.kl(shares.tolist(), star)) < 0.01
    assert float(geometry.kl([mpf(1) / 6] * 6, star)) > 0.05
