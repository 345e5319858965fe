"""Planar normalizing flows in two dimensions, and their fit to a target.

A target is an energy U with p(z) = exp(-U(z)) / Z. Several flows, of other seeds or for
other targets, are trained as one.
"""

from math import cos, log, pi
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional as F
from tqdm import tqdm

__all__ = [
    "ENERGIES",
    "PlanarFlow",
    "energy_1",
    "energy_2",
    "energy_3",
    "energy_4",
    "invertible_u",
    "log_normalizer",
    "planar_layer",
    "reverse_kl",
    "train_planar",
]

HALVINGS = 52  # of an interval, to invert a layer to the last bit


def planar_layer(z, u, w, b):
    r"""Push points through one planar layer: a bend along u, steered by w.

    .. math:: f(z) = z + u \tanh(w \cdot z + b), \qquad
              \log \left| \det \frac{\partial f}{\partial z} \right|
              = \log \left| 1 + w \cdot u \, (1 - \tanh^2(w \cdot z + b)) \right|

    The layer is one-to-one if w·u is at least -1. Below that it folds, and the second
    formula no longer belongs to the density of f(z).

    Args:
        z: Tensor of points, shape (r, n, d): n of each of r runs.
        u: Direction and size of the bend, shape (r, d).
        w: Direction that is looked at, shape (r, d).
        b: Where the bend stands, shape (r,).

    Returns:
        The points f(z), shape (r, n, d), and the log-determinants, shape (r, n).

    Raises:
        ValueError: If the shapes do not belong together.

    References:
        | Variational Inference with Normalizing Flows, equations 10 to 12
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> u = torch.tensor([[1.0, 0.0]])
        >>> planar_layer(torch.zeros(1, 1, 2), u, 2 * u, torch.zeros(1))
        (tensor([[[0., 0.]]]), tensor([[1.0986]]))

    Introduced in chapter 10.
    """
    if z.dim() != 3 or not z.shape[::2] == u.shape == w.shape or b.shape != u.shape[:1]:
        raise ValueError(
            f"`z`, `u`, `w` and `b` have shapes {_shapes(z, u, w, b)}; a layer of r "
            "runs takes (r, n, d), (r, d), (r, d) and (r,). For one run, insert an "
            "axis of length 1."
        )
    z, t = _bend(z, u, w, b)
    return z, _log_slope(t, (w * u).sum(-1))


def invertible_u(u, w):
    r"""The vector nearest in spirit to u with which a planar layer cannot fold.

    .. math:: \hat u = u + \left( m(w \cdot u) - w \cdot u \right) \frac{w}{\|w\|^2},
              \qquad m(s) = -1 + \log(1 + e^s)

    Only the part of u along w changes, and w·û is above -1.

    Args:
        u: Tensor of shape (..., d).
        w: Tensor of shape (..., d), not zero.

    Returns:
        Tensor of shape (..., d).

    Raises:
        ValueError: If the shapes differ.

    References:
        | Variational Inference with Normalizing Flows, appendix A
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> invertible_u(torch.tensor([-3.0, 1.0]), torch.tensor([1.0, 0.0]))
        tensor([-0.9514,  1.0000])

    Introduced in chapter 10.
    """
    if u.shape != w.shape:
        raise ValueError(
            f"`u` and `w` have shapes {_shapes(u, w)}; they are two vectors of the "
            "same layer, so both must have the same."
        )
    along = (w * u).sum(-1, keepdim=True)
    change = F.softplus(along) - 1 - along
    return u + change * w / w.square().sum(-1, keepdim=True)


