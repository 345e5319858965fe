"""Exercises and quiz of chapter 2: when is cross-entropy the same as KL?"""

from dataclasses import replace

import numpy as np

from ..discrete import cross_entropy, entropy, kl_divergence
from . import mutators as m
from ._answer import Case, Unusable, read_numbers
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers


def smooth(label, eps, k):
    """The target of label smoothing: a share eps goes to all k classes alike."""
    return (1 - eps) * np.eye(k)[label] + eps / k


# Exercise 1: diagnose

LOSSES = np.array([0.55, 0.31])
FLOORS = np.array([entropy(smooth(0, 0.1, 10)), 0.0])


def gaps_of_two_runs():
    target = np.full(10, 0.1 / 10)
    target[0] += 1 - 0.1
    floor_a = -np.sum(target * np.log(target))
    floor_b = 0  # a hard label is certain
    return [0.55 - floor_a, 0.31 - floor_b]


LOSS_MINUS_FLOOR = m.Formula(lambda loss, floor: np.stack([loss, -floor], axis=-1))

q1 = Question(
    name="ch02.q1",
    model=gaps_of_two_runs,
    hints=(
        "Each loss is a floor plus a gap. The floor is the entropy of that run's own "
        "target; what are the two targets?",
        "A's target has 0.9 + 0.01 on the right class and 0.01 on each of the other "
        "nine. B's target is certain.",
        "The floor of A is −(0.91 ln 0.91 + 9 · 0.01 ln 0.01), the floor of B is zero. "
        "Subtract each from its loss.",
    ),
    closing="A has the larger loss and the smaller gap: it is six times closer to its "
    "own target.",
    reference=lambda: LOSSES - FLOORS,
    rtol=1e-2,  # two typed digits are enough
    formula=LOSS_MINUS_FLOOR.at(LOSSES, FLOORS),
    mutators=(
        m.in_bits,
        m.wrong_sign.saying("Loss minus floor, not reversed: a gap is never negative."),
    ),
    mistakes=(
        Mistake(
            "forgets_the_floor",
            "These are the losses. Each contains a floor that no model can change.",
            lambda: LOSSES,
        ),
        Mistake(
            "one_floor_for_both",
            "You subtracted A's floor from both. B has hard labels: what is the "
            "entropy of a certain target? And can a gap be negative?",
            lambda: LOSSES - FLOORS[0],
        ),
        Mistake(
            "exchanged",
            "The right two numbers in the wrong order: A's gap comes first.",
            lambda: (LOSSES - FLOORS)[::-1],
        ),
        Mistake(
            "spreads_over_the_others",
            "Here the share 0.1 goes to all ten classes, the right one included: "
            "0.91 and 0.01, not 0.9 and a ninth of 0.1.",
            lambda: LOSSES - [entropy([0.9, *np.full(9, 0.1 / 9)]), 0],
        ),
        Mistake(
            "floor_of_two_outcomes",
            "You took the target as two outcomes, right and wrong. The wrong part is "
            "spread over nine classes, and each has its own term.",
            lambda: LOSSES - [entropy([0.91, 0.09]), 0],
        ),
        Mistake(
            "floor_in_bits",
            "The floor you subtracted is in bits, the loss is in nats.",
            lambda: LOSSES - FLOORS / np.log(2),
        ),
    ),
)


# Exercise 2: repair


def kl_div(input, target, reduction="mean"):
    """F.kl_div in numpy: `input` holds log-probabilities, `target` probabilities."""
    with np.errstate(all="ignore"):
        terms = np.where(target > 0, target * (np.log(target) - input), 0)
    divisor = {"sum": 1, "mean": terms.size, "batchmean": len(terms)}
    return terms.sum() / divisor[reduction]


def repaired_call(p, q):
    with np.errstate(divide="ignore"):
        return kl_div(np.log(q), p, reduction="batchmean")


def rows(seed, shape):
    return np.random.default_rng(seed).dirichlet(np.ones(shape[1]), size=shape[0])


