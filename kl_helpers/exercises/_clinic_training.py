"""Bugs 15 to 20 of the clinic: it looks healthy, and trains something else."""

from math import fsum

import numpy as np

from ..discrete import kl_from_logits
from . import mutators as m
from ._answer import Case
from ._clinic_cases import laws, log_softmax, row_by_row, softmax, tables
from ._question import Mistake, Question

# Bug 15: the direction of a trust region


def trust_region(old, new):
    return np.sum(old * np.log(old / new), axis=-1).mean()


def state_by_state(old, new):
    states = [
        fsum(a * (np.log(a) - np.log(b)) for a, b in zip(*pair, strict=True))
        for pair in zip(old, new, strict=True)
    ]
    return fsum(states) / len(states)


q15 = Question(
    name="bug_clinic.q15",
    model=trust_region,
    hints=(
        "Which policy drew the actions of this batch?",
        "The old one. It samples, so it stands first and weighs the terms.",
        "Old times the logarithm of old over new, summed over actions, then averaged "
        "over states.",
    ),
    closing="Now an action that the old policy liked cannot be dropped for a small "
    "price.",
    cases=tuple(laws(7, (3, 4), (5, 3))),
    reference=state_by_state,
    formula=m.Formula(m.log_ratio_terms, result=np.mean),
    mutators=(
        m.swapped.saying(
            "That is D(new‖old). The old policy samples, so it stands first."
        ),
        m.wrong_sign.saying("The sign is reversed: minimising this pushes them apart."),
        m.mean_not_sum,
        m.abs_terms,
    ),
)


# Bug 16: a log-variance taken for a log-sigma


def draw(mu, log_var, noise):
    return mu + np.exp(log_var / 2) * noise


q16 = Question(
    name="bug_clinic.q16",
    model=draw,
    hints=(
        "Noise of width 1 is to become noise of width σ. What is it multiplied by?",
        "By σ, the root of the variance.",
        "The root of an exponential halves what stands in it.",
    ),
    closing="Sampler and KL now speak of the same code. Compare the two once, and you "
    "never need to look again.",
    cases=tuple(tables(8, (2, 3), (4, 2), number=3, scale=1.0)),
    reference=lambda mu, log_var, noise: mu + np.sqrt(np.exp(log_var)) * noise,
    mistakes=(
        Mistake(
            "variance_for_sigma",
            "That multiplies by the variance; noise is scaled by the standard "
            "deviation.",
            lambda mu, lv, e: mu + np.exp(lv) * e,
        ),
        Mistake(
            "logarithm_for_sigma",
            "The logarithm itself stands where a width belongs; it can be negative.",
            lambda mu, lv, e: mu + lv * e,
        ),
        Mistake(
            "doubled_for_halved",
            "The exponent was doubled; a root halves it.",
            lambda mu, lv, e: mu + np.exp(2 * lv) * e,
        ),
        Mistake(
            "precision_for_sigma",
            "That is one over the width.",
            lambda mu, lv, e: mu + np.exp(-lv / 2) * e,
        ),
        Mistake(
            "mean_lost",
            "The mean is missing.",
            lambda mu, lv, e: np.exp(lv / 2) * e,
        ),
    ),
)


# Bug 17: T squared is missing


def kd_loss(student, teacher, labels, T, weight):
    log_hard = student - np.logaddexp.reduce(student, 1, keepdims=True)
    hard = -log_hard[np.arange(len(labels)), labels].mean()
    log_q = student / T - np.logaddexp.reduce(student / T, 1, keepdims=True)
    log_p = teacher / T - np.logaddexp.reduce(teacher / T, 1, keepdims=True)
    soft = (np.exp(log_p) * (log_p - log_q)).sum(1).mean()
    return weight * T**2 * soft + (1 - weight) * hard


def hard_part(student, labels):
    found = [-log_softmax(z)[y] for z, y in zip(student, labels, strict=True)]
    return fsum(found) / len(found)


def soft_part(student, teacher, T):
    return row_by_row(student / T, teacher / T)


def weighed(combine):
    """A loss made of its soft part, its hard part, T and the weight."""

    def answer(student, teacher, labels, T, weight):
        soft, hard = soft_part(student, teacher, T), hard_part(student, labels)
        return combine(soft, hard, T, weight)

    return answer


def lessons(seed):
    rng = np.random.default_rng(seed)
    for (n, k), T, weight in [
        ((3, 4), 2.0, 0.5),
        ((4, 3), 4.0, 0.7),
        ((2, 6), 8.0, 0.9),
    ]:
        student, teacher = rng.normal(scale=2, size=(2, n, k)).round(3)
        yield Case((student, teacher, rng.integers(0, k, size=n), T, weight))