class PlanarFlow(NamedTuple):
    r"""A normal base with diagonal covariance, and K planar layers, for each of r runs.

    .. math:: z_0 = \mu + \sigma \varepsilon, \qquad
              \log q(z_K) = \log q_0(z_0) - \sum_k \log |\det \partial f_k|

    ``mean`` and ``log_scale`` have shape (r, d), ``u`` and ``w`` (r, K, d), ``b``
    (r, K). With K = 0 it is a normal distribution. The vectors ``u`` are used as they
    are: see `invertible_u`.

    References:
        | Variational Inference with Normalizing Flows (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> bend = torch.tensor([[[1.0, 0.0]]])
        >>> zero = torch.zeros(1, 2)
        >>> flow = PlanarFlow(zero, zero, bend, 2 * bend, torch.zeros(1, 1))
        >>> z, log_q = flow.push(torch.zeros(1, 1, 2))
        >>> log_q, flow.log_density(z)
        (tensor([[-2.9365]]), tensor([[-2.9365]]))

    Introduced in chapter 10.
    """

    mean: torch.Tensor
    log_scale: torch.Tensor
    u: torch.Tensor
    w: torch.Tensor
    b: torch.Tensor

    def push(self, noise):
        """Points (r, n, d) and their log-densities (r, n), from standard noise."""
        z = self.mean[:, None] + self.log_scale.exp()[:, None] * noise
        log_q = self._log_base(noise)
        bends = []
        by_layer = (part.unbind(1) for part in (self.u, self.w, self.b))
        for u, w, b in zip(*by_layer, strict=True):
            z, t = _bend(z, u, w, b)
            bends.append(t)
        if not bends:
            return z, log_q
        along = (self.w * self.u).sum(-1).T  # (K, r)
        return z, log_q - _log_slope(torch.stack(bends), along).sum(0)

    def log_density(self, z):
        """Log-densities (r, n) at given points (r, n, d): the layers, taken back.

        A layer has no inverse formula, but w·z alone decides where a point came from,
        and that is one number, found by halving an interval.

        Raises:
            ValueError: If a layer folds, so that a point came from several places.
        """
        along = (self.w * self.u).sum(-1)  # (r, K)
        if along.numel() and along.min() < -1:
            raise ValueError(
                f"`u` and `w` of a layer have w·u = {along.min():.4g}, below -1: the "
                "layer folds, and a point may come from several places. Train with "
                "invertible_u(u, w) in place of u."
            )
        log_det = torch.zeros_like(z[..., 0])
        for k in reversed(range(self.u.shape[1])):
            u, w, b = self.u[:, k, None], self.w[:, k, :, None], self.b[:, k, None]
            t = torch.tanh(_before((z @ w)[..., 0], along[:, k, None], b) + b)
            z = z - t[..., None] * u
            log_det = log_det + _log_slope(t, along[:, k])
        noise = (z - self.mean[:, None]) / self.log_scale.exp()[:, None]
        return self._log_base(noise) - log_det

    def double(self):
        """The same flow in float64."""
        return PlanarFlow(*(part.double() for part in self))

    def _log_base(self, noise):
        size = noise.shape[-1] * log(2 * pi) / 2 + self.log_scale.sum(-1)
        return -noise.square().sum(-1) / 2 - size[:, None]