def terms_of_p(p, q):
    return np.where(p > 0, p * (np.log(p) - np.log(q)), 0.0)


def terms_without_log(p, q):
    return np.where(p > 0, p * (np.log(p) - q), 0.0)


def mean_of_rows(terms):
    return terms.sum(axis=-1).mean()


no_log = m.Mutator(
    "no_log",
    "The first argument of kl_div must hold logarithms: it takes none itself.",
    lambda formula: replace(formula, terms=terms_without_log),
)
mean_over_entries = m.Mutator(
    "mean_over_entries",
    "The default reduction divides by the number of entries, rows times classes: say "
    'reduction="batchmean".',
    m.on_total(np.mean),
)
sum_over_rows = m.Mutator(
    "sum_over_rows",
    "That is the sum over all rows, and the mean per row is asked.",
    m.on_total(np.sum),
)

q2 = Question(
    name="ch02.q2",
    model=repaired_call,
    hints=(
        "Three faults: which argument is the model, in what form it is wanted, and "
        "what the default divides by.",
        "The model q stands first, as logarithms; the target p second, as it is.",
        'The reduction that divides by the number of rows only is "batchmean".',
    ),
    closing="Model first and as logarithms, target second, and a mean over rows: the "
    "same three words for F.kl_div itself.",
    cases=(
        Case((rows(0, (3, 4)), rows(1, (3, 4)))),
        Case((rows(2, (5, 2)), rows(3, (5, 2)))),
        Case(
            (np.array([[1.0, 0.0, 0.0], [0.5, 0.5, 0.0]]), rows(4, (2, 3))),
            "Here some target probabilities are 0.",
        ),
        Case(
            (rows(5, (2, 3)), np.array([[0.5, 0.5, 0.0], [0.2, 0.3, 0.5]])),
            "Here the model excludes what the target can do: infinite.",
        ),
    ),
    reference=lambda p, q: float(np.mean(kl_divergence(p, q))),
    formula=m.Formula(terms_of_p, total=mean_of_rows),
    mutators=(
        m.swapped.saying(
            "The roles are exchanged: kl_div takes the model first and the target "
            "second, so that the target samples."
        ),
        no_log,
        mean_over_entries,
        sum_over_rows,
        m.in_bits,
    ),
    mistakes=(
        Mistake(
            "as_it_was",
            "That is the call as it was, all three faults still in it.",
            lambda p, q: kl_div(p, q),
        ),
        Mistake(
            "target_logged",
            "The second argument of kl_div holds probabilities, without a logarithm; "
            "only the first is logged.",
            lambda p, q: kl_div(np.log(q), np.log(p), reduction="batchmean"),
        ),
        Mistake(
            "cross_entropy",
            "That is the cross-entropy; the entropy of the target is still in it.",
            lambda p, q: float(np.mean(cross_entropy(p, q))),
        ),
    ),
)


# Exercise 3: derive


def smoothed_gradient(logits, label, eps):
    logits = np.asarray(logits)
    q = np.exp(logits - logits.max())  # largest exponent 0: no overflow
    q = q / q.sum()
    p = np.full(len(logits), eps / len(logits))
    p[label] += 1 - eps
    return q - p


def softmax(logits):
    exp = np.exp(np.asarray(logits, dtype=float) - np.max(logits))
    return exp / exp.sum()


def smoothed_loss(logits, label, eps):
    return float(cross_entropy(smooth(label, eps, len(logits)), softmax(logits)))


def finite_differences(logits, label, eps, h=1e-5):
    logits = np.asarray(logits, dtype=float)
    up, down = (
        [smoothed_loss(logits + sign * d, label, eps) for d in h * np.eye(len(logits))]
        for sign in (1, -1)
    )
    return (np.array(up) - np.array(down)) / (2 * h)


def as_formula(gradient):
    return m.Formula(gradient, total=m.unchanged)


