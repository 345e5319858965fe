"""Bugs 1 to 6 of the clinic: it is negative, or no number at all."""

from math import fsum

import numpy as np

from ._answer import Case
from ._clinic_cases import (
    laws,
    log_probabilities,
    log_softmax,
    row_by_row,
    softmax,
    tables,
)
from ._question import Mistake, Question

# Bug 1: noise taken for a bug


def below_zero(log_ratio):
    error = log_ratio.std() / np.sqrt(len(log_ratio))
    return -log_ratio.mean() / error


def one_by_one(log_ratio):
    n = len(log_ratio)
    mean = fsum(log_ratio) / n
    variance = fsum((x - mean) ** 2 for x in log_ratio) / n
    return -mean * n**0.5 / variance**0.5


def log_ratios(seed):
    rng = np.random.default_rng(seed)
    for n, mean, sd in [(100, -0.01, 0.1), (400, 0.02, 0.2), (2500, -0.02, 0.1)]:
        yield Case((rng.normal(mean, sd, size=n),))


q1 = Question(
    name="bug_clinic.q1",
    model=below_zero,
    hints=(
        "How much does an average of n values vary from run to run?",
        "That is the standard error: the spread of one value over the root of n.",
        "Divide what is missing to zero by it; a mean above zero gives a minus sign.",
    ),
    closing="Below two it may be noise. Above three something is wrong, and more "
    "samples will not help.",
    cases=tuple(log_ratios(0)),
    reference=one_by_one,
    rtol=0.01,
    mistakes=(
        Mistake(
            "in_nats",
            "That is in nats. Nats cannot tell noise from a bug: divide by the error.",
            lambda x: -x.mean(),
        ),
        Mistake(
            "sd_of_one_sample",
            "You divide by the spread of one value. An average of n varies less.",
            lambda x: -x.mean() / x.std(),
        ),
        Mistake(
            "divided_by_n",
            "The error shrinks with the root of n, not with n.",
            lambda x: -x.mean() / (x.std() / len(x)),
        ),
        Mistake(
            "variance_for_sd",
            "You take the variance for the spread: its root is asked.",
            lambda x: -x.mean() / (x.var() / np.sqrt(len(x))),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: a mean below zero gives a positive number.",
            lambda x: x.mean() / (x.std() / np.sqrt(len(x))),
        ),
        Mistake(
            "clamped",
            "Keep the sign of a mean above zero, too.",
            lambda x: max(0, -x.mean() / (x.std() / np.sqrt(len(x)))),
        ),
    ),
)


# Bug 2: an absolute value hides the sign


def mean_kl(logp_old, logp):
    log_w = logp - logp_old
    return np.mean(np.exp(log_w) - 1 - log_w)


def gap_to_the_tangent(logp_old, logp):
    gaps = [np.expm1(b - a) - (b - a) for a, b in zip(logp_old, logp, strict=True)]
    return fsum(gaps) / len(gaps)


def updates(seed):
    rng = np.random.default_rng(seed)
    for n, shift in [(50, 0.2), (12, 0.1), (200, 0.5)]:
        x = rng.normal(size=n)
        yield Case((-(x**2) / 2, -((x - shift) ** 2) / 2))
    x = np.array([1.0, 1.5, 2.0])  # few samples: the mean log-ratio is below zero
    yield Case((-(x**2) / 2, -((x - 0.3) ** 2) / 2))


q2 = Question(
    name="bug_clinic.q2",
    model=mean_kl,
    hints=(
        "Absolute values change the average. Add something instead that averages to "
        "nothing.",
        "On average over the old policy, new over old is 1.",
        "So w − 1 can be added to each −ln w: the sum is k3, and never negative.",
    ),
    closing="k3 needs no absolute value to be positive, and its average is the KL.",
    cases=tuple(updates(0)),
    reference=gap_to_the_tangent,
    mistakes=(
        Mistake(
            "absolute",
            "The absolute value of each term is still there: its average is not the "
            "KL, and it hides a ratio that is upside down.",
            lambda old, new: np.abs(old - new).mean(),
        ),
        Mistake(
            "absolute_mean",
            "The absolute value moved to the mean. That hides noise and bugs alike.",
            lambda old, new: np.abs((old - new).mean()),
        ),
        Mistake(
            "k1_alone",
            "That is k1: the right average, but single values and short averages are "
            "negative.",
            lambda old, new: (old - new).mean(),
        ),
        Mistake(
            "k2_for_k3",
            "That is k2: never negative, but its average is not the KL.",
            lambda old, new: ((old - new) ** 2).mean() / 2,
        ),
        Mistake(
            "inverse_ratio",
            "w is new over old: the old policy drew the actions.",
            lambda old, new: (np.expm1(old - new) - (old - new)).mean(),
        ),
        Mistake(
            "clamped",
            "Negative terms were cut off at zero; they are part of the average.",
            lambda old, new: np.maximum(old - new, 0).mean(),
        ),
    ),
)