def train_planar(
    energy,
    seeds,
    *,
    layers,
    anneal=True,
    steps=600,
    batch=256,
    learning_rate=0.04,
    mean=(0.0, 0.0),
):
    r"""Fit a planar flow to exp(-U)/Z by reverse KL, one for each seed, all as one.

    .. math:: \min_q \; \mathbb{E}_q\left[\log q(z) + \beta_t U(z)\right],
              \qquad \beta_t = \min(1, \; 0.01 + 2t/T)

    At inverse temperature 1 this is D(q‖p) - log Z, q first. With `anneal` the target
    is flat at first and takes its shape during the first half of the T steps, so that q
    can spread before it must choose. Every run has its own weights and its own noise,
    both from its seed. Adam, with a step size that falls to 0 like a cosine. Progress
    is shown on stderr; the environment variable TQDM_DISABLE=1 silences it.

    Args:
        energy: A function from points (r, n, 2) to energies (r, n) of the r runs.
        seeds: r whole numbers.
        layers: The number K of planar layers; 0 fits a normal distribution.
        anneal: A bool, or one for each run.
        steps: T, steps of the optimiser.
        batch: Points per step and run.
        learning_rate: Step size of Adam at the start.
        mean: Where the base starts, shape (2,) or (r, 2); its width starts at 1.

    Returns:
        The `PlanarFlow`, and an array of shape (steps, r): the mean of log q + U over
        the points of each step, in nats per draw. Plus log Z it estimates D(q‖p).

    Raises:
        ValueError: If there is nothing to train, or the energies have another shape.

    References:
        | Variational Inference with Normalizing Flows, equation 20
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> flow, history = train_planar(energy_1, [0, 1], layers=2, steps=20)
        >>> flow.u.shape, history.shape
        (torch.Size([2, 2, 2]), (20, 2))

    Introduced in chapter 10.
    """
    runs = len(seeds)
    if not runs or steps < 1:
        raise ValueError(
            f"`seeds` lists {runs} runs and `steps` is {steps}; give at least one each."
        )
    generators = [torch.Generator().manual_seed(int(seed)) for seed in seeds]
    parameters = _start(generators, layers, mean)
    noise = torch.stack(
        [torch.randn(steps, batch, 2, generator=g) for g in generators], 1
    )
    heating = torch.tensor(np.broadcast_to(anneal, runs).tolist())
    optimizer = torch.optim.Adam(parameters, lr=learning_rate, fused=True)
    history = []
    for step in tqdm(range(steps), desc="steps", leave=False):
        optimizer.param_groups[0]["lr"] = (
            learning_rate * (1 + cos(pi * step / steps)) / 2
        )
        z, log_q = _flow(parameters).push(noise[step])
        u = _checked(energy(z), log_q)
        beta = torch.where(heating, min(1.0, 0.01 + 2 * step / steps), 1.0)[:, None]
        optimizer.zero_grad()
        (log_q + beta * u).mean(1).sum().backward()
        optimizer.step()
        history.append((log_q + u).detach().mean(1))
    with torch.no_grad():
        flow = PlanarFlow(*(part.detach() for part in _flow(parameters)))
    return flow, torch.stack(history).double().numpy()


def reverse_kl(flow, energy, *, log_z=0.0, points=151, half_width=5.0):
    r"""D(q‖p) of each run in nats per draw, as a sum over a grid of noise.

    .. math:: \sum_i \varphi_i \left( \log q(z_i) + U(z_i) \right) + \log Z

    The flow stands first. Each knot of the grid is pushed through the flow and counts
    with the normal probability of its cell, so the result does not vary.

    Args:
        flow: A `PlanarFlow` of r runs in two dimensions.
        energy: U, a function from points (r, n, 2) to energies (r, n).
        log_z: The log of the integral of exp(-U), a number or one for each run; see
            `log_normalizer`.
        points: Knots of the grid along each axis of the noise.
        half_width: The grid goes from minus this to plus this.

    Returns:
        Array of shape (r,).

    Raises:
        ValueError: If `energy` does not return one number for each point.

    References:
        | Variational Inference with Normalizing Flows, equation 15
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> flow, _ = train_planar(energy_2, [0], layers=0, steps=1)
        >>> at_the_prior = flow._replace(mean=torch.zeros(1, 2))
        >>> kl = reverse_kl(at_the_prior, energy_2, log_z=log_normalizer(energy_2))
        >>> bool(kl > 0)
        True

    Introduced in chapter 10.
    """
    noise = _grid(points, half_width)
    chance = torch.softmax(-noise.square().sum(-1) / 2, dim=0)
    flow = flow.double()
    with torch.no_grad():
        z, log_q = flow.push(noise.expand(len(flow.mean), -1, -1))
        free_energy = (log_q + _checked(energy(z), log_q).double()) @ chance
    return free_energy.numpy() + np.asarray(log_z)


def log_normalizer(energy, *, points=801, half_width=8.0):
    r"""log Z, the log of the integral of exp(-U), by a sum over a grid of the plane.

    .. math:: \log Z = \log \int e^{-U(z)} \, dz

    Args:
        energy: U, a function from points (..., 2) to energies (...).
        points: Knots along each axis.
        half_width: The grid goes from minus this to plus this; exp(-U) must have faded
            there.

    Returns:
        A float.

    Raises:
        ValueError: If exp(-U) has not faded at the edge, so that Z depends on the grid.

    References:
        | https://en.wikipedia.org/wiki/Partition_function_(mathematics)

    Example:
        >>> round(log_normalizer(lambda z: z.square().sum(-1) / 2), 4)  # log 2π
        1.8379

    Introduced in chapter 10.
    """
    with torch.no_grad():
        minus_u = -energy(_grid(points, half_width)).reshape(points, points)
    rim = torch.cat([minus_u[[0, -1]].flatten(), minus_u[:, [0, -1]].flatten()])
    if rim.max() - minus_u.max() > -15:
        raise ValueError(
            f"`energy` is only {minus_u.max() - rim.max():.2f} above its minimum at "
            f"the edge of the grid, ±{half_width}: exp(-U) has mass outside, or no "
            "finite integral. Widen the grid, or add a wall to the energy."
        )
    cell = 2 * half_width / (points - 1)
    return float(minus_u.flatten().logsumexp(0)) + 2 * log(cell)


