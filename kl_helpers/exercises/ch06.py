"""Exercises and quiz of chapter 6: what does a softmax know that a label does not?"""

import numpy as np

from . import mutators as m
from ._answer import Case
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers


def softmax(logits):
    weights = np.exp(logits - logits.max(-1, keepdims=True))
    return weights / weights.sum(-1, keepdims=True)


# Exercise 1: construct


def flatten_targets(p):
    top = p.argmax(axis=1)
    rest = (1 - p.max(axis=1, keepdims=True)) / (p.shape[1] - 1)
    return np.where(np.arange(p.shape[1]) == top[:, None], p, rest)


def row_by_row(p):
    """Each row: what the largest leaves, divided by the number of the others."""
    rows = []
    for row in p:
        rest = (1 - max(row)) / (len(row) - 1)
        rows.append([x if i == row.argmax() else rest for i, x in enumerate(row)])
    return rows


def rows_of(seed, *shapes):
    rng = np.random.default_rng(seed)
    for images, classes in shapes:
        yield Case((rng.dirichlet(np.full(classes, 0.7), images),))


def divided(p, by):
    """The rest spread with a wrong divisor."""
    flat = np.tile((1 - p.max(1, keepdims=True)) / by, (1, p.shape[1]))
    return np.where(p == p.max(1, keepdims=True), p, flat)


q1 = Question(
    name="ch06.q1",
    model=flatten_targets,
    hints=(
        "What is left after the largest probability is 1 − p.max(axis=1).",
        "It goes to one class fewer than there are.",
        "np.where(p == p.max(axis=1, keepdims=True), p, rest) puts the two together.",
    ),
    closing="As sure as before, and silent about what the image nearly was. Its "
    "students never found the 3.",
    cases=tuple(rows_of(0, (4, 3), (5, 10), (1, 4), (3, 2))),
    reference=row_by_row,
    mistakes=(
        Mistake(
            "divides_by_all",
            "The rest goes to the other classes: one fewer than there are. Your rows "
            "do not sum to 1.",
            lambda p: divided(p, p.shape[1]),
        ),
        Mistake(
            "uniform",
            "That is a uniform row: how sure the teacher was is gone, too.",
            lambda p: np.full(p.shape, 1 / p.shape[1]),
        ),
        Mistake(
            "hard",
            "That is a label. The largest probability has to stay as it is.",
            lambda p: (p == p.max(1, keepdims=True)) * 1.0,
        ),
        Mistake(
            "over_columns",
            "You took the largest of each column; a row is an image.",
            lambda p: np.where(
                p == p.max(0), p, (1 - p.max(0)) / max(p.shape[1] - 1, 1)
            ),
        ),
        Mistake(
            "unchanged",
            "Those are the soft targets as they were.",
            lambda p: p + 0.0,
        ),
        Mistake(
            "zeros",
            "The others must share what the largest leaves; yours get nothing.",
            lambda p: np.where(p == p.max(1, keepdims=True), p, 0.0),
        ),
    ),
    conditions=(
        Condition(
            "ties",
            "With two classes that are equally likely, only one of them is the top.",
            lambda answer: np.isclose(
                np.sum(answer(np.array([[0.4, 0.4, 0.1, 0.1]]))), 1
            ),
        ),
    ),
)


# Exercise 2: derive


def slope(z, v, T):
    return T * (softmax(z / T) - softmax(v / T))


def numerical_slope(z, v, T, step=1e-5):
    """Central differences of T² times the KL, term by term from the definition."""

    def loss(z):
        p, q = softmax(v / T), softmax(z / T)
        return T**2 * float(np.sum(p * (np.log(p) - np.log(q))))

    return [
        (loss(z + step * e) - loss(z - step * e)) / (2 * step) for e in np.eye(z.size)
    ]


def logit_pairs(seed, count):
    rng = np.random.default_rng(seed)
    for T in np.resize([1.7, 4.0, 0.6], count):
        yield Case((*rng.normal(scale=2.0, size=(2, 4)).round(2), float(T)))


def reverse_slope(z, v, T):
    p, q = softmax(v / T), softmax(z / T)
    log_ratio = np.log(q / p)
    return T * q * (log_ratio - q @ log_ratio)