# Bug 3: the sampler is not the one in the log


def logged_kl(probs, ref, k):
    top = np.argsort(probs)[-k:]
    sampler = probs[top] / probs[top].sum()
    return np.sum(sampler * np.log(sampler / ref[top]))


def word_by_word(probs, ref, k):
    cut = sorted(probs)[-k]
    total = fsum(p for p in probs if p >= cut)
    return fsum(
        p / total * (np.log(p / total) - np.log(r))
        for p, r in zip(probs, ref, strict=True)
        if p >= cut
    )


def generators(seed):
    for number, case in enumerate(laws(seed, (4,), (6,), (9,))):
        yield Case((*case.arguments, number + 2))


def truncated(probs, ref, k):
    """(law of the sampler, probabilities, reference) of the k likeliest."""
    top = np.argsort(probs)[-k:]
    return probs[top] / probs[top].sum(), probs[top], ref[top]


def not_rescaled(probs, ref, k):
    _, top, r = truncated(probs, ref, k)
    return np.sum(top * np.log(top / r))


def averaged_over_the_sampler(inside):
    def answer(probs, ref, k):
        s, p, r = truncated(probs, ref, k)
        return np.sum(s * np.log(inside(s, p, r)))

    return answer


q3 = Question(
    name="bug_clinic.q3",
    model=logged_kl,
    hints=(
        "Which distribution did the tokens really come from?",
        "The k likeliest, with their probabilities divided by their sum.",
        "That distribution belongs into the logarithm as well, over the reference.",
    ),
    closing="Never negative again: the law in the log is the law that sampled. Or "
    "sample without top-k, as RLHF code should.",
    cases=tuple(generators(0)),
    reference=word_by_word,
    mistakes=(
        Mistake(
            "full_model_in_the_log",
            "The log still has the probabilities of the full model, which did not "
            "sample these tokens.",
            averaged_over_the_sampler(lambda s, p, r: p / r),
        ),
        Mistake(
            "the_full_kl",
            "That is the KL of the full model. Its tokens were never drawn.",
            lambda p, r, k: np.sum(p * np.log(p / r)),
        ),
        Mistake(
            "not_rescaled",
            "What top-k leaves does not sum to 1: divide by its sum.",
            not_rescaled,
        ),
        Mistake(
            "reference_cut_too",
            "The reference was cut and rescaled too. It keeps its mass outside, and "
            "that mass counts.",
            averaged_over_the_sampler(lambda s, p, r: s * r.sum() / r),
        ),
        Mistake(
            "wrong_sign",
            "The ratio is upside down: the sampler stands on top.",
            averaged_over_the_sampler(lambda s, p, r: r / s),
        ),
    ),
)


# Bug 4: probabilities where F.kl_div wants their logarithms


def distillation_loss(student_logits, teacher_logits):
    log_q = student_logits - np.logaddexp.reduce(student_logits, -1, keepdims=True)
    log_p = teacher_logits - np.logaddexp.reduce(teacher_logits, -1, keepdims=True)
    return (np.exp(log_p) * (log_p - log_q)).sum(-1).mean()


def with_first(first, total=lambda terms: terms.sum(-1).mean()):
    """F.kl_div by its formula: target times (log target − first argument)."""

    def answer(student, teacher):
        p = softmax(teacher)
        return total(p * (np.log(p) - first(student)))

    return answer


q4 = Question(
    name="bug_clinic.q4",
    model=distillation_loss,
    hints=(
        "What does F.kl_div do with its first argument? It is not a logarithm.",
        "It subtracts it from the log of the target: it must be a logarithm already.",
        "log_softmax for the student, softmax for the teacher; then sum over classes "
        "and average over rows.",
    ),
    closing="A distillation loss below zero is always this, or a target that does not "
    "sum to 1.",
    cases=tuple(tables(1, (3, 4), (5, 3), (2, 6))),
    reference=row_by_row,
    mistakes=(
        Mistake(
            "probabilities_first",
            "The student's probabilities still stand where their logarithms belong.",
            with_first(softmax),
        ),
        Mistake(
            "logits_first",
            "Logits are not log-probabilities: their exponentials do not sum to 1.",
            with_first(lambda z: z),
        ),
        Mistake(
            "mean_not_sum",
            "You averaged over the classes; their probabilities already weigh them.",
            with_first(log_softmax, np.mean),
        ),
        Mistake(
            "sum_not_mean",
            "You summed over the rows; the loss is per row.",
            with_first(log_softmax, np.sum),
        ),
        Mistake(
            "swapped",
            "That is D(student‖teacher): the teacher stands first.",
            lambda s, t: with_first(log_softmax)(t, s),
        ),
    ),
)


