"""A small variational autoencoder, the loop that trains it, and its linear cousin."""

from math import log, pi
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from tqdm import tqdm

from .losses import kl_per_dimension, log_likelihood_per_pixel

__all__ = [
    "Terms",
    "VAE",
    "active_units",
    "binarize",
    "evaluate_vae",
    "linear_vae",
    "train_vae",
]


class Terms(NamedTuple):
    """What a VAE's loss is made of, in nats for each of n images.

    ``log_likelihood`` and ``kl`` have shape (n,). They are the sums, over the last
    axis, of ``log_likelihood_per_pixel``, shape (n, pixels), and of
    ``kl_per_dimension``, shape (n, latent).

    Introduced in chapter 4.
    """

    log_likelihood: torch.Tensor
    kl: torch.Tensor
    log_likelihood_per_pixel: torch.Tensor
    kl_per_dimension: torch.Tensor

    @property
    def elbo(self):
        """Log-likelihood minus KL, shape (n,)."""
        return self.log_likelihood - self.kl


class VAE(nn.Module):
    """A VAE with one hidden layer on each side and independent Bernoulli pixels.

    The initial weights depend on `seed` alone, and torch's global generator is left
    untouched.

    Args:
        pixels: Number of pixels of an image.
        hidden: Width of the hidden layer, in the encoder and in the decoder.
        latent: Number of latent coordinates.
        seed: Seed of the initial weights.
        initial_log_var: The log-variances start near this number.

    References:
        | Auto-Encoding Variational Bayes (Kingma & Welling, 2013)
        | https://arxiv.org/abs/1312.6114

    Example:
        >>> model = VAE(pixels=16, hidden=8, latent=2)
        >>> mu, log_var = model.encode(torch.zeros(5, 16))
        >>> mu.shape, model.decode(mu).shape
        (torch.Size([5, 2]), torch.Size([5, 16]))

    Introduced in chapter 4.
    """

    def __init__(
        self, pixels=784, hidden=200, latent=10, *, seed=0, initial_log_var=0.0
    ):
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.encoder = _two_layers(pixels, hidden, 2 * latent, generator)
        self.decoder = _two_layers(latent, hidden, pixels, generator)
        with torch.no_grad():
            self.encoder[-1].bias[latent:] += initial_log_var

    def encode(self, x):
        """Means and log-variances of q(z|x), two tensors of shape (n, latent)."""
        return self.encoder(x).chunk(2, dim=-1)

    def decode(self, z):
        """Logits of the pixels given z, shape (n, pixels)."""
        return self.decoder(z)

    def forward(self, x, generator=None):
        """Logits for one pathwise sample of z per image, with mu and log_var."""
        mu, log_var = self.encode(x)
        noise = torch.empty_like(mu).normal_(generator=generator)
        return self.decode(mu + torch.exp(log_var / 2) * noise), mu, log_var

    def terms(self, x, generator=None):
        """The `Terms` of a batch, with one sample of z per image."""
        logits, mu, log_var = self(x, generator)
        pixels = log_likelihood_per_pixel(logits, x)
        dimensions = kl_per_dimension(mu, log_var)
        return Terms(pixels.sum(-1), dimensions.sum(-1), pixels, dimensions)


def binarize(images, dtype=torch.float32):
    """Pixels 0 and 1 from grey images: ink of at least one half counts as 1.

    A Bernoulli pixel is 0 or 1; with grey pixels its "log-likelihood" belongs to no
    distribution. The threshold is fixed, so that every epoch sees the same data. Often,
    as in the reference, a pixel is instead drawn with its ink as probability: ELBOs of
    the two versions cannot be compared.

    Args:
        images: Array or tensor of shape (n, height, width) or (n, pixels), ink from
            0 to 1.
        dtype: Type of the result.

    Returns:
        Tensor of shape (n, pixels).

    Raises:
        ValueError: If ink lies outside [0, 1] or there is no axis of images.

    References:
        | On the Quantitative Analysis of Deep Belief Networks
        | (Salakhutdinov & Murray, 2008)
        | https://doi.org/10.1145/1390156.1390266

    Example:
        >>> binarize([[0.0, 0.2, 0.5, 1.0]])
        tensor([[0., 0., 1., 1.]])

    Introduced in chapter 4.
    """
    grey = torch.as_tensor(images)
    if grey.ndim < 2:
        raise ValueError(
            f"`images` have shape {tuple(grey.shape)}, but the first axis counts "
            "images and the others pixels. Pass images[None] for a single image."
        )
    if grey.numel() and not 0 <= grey.min() <= grey.max() <= 1:
        raise ValueError(
            f"`images` have ink from {float(grey.min()):.4g} to "
            f"{float(grey.max()):.4g}, but it must lie in [0, 1]. Divide grey levels "
            "by 255 and do not standardize them."
        )
    return (grey.flatten(1) >= 0.5).to(dtype)


