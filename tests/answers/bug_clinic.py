"""Answers to the exercises of the bug clinic."""

import math

import mpmath
import numpy as np
import torch
import torch.nn.functional as F
from scipy import integrate, special, stats
from torch.distributions import Categorical, Normal, kl_divergence

import kl_helpers as kl


def tensor(x):
    return torch.tensor(x, dtype=torch.double)


def gradient(loss, *logits):
    """Gradients of a loss in its logits, as arrays."""
    leaves = [tensor(z).requires_grad_() for z in logits]
    loss(*leaves).backward()
    return [z.grad if z.grad is not None else torch.zeros_like(z) for z in leaves]


# 1


def by_scipy_errors(log_ratio):
    return -log_ratio.mean() / stats.sem(log_ratio)


def by_package_errors(log_ratio):
    mean, error = kl.mean_with_error(log_ratio)
    return -mean / error


def by_t_test(log_ratio):
    return -stats.ttest_1samp(log_ratio, 0).statistic


def in_torch_errors(log_ratio):
    x = tensor(log_ratio)
    return -x.mean() / (x.std() / len(x) ** 0.5)


def from_sums(log_ratio):
    n, s, s2 = len(log_ratio), log_ratio.sum(), (log_ratio**2).sum()
    return -s / math.sqrt(s2 - s * s / n)


# 4, 6, 10


def torch_kd(student_logits, teacher_logits):
    return F.kl_div(
        tensor(student_logits).log_softmax(1),
        tensor(teacher_logits).softmax(1),
        reduction="batchmean",
    )


def kd_by_distributions(student_logits, teacher_logits):
    laws = (Categorical(logits=tensor(z)) for z in (teacher_logits, student_logits))
    return kl_divergence(*laws).mean()


def kd_as_cross_entropy(s, t):
    p = special.softmax(t, axis=1)
    cross = -(p * special.log_softmax(s, axis=1)).sum(1)
    return (cross - stats.entropy(p, axis=1)).mean()


def tokens_by_torch(logprobs, ref_logprobs):
    each = F.kl_div(
        tensor(ref_logprobs), tensor(logprobs), reduction="none", log_target=True
    )
    return each.sum(-1).mean()


def soft_by_torch(student, teacher, T):
    return T**2 * torch_kd(student / T, teacher / T)


# 5


def map_by_torch(p, squared, dof):
    log_q = torch.log_softmax(-dof * torch.log1p(tensor(squared) / dof), 0)
    return (tensor(p) * (tensor(p).log() - log_q)).sum()


def map_by_scipy(p, squared, dof):
    kernel = (dof / (dof + squared)) ** dof
    return stats.entropy(p, kernel)


# 7


def bits_by_torch(x_p, x_q):
    fits = (Normal(x.mean(), x.std()) for x in (tensor(x_p), tensor(x_q)))
    return kl_divergence(*fits) / math.log(2)


def bits_by_scipy(x_p, x_q):
    p, q = stats.norm(*stats.norm.fit(x_p)), stats.norm(*stats.norm.fit(x_q))

    def terms(x):
        return p.pdf(x) * (p.logpdf(x) - q.logpdf(x))

    low, high = p.ppf(1e-15), p.isf(1e-15)
    return integrate.quad(terms, low, high)[0] / math.log(2)


# 8, 11


def vae_by_torch(mu, log_var):
    q = Normal(tensor(mu), tensor(log_var / 2).exp())
    return kl_divergence(q, Normal(0.0, 1.0)).sum(1).mean()


def loss_by_torch(x, recon, mu, log_var):
    error = F.mse_loss(tensor(recon), tensor(x), reduction="sum") / len(x)
    return error + vae_by_torch(mu, log_var)


# 12


def package_rows(p, q):
    return kl.kl_divergence(p, q)


def asserting_rows(p, q):
    assert np.allclose(p.sum(-1), 1) and np.allclose(q.sum(-1), 1)
    return stats.entropy(p, q, axis=-1)


def torch_rows(p, q):
    laws = [tensor(x) for x in (p, q)]
    if any((law.sum(-1) - 1).abs().max() > 1e-6 for law in laws):
        raise ValueError("a row does not sum to 1")
    return special.rel_entr(p, q).sum(-1)


def loops_with_a_check(p, q):
    found = []
    for a, b in zip(p, q, strict=True):
        if abs(sum(a) - 1) > 1e-6 or abs(sum(b) - 1) > 1e-6:
            raise ValueError("not a distribution")
        found.append(sum(x * math.log(x / y) for x, y in zip(a, b, strict=True)))
    return found