q17 = Question(
    name="bug_clinic.q17",
    model=kd_loss,
    hints=(
        "How does the slope of the soft part shrink when T grows?",
        "Once because logits are divided by T, once because hot softmaxes differ less.",
        "So the soft part, and only it, is multiplied by the square of T.",
    ),
    closing="Now the weight means the same at every temperature.",
    cases=tuple(lessons(0)),
    reference=weighed(lambda soft, hard, T, w: w * T * T * soft + (1 - w) * hard),
    mistakes=(
        Mistake(
            "no_t_squared",
            "T² is still missing: at T = 8 the soft part hardly pulls.",
            weighed(lambda soft, hard, T, w: w * soft + (1 - w) * hard),
        ),
        Mistake(
            "t_not_squared",
            "T enters the factor squared.",
            weighed(lambda soft, hard, T, w: w * T * soft + (1 - w) * hard),
        ),
        Mistake(
            "both_scaled",
            "The hard part stands at T = 1 and needs no factor.",
            weighed(lambda soft, hard, T, w: T**2 * (w * soft + (1 - w) * hard)),
        ),
        Mistake(
            "divided_by_t_squared",
            "Multiply by T²: the slope has shrunk, and is to be brought back.",
            weighed(lambda soft, hard, T, w: w * soft / T**2 + (1 - w) * hard),
        ),
        Mistake(
            "weights_exchanged",
            "The weight belongs to the soft part.",
            weighed(lambda soft, hard, T, w: (1 - w) * T**2 * soft + w * hard),
        ),
        Mistake(
            "swapped",
            "That is D(student‖teacher): the teacher stands first.",
            lambda s, t, y, T, w: (
                w * T**2 * soft_part(t, s, T) + (1 - w) * hard_part(s, y)
            ),
        ),
    ),
)


# Bug 18: the gradient reaches the teacher


def pulls(student, teacher):
    p = np.exp(teacher) / np.exp(teacher).sum()
    q = np.exp(student) / np.exp(student).sum()
    return np.array([q - p, np.zeros(len(p))])


def student_slope(student, teacher, h=1e-5):
    steps = h * np.eye(len(student))
    return [
        (kl_from_logits(teacher, student + e) - kl_from_logits(teacher, student - e))
        / (2 * h)
        for e in steps
    ]


def teacher_slope(student, teacher):
    p, log_ratio = softmax(teacher), log_softmax(teacher) - log_softmax(student)
    return p * (log_ratio - p @ log_ratio)


def gap(student, teacher):
    return softmax(student) - softmax(teacher)


q18 = Question(
    name="bug_clinic.q18",
    model=pulls,
    hints=(
        "Who is to learn here? What should the other one's gradient be?",
        "The teacher is held: its row is zero. The student's is that of cross-entropy.",
        "In the logits of the student it is what it says minus what it is told.",
    ),
    closing="One `.detach()`. Without it the teacher learns to say what the student "
    "says.",
    cases=tuple(tables(9, (3,), (5,))),
    reference=lambda s, t: np.array([student_slope(s, t), np.zeros(len(s))]),
    rtol=1e-5,
    atol=1e-8,
    mistakes=(
        Mistake(
            "teacher_moves",
            "The teacher still has a gradient. It must be held: its row is zero.",
            lambda s, t: np.array([gap(s, t), teacher_slope(s, t)]),
        ),
        Mistake(
            "student_held",
            "You hold the student and let the teacher move.",
            lambda s, t: np.array([0 * s, teacher_slope(s, t)]),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: where the student says too much, the loss rises.",
            lambda s, t: np.array([-gap(s, t), 0 * s]),
        ),
        Mistake(
            "other_direction",
            "That is the slope of D(student‖teacher).",
            lambda s, t: np.array([teacher_slope(t, s), 0 * s]),
        ),
        Mistake(
            "rows_exchanged",
            "The rows are exchanged: the student comes first.",
            lambda s, t: np.array([0 * s, gap(s, t)]),
        ),
    ),
)


# Bug 19: the ratio of every action


def push(logits, action, advantage):
    pi = np.exp(logits) / np.exp(logits).sum()
    taken = np.arange(len(pi)) == action
    return advantage * (taken - pi)


def push_by_differences(logits, action, advantage, h=1e-6):
    def surrogate(step):
        ratio = np.exp(log_softmax(logits + step) - log_softmax(logits))[action]
        return advantage * ratio

    steps = h * np.eye(len(logits))
    return np.array([(surrogate(s) - surrogate(-s)) / (2 * h) for s in steps])