def train_vae(
    images,
    *,
    latent=10,
    hidden=200,
    epochs=30,
    learning_rate=3e-3,
    batch_size=100,
    loss=None,
    seed=0,
    model=None,
):
    r"""Train a VAE with Adam on binarised images, by default on minus the ELBO.

    .. math:: -\frac1n \sum_{x} \left( \log p(x \mid z) -
              \mathrm{KL}\left(q(z \mid x) \,\|\, p(z)\right) \right),
              \qquad z \sim q(z \mid x)

    The result depends on the arguments alone: no global generator is read or set. It
    is the same on the same machine with the same number of threads. Progress is shown
    on stderr; the environment variable TQDM_DISABLE=1 silences it.

    Args:
        images: Array of shape (n, height, width) or (n, pixels), ink from 0 to 1; see
            `binarize`.
        latent: Number of latent coordinates.
        hidden: Width of the hidden layers.
        epochs: Number of passes through the images.
        learning_rate: Step size of Adam, constant.
        batch_size: Images per step; the last step of an epoch may have fewer.
        loss: A function of the `Terms` of a batch and of the number of the step (from
            0) that returns what is minimised, a single number. The default is
            ``lambda terms, step: -(terms.log_likelihood - terms.kl).mean()``.
        seed: Seed of the weights, of the order of images and of the noise.
        model: A `VAE` to train in place of a new one; `latent` and `hidden` then do
            not count, and its weights are changed.

    Returns:
        ``model`` and ``history``. The history is a dict of float arrays, one entry per
        epoch: ``elbo``, ``log_likelihood`` and ``kl`` in nats per image, averaged over
        the epoch's images whatever the loss was; ``loss`` and ``gradient_norm``
        (Euclidean, over all weights), averaged over its steps; ``kl_per_dimension`` of
        shape (epochs, latent). A run that diverges has nan there.

    Raises:
        ValueError: If ink lies outside [0, 1], if there is nothing to train on, or if
            the loss is not a single number.

    References:
        | Auto-Encoding Variational Bayes (Kingma & Welling, 2013)
        | https://arxiv.org/abs/1312.6114

    Example:
        >>> stripes = torch.eye(4).repeat(50, 1)
        >>> model, history = train_vae(stripes, latent=1, hidden=16, epochs=3)
        >>> history["elbo"].shape, bool(history["elbo"][-1] > history["elbo"][0])
        ((3,), True)

    Introduced in chapter 4.
    """
    if epochs < 1 or len(images) == 0:
        raise ValueError(
            f"`epochs` is {epochs} and `images` holds {len(images)}, but both must be "
            "at least 1. For a model without training, use VAE(...) itself."
        )
    loss = loss or _minus_elbo
    if model is None:
        pixels = binarize(images[:1]).shape[1]
        model = VAE(pixels, hidden, latent, seed=seed)
    x = binarize(images, next(model.parameters()).dtype)
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    history, step = [], 0
    for _ in tqdm(range(epochs), desc="epochs", leave=False):
        sums = {}
        for batch in torch.randperm(len(x), generator=generator).split(batch_size):
            terms = model.terms(x[batch], generator)
            value = _single_number(loss(terms, step))
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
            step += 1
            _add(sums, terms, value, model)
        history.append({name: total / count for name, (total, count) in sums.items()})
    return model, {
        name: torch.stack([epoch[name] for epoch in history]).double().numpy()
        for name in history[0]
    }


