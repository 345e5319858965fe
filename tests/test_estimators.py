"""k1, k2 and k3 against enumeration and 50 digits; standard errors against scipy;
histograms against counting by hand, neighbours against scipy's trees."""

import numpy as np
import pytest
from mpmath import mp, mpf
from oracles import claims as oracle
from oracles import estimators
from scipy import stats

import kl_helpers as kl

P, Q = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])


def average(estimator, p=P, q=Q):
    """The exact mean over samples of p."""
    return float(p @ estimator(np.log(p), np.log(q)))


@pytest.mark.parametrize(("p", "q"), [(P, Q), (Q, P), (P, P[::-1])])
def test_k1_and_k3_average_to_the_kl_with_the_sampler_first(p, q):
    exact = float(oracle.kl(p.tolist(), q.tolist()))
    assert average(kl.kl_k1, p, q) == pytest.approx(exact, rel=1e-12)
    assert average(kl.kl_k3, p, q) == pytest.approx(exact, rel=1e-12)


def test_k2_agrees_to_second_order_only():
    off = []
    for step in (1e-3, 1e-2, 1.0):
        q = P * np.exp(step * np.array([1.0, -1.0, 2.0]))
        q /= q.sum()
        exact = float(oracle.kl([mpf(x) for x in P], [mpf(x) for x in q]))
        off.append(abs(average(kl.kl_k2, P, q) / exact - 1))
    assert off[0] < 1e-2 and 5 < off[1] / off[0] < 20 and off[2] > 0.1


@pytest.mark.parametrize("log_w", [-700.0, -3.0, -1e-3, -1e-9, 0.0, 1e-12, 0.02, 5.0])
def test_each_value_to_many_digits(log_w):
    given = np.array([0.0]), np.array([log_w])
    exact = mp.exp(mpf(log_w)) - 1 - mpf(log_w)
    assert kl.kl_k3(*given)[0] == pytest.approx(float(exact), rel=1e-12)
    assert kl.kl_k1(*given)[0] == -log_w
    assert kl.kl_k2(*given)[0] == log_w**2 / 2


def test_k3_is_the_gap_to_the_tangent_and_never_negative():
    log_w = np.random.default_rng(0).normal(size=1000)
    w = np.exp(log_w)
    k3 = kl.kl_k3(np.zeros(1000), log_w)
    assert np.allclose(k3, (w - 1) - np.log(w)) and (k3 >= 0).all()


def test_impossible_under_q_is_infinite():
    for estimator in (kl.kl_k1, kl.kl_k2, kl.kl_k3):
        assert estimator([0.0], [-np.inf])[0] == np.inf


@pytest.mark.parametrize(
    ("log_p", "log_q", "said"),
    [
        ([0.0, -1.0], [-1.0], "Gather the log-probability"),
        ([-np.inf], [-1.0], "Are the arguments swapped"),
        ([np.nan], [-1.0], "never draws"),
        ([-1.0], [np.nan], "`log_q` holds a nan"),
        ([-1.0], [np.inf], "plus infinity"),
        (["a"], [0.0], "must hold real numbers"),
    ],
)
def test_wrong_samples_are_named(log_p, log_q, said):
    for estimator in (kl.kl_k1, kl.kl_k2, kl.kl_k3):
        with pytest.raises(ValueError, match=said):
            estimator(log_p, log_q)


@pytest.mark.parametrize("size", [2, 7, 1000])
def test_the_standard_error_is_scipy_s(size):
    values = np.random.default_rng(size).normal(3.0, 2.0, size)
    mean, error = kl.mean_with_error(values)
    assert mean == pytest.approx(np.sum(values) / size)
    assert error == pytest.approx(stats.sem(values))
    assert kl.mean_with_error(values[:, None]) == (mean, error)


def test_the_standard_error_covers():
    """Two standard errors hold the truth in about 95 % of many runs."""
    rng = np.random.default_rng(0)
    found = [kl.mean_with_error(rng.exponential(size=200)) for _ in range(2000)]
    inside = np.mean([abs(mean - 1) < 2 * error for mean, error in found])
    assert 0.93 < inside < 0.965


@pytest.mark.parametrize("values", [[], [1.0], 1.0, [1.0, np.inf], [1.0, np.nan]])
def test_no_error_without_two_finite_values(values):
    with pytest.raises(ValueError, match="at least two finite ones"):
        kl.mean_with_error(values)


SHAPES = {"numbers": (), "a plane": (2,), "five dimensions": (5,)}


@pytest.mark.parametrize("bins", [1, 3, 7, [-9.0, -0.5, 0.0, 2.0, 9.0]], ids=str)
def test_histograms_are_counted_as_by_hand(bins):
    rng = np.random.default_rng(0)
    x_p, x_q = rng.normal(size=60).round(1), rng.normal(1, 2, size=90).round(1)
    pooled = np.concatenate([x_p, x_q])
    edges = (
        bins if np.iterable(bins) else np.linspace(pooled.min(), pooled.max(), bins + 1)
    )
    for pair in [(x_p, x_q), (x_q, x_p)]:
        exact = float(estimators.histogram_kl(*pair, list(edges)))
        assert kl.kl_histogram(*pair, bins=bins) == pytest.approx(exact, rel=1e-12)


