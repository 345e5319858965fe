"""Losses per example, in nats: the caller decides how to average."""

from math import inf, log

import torch
from torch.nn import functional as F

__all__ = [
    "adaptive_kl_coefficient",
    "distillation_loss",
    "elbo_terms",
    "kl_to_standard_normal",
    "ppo_clip_loss",
    "ppo_kl_penalty_loss",
]


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


def ppo_clip_loss(log_prob, old_log_prob, advantage, *, epsilon=0.2):
    r"""PPO's clipped loss of each sample: its gradient ends where the ratio leaves.

    .. math:: -\min\left(w A, \; \mathrm{clip}(w, 1-\epsilon, 1+\epsilon)\, A\right),
              \qquad w = \frac{\pi_{\text{new}}(a \mid s)}{\pi_{\text{old}}(a \mid s)}

    The old policy chose the actions. With an advantage above 0 the gradient is zero
    once w is above 1 + epsilon, with one below 0 once w is below 1 - epsilon. There is
    no KL in it, and nothing that pulls w back.

    Args:
        log_prob: Tensor of log-probabilities of the actions taken, under the new
            policy, shape (...).
        old_log_prob: The same under the policy that took them; not differentiated.
        advantage: Tensor of shape (...): how much better the action was than expected.
        epsilon: Half-width of the clip, above 0, a number or a tensor that broadcasts;
            `inf` turns the clip off.

    Returns:
        Tensor of shape (...), in the unit of the advantage.

    Raises:
        TypeError: If one of the tensors is not of a floating-point type.
        ValueError: If their shapes differ or `epsilon` is not above 0.

    References:
        | Proximal Policy Optimization Algorithms, section 3 (Schulman et al., 2017)
        | https://arxiv.org/abs/1707.06347

    Example:
        >>> old, new = torch.tensor([0.5, 0.5]).log(), torch.tensor([0.75, 0.25]).log()
        >>> ppo_clip_loss(new, old, torch.ones(2))
        tensor([-1.2000, -0.5000])

    Introduced in chapter 5.
    """
    _check_floats(log_prob=log_prob, old_log_prob=old_log_prob, advantage=advantage)
    if not log_prob.shape == old_log_prob.shape == advantage.shape:
        raise ValueError(
            f"`log_prob`, `old_log_prob` and `advantage` have shapes "
            f"{tuple(log_prob.shape)}, {tuple(old_log_prob.shape)} and "
            f"{tuple(advantage.shape)}, but each holds one number per action taken. "
            "Gather the action that was taken; broadcasting would mix samples."
        )
    epsilon = torch.as_tensor(epsilon, dtype=log_prob.dtype, device=log_prob.device)
    if not (epsilon > 0).all():
        raise ValueError(
            f"`epsilon` is {epsilon.min():.4g}, but the clip needs a half-width above "
            "0, usually 0.2; `inf` turns it off."
        )
    w = torch.exp(log_prob - old_log_prob.detach())
    clipped = torch.minimum(torch.maximum(w, 1 - epsilon), 1 + epsilon)
    return -torch.minimum(w * advantage, clipped * advantage)