def by_cross_entropy_rows(p, q):
    for x in (p, q):
        if not np.allclose(x.sum(axis=-1), 1):
            raise ValueError("not a distribution")
    return -(p * np.log(q)).sum(-1) - stats.entropy(p, axis=-1)


# 13


def by_digamma(a, b):
    both = special.digamma(a + b)
    mean_log_x = special.digamma(a) - both
    mean_log_rest = special.digamma(b) - both
    return (a - 1) * mean_log_x + (b - 1) * mean_log_rest - special.betaln(a, b)


def by_torch_beta(a, b):
    law = torch.distributions.Beta(tensor(a), tensor(b))
    return kl_divergence(law, torch.distributions.Beta(tensor(1.0), tensor(1.0)))


def by_scipy_entropy(a, b):
    return -stats.beta(a, b).entropy()


def by_log_odds(a, b):
    def terms(t):
        log_x, log_rest = -np.logaddexp(0, -t), -np.logaddexp(0, t)
        log_p = (a - 1) * log_x + (b - 1) * log_rest - special.betaln(a, b)
        return np.exp(log_p + log_x + log_rest) * log_p

    pieces = [-600, -100, -20, 0, 20, 100, 600]
    return sum(
        integrate.quad(terms, *ends, epsabs=1e-12)[0]
        for ends in zip(pieces, pieces[1:], strict=False)
    )


def by_mpmath(a, b):
    mean_log_x, mean_log_rest = (
        mpmath.psi(0, x) - mpmath.psi(0, a + b) for x in (a, b)
    )
    terms = (a - 1) * mean_log_x + (b - 1) * mean_log_rest
    return float(terms - mpmath.log(mpmath.beta(a, b)))


# 14


def masked_by_torch(p, q):
    p, q = tensor(p), tensor(q)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def looped_zeros(p, q):
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a and not b:
            return math.inf
        total += a * math.log(a / b) if a else 0
    return total


# 17


def kd_by_torch(student, teacher, labels, T, weight):
    hard = F.cross_entropy(tensor(student), torch.tensor(labels))
    return weight * soft_by_torch(student, teacher, T) + (1 - weight) * hard


def kd_by_scipy(student, teacher, labels, T, weight):
    log_q = special.log_softmax(student, axis=1)
    hard = -np.take_along_axis(log_q, labels[:, None], axis=1).mean()
    soft = kd_as_cross_entropy(student / T, teacher / T)
    return weight * T * T * soft + (1 - weight) * hard


def kd_one_hot(student, teacher, labels, T, weight):
    target = np.eye(student.shape[1])[labels]
    hard = -(target * special.log_softmax(student, axis=1)).sum(1).mean()
    return weight * T**2 * torch_kd(student / T, teacher / T) + (1 - weight) * hard


def kd_by_rows(student, teacher, labels, T, weight):
    total = 0.0
    for s, t, y in zip(student, teacher, labels, strict=True):
        soft = stats.entropy(special.softmax(t / T), special.softmax(s / T))
        total += weight * T**2 * soft - (1 - weight) * special.log_softmax(s)[y]
    return total / len(student)


def kd_by_distributions_with_t(student, teacher, labels, T, weight):
    soft = kd_by_distributions(student / T, teacher / T)
    hard = -Categorical(logits=tensor(student)).log_prob(torch.tensor(labels)).mean()
    return weight * T**2 * soft + (1 - weight) * hard


# 18


def detached(student, teacher):
    def loss(s, t):
        return F.kl_div(s.log_softmax(0), t.softmax(0).detach(), reduction="sum")

    return np.stack(gradient(loss, student, teacher))


def by_cross_entropy_pull(student, teacher):
    def loss(s, t):
        return F.cross_entropy(s[None], t.detach().softmax(0)[None])

    return torch.stack(gradient(loss, student, teacher))


def no_grad_teacher(student, teacher):
    def loss(s, t):
        with torch.no_grad():
            target = Categorical(logits=t.clone())
        return kl_divergence(target, Categorical(logits=s))

    return [g.tolist() for g in gradient(loss, student, teacher)]


# 19


def gathered(logits, action, advantage):
    def loss(z):
        log_pi = z.log_softmax(0)
        return advantage * (log_pi - log_pi.detach()).exp()[action]

    return gradient(loss, logits)[0]


def by_log_prob(logits, action, advantage):
    def loss(z):
        return advantage * Categorical(logits=z).log_prob(torch.tensor(action))

    return gradient(loss, logits)[0]