def test_an_empty_bin_of_the_second_is_infinite_and_of_the_first_is_not():
    assert kl.kl_histogram([0.0, 2.0], [0.0, 0.1], bins=2) == np.inf
    assert kl.kl_histogram([0.0, 0.1], [0.0, 2.0], bins=2) == pytest.approx(np.log(2))
    assert kl.kl_histogram([1.0, 1.0], [1.0]) == 0.0


def test_the_bias_of_both_sides_adds():
    """By simulation against the rule: (k - 1)/2 times 1/n + 1/m, to a tenth."""
    rng, k, n, m = np.random.default_rng(0), 8, 800, 400
    edges = np.linspace(0, 1, k + 1)
    found = np.mean(
        [kl.kl_histogram(rng.random(n), rng.random(m), bins=edges) for _ in range(2000)]
    )
    assert found == pytest.approx((k - 1) / 2 * (1 / n + 1 / m), rel=0.1)


def test_the_bias_of_the_second_depends_on_the_ratios():
    """Counts of Q alone: (sum of p/q - 1)/2m, more or less than (k - 1)/2m."""
    rng, m = np.random.default_rng(0), 2000
    for p, q in [((0.5, 0.5), (0.1, 0.9)), ((0.7, 0.3), (0.6, 0.4))]:
        p, q = np.array(p), np.array(q)
        shares = rng.multinomial(m, q, size=400_000) / m
        found = kl.kl_divergence(p, shares).mean() - kl.kl_divergence(p, q)
        assert found == pytest.approx(((p / q).sum() - 1) / (2 * m), rel=0.1)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES.keys())
@pytest.mark.parametrize("k", [1, 4])
def test_neighbours_are_those_of_scipy(shape, k):
    rng = np.random.default_rng(k)
    x_p, x_q = rng.normal(size=(70, *shape)), rng.normal(0.5, 2, size=(110, *shape))
    exact = estimators.knn_kl(x_p, x_q, k)
    assert kl.kl_knn(x_p, x_q, k=k) == pytest.approx(exact, rel=1e-12)
    swapped = estimators.knn_kl(x_q, x_p, k)
    assert kl.kl_knn(x_q, x_p, k=k) == pytest.approx(swapped, rel=1e-12)


def test_many_points_are_split_into_blocks_and_stay_the_same():
    rng = np.random.default_rng(0)
    x_p, x_q = rng.normal(size=2500), rng.normal(1, 1, size=2500)
    found = kl.kl_knn(x_p, x_q)
    assert found == pytest.approx(estimators.knn_kl(x_p, x_q, 5), rel=1e-12)
    assert abs(found - 0.5) < 0.15


LIST = [0.0, 1.0, 2.0]


@pytest.mark.parametrize(
    ("x_p", "x_q", "bins", "said"),
    [
        ([], LIST, 3, "`x_p` has shape"),
        (LIST, [LIST], 3, "`x_q` has shape .* Take one coordinate"),
        ([np.nan], LIST, 3, "`x_p` contains nan"),
        (LIST, ["a"], 3, "`x_q` must hold real numbers"),
        (LIST, LIST, 0, "`bins` is 0; pass how many"),
        (LIST, LIST, True, "`bins` is True"),
        (LIST, LIST, [0.0], "two edges in rising order"),
        (LIST, LIST, [2.0, 0.0], "two edges in rising order"),
        (LIST, LIST, [np.inf, 0.0], "`bins` contains inf"),
        (LIST, [5.0], [0.0, 3.0], "`x_q` runs from 5 to 5, but `bins` covers 0 to 3"),
    ],
)
def test_wrong_histograms_are_named(x_p, x_q, bins, said):
    with pytest.raises(ValueError, match=said):
        kl.kl_histogram(x_p, x_q, bins=bins)


@pytest.mark.parametrize(
    ("x_p", "x_q", "k", "said"),
    [
        (1.0, LIST, 1, "`x_p` has shape .* at least two points"),
        (LIST, [1.0], 1, "`x_q` has shape"),
        (LIST, [np.inf, 0.0], 1, "`x_q` contains inf"),
        (np.eye(3), LIST, 1, "`x_p` has 3 numbers a point and `x_q` has 1"),
        (LIST, LIST, 3, "whole number from 1 to 2: a point is no neighbour"),
        (LIST, LIST, 0, "`k` is 0"),
        (LIST, LIST, 1.0, "`k` is 1.0"),
        (LIST, LIST, True, "`k` is True"),
        ([0.0, 0.0, 1.0], [3.0, 4.0], 1, "repeated numbers"),
        ([0.0, 1.0], [0.0, 4.0], 1, "repeated numbers"),
    ],
)
def test_wrong_points_are_named(x_p, x_q, k, said):
    with pytest.raises(ValueError, match=said):
        kl.kl_knn(x_p, x_q, k=k)