SLOPES = as_formula(lambda z, label, eps: softmax(z) - smooth(label, eps, len(z)))
PROBE = (np.array([0.3, -1.2, 2.0, 0.1]), 1, 0.2)

q3 = Question(
    name="ch02.q3",
    model=smoothed_gradient,
    hints=(
        "Write the loss as −Σ p_i z_i + log Σ exp(z_j). Which terms contain z_i?",
        "The first sum gives −p_i. The slope of log Σ exp(z_j) in z_i is the softmax.",
        "p has ε/K in every place and 1 − ε more at the label. For the softmax, "
        "subtract the largest logit before you take exponentials.",
    ),
    closing="What the model claims minus what the target says; the entropy of the "
    "target has no part in it.",
    cases=(
        Case((np.array([2.0, 1.0, 0.0]), 0, 0.1)),
        Case((np.array([0.5, -0.5, 1.5, 0.0, -2.0]), 3, 0.2)),
        Case((np.random.default_rng(0).normal(size=10), 7, 0.1)),
        Case((np.array([0.0, 3.0]), 0, 0.0), "Here nothing is smoothed."),
        Case(
            (np.array([1000.0, 0.0, -1000.0]), 1, 0.1),
            "With logits like these exp overflows: subtract the largest one first.",
        ),
    ),
    reference=lambda z, label, eps: softmax(z) - smooth(label, eps, len(z)),
    formula=SLOPES,
    mutators=(
        m.wrong_sign.saying(
            "The sign: the slope is positive where the model claims too much."
        ),
        m.Mutator(
            "divided_by_classes",
            "You divided by the number of classes; the loss of one image is a sum.",
            m.on_result(lambda slopes: slopes / slopes.size),
        ),
    ),
    mistakes=(
        Mistake(
            "hard_target",
            "That is the gradient for a hard label; the target is smoothed here.",
            lambda z, label, eps: softmax(z) - np.eye(len(z))[label],
        ),
        Mistake(
            "scaled_hard_gradient",
            "Smoothing does not scale the gradient for a hard label; it changes the "
            "target that is subtracted.",
            lambda z, label, eps: (1 - eps) * (softmax(z) - np.eye(len(z))[label]),
        ),
        Mistake(
            "spreads_over_the_others",
            "The share ε goes to all K classes, the right one included: the label has "
            "1 − ε + ε/K.",
            lambda z, label, eps: (
                softmax(z)
                - np.where(np.arange(len(z)) == label, 1 - eps, eps / (len(z) - 1))
            ),
        ),
        Mistake(
            "label_only_gets_the_rest",
            "Your target does not sum to one: the label has 1 − ε + ε/K.",
            lambda z, label, eps: (
                softmax(z) - np.where(np.arange(len(z)) == label, 1 - eps, eps / len(z))
            ),
        ),
        Mistake(
            "slope_in_probability",
            "−p/q is the slope in the probabilities; the slope in the logits is asked.",
            lambda z, label, eps: -smooth(label, eps, len(z)) / softmax(z),
        ),
        Mistake(
            "no_softmax",
            "Logits are not probabilities: the softmax is missing.",
            lambda z, label, eps: z - smooth(label, eps, len(z)),
        ),
        Mistake(
            "forgets_the_target",
            "That is the softmax alone, the slope of the second term only.",
            lambda z, label, eps: softmax(z),
        ),
        Mistake(
            "forgets_the_softmax",
            "That is the slope of the first term only; log Σ exp(z_j) has one too.",
            lambda z, label, eps: -smooth(label, eps, len(z)),
        ),
        Mistake(
            "overflows",
            "nan for large logits: exp overflows. Subtract the largest logit first.",
            lambda z, label, eps: (
                np.exp(z) / np.exp(z).sum() - smooth(label, eps, len(z))
            ),
        ),
    ),
    conditions=(
        Condition(
            "sums_to_zero",
            "Adding the same number to all logits changes no probability, so the "
            "slopes must sum to zero. Yours do not.",
            lambda f: abs(np.sum(f(*PROBE))) < 1e-9,
        ),
        Condition(
            "finite_differences",
            "Finite differences of the loss give other slopes than yours.",
            lambda f: np.allclose(f(*PROBE), finite_differences(*PROBE), atol=1e-7),
        ),
    ),
)