def turns(seed):
    rng = np.random.default_rng(seed)
    for k, action, advantage in [(3, 0, 1.0), (4, 2, -0.5), (6, 5, 2.0)]:
        yield Case((rng.normal(size=k).round(3), action, advantage))


def taken(logits, action):
    return np.eye(len(logits))[action]


q19 = Question(
    name="bug_clinic.q19",
    model=push,
    hints=(
        "Does the gradient of the code as found depend on the action at all?",
        "Only the ratio of the action that was taken carries its advantage.",
        "Its slope in the logits, at ratio 1, is the score: taken minus probability.",
    ),
    closing="The action enters. gather, or fancy indexing, picks its ratio; a mean "
    "over actions forgets it.",
    cases=tuple(turns(0)),
    reference=push_by_differences,
    rtol=1e-5,
    atol=1e-8,
    mistakes=(
        Mistake(
            "all_actions",
            "The ratios of all actions are still averaged: which one was taken does "
            "not matter to this gradient, and it pulls up the rarest.",
            lambda z, a, adv: adv * (1 / len(z) - softmax(z)),
        ),
        Mistake(
            "nothing_left",
            "Averaged over the policy the ratio is always 1: no gradient at all.",
            lambda z, a, adv: 0 * z,
        ),
        Mistake(
            "one_sided",
            "Raising one logit lowers the other probabilities: subtract π.",
            lambda z, a, adv: adv * taken(z, a),
        ),
        Mistake(
            "in_probabilities",
            "That is the slope of π(a). The ratio divides by the old π(a).",
            lambda z, a, adv: adv * softmax(z)[a] * (taken(z, a) - softmax(z)),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: a good action must become likelier.",
            lambda z, a, adv: adv * (softmax(z) - taken(z, a)),
        ),
        Mistake(
            "without_advantage",
            "The advantage is missing.",
            lambda z, a, adv: taken(z, a) - softmax(z),
        ),
    ),
)


# Bug 20: k3 as a loss


def leash(logits, log_ref):
    pi = np.exp(logits) / np.exp(logits).sum()
    k1 = np.log(pi) - log_ref
    return pi * (k1 - pi @ k1)


def leash_by_differences(logits, log_ref, h=1e-5):
    steps = h * np.eye(len(logits))
    return np.array(
        [
            (kl_from_logits(logits + e, log_ref) - kl_from_logits(logits - e, log_ref))
            / (2 * h)
            for e in steps
        ]
    )


def references(seed):
    for case in tables(seed, (3,), (4,), (6,)):
        logits, other = case.arguments
        yield Case((logits, log_softmax(other)))


def averaged(each):
    """E over π of `each`(ln π − ln ref) times the score."""

    def answer(logits, log_ref):
        pi = softmax(logits)
        return pi @ (each(np.log(pi) - log_ref)[:, None] * (np.eye(len(pi)) - pi))

    return answer


q20 = Question(
    name="bug_clinic.q20",
    model=leash,
    hints=(
        "Differentiate the sum over all actions, probabilities and all. Then look at "
        "what autograd keeps when the actions are held.",
        "Held actions leave out how their probabilities move. For k3 what is left is "
        "π − ref, the slope of the other KL.",
        "The whole slope is the average of k1 times the score. k2 in the loss has it.",
    ),
    closing="k1 in the reward, k2 in the loss, or k3 times the ratio π/π_sampler, with "
    "its gradient: all three have this average.",
    cases=tuple(references(10)),
    reference=leash_by_differences,
    rtol=1e-5,
    atol=1e-8,
    mistakes=(
        Mistake(
            "k3_as_loss",
            "That is π − ref, the gradient of D(ref‖π): k3 in the loss has it.",
            averaged(lambda k1: 1 - np.exp(-k1)),
        ),
        Mistake(
            "k1_as_loss",
            "Zero: the mean of k1, with the actions held, has no gradient. No leash.",
            averaged(lambda k1: np.ones_like(k1)),
        ),
        Mistake(
            "k3_in_reward",
            "k3 times the score is only one part of its gradient.",
            averaged(lambda k1: np.expm1(-k1) + k1),
        ),
        Mistake(
            "k2_in_reward",
            "k2 belongs into the loss, where its slope counts.",
            averaged(lambda k1: k1**2 / 2),
        ),
        Mistake(
            "absolute_in_reward",
            "The absolute value of k1 forgets which side of the reference it is on.",
            averaged(np.abs),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: this pushes away from the reference.",
            averaged(lambda k1: -k1),
        ),
    ),
)