# Bug 5: two kernels in one t-SNE


def tsne_kl(p, squared, dof):
    kernel = (1 + squared / dof) ** -dof
    q = kernel / kernel.sum()
    return np.sum(p * np.log(p / q))


def pair_by_pair(p, squared, dof):
    log_kernel = [-dof * np.log1p(d / dof) for d in squared]
    log_sum = np.log(fsum(np.exp(log_kernel)))
    terms = zip(p, log_kernel, strict=True)
    return fsum(a * (np.log(a) - k + log_sum) for a, k in terms)


def maps(seed):
    rng = np.random.default_rng(seed)
    for pairs, dof in [(6, 1.0), (10, 5.0), (15, 100.0)]:
        p = rng.dirichlet(np.ones(pairs))
        yield Case((p, rng.chisquare(2, size=pairs) * 2, dof))


def map_kl(top, bottom):
    """The KL with one kernel per pair and another one in the normaliser."""

    def answer(p, squared, dof):
        base = 1 / (1 + squared / dof)
        return np.sum(p * np.log(p * bottom(base, dof).sum() / top(base, dof)))

    return answer


def bare(base, dof):
    return base


def powered(base, dof):
    return base**dof


q5 = Question(
    name="bug_clinic.q5",
    model=tsne_kl,
    hints=(
        "Sum the q of all pairs, as the code computes them. What should it be?",
        "The normaliser has the power, the single pairs have not.",
        "One kernel, computed once, belongs above and below the fraction line.",
    ),
    closing="A q that sums to something else than 1 gives a KL of any sign. The sum is "
    "one line to check.",
    cases=tuple(maps(0)),
    reference=pair_by_pair,
    mistakes=(
        Mistake(
            "power_forgotten_once",
            "The pairs still lack the power −dof that the normaliser has.",
            map_kl(bare, powered),
        ),
        Mistake(
            "power_forgotten_twice",
            "Consistent, but the power −dof is gone from both: another map.",
            map_kl(bare, bare),
        ),
        Mistake(
            "normaliser_without_power",
            "Now the pairs have the power and the normaliser has not.",
            map_kl(powered, bare),
        ),
        Mistake(
            "dof_ignored",
            "That is the kernel of dof = 1, whatever dof is.",
            lambda p, d, dof: map_kl(bare, bare)(p, d, 1.0),
        ),
        Mistake(
            "swapped",
            "That is D(Q‖P). t-SNE minimises the KL of the data's pairs first.",
            lambda p, d, dof: np.sum(
                (k := (1 + d / dof) ** -dof) / k.sum() * np.log(k / k.sum() / p)
            ),
        ),
    ),
)


# Bug 6: logs on both sides without the flag


def kl_per_token(logprobs, ref_logprobs):
    return (np.exp(logprobs) * (logprobs - ref_logprobs)).sum(-1).mean()


def token_by_token(logprobs, ref_logprobs):
    k = logprobs.shape[-1]
    tokens = zip(logprobs.reshape(-1, k), ref_logprobs.reshape(-1, k), strict=True)
    found = [
        fsum(np.exp(a) * (a - b) for a, b in zip(x, y, strict=True)) for x, y in tokens
    ]
    return fsum(found) / len(found)


q6 = Question(
    name="bug_clinic.q6",
    model=kl_per_token,
    hints=(
        "Which of the two arguments does F.kl_div take the logarithm of?",
        "The target. Give it a logarithm and say so with log_target=True.",
        "batchmean divides by the first axis only: with tokens on the second, sum over "
        "the vocabulary yourself and average over all tokens.",
    ),
    closing="Two faults in one line: a flag, and a reduction that counts sequences "
    "instead of tokens.",
    cases=tuple(log_probabilities(2, (2, 3, 4), (3, 2, 5))),
    reference=token_by_token,
    mistakes=(
        Mistake(
            "log_target_missing",
            "nan: the target holds logarithms, so log_target=True is missing.",
            lambda a, b: (a * (np.log(a) - b)).sum() / len(a),
        ),
        Mistake(
            "per_sequence",
            "That is per sequence. batchmean divides by the number of sequences only.",
            lambda a, b: (np.exp(a) * (a - b)).sum() / len(a),
        ),
        Mistake(
            "mean_not_sum",
            "You averaged over the vocabulary; its probabilities already weigh it.",
            lambda a, b: (np.exp(a) * (a - b)).mean(),
        ),
        Mistake(
            "sum_not_mean",
            "You summed over all tokens; the result is per token.",
            lambda a, b: (np.exp(a) * (a - b)).sum(),
        ),
        Mistake(
            "swapped",
            "That is D(ref‖π): the policy stands first.",
            lambda a, b: (np.exp(b) * (b - a)).sum(-1).mean(),
        ),
    ),
)