def evaluate_vae(model, images, *, samples=1, seed=0):
    """The terms of the ELBO of images that need not be those of the training.

    Args:
        model: A trained `VAE`.
        images: Array of shape (n, height, width) or (n, pixels), ink from 0 to 1; see
            `binarize`.
        samples: Samples of z per image, over which the log-likelihoods are averaged.
        seed: Seed of these samples.

    Returns:
        `Terms` of float64 tensors, in nats for each image. Its ``elbo`` averages to
        the estimate of a bound on the mean log-likelihood of the images.

    Raises:
        ValueError: If ink lies outside [0, 1].

    References:
        | Auto-Encoding Variational Bayes (Kingma & Welling, 2013)
        | https://arxiv.org/abs/1312.6114

    Example:
        >>> terms = evaluate_vae(VAE(pixels=4, hidden=8, latent=2), torch.eye(4))
        >>> terms.kl.shape, terms.kl_per_dimension.shape
        (torch.Size([4]), torch.Size([4, 2]))

    Introduced in chapter 4.
    """
    x = binarize(images, next(model.parameters()).dtype)
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        runs = [model.terms(x, generator) for _ in range(samples)]
    return Terms(
        *(torch.stack(runs_of).double().mean(0) for runs_of in zip(*runs, strict=True))
    )


def active_units(model, images, threshold=0.01):
    r"""How many latent coordinates react to the image.

    .. math:: \#\{i : \mathrm{Var}_x\left(\mu_i(x)\right) > \text{threshold}\}

    Args:
        model: A trained `VAE`.
        images: Array of shape (n, height, width) or (n, pixels), ink from 0 to 1; see
            `binarize`.
        threshold: Least variance, over the images, of the mean of an active unit.

    Returns:
        An int from 0 to the number of latent coordinates.

    Raises:
        ValueError: If ink lies outside [0, 1].

    References:
        | Importance Weighted Autoencoders (Burda, Grosse & Salakhutdinov, 2015)
        | https://arxiv.org/abs/1509.00519

    Example:
        >>> active_units(VAE(pixels=4, hidden=8, latent=2), torch.zeros(3, 4))
        0

    Introduced in chapter 4.
    """
    with torch.no_grad():
        mu, _ = model.encode(binarize(images, next(model.parameters()).dtype))
    return int((mu.var(0) > threshold).sum())


