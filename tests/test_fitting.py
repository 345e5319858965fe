"""Fits of one Gaussian to a mixture: true minima, and none of them missed."""

import time

import numpy as np
import pytest
from oracles import reference
from scipy import optimize

import kl_helpers as kl

GAUSS, GAUSS_WEIGHTS = np.polynomial.legendre.leggauss(16)  # in each of 64 panels
NODES = (np.linspace(-10, 10, 65)[:-1, None] + (GAUSS + 1) * 10 / 64).ravel()
NODE_WEIGHTS = np.tile(GAUSS_WEIGHTS, 64) * np.exp(-(NODES**2) / 2)
NODE_WEIGHTS /= NODE_WEIGHTS.sum()


def hills(m):
    return ([0.5, 0.5], [-m, m], [1.0, 1.0])


def random_mixture(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    weights = rng.dirichlet(np.full(k, 3.0))
    return weights, rng.uniform(-5, 5, size=k), rng.uniform(0.5, 1.5, size=k)


TARGETS = {
    "one hill": ([1.0], [3.0], [0.5]),
    "close hills": hills(2),
    "hills that just part": hills(2.45),
    "far hills": hills(4),
    "unequal weights": ([0.7, 0.3], [-3, 3], [1, 1]),
    "unequal widths": ([0.4, 0.6], [-2.0, 3.0], [0.5, 1.5]),
    **{f"random {seed}": random_mixture(seed) for seed in range(5)},
}
each_target = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS.keys())


def objective(point, target):
    """KL(q to the mixture) at (mu, log sigma), by Gauss-Legendre quadrature."""
    weights, means, sigmas = map(np.asarray, target)
    x = point[0] + np.exp(point[1]) * NODES[:, None]
    parts = np.log(weights / sigmas) - ((x - means) / sigmas) ** 2 / 2
    return -point[1] - 0.5 - NODE_WEIGHTS @ np.logaddexp.reduce(parts, axis=1)


def optima_of_scipy(target, n_starts=30):
    """The local minima that a search from many random starts ends in."""
    rng = np.random.default_rng(0)
    low, high = np.min(target[1]) - 1, np.max(target[1]) + 1
    narrow, wide = np.log([np.min(target[2]) / 2, np.max(target[2]) * 3])
    found = []
    for _ in range(n_starts):
        start = [rng.uniform(low, high), rng.uniform(narrow, wide)]
        search = optimize.minimize(objective, start, args=(target,), tol=1e-7)
        mu, sigma = search.x[0], np.exp(search.x[1])
        if all(np.hypot(mu - m, sigma - s) > 1e-2 for m, s, _ in found):
            found.append((mu, sigma, search.fun))
    return sorted(found)


@each_target
def test_forward_fit_matches_the_moments(target):
    weights, means, sigmas = map(np.asarray, target)
    (fit,) = kl.fit_forward_kl(target)
    mu = weights @ means
    cov = weights @ (sigmas**2 + means**2) - mu**2
    assert fit.mu == pytest.approx(mu, rel=1e-12, abs=1e-12)
    assert fit.cov == pytest.approx(cov, rel=1e-12)
    assert fit == (fit.mu, fit.cov, fit.kl)
    true = reference.kl_mixture_to_normal(target, mu, np.sqrt(cov))
    assert fit.kl == pytest.approx(true, rel=1e-8, abs=1e-10)


@each_target
@pytest.mark.parametrize(("mu", "sigma"), [(0, 1), (-1.5, 0.4), (2, 3)])
def test_reverse_kl_of_a_given_gaussian(target, mu, sigma):
    true = reference.kl_normal_to_mixture(mu, sigma, target)
    assert kl.reverse_kl(mu, sigma, target) == pytest.approx(true, rel=1e-8)


