"""Exercises and quiz of chapter 8: how do I measure KL from samples?"""

import numpy as np

from ..discrete import kl_from_logits
from . import mutators as m
from ._answer import Case, Unusable, read_words
from ._question import Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: diagnose


def five_logs():
    # Errors: 0.0064, 0.00045, 0.02, 0.0006, 0.002. Half variances: 0.004, 0.004, 0.02,
    # 0.00045, 0.02. Logs 2 and 5 sit at minus half the variance, far below zero.
    return ["noise", "swapped", "offset", "noise", "swapped"]


WORDS = {"noise", "swapped", "offset"}


def read_diagnoses(value, printed):
    words = read_words(value, printed)
    if len(words) != 5 or not set(words) <= WORDS:
        message = 'Five words are asked, each "noise", "swapped" or "offset".'
        raise Unusable("wrong", "wrong_words", message)
    return words


def five(words):
    """Five words by their first letters."""
    names = {word[0]: word for word in WORDS}
    return lambda: [names[letter] for letter in words]


q1 = Question(
    name="ch08.q1",
    model=five_logs,
    hints=(
        "The standard error is the sd divided by the root of n. How many errors below "
        "zero is each mean?",
        "Two of the five are within two errors of zero: not to be told from noise.",
        "For P near Q a right mean is about half of the variance, and a swapped one "
        "minus that. What no such number explains has lost a constant.",
    ),
    closing="The same mean, −0.004, is noise after 200 samples and a bug after 40,000: "
    "n tells them apart.",
    read=read_diagnoses,
    reference=five_logs,
    mistakes=(
        Mistake(
            "negative_is_a_bug",
            "A negative mean of few samples is no bug: divide the sd by the root of n.",
            five("ssoss"),
        ),
        Mistake(
            "all_noise",
            "Noise shrinks with n. Some of these means are many errors below zero.",
            five("nnnnn"),
        ),
        Mistake(
            "small_is_noise",
            "A mean is small or large in units of its error, not in nats: log 2 is as "
            "small as log 1, and nine errors below zero.",
            five("nnons"),
        ),
        Mistake(
            "sd_for_error",
            "You compare with the sd of one sample. An average of n varies by sd/√n.",
            five("nnonn"),
        ),
        Mistake(
            "bug_but_which",
            "Noise and bugs are told apart. Now compare each bug with half of the "
            "variance: which of them sit at minus that?",
            five("noono"),
        ),
        Mistake(
            "offset_and_swapped",
            "A swapped ratio moves the mean to minus half of the variance, no further.",
            five("nosno"),
        ),
    ),
)


# Exercise 2: derive


def samples_needed(d, z):
    toll = d**2 / 2
    variance_of_k1 = d**2
    variance_of_k3 = np.exp(d**2) - 1 - d**2
    return z**2 * variance_of_k1 / toll**2, z**2 * variance_of_k3 / toll**2


def by_quadrature(d, z):
    """The same from the definitions, on a fine grid of x."""
    x = np.linspace(-12, 12 + 2 * d, 40_001)
    p = np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi) * (x[1] - x[0])
    log_w = d * x - d**2 / 2
    k1, k3 = -log_w, np.expm1(log_w) - log_w
    toll = p @ k1
    return np.array([z**2 * (p @ (k - toll) ** 2) / toll**2 for k in (k1, k3)])