def energy_1(z, weight=0.5):
    r"""Two wells on a ring: the first target of Rezende & Mohamed, with a weight.

    .. math:: U_1 = \tfrac12 \left(\tfrac{\|z\| - 2}{0.4}\right)^2 - \log\left(
              2\omega\, e^{-\frac12 (\frac{z_1 - 2}{0.6})^2}
              + 2(1 - \omega)\, e^{-\frac12 (\frac{z_1 + 2}{0.6})^2} \right)

    Args:
        z: Tensor of points, shape (..., 2).
        weight: Share ω of the right well, between 0 and 1; ½ is the paper's target.

    Returns:
        Tensor of energies, shape (...).

    Raises:
        ValueError: If the points are not in the plane.

    References:
        | Variational Inference with Normalizing Flows, table 1
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> energy_1(torch.tensor([[2.0, 0.0], [0.0, 2.0]])).round(decimals=4)
        tensor([-0.0000, 4.8624])

    Introduced in chapter 10.
    """
    z_1, _ = _plane(z)
    right = _square(z_1 - 2, 0.6) - log(2 * weight)
    left = _square(z_1 + 2, 0.6) - log(2 * (1 - weight))
    return _square(z.norm(dim=-1) - 2, 0.4) + _two_paths(right, left)


def energy_2(z):
    r"""A wave: the second target, with a wall at \|z₁\| = 4 that the paper lacks.

    .. math:: U_2 = \tfrac12 \left(\tfrac{z_2 - w_1(z)}{0.4}\right)^2 + \text{wall},
              \qquad w_1 = \sin(\pi z_1 / 2), \qquad
              \text{wall} = \tfrac12 \left(\tfrac{\max(0, |z_1| - 4)}{0.2}\right)^2

    Without the wall exp(-U) has no finite integral.

    Args:
        z: Tensor of points, shape (..., 2).

    Returns:
        Tensor of energies, shape (...).

    Raises:
        ValueError: If the points are not in the plane.

    References:
        | Variational Inference with Normalizing Flows, table 1
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> energy_2(torch.tensor([[0.0, 0.0], [1.0, 2.0]])).round(decimals=4)
        tensor([0.0000, 3.1250])

    Introduced in chapter 10.
    """
    z_1, z_2 = _plane(z)
    return _square(z_2 - torch.sin(pi / 2 * z_1), 0.4) + _wall(z_1)


def energy_3(z):
    r"""A wave that splits in the middle: the third target, with the wall of `energy_2`.

    .. math:: U_3 = -\log\left( e^{-\frac12 (\frac{z_2 - w_1}{0.35})^2}
              + e^{-\frac12 (\frac{z_2 - w_1 + w_2}{0.35})^2} \right) + \text{wall},
              \qquad w_2 = 3 e^{-\frac12 (\frac{z_1 - 1}{0.6})^2}

    Args:
        z: Tensor of points, shape (..., 2).

    Returns:
        Tensor of energies, shape (...).

    Raises:
        ValueError: If the points are not in the plane.

    References:
        | Variational Inference with Normalizing Flows, table 1
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> energy_3(torch.tensor([[0.0, 0.0], [1.0, 2.0]])).round(decimals=4)
        tensor([-0.0970,  4.0816])

    Introduced in chapter 10.
    """
    z_1, z_2 = _plane(z)
    off = z_2 - torch.sin(pi / 2 * z_1)
    bump = 3 * torch.exp(-_square(z_1 - 1, 0.6))
    return _two_paths(_square(off, 0.35), _square(off + bump, 0.35)) + _wall(z_1)


