"""Closed forms of the KL divergence between Gaussians, in nats.

They are written with differences of the parameters, so that nearly equal Gaussians
keep their digits and no result is negative.
"""

import numpy as np

from ._stable import tangent_gap
from ._validate import read_finite, read_positive

__all__ = ["kl_diag_normal", "kl_mvn", "kl_normal", "kl_to_standard_normal"]


def kl_normal(mu_p, sigma_p, mu_q, sigma_q):
    r"""KL of one normal distribution to another, in nats.

    .. math:: D_{\mathrm{KL}}(\mathcal N(\mu_p, \sigma_p^2) \,\|\,
              \mathcal N(\mu_q, \sigma_q^2)) = \log\frac{\sigma_q}{\sigma_p}
              + \frac{\sigma_p^2 + (\mu_p - \mu_q)^2}{2\sigma_q^2} - \frac12

    Args:
        mu_p: Mean of the distribution that samples.
        sigma_p: Its standard deviation (not variance), above 0.
        mu_q: Mean of the distribution believed.
        sigma_q: Its standard deviation, above 0. All four broadcast.

    Returns:
        Array of the broadcast shape, never negative.

    Raises:
        ValueError: If a parameter is not finite or a sigma is not above 0.

    References:
        | Pattern Recognition and Machine Learning, exercise 1.30 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> round(float(kl_normal(1.0, 1.0, 0.0, 2.0)), 4)
        0.4431

    Introduced in chapter 1, Deeper.
    """
    mu_p, mu_q = read_finite("mu_p", mu_p), read_finite("mu_q", mu_q)
    sigma_p = read_positive("sigma_p", sigma_p, "a standard deviation")
    sigma_q = read_positive("sigma_q", sigma_q, "a standard deviation")
    _check_broadcast(mu_p=mu_p, sigma_p=sigma_p, mu_q=mu_q, sigma_q=sigma_q)
    with np.errstate(over="ignore"):
        z = (mu_p - mu_q) / sigma_q
        return _width_cost(sigma_p, sigma_q) + z * z / 2


def kl_diag_normal(mu_p, sigma_p, mu_q, sigma_q):
    r"""KL of one normal with independent coordinates to another, in nats.

    .. math:: \sum_i D_{\mathrm{KL}}(\mathcal N(\mu_{p,i}, \sigma_{p,i}^2) \,\|\,
              \mathcal N(\mu_{q,i}, \sigma_{q,i}^2))

    Args:
        mu_p: Means of the distribution that samples, shape (..., d).
        sigma_p: Its standard deviations, above 0.
        mu_q: Means of the distribution believed.
        sigma_q: Its standard deviations, above 0. All four broadcast.

    Returns:
        Array of shape (...), summed over the d coordinates; never negative.

    Raises:
        ValueError: If a parameter is not finite or a sigma is not above 0.

    References:
        | Pattern Recognition and Machine Learning, exercise 2.13 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> float(kl_diag_normal([1.0, 0.0], 1.0, 0.0, 1.0))
        0.5

    Introduced in chapter 4.
    """
    per_coordinate = kl_normal(mu_p, sigma_p, mu_q, sigma_q)
    if per_coordinate.ndim == 0:
        raise ValueError(
            "`mu_p`, `sigma_p`, `mu_q` and `sigma_q` are single numbers, with no "
            "axis of coordinates to sum over; use `kl_normal` for one dimension."
        )
    return per_coordinate.sum(-1)


def kl_to_standard_normal(mu, log_var):
    r"""KL of a diagonal normal to N(0, I), in nats: the KL term of a VAE.

    .. math:: \frac12 \sum_i \left(\mu_i^2 + e^{\ell_i} - 1 - \ell_i\right),
              \qquad \ell_i = \log \sigma_i^2

    Args:
        mu: Means of the distribution that samples, shape (..., d).
        log_var: Logarithms of its variances (not of its standard deviations).

    Returns:
        Array of shape (...), summed over the d coordinates; never negative.

    Raises:
        ValueError: If a parameter is not finite or there is no axis to sum over.

    References:
        | Auto-Encoding Variational Bayes, appendix B (Kingma & Welling, 2013)
        | https://arxiv.org/abs/1312.6114

    Example:
        >>> float(kl_to_standard_normal([1.0, 0.0], [0.0, 0.0]))
        0.5

    Introduced in chapter 4.
    """
    mu, log_var = read_finite("mu", mu), read_finite("log_var", log_var)
    _check_broadcast(mu=mu, log_var=log_var)
    with np.errstate(over="ignore"):
        cost = mu * mu / 2 + tangent_gap(log_var) / 2
    if cost.ndim == 0:
        raise ValueError(
            "`mu` and `log_var` are single numbers, with no axis of coordinates to sum "
            "over; pass lists, for example [0.5], or use `kl_normal`."
        )
    return cost.sum(-1)


