"""Fits of one Gaussian to a mixture: true minima, and none of them missed."""

import time

import numpy as np
import pytest
from oracles import mixtures, reference

import kl_helpers as kl

FORWARD, REVERSE = mixtures.forward_on_line, mixtures.reverse_on_line


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
@pytest.mark.parametrize(("mu", "sigma"), [(0, 1), (-1.5, 0.4), (2, 3)])
def test_forward_kl_of_a_given_gaussian(target, mu, sigma):
    true = reference.kl_mixture_to_normal(target, mu, sigma)
    assert kl.forward_kl(mu, sigma, target) == pytest.approx(true, rel=1e-8)


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
    expected = sorted(mixtures.line_minima(REVERSE, target, 30, 0).tolist())
    assert len(found) == len(expected)
    assert np.allclose(found, expected, atol=1e-3)


@pytest.mark.parametrize(
    ("m", "count"), [(2, 1), (2.4121, 1), (2.4123, 3), (2.45, 3), (2.8, 3)]
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
    expected = sorted(mixtures.line_minima(REVERSE, target, 30, 0)[:, 1])
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
def test_a_fit_takes_seconds_at_most(target):
    for fit in (kl.fit_forward_kl, kl.fit_reverse_kl):
        start = time.process_time()
        fit(target)
        assert time.process_time() - start < 10  # a guard, not a benchmark


def test_a_component_far_narrower_than_another_is_no_trap():
    """Coarse nodes would see hundreds of false minima here, and settle each."""
    start = time.process_time()
    fits = kl.fit_reverse_kl(([0.5, 0.5], [0.0, 10.0], [0.02, 5.0]))
    assert time.process_time() - start < 30  # a guard, not a benchmark
    assert [round(fit.mu, 1) for fit in fits] == [9.9, 0.0]


def wide_mixture(seed):
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 5))
    weights = rng.dirichlet(np.full(k, 2.0))
    return weights, rng.uniform(-4, 4, size=k), rng.uniform(0.3, 1.5, size=k)


@pytest.mark.parametrize("seed", range(50))
def test_no_search_from_random_starts_finds_more(seed):
    target = wide_mixture(seed)
    for fit, objective, count in [
        (kl.fit_reverse_kl, REVERSE, 25),
        (kl.fit_forward_kl, FORWARD, 3),
    ]:
        ours = np.array([(f.mu, f.cov**0.5, f.kl) for f in fit(target)])
        theirs = mixtures.line_minima(objective, target, count, seed)
        assert len(theirs) > 0
        assert ours[0, 2] <= theirs[0, 2] + 1e-6
        for point in theirs:
            assert np.abs(ours - point).max(1).min() < 1e-3


FACTS = {
    "covers": (hills(2), [(0, 2.0470, 0.2265)]),
    "selects": (
        hills(3),
        [(-2.9843, 1.0234, 0.6888), (2.9843, 1.0234, 0.6888), (0, 2.7438, 0.8406)],
    ),
}


@pytest.mark.parametrize(("target", "expected"), FACTS.values(), ids=FACTS.keys())
def test_known_optima_of_two_equal_hills(target, expected):
    found = [(f.mu, f.cov**0.5, f.kl) for f in kl.fit_reverse_kl(target)]
    close = np.abs(np.array(sorted(found)) - sorted(expected))
    assert close.max() < 6e-5


def test_covering_two_far_and_narrow_hills_is_still_an_optimum():
    target = ([0.5, 0.5], [-4, 4], [0.3, 0.3])
    fit = kl.fit_reverse_kl(target)[-1]
    assert fit.mu == pytest.approx(0, abs=1e-6)
    true = reference.kl_normal_to_mixture(fit.mu, fit.cov**0.5, target)
    assert fit.kl == pytest.approx(true, abs=1e-8)
    assert fit.kl == pytest.approx(30.1225, abs=1e-4)


def test_a_needle_between_two_nodes_is_seen():
    target = ([0.5, 0.5], [0.005, 0.0], [0.002, 1.0])
    true = reference.kl_normal_to_mixture(0, 1, ([1.0], [0.0], [1.0])) + np.log(2)
    needle = integral_of_the_needle(target)
    assert kl.reverse_kl(0, 1, target) == pytest.approx(true - needle, abs=1e-9)