q2 = Question(
    name="ch06.q2",
    model=slope,
    hints=(
        "Without a temperature the slope of D(p‖q) in the logits of q is q − p.",
        "The student's logits enter as z/T: the chain rule gives a factor 1/T.",
        "T² times 1/T leaves one T. Both softmaxes stay at temperature T.",
    ),
    closing="One factor T is left, and q_T − p_T shrinks like 1/T: that is why the "
    "product stays finite.",
    cases=tuple(logit_pairs(0, 6)),
    reference=numerical_slope,
    rtol=1e-4,
    atol=1e-7,
    mistakes=(
        Mistake(
            "square_missing",
            "That is the slope of the KL without T².",
            lambda z, v, T: slope(z, v, T) / T**2,
        ),
        Mistake(
            "chain_rule_missing",
            "The logits enter as z/T; the chain rule gives a factor 1/T.",
            lambda z, v, T: slope(z, v, T) * T,
        ),
        Mistake(
            "no_factor",
            "That is q − p. T² from the loss and 1/T from the chain rule leave a T.",
            lambda z, v, T: slope(z, v, T) / T,
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: where the student says too much, the loss rises "
            "with the logit.",
            lambda z, v, T: -slope(z, v, T),
        ),
        Mistake(
            "cold_softmaxes",
            "The softmaxes belong at temperature T, too.",
            lambda z, v, T: T * (softmax(z) - softmax(v)),
        ),
        Mistake(
            "one_sided",
            "Both softmaxes stand at temperature T, not only the teacher's.",
            lambda z, v, T: T * (softmax(z) - softmax(v / T)),
        ),
        Mistake(
            "hot_limit",
            "That is the limit of a large T; T is not large here.",
            lambda z, v, T: (z - z.mean() - v + v.mean()) / z.size,
        ),
        Mistake("swapped", "That is the slope of D(q_T‖p_T).", reverse_slope),
    ),
)


# Exercise 3: repair


def loss(student, teacher, T):
    p, q = softmax(teacher / T), softmax(student / T)
    return T**2 * np.mean(np.sum(p * np.log(p / q), axis=1))


def image_by_image(student, teacher, T):
    total = 0.0
    for z, v in zip(student, teacher, strict=True):
        p = np.exp(v / T) / np.exp(v / T).sum()
        log_q = z / T - np.log(np.exp(z / T).sum())
        total += p @ np.log(p) - p @ log_q
    return total * T * T / len(student)


def batches(seed, count):
    rng = np.random.default_rng(seed)
    for T in np.resize([2.0, 5.0, 1.3], count):
        yield Case((*rng.normal(scale=2.0, size=(2, 6, 4)).round(2), float(T)))


def half_repaired(*, both_hot=True, first="teacher", average="images", square=True):
    """The loss with some of its faults left in."""

    def answer(student, teacher, T):
        p, q = softmax(teacher / T), softmax(student / T if both_hot else student)
        if first == "student":
            p, q = q, p
        each = p * np.log(p / q)
        mean = each.sum(1).mean() if average == "images" else each.mean()
        return mean * (T**2 if square else 1)

    return answer


ONE_SIDED = "The student is still cold: divide its logits by T, too."
STUDENT_FIRST = "The student still stands first; the teacher samples."
OVER_CLASSES = "You still average over the classes; sum over them."
NO_SQUARE = "T² is missing."

q3 = Question(
    name="ch06.q3",
    model=loss,
    hints=(
        "Divide both networks' logits by T.",
        "D(p‖q) with the teacher first: p times log(p/q), summed over the classes.",
        "Average over the images only, and multiply by T².",
    ),
    closing="Each fault alone trains without an error message. The log of a known "
    "example is what finds them.",
    cases=tuple(batches(0, 6)),
    reference=image_by_image,
    mistakes=(
        Mistake("one_sided", ONE_SIDED, half_repaired(both_hot=False)),
        Mistake("student_first", STUDENT_FIRST, half_repaired(first="student")),
        Mistake("mean_over_classes", OVER_CLASSES, half_repaired(average="all")),
        Mistake("square_missing", NO_SQUARE, half_repaired(square=False)),
        Mistake(
            "one_sided_and_square_missing",
            f"{ONE_SIDED} And: {NO_SQUARE}",
            half_repaired(both_hot=False, square=False),
        ),
        Mistake(
            "student_first_and_square_missing",
            f"{STUDENT_FIRST} And: {NO_SQUARE}",
            half_repaired(first="student", square=False),
        ),
        Mistake(
            "mean_over_classes_and_square_missing",
            f"{OVER_CLASSES} And: {NO_SQUARE}",
            half_repaired(average="all", square=False),
        ),
        Mistake(
            "as_given",
            "That is the broken loss as it stands.",
            half_repaired(both_hot=False, first="student", average="all", square=False),
        ),
        Mistake(
            "square_alone",
            "T² is there; the other faults are, too.",
            half_repaired(both_hot=False, first="student", average="all"),
        ),
        Mistake(
            "summed",
            "You sum over the images; the loss is an average.",
            lambda student, teacher, T: loss(student, teacher, T) * len(student),
        ),
        Mistake(
            "cross_entropy",
            "That is the cross-entropy: same gradient, but the floor is in it.",
            lambda student, teacher, T: (
                T**2
                * np.mean(
                    -np.sum(softmax(teacher / T) * np.log(softmax(student / T)), axis=1)
                )
            ),
        ),
    ),
)


# Exercise 4: predict


def two_numbers():
    return 3 / np.log(2), np.exp(3)  # the log-ratio is (5 - 2) / T


