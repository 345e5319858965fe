"""The two halves of a VAE's loss, per example: the caller decides how to average."""

import torch
from torch.nn import functional as F

__all__ = ["elbo_terms", "kl_to_standard_normal"]


def kl_to_standard_normal(mu, log_var):
    r"""KL of N(mu, exp(log_var)) to N(0, I) for each example, in nats.

    .. math:: \frac12 \sum_i \left(\mu_i^2 + e^{\ell_i} - 1 - \ell_i\right),
              \qquad \ell_i = \log \sigma_i^2

    The encoder's distribution samples, the prior is the second argument. A standard
    deviation passed as `log_var` cannot be detected: every real number is a possible
    log-variance, so the result is then a wrong number without an error.

    Args:
        mu: Tensor of means, shape (..., d).
        log_var: Tensor of log-variances (not standard deviations), the same shape.

    Returns:
        Tensor of shape (...), summed over the d coordinates and over nothing else,
        with the dtype and the device of the arguments; `inf` where exp(log_var)
        overflows. Rounding is of the size of the machine epsilon per coordinate; for
        a KL smaller than that, use `kl_helpers.kl_to_standard_normal`.

    Raises:
        TypeError: If an argument is not a floating-point tensor.
        ValueError: If the shapes differ or there is no axis to sum over.

    References:
        | Auto-Encoding Variational Bayes, appendix B (Kingma & Welling, 2013)
        | https://arxiv.org/abs/1312.6114

    Example:
        >>> mu = torch.tensor([[1.0, 0.0], [0.0, 0.0]])
        >>> kl_to_standard_normal(mu, torch.zeros(2, 2))
        tensor([0.5000, 0.0000])

    Introduced in chapter 4.
    """
    return kl_per_dimension(mu, log_var).sum(-1)


def kl_per_dimension(mu, log_var):
    """The summands of `kl_to_standard_normal`, shape (..., d)."""
    _check_floats(mu=mu, log_var=log_var)
    if mu.shape != log_var.shape or mu.ndim == 0:
        raise ValueError(
            f"`mu` has shape {tuple(mu.shape)} and `log_var` {tuple(log_var.shape)}, "
            "but both need the same shape (..., d). Split the encoder's output into "
            "equal halves, for example mu, log_var = output.chunk(2, dim=-1)."
        )
    # expm1 keeps the digits of a log-variance near 0, where exp(log_var) - 1 loses them
    return (mu.square() + (torch.expm1(log_var) - log_var)) / 2


def elbo_terms(logits, x, mu, log_var):
    r"""The two terms of the ELBO for each example, in nats: log p(x|z) and the KL.

    .. math:: \log p(x \mid z) = \sum_j x_j a_j - \log(1 + e^{a_j}), \qquad
              \mathrm{KL}(\mathcal{N}(\mu, \sigma^2) \,\|\, \mathcal{N}(0, I))

    Here :math:`a` are the decoder's logits for one sample z of the encoder, and the
    pixels are independent Bernoulli variables. The first term is an unbiased estimate
    of its expectation under the encoder, the second is exact. The ELBO of an example
    is the first minus the second. Grey pixels are accepted, but only pixels 0 and 1
    make the first term a log-probability.

    Args:
        logits: Tensor of pixel logits, shape (..., pixels); not probabilities.
        x: Tensor of pixels in [0, 1], the same shape.
        mu: Tensor of the encoder's means, shape (..., d).
        log_var: Tensor of the encoder's log-variances, shape (..., d).

    Returns:
        ``log_likelihood`` and ``kl``, both of shape (...): summed over pixels and over
        coordinates, not averaged over examples. Their dtype and device are those of
        the arguments.

    Raises:
        TypeError: If an argument is not a floating-point tensor.
        ValueError: If shapes do not fit or a pixel lies outside [0, 1].

    References:
        | Auto-Encoding Variational Bayes (Kingma & Welling, 2013)
        | https://arxiv.org/abs/1312.6114

    Example:
        >>> x, logits = torch.tensor([[1.0, 0.0, 1.0, 1.0]]), torch.zeros(1, 4)
        >>> elbo_terms(logits, x, mu=torch.ones(1, 2), log_var=torch.zeros(1, 2))
        (tensor([-2.7726]), tensor([1.]))

    Introduced in chapter 4.
    """
    log_likelihood = log_likelihood_per_pixel(logits, x).sum(-1)
    kl = kl_to_standard_normal(mu, log_var)
    if log_likelihood.shape != kl.shape:
        raise ValueError(
            f"`logits` hold examples of shape {tuple(log_likelihood.shape)}, `mu` of "
            f"{tuple(kl.shape)}, but each example needs both. Pass the whole batch to "
            "encoder and decoder, with pixels and coordinates on the last axis."
        )
    return log_likelihood, kl


def log_likelihood_per_pixel(logits, x):
    """The summands of Bernoulli log p(x|z), shape (..., pixels)."""
    _check_floats(logits=logits, x=x)
    if logits.shape != x.shape or x.ndim == 0:
        raise ValueError(
            f"`logits` have shape {tuple(logits.shape)} and `x` {tuple(x.shape)}, but "
            "both need the same shape (..., pixels). Flatten the images, for example "
            "x = images.reshape(len(images), -1)."
        )
    if x.numel() and not 0 <= x.min() <= x.max() <= 1:
        raise ValueError(
            f"`x` has pixels from {float(x.min()):.4g} to {float(x.max()):.4g}, but a "
            "Bernoulli pixel lies in [0, 1]. Divide grey levels by 255 and do not "
            "standardize them; pass the model's output as `logits`, the image as `x`."
        )
    return -F.binary_cross_entropy_with_logits(logits, x, reduction="none")


def _check_floats(**tensors):
    for name, value in tensors.items():
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            found = f"{type(value).__name__} of {getattr(value, 'dtype', 'no dtype')}"
            raise TypeError(
                f"`{name}` is a {found}, but gradients need a floating-point tensor; "
                "pass torch.as_tensor(value, dtype=torch.float32)."
            )