def integral_of_the_needle(target):
    """E log(1 + a/b) for a narrow a beside b = q, over the few places where it is."""
    x = target[1][0] + target[2][0] * np.linspace(-12, 12, 20_001)
    wide = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
    width = target[2][0]
    narrow = np.exp(-(((x - target[1][0]) / width) ** 2) / 2) / np.sqrt(2 * np.pi)
    return np.trapezoid(wide * np.log1p(narrow / width / wide), x)


ROUND = np.eye(2)
TILTED = np.array([[1.0, 0.9], [0.9, 1.0]])
PLANE = {
    "one ellipse": ([1.0], [[1.0, -2.0]], [TILTED]),
    "two hills": ([0.6, 0.4], [[-2.5, 0.0], [2.0, 1.0]], [ROUND, 0.7 * ROUND]),
    "crossed": ([0.5, 0.5], [[0, 0], [0.5, 0]], [TILTED, np.linalg.inv(TILTED) * 0.19]),
    "three": (
        [0.5, 0.3, 0.2],
        [[-2.0, 0.0], [2.0, -0.5], [0.0, 2.5]],
        [[[1.0, 0.5], [0.5, 0.8]], ROUND, [[0.6, -0.2], [-0.2, 0.9]]],
    ),
}
each_in_plane = pytest.mark.parametrize("target", PLANE.values(), ids=PLANE.keys())
each_family = pytest.mark.parametrize("diagonal", [False, True])


def point_of(fit, diagonal):
    """A fit in the coordinates of the oracle."""
    root = np.linalg.cholesky(fit.cov)
    inside = [] if diagonal else [root[1, 0]]
    return np.array([*fit.mu, np.log(root[0, 0]), *inside, np.log(root[1, 1])])


@each_in_plane
@each_family
def test_reverse_fits_in_the_plane(target, diagonal):
    fits = kl.fit_reverse_kl(target, diagonal=diagonal)
    theirs = mixtures.plane_minima(target, 8, 0, diagonal)
    assert len(fits) == len(theirs)
    assert [fit.kl for fit in fits] == sorted(fit.kl for fit in fits)
    for mu, cov, _ in theirs:
        assert (
            min(np.abs(f.mu - mu).max() + np.abs(f.cov - cov).max() for f in fits)
            < 1e-3
        )
    for fit in fits:
        point = point_of(fit, diagonal)
        value, slope = mixtures.reverse_in_plane(point, target, mixtures.FINE)
        assert fit.kl == pytest.approx(value, abs=1e-8)
        assert np.abs(slope).max() < 1e-6


@each_in_plane
@each_family
def test_forward_fit_in_the_plane(target, diagonal):
    (fit,) = kl.fit_forward_kl(target, diagonal=diagonal)
    best = point_of(fit, diagonal)
    true = mixtures.forward_in_plane(best, target, mixtures.FINE)
    assert fit.kl == pytest.approx(true, abs=1e-8)
    value = mixtures.forward_in_plane(best, target)
    for shift in 0.01 * np.eye(len(best)):
        sides = [mixtures.forward_in_plane(best + s, target) for s in (shift, -shift)]
        assert min(sides) > value
        assert sides[0] - sides[1] == pytest.approx(0, abs=1e-5)  # no slope is left


@pytest.mark.parametrize("rho", [0.5, -0.9, 0.99])
def test_independent_coordinates_for_one_correlated_gaussian(rho):
    target = ([1.0], [[1.0, -2.0]], [[[1, rho], [rho, 1]]])
    for fit, variance in [(kl.fit_reverse_kl, 1 - rho**2), (kl.fit_forward_kl, 1)]:
        (mean_field,) = fit(target, diagonal=True)
        (full,) = fit(target)
        assert np.allclose(mean_field.mu, [1, -2], atol=1e-7)
        assert np.allclose(mean_field.cov, variance * ROUND, atol=1e-7)
        assert mean_field.kl == pytest.approx(-np.log(1 - rho**2) / 2, abs=1e-8)
        assert np.allclose(full.cov, target[2][0], atol=1e-7)
        assert full.kl == pytest.approx(0, abs=1e-8)