def kl_mvn(mu_p, cov_p, mu_q, cov_q):
    r"""KL of one multivariate normal to another, in nats.

    .. math:: \frac12 \left( \mathrm{tr}(\Sigma_q^{-1} \Sigma_p) - d
              + (\mu_q - \mu_p)^\top \Sigma_q^{-1} (\mu_q - \mu_p)
              + \log\frac{\det \Sigma_q}{\det \Sigma_p} \right)

    Args:
        mu_p: Mean of the distribution that samples, shape (..., d).
        cov_p: Its covariance, shape (..., d, d), symmetric and positive definite.
        mu_q: Mean of the distribution believed, shape (..., d).
        cov_q: Its covariance, shape (..., d, d). Leading axes broadcast.

    Returns:
        Array of shape (...), never negative.

    Raises:
        ValueError: If shapes disagree or a covariance is not symmetric and positive
            definite.

    References:
        | Pattern Recognition and Machine Learning, exercise 2.13 (Bishop, 2006)
        | https://www.microsoft.com/en-us/research/publication/pattern-recognition-machine-learning/

    Example:
        >>> round(float(kl_mvn([0, 0], [[1, 0], [0, 1]], [1, 0], [[2, 0], [0, 1]])), 4)
        0.3466

    Introduced in chapter 3.
    """
    mu_p, mu_q = read_finite("mu_p", mu_p), read_finite("mu_q", mu_q)
    cov_p, root_p = _read_covariance("cov_p", cov_p)
    cov_q, root_q = _read_covariance("cov_q", cov_q)
    _check_dimensions(mu_p=mu_p, mu_q=mu_q, cov_p=cov_p, cov_q=cov_q)
    # In the coordinates in which q is round, p has variances 1 + excess.
    with np.errstate(over="ignore", invalid="ignore"):
        half = np.linalg.solve(root_q, cov_p - cov_q)
        excess = np.linalg.eigvalsh(np.linalg.solve(root_q, half.swapaxes(-1, -2)))
        scaled = np.linalg.svd(np.linalg.solve(root_q, root_p), compute_uv=False)
        near = np.abs(excess) < 0.5
        log_var = np.where(
            near,
            np.log1p(np.where(near, excess, 0.0)),
            2 * np.log(scaled[..., ::-1]),
        )
        z = np.linalg.solve(root_q, (mu_p - mu_q)[..., None])[..., 0]
        return (tangent_gap(log_var).sum(-1) + (z * z).sum(-1)) / 2


def _width_cost(sigma_p, sigma_q):
    """(r - 1 - log r) / 2 with r = (sigma_p / sigma_q)^2."""
    with np.errstate(over="ignore", divide="ignore", invalid="ignore"):
        excess = (sigma_p - sigma_q) / sigma_q
        close = np.abs(excess) < 0.5
        far = np.log(sigma_p) - np.log(sigma_q)
        log_ratio = np.where(close, np.log1p(np.where(close, excess, 0.0)), far)
        return tangent_gap(2 * log_ratio) / 2


def _read_covariance(name, value):
    cov = read_finite(name, value)
    if cov.ndim < 2 or cov.shape[-1] != cov.shape[-2] or cov.shape[-1] == 0:
        raise ValueError(
            f"`{name}` has shape {cov.shape}; a covariance is a square matrix "
            "(..., d, d). For independent coordinates use `kl_diag_normal`."
        )
    scale = np.abs(cov).max((-1, -2), keepdims=True)
    if (np.abs(cov - np.swapaxes(cov, -1, -2)) > 1e-10 * scale).any():
        raise ValueError(
            f"`{name}` is not symmetric; a covariance is. "
            "Average it with its transpose if the difference is rounding."
        )
    root = _cholesky(cov)
    if np.isnan(root).any():
        lowest = np.linalg.eigvalsh(cov).min()
        raise ValueError(
            f"`{name}` is not positive definite (smallest eigenvalue {lowest:.4g}): "
            "some direction has no spread, or the entries are not variances and "
            "covariances."
        )
    return cov, root


def _cholesky(cov):
    """The lower root, or nan if there is none: in the browser numpy raises nothing."""
    try:
        return np.linalg.cholesky(cov)
    except np.linalg.LinAlgError:
        return np.array(np.nan)


def _check_broadcast(**arrays):
    try:
        np.broadcast_shapes(*(array.shape for array in arrays.values()))
    except ValueError:
        shapes = ", ".join(f"`{name}` {a.shape}" for name, a in arrays.items())
        raise ValueError(
            f"The shapes {shapes} do not broadcast; make the trailing axes equal or 1."
        ) from None


def _check_dimensions(**arrays):
    sizes = {name: array.shape[-1:] for name, array in arrays.items()}
    if len(set(sizes.values())) != 1 or () in sizes.values():
        found = ", ".join(f"`{name}` {a.shape}" for name, a in arrays.items())
        raise ValueError(
            f"The last axes must have the same length d, but the shapes are {found}."
        )
    rows = {n: a if n.startswith("mu") else a[..., 0] for n, a in arrays.items()}
    _check_broadcast(**rows)