def ppo_kl_penalty_loss(
    log_probs, old_log_probs, actions, advantages, *, beta, epsilon=inf
):
    r"""The loss of PPO with a KL penalty, for each sample; it can pull back.

    .. math:: -w A + \beta \sum_a \pi_{\text{old}}(a \mid s)
              \log \frac{\pi_{\text{old}}(a \mid s)}{\pi_{\text{new}}(a \mid s)}

    The KL is exact, over all k actions of the state; the old policy stands first. The
    ratio w is that of the action taken alone.

    Args:
        log_probs: Tensor of log-probabilities of all actions under the new policy,
            shape (..., k).
        old_log_probs: The same under the policy that acted; not differentiated.
        actions: Tensor of whole numbers, shape (...): which action was taken.
        advantages: Tensor of shape (...).
        beta: Price of a nat, at least 0, a number or a tensor that broadcasts.
        epsilon: Half-width of a clip on w, see `ppo_clip_loss`; `inf` is no clip.

    Returns:
        Tensor of shape (...), in the unit of the advantage.

    Raises:
        TypeError: If tensors are not of a floating-point type, or `actions` not whole.
        ValueError: If shapes do not fit, a row is not normalised or `beta` is negative.

    References:
        | Proximal Policy Optimization Algorithms, section 4 (Schulman et al., 2017)
        | https://arxiv.org/abs/1707.06347

    Example:
        >>> old, new = torch.tensor([[[0.5, 0.5]], [[0.8, 0.2]]]).log()
        >>> action, advantage = torch.tensor([0]), torch.ones(1)
        >>> ppo_kl_penalty_loss(new, old, action, advantage, beta=1.0)
        tensor([-1.3769])

    Introduced in chapter 5.
    """
    _check_rows(log_probs, old_log_probs)
    states = log_probs.shape[:-1]
    if actions.is_floating_point() or actions.shape != states:
        kind = TypeError if actions.is_floating_point() else ValueError
        raise kind(
            f"`actions` hold {actions.dtype} of shape {tuple(actions.shape)}, but one "
            f"whole number per state is needed, shape {tuple(states)}."
        )
    beta = torch.as_tensor(beta, dtype=log_probs.dtype, device=log_probs.device)
    if not (beta >= 0).all():
        raise ValueError(
            f"`beta` is {beta.min():.4g}, but a price is at least 0: a negative one "
            "pays for leaving the old policy."
        )
    log_prob, old_log_prob = (
        t.gather(-1, actions[..., None])[..., 0] for t in (log_probs, old_log_probs)
    )
    push = ppo_clip_loss(log_prob, old_log_prob, advantages, epsilon=epsilon)
    if not beta.any():
        return push  # what costs nothing need not be computed
    kl = categorical_kl(old_log_probs, log_probs)
    return push + beta * kl


def categorical_kl(log_p, log_q):
    """D(P||Q) in nats from log-probabilities, over the last axis; P does not move."""
    _check_rows(log_p, log_q)
    log_p = log_p.detach()
    for each in (log_p, log_q):
        off = each.detach().logsumexp(-1).abs()
        if not (off < 1e-3).all():
            raise ValueError(
                f"the log-probabilities of a state are not normalised (off by "
                f"{off.max():.3g}); pass logits.log_softmax(-1), not logits."
            )
    return _kl_terms(log_p, log_q).sum(-1)


def distillation_loss(
    student_logits, teacher_logits, *, temperature=1.0, direction="forward"
):
    r"""Temperature squared times the KL from teacher to student, for each example.

    .. math:: T^2 \, D_{\mathrm{KL}}(p_T \,\|\, q_T), \qquad
              p_T = \mathrm{softmax}(v / T), \quad q_T = \mathrm{softmax}(z / T)

    Here v are the teacher's logits, which do not move, and z the student's. The square
    keeps the gradient at about the same size for all large temperatures.

    Args:
        student_logits: Tensor of logits z, shape (..., k).
        teacher_logits: Tensor of logits v, the same shape; not differentiated.
        temperature: T above 0, a number or a tensor that broadcasts to shape (...).
        direction: "forward" (the teacher samples), "reverse" (the student does) or
            "js", half of each KL to the mean of the two distributions.

    Returns:
        Tensor of shape (...), in nats per example times T squared.

    Raises:
        TypeError: If an argument is not a floating-point tensor.
        ValueError: If the shapes differ, the temperature is not above 0, or the
            direction is none of the three.

    References:
        | Distilling the Knowledge in a Neural Network (Hinton, Vinyals & Dean, 2015)
        | https://arxiv.org/abs/1503.02531

    Example:
        >>> teacher, student = torch.tensor([[6.0, 4.0, 1.0], [3.0, 0.0, 0.0]])
        >>> distillation_loss(student, teacher, temperature=2.0)
        tensor(0.2708)

    Introduced in chapter 6.
    """
    _check_floats(student_logits=student_logits, teacher_logits=teacher_logits)
    if student_logits.shape != teacher_logits.shape or student_logits.ndim == 0:
        raise ValueError(
            f"`student_logits` have shape {tuple(student_logits.shape)} and "
            f"`teacher_logits` {tuple(teacher_logits.shape)}, but both need the same "
            "shape (..., k), one logit for each of the k classes."
        )
    t = torch.as_tensor(temperature, dtype=student_logits.dtype)[..., None]
    if not (t > 0).all():
        raise ValueError(
            f"`temperature` is {t.min():.4g}, but it must be above 0: 1 leaves the "
            "softmax as it is, more softens it."
        )
    log_p = (teacher_logits.detach() / t).log_softmax(-1)
    log_q = (student_logits / t).log_softmax(-1)
    log_m = torch.logaddexp(log_p, log_q) - log(2)
    terms = {
        "forward": _kl_terms(log_p, log_q),
        "reverse": _kl_terms(log_q, log_p),
        "js": (_kl_terms(log_p, log_m) + _kl_terms(log_q, log_m)) / 2,
    }
    if direction not in terms:
        raise ValueError(
            f"`direction` is {direction!r}; use one of {', '.join(map(repr, terms))}."
        )
    return t[..., 0] ** 2 * terms[direction].sum(-1)