q4 = Question(
    name="ch06.q4",
    model=two_numbers,
    hints=(
        "The ratio of two softmax probabilities does not depend on the third logit.",
        "At temperature T it is exp((5 − 2)/T).",
        "Solve exp(3/T) = 2 for T. And where is exp(3/T) largest, if T is at least 1?",
    ),
    closing="Heat shrinks every log-ratio by the same factor. It shows the small "
    "probabilities; it adds nothing that was not there.",
    reference=lambda: [3 / np.log(2), np.e**3],
    rtol=6e-3,
    mistakes=(
        Mistake(
            "in_bits",
            "Use the natural logarithm: the softmax exponentiates with e.",
            lambda: [3 / np.log2(2), np.exp(3)],
        ),
        Mistake(
            "top_class",
            "9 is the logit of the top class; it does not enter the ratio of the "
            "others.",
            lambda: [4 / np.log(2), np.exp(4)],
        ),
        Mistake(
            "ratio_of_logits",
            "Logits are compared by their difference, not by their ratio.",
            lambda: [2.5, 2.5],
        ),
        Mistake(
            "inverse",
            "exp(3/T) = 2 means T = 3/ln 2, not ln 2/3.",
            lambda: [np.log(2) / 3, np.exp(3)],
        ),
        Mistake(
            "no_largest",
            "T cannot be below 1 here.",
            lambda: [3 / np.log(2), np.inf],
        ),
        Mistake(
            "log_ratio",
            "3 is the log of the ratio.",
            lambda: [3 / np.log(2), 3.0],
        ),
        Mistake(
            "exchanged",
            "The two numbers are exchanged: the temperature comes first.",
            lambda: two_numbers()[::-1],
        ),
    ),
)


# Quiz

RATIO = m.Formula(lambda gap, T: np.atleast_1d(gap / T), result=np.exp)
cold = m.Mutator("chain_rule_missing", "", m.power_at(0, 1))
WEIGHT = m.Formula(lambda T: np.atleast_1d(1 / T**2))
one_power = m.Mutator("no_factor", "", m.power_at(0.5, 0))
no_decay = m.Mutator("square_missing", "", m.power_at(0, 0))

quiz = Quiz(
    "ch06.quiz",
    (
        Item(
            "ratio",
            "Two wrong classes have logits that differ by 3. How much likelier is the "
            "one than the other at T = 5?",
            numbers(
                RATIO.at(3.0, 5.0),
                "{:.1f} times".format,
                "The ratio is exp(3/5).",
                (cold, "That is at T = 1."),
                (
                    m.Mutator("log_ratio", "", m.on_result(np.log)),
                    "That is the log of the ratio.",
                ),
            ),
        ),
        Item(
            "square",
            "A code distils at T = 5 and forgets T². About how large is the teacher's "
            "gradient, compared with the right one?",
            numbers(
                WEIGHT.at(5.0),
                "{:g} of it".format,
                "1/T²: one factor from z/T, one from the flat softmaxes.",
                (one_power, "Two hot softmaxes also differ less: a second factor."),
                (no_decay, "Each of two factors shrinks it."),
            ),
        ),
        Item(
            "control",
            "Targets keep the teacher's top probability and spread the rest evenly. "
            "What do they test?",
            (
                Option(
                    "Whether softness alone is what helps.",
                    "They are as soft as the teacher in its top class, and silent "
                    "about the others.",
                    right=True,
                ),
                Option(
                    "Nothing: the loss hardly changes.",
                    "The students changed completely.",
                    mutator="unchanged",
                ),
                Option(
                    "Whether the labels were right.",
                    "The top class is the teacher's, in all versions but the hard one.",
                    mutator="hard",
                ),
            ),
        ),
        Item(
            "moving",
            "The teacher is a running average of the student, without gradient. Does "
            "it matter for training whether the loss is the KL or the cross-entropy?",
            (
                Option(
                    "No. Only the logged value differs.",
                    "The teacher's entropy is in one of them; it does not contain the "
                    "student.",
                    right=True,
                ),
                Option(
                    "Yes: the target moves, so the gradients differ.",
                    "Within one step it is a constant.",
                    claim="S0-26",
                ),
                Option(
                    "Yes: the cross-entropy has no T².",
                    "Both can be multiplied by it.",
                    mutator="cross_entropy",
                ),
            ),
        ),
        Item(
            "direction",
            "Which KL is distillation?",
            (
                Option(
                    "D(teacher‖student), always.",
                    "In the classic form. Reverse and JS are in use as well.",
                    claim="S1-25",
                ),
                Option(
                    "Usually D(teacher‖student); the other way round is possible.",
                    "The teacher samples in the classic form.",
                    right=True,
                ),
                Option(
                    "D(student‖teacher): the student is what one trains.",
                    "Who moves does not say who stands first.",
                    mutator="student_first",
                ),
            ),
        ),
    ),
)