def one_hot_push(logits, action, advantage):
    score = -special.softmax(logits)
    score[action] += 1
    return advantage * score


def looped_push(logits, action, advantage):
    pi = special.softmax(logits)
    return [advantage * ((i == action) - pi[i]) for i in range(len(pi))]


def push_by_cross_entropy(logits, action, advantage):
    def loss(z):
        return -advantage * F.cross_entropy(z[None], torch.tensor([action]))

    return gradient(loss, logits)[0].numpy()


# 20


def summed(logits, log_ref):
    def loss(z):
        log_pi = z.log_softmax(0)
        return (log_pi.exp() * (log_pi - tensor(log_ref))).sum()

    return gradient(loss, logits)[0]


def k2_loss(logits, log_ref):
    def loss(z):
        log_pi = z.log_softmax(0)
        return (log_pi.detach().exp() * (log_pi - tensor(log_ref)) ** 2 / 2).sum()

    return gradient(loss, logits)[0]


def k3_times_ratio(logits, log_ref):
    def loss(z):
        log_pi = z.log_softmax(0)
        log_w = tensor(log_ref) - log_pi
        ratio = (log_pi - log_pi.detach()).exp()
        return (log_pi.detach().exp() * ratio * (log_w.exp() - 1 - log_w)).sum()

    return gradient(loss, logits)[0]


def k1_in_reward(logits, log_ref):
    def loss(z):
        log_pi = z.log_softmax(0)
        cost = (log_pi - tensor(log_ref)).detach()
        return (log_pi.detach().exp() * cost * log_pi).sum()

    return gradient(loss, logits)[0]


def by_distributions_leash(logits, log_ref):
    def loss(z):
        return kl_divergence(Categorical(logits=z), Categorical(logits=tensor(log_ref)))

    return gradient(loss, logits)[0].numpy()


def softmax_slope_of_k3(logits, log_ref):
    return special.softmax(logits) - np.exp(log_ref)