def adaptive_kl_coefficient(beta, kl, target):
    r"""The price of a nat for the *next* update, from the KL that this one measured.

    .. math:: \beta' = 2\beta \text{ if } d > 1.5\, \tau, \qquad
              \beta' = \beta/2 \text{ if } d < \tau/1.5, \qquad
              \beta' = \beta \text{ otherwise}

    The caller keeps the result and passes it back in; nothing is remembered here.

    Args:
        beta: The price that this update was charged, above 0.
        kl: D(old‖new) of this update, nats per state, averaged over states.
        target: The KL per update that is wanted, above 0, in the same unit.

    Returns:
        The next price, a float.

    Raises:
        ValueError: If `beta` or `target` is not above 0, or `kl` is negative or nan.

    References:
        | Proximal Policy Optimization Algorithms, section 4 (Schulman et al., 2017)
        | https://arxiv.org/abs/1707.06347

    Example:
        >>> adaptive_kl_coefficient(1.0, kl=0.02, target=0.01)
        2.0

    Introduced in chapter 5.
    """
    beta, kl, target = float(beta), float(kl), float(target)
    if not (beta > 0 and target > 0 and kl >= 0):
        raise ValueError(
            f"`beta` {beta:.4g} and `target` {target:.4g} must be above 0 and `kl` "
            f"{kl:.4g} at least 0. From beta = 0 doubling leads nowhere; a negative KL "
            "is an estimate: average k3, or compute it exactly over the actions."
        )
    if kl > 1.5 * target:
        return 2 * beta
    return beta / 2 if kl < target / 1.5 else beta


def _kl_terms(log_p, log_q):
    """p log(p/q) of each outcome, 0 where p is 0."""
    return torch.where(log_p.isneginf(), 0.0, log_p.exp() * (log_p - log_q))


def _check_rows(log_p, log_q):
    _check_floats(log_p=log_p, log_q=log_q)
    if log_p.shape != log_q.shape or log_p.ndim == 0:
        raise ValueError(
            f"the log-probabilities have shapes {tuple(log_p.shape)} and "
            f"{tuple(log_q.shape)}, but both need the same shape (..., k): one number "
            "for each of the k actions."
        )


def _check_floats(**tensors):
    for name, value in tensors.items():
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            found = f"{type(value).__name__} of {getattr(value, 'dtype', 'no dtype')}"
            raise TypeError(
                f"`{name}` is a {found}, but gradients need a floating-point tensor; "
                "pass torch.as_tensor(value, dtype=torch.float32)."
            )