def pairs(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        d, z = rng.uniform([0.1, 1], [1.5, 5]).round(2)
        yield Case((float(d), float(z)))


q2 = Question(
    name="ch08.q2",
    model=samples_needed,
    hints=(
        "An average of n has the error sd/√n. Set the error to D divided by z, and "
        "solve for n.",
        "ln w = d·x − d²/2 is normal under P. Its mean and variance give D and the "
        "variance of k1.",
        "The variance of k3: the average of w² is e to the d², and that of w·ln w is "
        "D(Q‖P), here d²/2. The closed form stands in the chapter.",
    ),
    closing="For small d the first is 2z²/D and the second about 2z², whatever D is: "
    "k3 measures a tiny KL as easily as a small one.",
    cases=tuple(pairs(0, 6)),
    reference=by_quadrature,
    rtol=1e-4,
    mistakes=(
        Mistake(
            "forgets_the_square",
            "The error shrinks with the root of n, so n grows with the square.",
            lambda d, z: np.sqrt(by_quadrature(d, z)),
        ),
        Mistake(
            "without_z",
            "That is for one standard error; z of them are asked.",
            lambda d, z: by_quadrature(d, z) / z**2,
        ),
        Mistake(
            "z_not_squared",
            "z stands beside the root of n: square it.",
            lambda d, z: by_quadrature(d, z) / z,
        ),
        Mistake(
            "half_forgotten",
            "D(P‖Q) is d²/2, not d².",
            lambda d, z: by_quadrature(d, z) / 4,
        ),
        Mistake(
            "exchanged",
            "The two numbers are exchanged: k1 comes first.",
            lambda d, z: by_quadrature(d, z)[::-1],
        ),
        Mistake(
            "error_of_one_nat",
            "That makes the error 1/z nats; it is to be D/z.",
            lambda d, z: by_quadrature(d, z) * d**4 / 4,
        ),
        Mistake(
            "k1_for_both",
            "k3 has a variance of its own: less than k1 if d is small, more if not.",
            lambda d, z: by_quadrature(d, z)[[0, 0]],
        ),
        Mistake(
            "k2_for_k3",
            "The second is for k2, whose mean and spread are others.",
            lambda d, z: [4 * z**2 / d**2, z**2 * (2 + d**2)],
        ),
    ),
)


# Exercise 3: repair


def penalty_gradient(z, ref, mu):
    pi = np.exp(z) / np.exp(z).sum()
    score = np.eye(len(z)) - pi
    weight = pi / mu
    slope = np.log(pi / ref)  # of k2 in ln π(a)
    return mu @ ((weight * slope)[:, None] * score)


def numerical_gradient(z, ref, mu, h=1e-5):
    """Small differences of the KL itself."""
    steps = h * np.eye(len(z))
    up, down = (
        [kl_from_logits(z + s, np.log(ref)) for s in way] for way in (steps, -steps)
    )
    return (np.array(up) - np.array(down)) / (2 * h)


def policies(seed, *sizes):
    rng = np.random.default_rng(seed)
    for k in sizes:
        ref, mu = rng.dirichlet(np.full(k, 3.0), size=2)
        yield Case((rng.normal(size=k).round(3), ref, mu))


def averaged(slope_of, weigh=True):
    """The gradient of a loss with another slope, with or without the weight."""

    def answer(z, ref, mu):
        pi = np.exp(z) / np.exp(z).sum()
        sampler = pi if weigh else mu
        return sampler @ (slope_of(pi, ref)[:, None] * (np.eye(len(z)) - pi))

    return answer


def slope_of_k2(pi, ref):
    return np.log(pi / ref)


def slope_of_k3(pi, ref):
    return 1 - ref / pi


q3 = Question(
    name="ch08.q3",
    model=penalty_gradient,
    hints=(
        "Averages over mu become averages over π if each action has a weight. Which?",
        "1 − ref/π is the slope of k3. On average it leads to π − ref, the gradient of "
        "the other KL.",
        "The loss whose slope is right is k2 = ½ (ln π/ref)²; take its slope in ln π.",
    ),
    closing="k2 as a loss, k1 times the score, or the full gradient of weight times k1 "
    "or k3: all have this average.",
    cases=tuple(policies(0, 3, 4, 6)),
    reference=numerical_gradient,
    rtol=1e-5,
    atol=1e-8,
    mistakes=(
        Mistake(
            "no_weight",
            "The slope is right, but the actions are those of mu: weigh them.",
            averaged(slope_of_k2, weigh=False),
        ),
        Mistake(
            "other_direction",
            "The weight is right. π − ref is the gradient of D(ref‖π), the other KL.",
            averaged(slope_of_k3),
        ),
        Mistake(
            "unchanged",
            "Both faults are still there: whose actions, and which slope?",
            averaged(slope_of_k3, weigh=False),
        ),
        Mistake(
            "k1_as_loss",
            "The slope of k1 is 1 for every action, and the score averages to zero.",
            averaged(lambda pi, ref: np.ones(len(pi))),
        ),
        Mistake(
            "k3_in_reward",
            "k3 times the score is one part of its gradient only.",
            averaged(lambda pi, ref: ref / pi - 1 - np.log(ref / pi)),
        ),
        Mistake(
            "k2_in_reward",
            "That is k2 times the score; k2 belongs into the loss, where its slope "
            "counts.",
            averaged(lambda pi, ref: np.log(ref / pi) ** 2 / 2),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: this pushes away from the reference.",
            averaged(lambda pi, ref: np.log(ref / pi)),
        ),
        Mistake(
            "weight_upside_down",
            "The weight is upside down: divide by the one that sampled.",
            lambda z, ref, mu: averaged(
                lambda pi, ref: mu**2 / pi**2 * slope_of_k2(pi, ref)
            )(z, ref, mu),
        ),
        Mistake(
            "probabilities_for_logits",
            "That is the slope in the probabilities; the score turns it into logits.",
            lambda z, ref, mu: np.log(np.exp(z) / np.exp(z).sum() / ref) + 1,
        ),
    ),
)


# Exercise 4: predict


def average_k3(p, q):
    seen = p > 0
    toll = np.sum(p[seen] * np.log(p[seen] / q[seen]))
    return toll - q[~seen].sum()


def outcome_by_outcome(p, q):
    """The average over p of k3, from its definition."""
    total = 0.0
    for a, b in zip(p, q, strict=True):
        if a > 0:
            total += a * (b / a - 1 - np.log(b / a))
    return total


def with_zeros(seed, *sizes):
    rng = np.random.default_rng(seed)
    for k in sizes:
        p, q = rng.dirichlet(np.ones(k), size=2)
        if k > 2:
            p[rng.permutation(k)[: k // 3]] = 0.0
        yield Case((p / p.sum(), q))


def toll_of(p, q):
    seen = p > 0
    return np.sum(p[seen] * np.log(p[seen] / q[seen]))


q4 = Question(
    name="ch08.q4",
    model=average_k3,
    hints=(
        "k3 is k1 plus w − 1. The average of k1 is D(p‖q), zeros or not.",
        "The average of w over p is the sum of q over the outcomes that p can draw.",
        "So w − 1 averages to minus the mass of q where p is zero.",
    ),
    closing="Never negative, and below the KL by the mass that no sample can see. With "
    "a top-k sampler that is what ref gives to all the tokens cut off.",
    cases=tuple(with_zeros(0, 2, 3, 4, 6, 9)),
    reference=outcome_by_outcome,
    mistakes=(
        Mistake(
            "the_kl",
            "That is D(p‖q). k3 has this average only if q has no mass where p is 0.",
            toll_of,
        ),
        Mistake(
            "mass_added",
            "The mass that no sample sees makes k3 smaller, not larger.",
            lambda p, q: toll_of(p, q) + q[p == 0].sum(),
        ),
        Mistake(
            "swapped_ratio",
            "w is q/p, the second over the first.",
            lambda p, q: np.sum(
                [a * (a / b - 1 - np.log(a / b)) for a, b in zip(p, q) if a > 0]  # noqa: B905
            ),
        ),
        Mistake(
            "no_zero_rule",
            "Outcomes with p = 0 are never drawn: leave them out before you divide.",
            lambda p, q: np.sum(p * (q / p - 1 - np.log(q / p))),
        ),
        Mistake(
            "unweighted",
            "You average over the outcomes; draws of p come with its probabilities.",
            lambda p, q: np.mean(
                [b / a - 1 - np.log(b / a) for a, b in zip(p, q) if a > 0]  # noqa: B905
            ),
        ),
        Mistake(
            "in_bits",
            "That is in bits, and nats are asked.",
            lambda p, q: outcome_by_outcome(p, q) / np.log(2),
        ),
        Mistake(
            "k2",
            "That is the average of k2.",
            lambda p, q: np.sum(
                [a * np.log(b / a) ** 2 / 2 for a, b in zip(p, q) if a > 0]  # noqa: B905
            ),
        ),
    ),
)


# Quiz

ERRORS_BELOW = m.Formula(lambda mean, sd, n: np.atleast_1d(mean / (sd / np.sqrt(n))))
PLUGIN = m.Formula(lambda k, n: np.atleast_1d((k - 1) / (2 * n)))
sd_of_one_sample = m.Mutator("sd_of_one_sample", "", m.power_at(0, 2))
forgets_the_root = m.Mutator("forgets_the_root", "", m.power_at(2, 2))

quiz = Quiz(
    "ch08.quiz",
    (
        Item(
            "errors",
            "With n = 400, ln p/q averages to −3/2000 and varies by 1/20 from sample "
            "to sample. How many standard errors below zero is the average?",
            numbers(
                ERRORS_BELOW.at(0.0015, 0.05, 400.0),
                "{:.2g}".format,
                "The error is 1/400. This cannot be told from noise.",
                (sd_of_one_sample, "That divides by the sd of one sample."),
                (forgets_the_root, "That divides the sd by n, not by its root."),
            ),
        ),
        Item(
            "negative",
            "The log shows a KL below zero. What do you do first?",
            (
                Option(
                    "Take the absolute value.",
                    "That hides a bug and biases an average of noise upwards.",
                    mutator="abs_result",
                ),
                Option(
                    "Compare it with its standard error.",
                    "Within two errors it may be noise, far below it is a bug.",
                    right=True,
                ),
                Option(
                    "Clamp each sample at zero.",
                    "The negative samples are part of the average.",
                    mutator="positive_terms",
                ),
            ),
        ),
        Item(
            "k3",
            "Top-k sampling, and the reference has mass outside the k tokens. What "
            "does k3 average to, if p is the distribution that really sampled?",
            (
                Option(
                    "Less than the KL, by the mass outside.",
                    "w averages to less than 1.",
                    right=True,
                ),
                Option(
                    "The KL: k3 is unbiased.",
                    "Only if q has no mass where p has none.",
                    mutator="the_kl",
                ),
                Option(
                    "More than the KL, by the mass outside.",
                    "What no sample sees is missing, not added.",
                    mutator="mass_added",
                ),
            ),
        ),
        Item(
            "loss",
            "The mean of k3 over actions of π is put into the loss. Which KL does its "
            "gradient make small?",
            (
                Option(
                    "D(π‖ref), whose value it shows.",
                    "The value is that of D(π‖ref), the gradient is not.",
                    mutator="k3_in_reward",
                ),
                Option(
                    "D(ref‖π).",
                    "The average gradient in the logits is π − ref.",
                    right=True,
                ),
                Option(
                    "None: it averages to zero.",
                    "That is k1 in the loss.",
                    mutator="k1_as_loss",
                ),
            ),
        ),
        Item(
            "bins",
            "Samples of a known law are counted in 21 equally likely bins, 500 of "
            "them. By how much is the KL of the shares too large on average?",
            numbers(
                PLUGIN.at(21, 500),
                "about {:.2g} nats".format,
                "20 free bins, divided by twice 500.",
                (m.doubled, "That forgets the 2 in 2n."),
                (m.in_bits, "That is in bits."),
            ),
        ),
    ),
)