@each_target
def test_every_reverse_fit_is_a_minimum(target):
    fits = kl.fit_reverse_kl(target)
    assert fits == sorted(fits, key=lambda fit: fit.kl)
    for mu, cov, value in fits:
        sigma = np.sqrt(cov)
        here = reference.kl_normal_to_mixture(mu, sigma, target)
        assert value == pytest.approx(here, rel=1e-8, abs=1e-10)
        for angle in np.linspace(0, 2 * np.pi, 8, endpoint=False):
            across, along = 0.01 * np.cos(angle), 0.01 * np.sin(angle)
            around = (mu + sigma * across, sigma * np.exp(along))
            assert reference.kl_normal_to_mixture(*around, target) > here


@each_target
def test_no_reverse_optimum_is_missed_or_made_up(target):
    found = sorted((f.mu, np.sqrt(f.cov), f.kl) for f in kl.fit_reverse_kl(target))
    expected = optima_of_scipy(target)
    assert len(found) == len(expected)
    assert np.allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("m", "count"), [(2, 1), (2.41, 1), (2.415, 3), (2.45, 3), (2.8, 3)]
)
def test_number_of_reverse_optima(m, count):
    assert len(kl.fit_reverse_kl(hills(m))) == count


@pytest.mark.parametrize(("m", "covers"), [(2.795, True), (2.805, False)])
def test_where_taking_one_hill_becomes_cheaper_than_covering_both(m, covers):
    fits = kl.fit_reverse_kl(hills(m))
    assert (abs(fits[0].mu) < 1e-6) is covers
    assert sorted(round(np.sign(f.mu) * (abs(f.mu) > 1e-6)) for f in fits) == [-1, 0, 1]


def test_two_good_fits_to_unequal_weights():
    fits = kl.fit_reverse_kl(TARGETS["unequal weights"])
    assert [round(fit.kl, 3) for fit in fits] == [0.354, 1.197]
    assert fits[0].mu < 0 < fits[1].mu


def test_one_hill_is_fitted_exactly():
    for fits in (
        f(TARGETS["one hill"]) for f in (kl.fit_forward_kl, kl.fit_reverse_kl)
    ):
        assert [tuple(fit) for fit in fits] == [pytest.approx((3.0, 0.25, 0), abs=1e-9)]


def test_two_optima_with_one_mean():
    """A narrow hill on a broad one: cover it, or take the top."""
    target = ([0.5, 0.5], [0.0, 0.0], [1.0, 50.0])
    fits = kl.fit_reverse_kl(target)
    widths = sorted(fit.cov**0.5 for fit in fits)
    expected = sorted(sigma for _, sigma, _ in optima_of_scipy(target))
    # The wide valley is so flat that scipy stops a little beside its floor.
    assert widths == pytest.approx(expected, rel=3e-3)
    for fit in fits:
        cost = reference.kl_normal_to_mixture(fit.mu, fit.cov**0.5, target)
        assert fit.kl == pytest.approx(cost, abs=1e-6)


def test_a_component_of_weight_zero_changes_nothing():
    more = ([0.7, 0, 0.3], [-3, 50, 3], [1, 1, 1])
    assert kl.fit_reverse_kl(more) == kl.fit_reverse_kl(TARGETS["unequal weights"])
    assert kl.fit_forward_kl(more) == kl.fit_forward_kl(TARGETS["unequal weights"])


@each_target
def test_shift_and_scale_only_move_a_fit(target):
    weights, means, sigmas = map(np.asarray, target)
    moved = (weights, 100 * means + 7, 100 * sigmas)
    for fit in (kl.fit_forward_kl, kl.fit_reverse_kl):
        before = sorted((100 * f.mu + 7, 1e4 * f.cov, f.kl) for f in fit(target))
        after = sorted(map(tuple, fit(moved)))
        assert np.allclose(after, before, rtol=1e-6, atol=1e-5)


@each_target
def test_a_fit_takes_less_than_half_a_second(target):
    for fit in (kl.fit_forward_kl, kl.fit_reverse_kl):
        start = time.process_time()
        fit(target)
        assert time.process_time() - start < 0.5