def linear_vae(eigenvalues, noise_var, beta=1.0, *, steps=40, seed=0):
    r"""Train a linear beta-VAE on normal data, with the expected loss in closed form.

    .. math:: x \sim \mathcal{N}(0, \mathrm{diag}(\lambda)), \quad
              q(z \mid x) = \mathcal{N}(Wx, \mathrm{diag}(e^{\ell})), \quad
              p(x \mid z) = \mathcal{N}(Vz, \sigma^2 I)

    Nothing is sampled: the loss is the mean over x and z of -log p(x|z) plus beta times
    the KL. W, V and the log-variances are found by L-BFGS in float64. At the optimum
    the KL of coordinate i is max(0, ln(eigenvalue / (beta * noise_var)) / 2), a
    formula that this function does not use.

    Args:
        eigenvalues: Variances of the data along their d axes, each above 0.
        noise_var: Variance of the decoder's noise, fixed, above 0.
        beta: Weight of the KL.
        steps: Steps of L-BFGS, with ten iterations each.
        seed: Seed of the initial W and V.

    Returns:
        ``kl``, array of shape (d,), the mean KL of each latent coordinate in nats per
        example, largest first; and ``history``, a dict with ``loss`` of shape (steps,)
        and ``kl_per_dimension`` of shape (steps, d), largest first in each step.

    Raises:
        ValueError: If an eigenvalue, `noise_var` or `beta` is not above 0.

    References:
        | Don't Blame the ELBO! A Linear VAE Perspective on Posterior Collapse
        | (Lucas, Tucker, Grosse & Norouzi, 2019)
        | https://arxiv.org/abs/1911.02469

    Example:
        >>> kl, _ = linear_vae([4.0, 1.0, 0.25], noise_var=0.5)
        >>> kl.round(4).tolist()
        [1.0397, 0.3466, 0.0]

    Introduced in chapter 4.
    """
    variances = torch.as_tensor(np.array(eigenvalues), dtype=torch.float64)
    if not (variances.min() > 0 and noise_var > 0 and beta > 0):
        raise ValueError(
            f"`eigenvalues` {variances.tolist()}, `noise_var` {noise_var} and `beta` "
            f"{beta} must all be above 0. Variances go in, not log-variances."
        )
    d = len(variances)
    generator = torch.Generator().manual_seed(seed)
    start = 0.3 * torch.empty(2, d, d, dtype=torch.float64).normal_(generator=generator)
    encoder, decoder = (matrix.clone().requires_grad_() for matrix in start)
    log_var = torch.zeros(d, dtype=torch.float64, requires_grad=True)

    def kl():
        mean_square = (encoder.square() * variances).sum(1)
        return (mean_square + torch.expm1(log_var) - log_var) / 2

    def loss():
        missed = torch.eye(d, dtype=torch.float64) - decoder @ encoder
        noise = (decoder.square() * log_var.exp()).sum()
        square_error = (missed.square() * variances).sum() + noise
        nats = square_error / (2 * noise_var) + d * log(2 * pi * noise_var) / 2
        return nats + beta * kl().sum()

    losses, kls = _minimize(loss, kl, [encoder, decoder, log_var], steps)
    return kls[-1], {"loss": losses, "kl_per_dimension": kls}


def _minus_elbo(terms, step):
    return -(terms.log_likelihood - terms.kl).mean()


def _two_layers(inputs, hidden, outputs, generator):
    """Linear, ReLU, linear, with torch's usual initial range and our own generator."""
    layers = [
        nn.utils.skip_init(nn.Linear, inputs, hidden),
        nn.utils.skip_init(nn.Linear, hidden, outputs),
    ]
    with torch.no_grad():
        for layer in layers:
            bound = layer.in_features**-0.5
            for weights in layer.parameters():
                weights.uniform_(-bound, bound, generator=generator)
    return nn.Sequential(layers[0], nn.ReLU(), layers[1])


def _single_number(value):
    if not isinstance(value, torch.Tensor) or value.ndim:
        found = tuple(getattr(value, "shape", ())) or type(value).__name__
        raise ValueError(
            f"`loss` returned {found}, but it must return a single number as a tensor. "
            "The terms are per image: end with .mean()."
        )
    return value


def _add(sums, terms, value, model):
    """Add a step to the sums of its epoch: per image, or per step."""
    gradients = [weights.grad for weights in model.parameters()]
    per_step = {
        "loss": value.detach(),
        "gradient_norm": nn.utils.get_total_norm(gradients),
    }
    per_image = {
        "elbo": terms.elbo,
        "log_likelihood": terms.log_likelihood,
        "kl": terms.kl,
        "kl_per_dimension": terms.kl_per_dimension,
    }
    for name, number in per_step.items():
        total, count = sums.get(name, (0, 0))
        sums[name] = total + number, count + 1
    for name, numbers in per_image.items():
        total, count = sums.get(name, (0, 0))
        sums[name] = total + numbers.detach().sum(0), count + len(numbers)


def _minimize(loss, kl, parameters, steps):
    """Loss before and KLs after each step of L-BFGS, as arrays."""
    optimizer = torch.optim.LBFGS(
        parameters,
        max_iter=10,
        history_size=20,
        line_search_fn="strong_wolfe",
        tolerance_grad=0,
        tolerance_change=0,
    )

    def closure():
        optimizer.zero_grad()
        value = loss()
        value.backward()
        return value

    losses, kls = [], []
    for _ in range(steps):
        losses.append(optimizer.step(closure).detach())
        kls.append(kl().detach().sort(descending=True).values)
    return torch.stack(losses).numpy(), torch.stack(kls).numpy()