RIGHT = {
    "q1": [
        by_scipy_errors,
        by_package_errors,
        by_t_test,
        in_torch_errors,
        from_sums,
    ],
    "q2": [
        lambda old, new: kl.kl_k3(old, new).mean(),
        lambda old, new: (old - new).mean() + np.expm1(new - old).mean(),
        lambda old, new: special.kl_div(1, np.exp(new - old)).mean(),
        lambda old, new: (tensor(new - old).expm1() - tensor(new - old)).mean(),
        lambda old, new: (
            sum(math.expm1(b - a) - (b - a) for a, b in zip(old, new, strict=True))
            / len(old)
        ),
    ],
    "q3": [
        lambda probs, ref, k: stats.entropy(
            np.where(probs >= np.sort(probs)[-k], probs, 0), ref
        ),
        lambda probs, ref, k: kl.kl_divergence(
            (s := np.where(probs >= np.sort(probs)[-k], probs, 0)) / s.sum(), ref
        ),
        lambda probs, ref, k: special.rel_entr(
            (s := probs * (probs >= np.sort(probs)[-k])) / s.sum(), ref
        ).sum(),
        lambda probs, ref, k: (
            np.average(
                np.log((top := np.sort(probs)[-k:]) / ref[np.argsort(probs)[-k:]]),
                weights=top,
            )
            - np.log(top.sum())
        ),
        lambda probs, ref, k: (
            (s := (top := tensor(probs).topk(k)).values / top.values.sum())
            * (s / tensor(ref)[top.indices]).log()
        ).sum(),
    ],
    "q4": [
        torch_kd,
        kd_by_distributions,
        kd_as_cross_entropy,
        lambda s, t: kl.kl_from_logits(t, s).mean(),
        lambda s, t: np.mean(
            [
                stats.entropy(special.softmax(b), special.softmax(a))
                for a, b in zip(s, t, strict=True)
            ]
        ),
    ],
    "q5": [
        map_by_torch,
        map_by_scipy,
        lambda p, d, dof: special.rel_entr(
            p, special.softmax(-dof * np.log1p(d / dof))
        ).sum(),
        lambda p, d, dof: kl.kl_divergence(p, (k := (1 + d / dof) ** -dof) / k.sum()),
        lambda p, d, dof: (
            np.sum(p * np.log(p))
            + dof * np.sum(p * np.log1p(d / dof))
            + np.log(np.sum((1 + d / dof) ** -dof))
        ),
    ],
    "q6": [
        tokens_by_torch,
        lambda a, b: kl.kl_from_logits(a, b).mean(),
        lambda a, b: kl_divergence(
            Categorical(logits=tensor(a)), Categorical(logits=tensor(b))
        ).mean(),
        lambda a, b: np.einsum("stv,stv->", np.exp(a), a - b) / a[..., 0].size,
        lambda a, b: special.rel_entr(np.exp(a), np.exp(b)).sum(-1).mean(),
    ],
    "q7": [
        bits_by_torch,
        bits_by_scipy,
        lambda x, y: kl.kl_normal(x.mean(), x.std(), y.mean(), y.std()) / np.log(2),
        lambda x, y: (
            np.log2(y.std(ddof=1) / x.std(ddof=1))
            + (x.var(ddof=1) / y.var(ddof=1) - 1) / np.log(4)
            + (x.mean() - y.mean()) ** 2 / y.var(ddof=1) / np.log(4)
        ),
        lambda x, y: (
            np.mean(
                stats.norm.logpdf(x, x.mean(), x.std())
                - stats.norm.logpdf(x, y.mean(), y.std())
            )
            / np.log(2)
        ),
    ],
    "q8": [
        vae_by_torch,
        lambda mu, lv: kl.kl_to_standard_normal(mu, lv).mean(),
        lambda mu, lv: kl.kl_normal(mu, np.exp(lv / 2), 0, 1).sum(1).mean(),
        lambda mu, lv: -0.5 * np.sum(1 + lv - mu**2 - np.exp(lv)) / len(mu),
        lambda mu, lv: np.mean(
            [sum((m * m + np.exp(v) - v - 1) / 2) for m, v in zip(mu, lv, strict=True)]
        ),
    ],
    "q9": [
        lambda log_prob, log_ref: kl.kl_k3(log_prob, log_ref),
        lambda log_prob, log_ref: special.kl_div(1, np.exp(log_ref - log_prob)),
        lambda log_prob, log_ref: (
            tensor(log_ref - log_prob).expm1() - tensor(log_ref - log_prob)
        ),
        lambda log_prob, log_ref: [
            math.exp(r - p) - 1 - (r - p)
            for p, r in zip(log_prob, log_ref, strict=True)
        ],
        lambda log_prob, log_ref: (
            np.exp(log_ref) / np.exp(log_prob) + log_prob - log_ref - 1
        ),
    ],
    "q10": [
        soft_by_torch,
        lambda s, t, T: T**2 * kd_as_cross_entropy(s / T, t / T),
        lambda s, t, T: T**2 * kl.kl_from_logits(t / T, s / T).mean(),
        lambda s, t, T: T * T * kd_by_distributions(s / T, t / T),
        lambda s, t, T: (
            T**2
            * F.kl_div(
                tensor(s / T).log_softmax(1),
                tensor(t / T).log_softmax(1),
                reduction="mean",
                log_target=True,
            )
            * s.shape[1]
        ),
    ],
    "q11": [
        loss_by_torch,
        lambda x, r, mu, lv: ((x - r) ** 2).sum(1).mean() + vae_by_torch(mu, lv).item(),
        lambda x, r, mu, lv: (
            np.linalg.norm(x - r) ** 2 / len(x)
            + kl.kl_to_standard_normal(mu, lv).mean()
        ),
        lambda x, r, mu, lv: (
            (np.sum((x - r) ** 2) - 0.5 * np.sum(1 + lv - mu**2 - np.exp(lv))) / len(x)
        ),
        lambda x, r, mu, lv: (
            ((x - r) ** 2).mean() * x.shape[1]
            + kl.kl_normal(mu, np.exp(lv / 2), 0, 1).mean() * mu.shape[1]
        ),
    ],
    "q12": [
        package_rows,
        asserting_rows,
        torch_rows,
        loops_with_a_check,
        by_cross_entropy_rows,
    ],
    "q13": [by_digamma, by_torch_beta, by_scipy_entropy, by_log_odds, by_mpmath],
    "q14": [
        lambda p, q: special.rel_entr(p, q).sum(),
        lambda p, q: stats.entropy(p, q),
        lambda p, q: kl.kl_divergence(p, q),
        masked_by_torch,
        looped_zeros,
    ],
    "q15": [
        lambda old, new: special.rel_entr(old, new).sum(1).mean(),
        lambda old, new: stats.entropy(old, new, axis=1).mean(),
        lambda old, new: kl.kl_divergence(old, new).mean(),
        lambda old, new: kl_divergence(
            Categorical(probs=tensor(old)), Categorical(probs=tensor(new))
        ).mean(),
        lambda old, new: F.kl_div(
            tensor(new).log(), tensor(old), reduction="batchmean"
        ),
    ],
    "q16": [
        lambda mu, lv, e: mu + np.sqrt(np.exp(lv)) * e,
        lambda mu, lv, e: np.exp(lv / 2) * e + mu,
        lambda mu, lv, e: tensor(mu) + (0.5 * tensor(lv)).exp() * tensor(e),
        lambda mu, lv, e: mu + e * np.exp(lv) ** 0.5,
        lambda mu, lv, e: torch.addcmul(tensor(mu), tensor(lv / 2).exp(), tensor(e)),
    ],
    "q17": [
        kd_by_torch,
        kd_by_scipy,
        kd_one_hot,
        kd_by_rows,
        kd_by_distributions_with_t,
    ],
    "q18": [
        detached,
        by_cross_entropy_pull,
        no_grad_teacher,
        lambda s, t: [special.softmax(s) - special.softmax(t), 0 * t],
        lambda s, t: np.vstack(
            [special.softmax(s) - special.softmax(t), np.zeros_like(t)]
        ),
    ],
    "q19": [gathered, by_log_prob, one_hot_push, looped_push, push_by_cross_entropy],
    "q20": [summed, k2_loss, k3_times_ratio, k1_in_reward, by_distributions_leash],
}
WRONG = {
    "q1": [
        (lambda x: -x.mean(), "in_nats"),
        (lambda x: abs(x.mean()) / stats.sem(x), None),
        (lambda x: -x / stats.sem(x), "wrong_shape"),
        (lambda x: x.mean() < 0, "wrong_type"),
    ],
    "q2": [
        (lambda old, new: np.abs(old - new).mean(), "absolute"),
        (lambda old, new: kl.kl_k3(new, old).mean(), "inverse_ratio"),
        (lambda old, new: kl.kl_k3(old, new), "wrong_shape"),
        (lambda old, new: 0.005, "constant"),
    ],
    "q3": [
        (lambda p, r, k: kl.kl_divergence(p, r), "the_full_kl"),
        (lambda p, r, k: -1.0, "constant"),
        (lambda p, r: 0.0, "wrong_parameters"),
    ],
    "q4": [
        (lambda s, t: torch_kd(t, s), "swapped"),
        (
            lambda s, t: F.kl_div(
                tensor(s).softmax(1), tensor(t).softmax(1), reduction="batchmean"
            ),
            "probabilities_first",
        ),
        (lambda s, t: torch_kd(s, t) / s.shape[1], "mean_not_sum"),
        (lambda s, t: kl.kl_from_logits(t, s), "wrong_shape"),
    ],
    "q5": [
        (lambda p, d, dof: map_by_torch(p, d, 1.0), "dof_ignored"),
        (
            lambda p, d, dof: special.rel_entr(p, (1 + d / dof) ** -dof).sum(),
            "negative",
        ),
        (lambda p, d, dof: abs(map_by_torch(p, d, dof)) * 2, "off_by_a_factor"),
    ],
    "q6": [
        (
            lambda a, b: F.kl_div(
                tensor(b), tensor(a), reduction="batchmean", log_target=True
            ),
            "per_sequence",
        ),
        (lambda a, b: F.kl_div(tensor(b), tensor(a)), "log_target_missing"),
        (lambda a, b: kl.kl_from_logits(a, b), "wrong_shape"),
        (lambda a, b: kl.kl_from_logits(b, a).mean(), "swapped"),
    ],
    "q7": [
        (lambda x, y: kl.kl_normal(x.mean(), x.std(), y.mean(), y.std()), "in_nats"),
        (lambda x, y: stats.wasserstein_distance(x, y), None),
        (lambda x, y: bits_by_torch(y, x), "swapped"),
    ],
    "q8": [
        (lambda mu, lv: -0.5 * np.sum(1 + lv - mu**2 - np.exp(lv)), "batch_sum"),
        (lambda mu, lv: kl.kl_to_standard_normal(mu, lv), "wrong_shape"),
        (lambda mu, lv: vae_by_torch(mu, 2 * lv), "log_sigma"),
    ],
    "q9": [
        (lambda log_prob, log_ref: kl.kl_k3(log_ref, log_prob), "inverse_ratio"),
        (lambda log_prob, log_ref: kl.kl_k1(log_prob, log_ref), "k1_alone"),
        (lambda log_prob, log_ref: kl.kl_k3(log_prob, log_ref).mean(), "wrong_shape"),
        (
            lambda log_prob, log_ref: np.exp(r := np.exp(log_ref - log_prob)) - 1 - r,
            "ratio_for_its_log",
        ),
    ],
    "q10": [
        (lambda s, t, T: soft_by_torch(s, t, T) / s.shape[1], "divided_by_classes"),
        (lambda s, t, T: torch_kd(s / T, t / T), "no_t_squared"),
        (lambda s, t, T: soft_by_torch(t, s, T), "swapped"),
    ],
    "q11": [
        (
            lambda x, r, mu, lv: (
                F.mse_loss(tensor(r), tensor(x)) + vae_by_torch(mu, lv)
            ),
            "mean_over_pixels",
        ),
        (lambda x, r, mu, lv: ((x - r) ** 2).sum(1).mean(), None),
        (lambda x, r, mu, lv: ((x - r) ** 2).sum(1), "wrong_shape"),
    ],
    "q12": [
        (lambda p, q: stats.entropy(p, q, axis=-1), "rescaled_silently"),
        (lambda p, q: special.rel_entr(p, q).sum(-1), "rescaled_silently"),
        (lambda p, q: special.rel_entr(p, q), "wrong_shape"),
        (lambda p, q: special.kl_div(p, q), "terms_of_kl_div"),
        (lambda p, q: special.rel_entr(p, q).sum(0), "first_axis"),
    ],
    "q13": [
        (
            lambda a, b: integrate.quad(
                lambda x: stats.beta.pdf(x, a, b) * stats.beta.logpdf(x, a, b),
                1e-5,
                1 - 1e-5,
                limit=200,
            )[0],
            "clipped",
        ),
        (lambda a, b: stats.beta(a, b).entropy(), "wrong_sign"),
        (lambda a, b: by_digamma(a, b) / np.log(2), "in_bits"),
        (lambda a, b: np.inf, "infinite"),
    ],
    "q14": [
        (
            lambda p, q: np.nansum(
                np.where((p > 0) & (q > 0), special.rel_entr(p, q), 0)
            ),
            "drops_infinite",
        ),
        (lambda p, q: stats.entropy(p, q + 1e-10), "epsilon"),
        (lambda p, q: np.sum(p * np.log(p / q)), "no_zero_rule"),
        (lambda p, q: special.rel_entr(p, q), "not_totalled"),
    ],
    "q15": [
        (lambda old, new: special.rel_entr(new, old).sum(1).mean(), "swapped"),
        (lambda old, new: -special.rel_entr(old, new).sum(1).mean(), "wrong_sign"),
        (lambda old, new: special.rel_entr(new, old).mean(), "swapped+mean_not_sum"),
        (lambda old, new: special.rel_entr(old, new).sum(1), "wrong_shape"),
    ],
    "q16": [
        (lambda mu, lv, e: mu + np.exp(lv) * e, "variance_for_sigma"),
        (lambda mu, lv, e: mu, None),
        (lambda mu, lv, e: np.exp(lv / 2) * e, "mean_lost"),
    ],
    "q17": [
        (
            lambda s, t, y, T, w: (
                kd_by_torch(s, t, y, T, w) - w * (T**2 - 1) * torch_kd(s / T, t / T)
            ),
            "no_t_squared",
        ),
        (lambda s, t, y, T, w: kd_by_torch(s, t, y, T, 1 - w), "weights_exchanged"),
        (lambda s, t, y, T, w: torch_kd(s / T, t / T), None),
    ],
    "q18": [
        (lambda s, t: special.softmax(s) - special.softmax(t), "wrong_shape"),
        (
            lambda s, t: np.stack(
                gradient(lambda a, b: F.kl_div(a.log_softmax(0), b.softmax(0)), s, t)
            ),
            None,
        ),
        (lambda s, t: np.zeros((2, len(s))), "constant"),
    ],
    "q19": [
        (lambda z, a, adv: adv * (1 / len(z) - special.softmax(z)), "all_actions"),
        (lambda z, a, adv: 0 * z, "nothing_left"),
        (lambda z, a, adv: adv, "wrong_shape"),
    ],
    "q20": [
        (softmax_slope_of_k3, "k3_as_loss"),
        (lambda z, log_ref: 0 * z, "k1_as_loss"),
        (lambda z, log_ref: -summed(z, log_ref), "wrong_sign"),
        (lambda z, log_ref: summed(z, log_ref).sum(), "wrong_shape"),
    ],
}
