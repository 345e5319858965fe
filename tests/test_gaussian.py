"""Closed forms between Gaussians: equal to 50 digits, to integrals and to samples."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import reference
from oracles.reference import close

import kl_helpers as kl

PARAMETERS = {
    "shifted": (1.0, 1.0, 0.0, 1.0),
    "wider belief": (1.0, 1.0, 0.0, 2.0),
    "narrower belief": (0.5, 2.0, -1.0, 0.8),
    "far": (30.0, 0.5, -20.0, 3.0),
    "equal": (0.3, 0.7, 0.3, 0.7),
}
EXTREME = {
    "huge widths": (1e150, 1e150, -1e150, 2e150),
    "tiny widths": (1e-150, 1e-150, -1e-150, 3e-150),
    "tiny to huge": (0.0, 1e-150, 0.0, 1e150),
    "huge to tiny": (0.0, 1e150, 0.0, 1e-2),
    "beyond any float": (0.0, 1e150, 0.0, 1e-150),
    "means beyond any float": (1e150, 1.0, 0.0, 1e-150),
}
seeds = st.integers(0, 2**32 - 1)


def random_covariances(seed, *shape):
    root = np.random.default_rng(seed).normal(size=(*shape, shape[-1]))
    return root @ root.swapaxes(-1, -2) + 0.3 * np.eye(shape[-1])


@pytest.mark.parametrize("parameters", PARAMETERS.values(), ids=PARAMETERS.keys())
def test_normal_against_digits_integral_samples_and_torch(parameters):
    found = float(kl.kl_normal(*parameters))
    assert close(found, reference.kl_normal(*parameters))
    assert close(found, reference.kl_normal_by_quadrature(*parameters), rel=1e-12)
    mu_p, sigma_p, mu_q, sigma_q = (
        torch.tensor(x, dtype=torch.float64) for x in parameters
    )
    p = torch.distributions.Normal(mu_p, sigma_p)
    q = torch.distributions.Normal(mu_q, sigma_q)
    expected = torch.distributions.kl_divergence(p, q).item()
    assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)
    x = torch.from_numpy(np.random.default_rng(3).normal(size=200_000))
    x = mu_p + sigma_p * x
    surprise = (p.log_prob(x) - q.log_prob(x)).numpy()
    error = surprise.std() / np.sqrt(len(surprise))
    assert abs(surprise.mean() - found) <= 5 * error


@pytest.mark.parametrize("parameters", EXTREME.values(), ids=EXTREME.keys())
def test_normal_at_extreme_parameters(parameters):
    found, true = float(kl.kl_normal(*parameters)), reference.kl_normal(*parameters)
    if true > np.finfo(float).max:
        assert found == np.inf
    else:
        assert close(found, true)


exponents = st.floats(-13, 0)
RELATIVE = {"rel": 1e-10, "tiny": 1e-25}


@given(st.floats(-3, 3), st.floats(0.1, 10), exponents, exponents, st.booleans())
def test_normals_that_are_nearly_equal(mu, sigma, move, widen, narrower):
    mu_q = mu + sigma * 10**move
    sigma_q = sigma * (1 + 10**widen * (-0.5 if narrower else 1))
    for parameters in [(mu, sigma, mu_q, sigma_q), (mu_q, sigma_q, mu, sigma)]:
        found = float(kl.kl_normal(*parameters))
        assert found >= 0
        assert close(found, reference.kl_normal(*parameters), **RELATIVE)
    for pair in [(mu, sigma, mu_q, sigma), (mu, sigma, mu, sigma_q)]:
        assert close(kl.kl_normal(*pair), reference.kl_normal(*pair), **RELATIVE)


@given(st.floats(-13, 2), st.floats(-13, 1), st.booleans(), st.booleans())
def test_standard_normal_from_its_log_variance(size_mu, size_log_var, left, narrow):
    mu = 10**size_mu * (-1 if left else 1)
    log_var = 10**size_log_var * (-1 if narrow else 1)
    m, v = reference.exact([mu, log_var])
    found = float(kl.kl_to_standard_normal([mu], [log_var]))
    true = (m**2 + reference.mp.exp(v) - 1 - v) / 2
    assert found >= 0
    assert close(found, true, **RELATIVE)
    both = float(kl.kl_to_standard_normal([mu, 1.0], [log_var, 0.0]))
    assert both == pytest.approx(found + 0.5, rel=1e-14)
    sigma = np.exp(log_var / 2)
    assert found == pytest.approx(float(kl.kl_normal(mu, sigma, 0, 1)), rel=1e-4)


def test_equal_normals_are_at_distance_zero():
    assert float(kl.kl_normal(0.1, 0.3, 0.1, 0.3)) == 0
    assert float(kl.kl_diag_normal([0.1, 2], [0.3, 7], [0.1, 2], [0.3, 7])) == 0
    assert float(kl.kl_to_standard_normal([0.0, 0.0], [0.0, 0.0])) == 0
    cov = random_covariances(1, 4)
    assert float(kl.kl_mvn(np.ones(4), cov, np.ones(4), cov)) == 0


def test_batches_of_normals():
    rng = np.random.default_rng(4)
    mu_p, sigma_p = rng.normal(size=(3, 1, 2)), rng.gamma(2, size=(3, 1, 2))
    mu_q, sigma_q = rng.normal(size=(4, 2)), rng.gamma(2, size=2)
    single = kl.kl_normal(mu_p, sigma_p, mu_q, sigma_q)
    diagonal = kl.kl_diag_normal(mu_p, sigma_p, mu_q, sigma_q)
    assert single.shape == (3, 4, 2) and diagonal.shape == (3, 4)
    for i, j, c in np.ndindex(3, 4, 2):
        true = reference.kl_normal(
            mu_p[i, 0, c], sigma_p[i, 0, c], mu_q[j, c], sigma_q[c]
        )
        assert close(single[i, j, c], true)
    assert np.allclose(diagonal, single[..., 0] + single[..., 1], rtol=1e-14)
    log_var = 2 * np.log(sigma_p)
    standard = kl.kl_to_standard_normal(mu_p, log_var)
    assert np.allclose(standard, kl.kl_diag_normal(mu_p, sigma_p, 0, 1), rtol=1e-12)
    assert kl.kl_normal(np.ones((0, 2)), 1, 0, 1).shape == (0, 2)


@given(seeds, st.integers(1, 6))
def test_mvn_against_digits_and_torch(seed, d):
    rng = np.random.default_rng(seed)
    (mu_p, mu_q), (cov_p, cov_q) = (
        rng.normal(size=(2, d)),
        random_covariances(seed, 2, d),
    )
    found = float(kl.kl_mvn(mu_p, cov_p, mu_q, cov_q))
    assert close(found, reference.kl_mvn(mu_p, cov_p, mu_q, cov_q), rel=1e-10)
    worlds = [
        torch.distributions.MultivariateNormal(torch.tensor(mu), torch.tensor(cov))
        for mu, cov in [(mu_p, cov_p), (mu_q, cov_q)]
    ]
    expected = torch.distributions.kl_divergence(*worlds).item()
    assert found == pytest.approx(expected, rel=1e-9)


def test_mvn_against_samples():
    (cov_p, cov_q), (mu_p, mu_q) = random_covariances(2, 2, 3), np.eye(2, 3)
    rng = np.random.default_rng(5)
    x = torch.from_numpy(rng.multivariate_normal(mu_p, cov_p, size=200_000))
    p, q = (
        torch.distributions.MultivariateNormal(torch.tensor(mu), torch.tensor(cov))
        for mu, cov in [(mu_p, cov_p), (mu_q, cov_q)]
    )
    surprise = (p.log_prob(x) - q.log_prob(x)).numpy()
    error = surprise.std() / np.sqrt(len(surprise))
    assert (
        abs(surprise.mean() - float(kl.kl_mvn(mu_p, cov_p, mu_q, cov_q))) <= 5 * error
    )


@given(seeds, st.integers(1, 5), exponents)
def test_mvn_that_are_nearly_equal(seed, d, exponent):
    rng = np.random.default_rng(seed)
    cov_p, bump = random_covariances(seed, 2, d)
    mu_p = rng.normal(size=d)
    mu_q = mu_p + 10**exponent * rng.normal(size=d)
    cov_q = cov_p + 10**exponent * bump
    for arguments in [(mu_p, cov_p, mu_q, cov_q), (mu_q, cov_q, mu_p, cov_p)]:
        found = float(kl.kl_mvn(*arguments))
        assert found >= 0
        assert close(found, reference.kl_mvn(*arguments), **RELATIVE)


@given(seeds, st.integers(1, 6))
def test_mvn_of_diagonal_covariances(seed, d):
    rng = np.random.default_rng(seed)
    (mu_p, mu_q), (sigma_p, sigma_q) = (
        rng.normal(size=(2, d)),
        rng.gamma(2, size=(2, d)),
    )
    found = kl.kl_mvn(mu_p, np.diag(sigma_p**2), mu_q, np.diag(sigma_q**2))
    expected = float(kl.kl_diag_normal(mu_p, sigma_p, mu_q, sigma_q))
    assert float(found) == pytest.approx(expected, rel=1e-11)


@given(seeds, st.integers(1, 5))
def test_mvn_does_not_depend_on_the_coordinates(seed, d):
    rng = np.random.default_rng(seed)
    (mu_p, mu_q), (cov_p, cov_q) = (
        rng.normal(size=(2, d)),
        random_covariances(seed, 2, d),
    )
    change = rng.normal(size=(d, d)) + 3 * np.eye(d)
    before = float(kl.kl_mvn(mu_p, cov_p, mu_q, cov_q))
    moved = [change @ cov @ change.T for cov in (cov_p, cov_q)]
    moved = [(cov + cov.T) / 2 for cov in moved]
    after = kl.kl_mvn(change @ mu_p + 1, moved[0], change @ mu_q + 1, moved[1])
    assert float(after) == pytest.approx(before, rel=1e-7)


def test_mvn_batches_and_extreme_scales():
    mu_p, cov_p = np.zeros((5, 1, 2)), random_covariances(6, 5, 1, 2)
    mu_q, cov_q = np.ones((4, 2)), random_covariances(7, 2)
    found = kl.kl_mvn(mu_p, cov_p, mu_q, cov_q)
    assert found.shape == (5, 4)
    for i, j in np.ndindex(5, 4):
        true = reference.kl_mvn(mu_p[i, 0], cov_p[i, 0], mu_q[j], cov_q)
        assert close(found[i, j], true, rel=1e-10)
    unit = float(kl.kl_mvn(mu_p[0, 0], cov_p[0, 0], mu_q[0], cov_q))
    for scale in (1e150, 1e-150):
        scaled = kl.kl_mvn(
            mu_p[0, 0] * scale**0.5,
            cov_p[0, 0] * scale,
            mu_q[0] * scale**0.5,
            cov_q * scale,
        )
        assert float(scaled) == pytest.approx(unit, rel=1e-12)