def energy_4(z):
    r"""A wave that splits for good: the fourth target, with the wall of `energy_2`.

    .. math:: U_4 = -\log\left( e^{-\frac12 (\frac{z_2 - w_1}{0.4})^2}
              + e^{-\frac12 (\frac{z_2 - w_1 + w_3}{0.35})^2} \right) + \text{wall},
              \qquad w_3 = \frac{3}{1 + e^{-(z_1 - 1)/0.3}}

    Args:
        z: Tensor of points, shape (..., 2).

    Returns:
        Tensor of energies, shape (...).

    Raises:
        ValueError: If the points are not in the plane.

    References:
        | Variational Inference with Normalizing Flows, table 1
        | (Rezende & Mohamed, 2015)
        | https://arxiv.org/abs/1505.05770

    Example:
        >>> energy_4(torch.tensor([[0.0, 0.0], [1.0, 2.0]])).round(decimals=4)
        tensor([-0.6716,  3.1250])

    Introduced in chapter 10.
    """
    z_1, z_2 = _plane(z)
    off = z_2 - torch.sin(pi / 2 * z_1)
    step = 3 * torch.sigmoid((z_1 - 1) / 0.3)
    return _two_paths(_square(off, 0.4), _square(off + step, 0.35)) + _wall(z_1)


ENERGIES = (energy_1, energy_2, energy_3, energy_4)


def _plane(z):
    """Both coordinates of the points."""
    if z.shape[-1:] != (2,):
        raise ValueError(
            f"`z` has shape {tuple(z.shape)}; these targets live in the plane, points "
            "in the last axis: (..., 2)."
        )
    return z.unbind(-1)


def _shapes(*tensors):
    return ", ".join(str(tuple(tensor.shape)) for tensor in tensors)


def _square(off, width):
    """Half a squared distance in units of the width."""
    return (off * (0.5**0.5 / width)).square()


def _two_paths(first, second):
    return -torch.logaddexp(-first, -second)


def _wall(z_1):
    return _square(F.relu(z_1.abs() - 4), 0.2)


def _bend(z, u, w, b):
    """Points (r, n, d) after a layer, and tanh(w·z + b) of each, (r, n)."""
    t = torch.tanh(torch.baddbmm(b[:, None, None], z, w[:, :, None]))
    return torch.baddbmm(z, t, u[:, None, :]), t[..., 0]


def _log_slope(t, along):
    """log|1 + w·u (1 - t²)|: the log-determinant of a layer."""
    return (1 + along[..., None] * (1 - t.square())).abs().log()


def _start(generators, layers, mean):
    """Trainable base and layers: the base standard normal, the layers small."""
    runs = len(generators)
    base = torch.empty(runs, 2).copy_(torch.as_tensor(mean)), torch.zeros(runs, 2)
    bends = 0.3 * torch.stack([torch.randn(layers, 5, generator=g) for g in generators])
    parts = [*base, *(part.clone() for part in bends.split([2, 2, 1], dim=-1))]
    return [part.requires_grad_() for part in parts if part.numel()]


def _flow(parameters):
    mean, log_scale, *bends = parameters
    if not bends:
        none = mean.new_zeros(len(mean), 0, 2)
        return PlanarFlow(mean, log_scale, none, none, none[..., 0])
    u, w, b = bends
    return PlanarFlow(mean, log_scale, invertible_u(u, w), w, b[..., 0])


def _before(after, along, b):
    """The a with a + along * tanh(a + b) = after, which rises in a if along >= -1."""
    low, high = after - along.abs(), after + along.abs()
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = middle + along * torch.tanh(middle + b) > after
        low, high = torch.where(above, low, middle), torch.where(above, middle, high)
    return (low + high) / 2


def _grid(points, half_width):
    axis = torch.linspace(-half_width, half_width, points, dtype=torch.float64)
    return torch.cartesian_prod(axis, axis)


def _checked(u, log_q):
    if u.shape != log_q.shape:
        raise ValueError(
            f"`energy` returned the shape {tuple(u.shape)} for {tuple(log_q.shape)} "
            "points of (runs, batch); it must return one number for each."
        )
    return u