# Exercise 4: construct


def target_of_one_bit():
    low, high = 0.5, 1.0  # entropies 1.5 bits and 0 bits: the answer lies between
    for _ in range(60):
        a = (low + high) / 2
        b = (1 - a) / 2
        if -a * np.log2(a) - 2 * b * np.log2(b) > 1:
            low = a
        else:
            high = a
    return [a, b, b]


def read_three_probabilities(value, printed):
    array = read_numbers(value, printed)
    if array.shape != (3,):
        message = f"Return three probabilities; your answer has shape {array.shape}."
        raise Unusable("wrong", "wrong_shape", message)
    try:
        entropy(array)
    except ValueError as error:
        said = str(error).split(". ")[0].replace("`p`", "Your target")
        raise Unusable("wrong", "not_a_distribution", f"{said}.") from None
    return array


def bits(target):
    return float(entropy(target, base=2))


q4 = Question(
    name="ch02.q4",
    model=target_of_one_bit,
    hints=(
        "The lowest possible loss is the floor, and the floor is the target's entropy.",
        "(0.5, 0.5, 0) would do, but for the zero. Move a little from the first two to "
        "the third: too much entropy. What lowers it again?",
        "Try (a, (1 − a)/2, (1 − a)/2). At a = 0.5 the entropy is 1.5 bits, at a = 1 "
        "it is zero; halve the interval until it is 1.",
    ),
    closing="There are many: the targets with this floor form a curve around the even "
    "one.",
    read=read_three_probabilities,
    conditions=(
        Condition(
            "a_zero",
            "One of your outcomes never happens, or hardly ever: each must have a "
            "probability of at least 0.01.",
            lambda p: p.min() >= 0.01,
        ),
        Condition(
            "one_nat",
            "That floor is one nat. One bit is asked, which is ln 2 nats.",
            lambda p: abs(bits(p) * np.log(2) - 1) > 1e-6,
        ),
        Condition(
            "too_rough",
            lambda p: (
                f"Close: {bits(p):.7f} bits. Six decimals are asked; let a loop "
                "find them."
            ),
            lambda p: not 1e-6 < abs(bits(p) - 1) < 0.02,
        ),
        Condition(
            "too_high",
            lambda p: (
                f"The best loss for this target is {bits(p):.4f} bits, too high: "
                "the target must be more certain."
            ),
            lambda p: bits(p) < 1.02,
        ),
        Condition(
            "too_low",
            lambda p: (
                f"The best loss for this target is {bits(p):.4f} bits, too low: "
                "the target must be less certain."
            ),
            lambda p: bits(p) > 0.98,
        ),
    ),
    mistakes=(
        Mistake("a_zero", "", lambda: [0.5, 0.5, 0]),
        Mistake("too_high", "", lambda: [0.5, 0.25, 0.25]),
        Mistake("too_low", "", lambda: [0.9, 0.05, 0.05]),
        Mistake("too_rough", "", lambda: [0.77, 0.115, 0.115]),
    ),
)


ENTROPY = m.Formula(lambda p: -p * np.log(p))
PAIR = np.array([0.7, 0.2, 0.1]), np.array([0.2, 0.3, 0.5])