@each_family
def test_a_second_coordinate_that_adds_nothing(diagonal):
    covs = [np.diag([1.0, 4.0])] * 2
    target = ([0.5, 0.5], [[-3, 5], [3, 5]], covs)
    fits = kl.fit_reverse_kl(target, diagonal=diagonal)
    found = sorted([*f.mu, *np.diag(f.cov) ** 0.5, f.cov[0, 1], f.kl] for f in fits)
    expected = sorted([mu, 5, s, 2, 0, value] for mu, s, value in FACTS["selects"][1])
    assert np.allclose(found, expected, atol=6e-5)
    (forward,) = kl.fit_forward_kl(target, diagonal=diagonal)
    assert np.allclose(forward.cov, np.diag([10, 4]))


def test_turning_the_plane_turns_the_fits():
    weights, means, covs = map(np.asarray, PLANE["three"])
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    turned = (weights, means @ turn.T, turn @ covs @ turn.T)
    for fit in (kl.fit_forward_kl, kl.fit_reverse_kl):
        for before, after in zip(fit(PLANE["three"]), fit(turned), strict=True):
            assert np.allclose(turn @ before.mu, after.mu, atol=1e-6)
            assert np.allclose(turn @ before.cov @ turn.T, after.cov, atol=1e-6)
            assert before.kl == pytest.approx(after.kl, abs=1e-8)


@each_in_plane
def test_a_fit_in_the_plane_takes_seconds_at_most(target):
    for fit in (kl.fit_forward_kl, kl.fit_reverse_kl):
        start = time.process_time()
        fit(target)
        assert time.process_time() - start < 20  # a guard, not a benchmark


FLAT, PAIR = ([1.0], [[0, 0]]), ([1.0], [0.0], [1.0])
ERRORS = {
    "three dimensions": (([1.0], [[0] * 3], [np.eye(3)]), "3 dimensions.*Fit two"),
    "sigmas": (([1.0], [[0, 0]], [[1, 1]]), "`covs` have shapes.*not standard dev"),
    "a cov too few": (([0.5] * 2, [[0, 0]] * 2, [ROUND]), r"\(2, 2\) and \(1, 2, 2\)"),
    "means on a line": (([1.0], [0.0], [ROUND]), r"shapes \(1,\) and \(1, 2, 2\)"),
    "one number": (([1.0], 0.0, [ROUND]), r"shapes \(\) and \(1, 2, 2\)"),
    "not symmetric": ((*FLAT, [[[1, 0.5], [0, 1]]]), "`covs` is not symmetric"),
    "no covariance": ((*FLAT, [[[1, 2], [2, 1]]]), "`covs` is not positive definite"),
    "nan": ((*FLAT, [[[np.nan, 0], [0, 1]]]), "`covs` contains nan"),
    "ragged": ((*FLAT, [[[1, 0], [0]]]), "`covs` must hold real numbers"),
    "needle": (([0.5] * 2, [[0, 0]] * 2, [ROUND, ROUND * 1e-4]), "times narrower"),
    "needle on a line": (([0.5] * 2, [0, 0], [1, 1e-4]), "times narrower"),
}


@pytest.mark.parametrize(("target", "message"), ERRORS.values(), ids=ERRORS.keys())
def test_targets_that_are_refused(target, message):
    for fit in (kl.fit_forward_kl, kl.fit_reverse_kl):
        with pytest.raises(ValueError, match=message):
            fit(target)


@pytest.mark.parametrize("cost", [kl.forward_kl, kl.reverse_kl])
def test_costs_that_are_refused(cost):
    for arguments, message in [
        ((0, 1, PLANE["two hills"]), "2 dimensions, but `mu` and `sigma` describe one"),
        ((0, 0, PAIR), "`sigma` has the entry 0"),
        (([0, 1], 1, PAIR), "`mu` has shape"),
        ((np.inf, 1, PAIR), "`mu` contains inf"),
    ]:
        with pytest.raises(ValueError, match=message):
            cost(*arguments)