quiz = Quiz(
    "ch02.quiz",
    (
        Item(
            "floor",
            "Ten classes, label smoothing 0.1. What is the lowest loss that any "
            "network can reach?",
            numbers(
                ENTROPY.at(smooth(0, 0.1, 10)),
                "{:.4f} nats per image".format,
                "The entropy of the target (0.91, and nine times 0.01): its floor.",
                (m.in_bits, "The number is right in bits, not in nats."),
                (
                    m.mean_not_sum,
                    "An average over classes: each loss would be ten times too small.",
                ),
            ),
        ),
        Item(
            "same_value",
            "When do cross-entropy and KL print the same number?",
            (
                Option(
                    "Whenever the target is fixed.",
                    "Then they differ by a constant, the entropy of the target, which "
                    "need not be zero.",
                    claim="S0-08",
                ),
                Option(
                    "Never: cross-entropy is always larger.",
                    "Larger by the entropy of the target, and that can be zero.",
                    claim="S0-05",
                ),
                Option(
                    "When the target is certain, as a hard label is.",
                    "A certain target has entropy 0, so the floor is 0.",
                    right=True,
                ),
            ),
        ),
        Item(
            "moving",
            "The teacher changes after every step; within a step it is detached. You "
            "exchange KL for cross-entropy. What changes in the student?",
            (
                Option(
                    "Nothing: at each step both push the student equally.",
                    "The teacher's entropy has no slope in the student's weights.",
                    right=True,
                ),
                Option(
                    "It goes elsewhere: the entropy is no constant any more.",
                    "It is one while the slope is taken, and that is all that counts.",
                    claim="S0-26",
                ),
            ),
        ),
        Item(
            "library",
            "p = (0.7, 0.2, 0.1), q = (0.2, 0.3, 0.5), each of shape (1, 3). What is "
            '`F.kl_div(q.log(), p, reduction="batchmean")`?',
            numbers(
                m.KL.at(*PAIR),
                "{:.4f}".format,
                "The model q goes first, as logarithms; the target p samples: D(p‖q).",
                (m.swapped, "That is D(q‖p): F.kl_div takes the model first."),
                (
                    m.mean_not_sum,
                    "That is the default, which divides by the number of entries.",
                ),
            ),
        ),
        Item(
            "likelihood",
            "Which divergence is smallest at the most likely model, for a coin or for "
            "classes?",
            (
                Option(
                    "KL(model‖data): the model is what is being judged.",
                    "Then the model would sample. The likelihood averages over data.",
                    mutator="swapped",
                ),
                Option(
                    "KL(data‖model): the data sample.",
                    "The log-loss is the cross-entropy of the data's frequencies and "
                    "the model, that is floor plus this KL.",
                    right=True,
                ),
                Option(
                    "Neither: a likelihood has no divergence.",
                    "For discrete outcomes it has; only for points on a line is the KL "
                    "from the data infinite whatever the model.",
                    claim="S1-21",
                ),
            ),
        ),
        Item(
            "slope",
            "The target gives a class 0.7, the model gives it 0.2. What is the slope "
            "of the loss in that class's logit?",
            (
                Option(
                    "−3.5",
                    "−p/q is the slope in the probability, not in the logit.",
                    mutator="slope_in_probability",
                ),
                Option(
                    "0.5",
                    "The sign: the loss falls when the model claims more here.",
                    mutator="wrong_sign",
                ),
                Option(
                    "0.2",
                    "That is the softmax alone; the target has to be subtracted.",
                    mutator="forgets_the_target",
                ),
                Option(
                    "−0.5",
                    "What the model claims minus what the target says: q − p.",
                    right=True,
                ),
            ),
        ),
        Item(
            "rising",
            "Smoothing rises during training and the loss climbs. What do you look "
            "at before you stop the run?",
            (
                Option(
                    "The gap: the loss minus the entropy of the current target.",
                    "The floor climbs with the smoothing; the gap says whether the "
                    "network still learns.",
                    right=True,
                ),
                Option(
                    "Nothing: a rising loss means that it overfits.",
                    "A loss that rises on the *training* images, because its floor "
                    "does, says nothing of the kind.",
                    claim="S0-08",
                ),
                Option(
                    "Nothing: cross-entropy is wrong when targets move, use KL.",
                    "KL would print the gap, which is easier to read, and train the "
                    "same network.",
                    claim="S0-26",
                ),
            ),
        ),
    ),
)
