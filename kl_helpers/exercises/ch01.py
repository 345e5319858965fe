"""Exercises and quiz of chapter 1: what does a wrong belief cost?"""

import numpy as np

from ..discrete import kl_divergence
from . import mutators as m
from ._answer import Unusable, read_numbers
from ._question import Case, Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

P = np.array([4, 2, 1, 1]) / 8  # the house pair, and P in reverse order
Q = np.array([1, 4, 2, 1]) / 8
R = P[::-1]


# Exercise 1: cheap one way, expensive the other


def one_way_street():
    # q is nearly sure of the first outcome and p surer still: p hardly ever meets the
    # second one; q meets it five times in a thousand and is amazed.
    return [1 - 1e-100, 1e-100], [0.995, 0.005]


def read_pair_of_distributions(value, printed):
    array = read_numbers(value, printed)
    if array.shape != (2, 2):
        message = (
            f"Return p and q, each a list of two probabilities; your answer has shape "
            f"{array.shape}."
        )
        raise Unusable("wrong", "wrong_shape", message)
    try:
        kl_divergence(*array)
    except ValueError as error:
        raise Unusable("wrong", "not_distributions", str(error)) from None
    return array


def both_tolls(pair):
    p, q = pair
    return float(kl_divergence(p, q)), float(kl_divergence(q, p))


q1 = Question(
    name="ch01.q1",
    model=one_way_street,
    hints=(
        "The toll is paid in the world of the one who samples. An outcome that this "
        "world hardly ever produces can be as surprising as you like.",
        "Let p be nearly sure of the first outcome, and q too, but let p believe the "
        "second one far, far less than q does.",
        "With q(second) = 0.005 the second toll is about 0.005 · ln(0.005/p(second)). "
        "Ask how small p(second) must be for that to reach 1.",
    ),
    closing="Who weights the mistake decides what it costs: p meets the surprising "
    "outcome almost never, q now and then.",
    read=read_pair_of_distributions,
    conditions=(
        Condition(
            "infinite",
            "D(q‖p) is infinite, and infinite is too easy: let p and q both give both "
            "outcomes a probability above 0.",
            lambda pair: np.isfinite(both_tolls(pair)).all(),
        ),
        Condition(
            "swapped",
            "The right pair in the wrong order: exchange p and q, and say who samples "
            "in D(p‖q).",
            lambda pair: not (both_tolls(pair)[1] <= 0.01 and both_tolls(pair)[0] >= 1),
        ),
        Condition(
            "too_dear",
            lambda pair: (
                f"D(p‖q) is {both_tolls(pair)[0]:.4f} nats, and at most 0.01 is "
                "allowed: p and q must nearly agree on what p does often."
            ),
            lambda pair: both_tolls(pair)[0] <= 0.01,
        ),
        Condition(
            "too_cheap",
            lambda pair: (
                f"D(q‖p) is {both_tolls(pair)[1]:.4f} nats, and at least 1 is asked. "
                "Who must be surprised, and by what?"
            ),
            lambda pair: both_tolls(pair)[1] >= 1,
        ),
    ),
    mistakes=(
        Mistake("too_dear", "", lambda: ([0.9, 0.1], [0.5, 0.5])),
        Mistake("too_cheap", "", lambda: ([0.999, 0.001], [0.998, 0.002])),
        Mistake("swapped", "", lambda: ([0.995, 0.005], [1 - 1e-100, 1e-100])),
        Mistake("infinite", "", lambda: ([1, 0], [0.995, 0.005])),
    ),
)


# Exercise 2: predict, then measure

W = np.array([1, 1, 0, 0]) / 2


def tolls_of_the_filter():
    lengths_of_p = np.array([1, 2, 3, 3])
    own_lengths = 1  # W needs one bit for either of its two folders
    return W @ lengths_of_p - own_lengths, np.inf


q2 = Question(
    name="ch01.q2",
    model=tolls_of_the_filter,
    hints=(
        "First: P's codewords have 1, 2, 3 and 3 bits. How many bits does a mail of W "
        "cost with them on average, and how many with W's own code?",
        "Second: now P writes. What does W believe about the third folder?",
        "D(W‖P) is the average length of P's code in world W minus 1 bit; D(P‖W) meets "
        "an event that W calls impossible.",
    ),
    closing="Finite one way, infinite the other: what W never does costs P's code "
    "nothing, what P does and W excludes costs everything.",
    reference=lambda: kl_divergence([W, P], [P, W], base=2),
    rtol=2e-3,  # three typed digits are enough
    formula=m.KL_IN_BITS.at(np.array([W, P]), np.array([P, W])),
    mutators=(
        m.swapped.saying("Exchanged: D(W‖P) comes first, and the first one samples."),
        m.in_nats,
        m.wrong_sign.saying("Wrong code minus right code, not reversed."),
        m.drops_infinite.saying(
            "D(P‖W): what does W believe of the third folder, to which P sends mail?"
        ),
    ),
    mistakes=(
        Mistake(
            "forgets_own_code",
            "The first is the whole bill; the toll is what exceeds W's own code.",
            lambda: [1.5, np.inf],
        ),
    ),
)


# Exercise 3: derive


def coin_toll(a, b):
    def term(x, y):
        return 0 if x == 0 else np.inf if y == 0 else x * np.log(x / y)

    return term(a, b) + term(1 - a, 1 - b)


def coin_terms(a, b):
    return m.log_ratio_terms([a, 1 - a], [b, 1 - b])


NEVER = "A coin that never shows heads or never tails needs the rules for p = 0, q = 0."
COINS = tuple(
    Case((i / 20, j / 20)) for i in range(1, 20, 2) for j in range(2, 20, 3)
) + tuple(
    Case(corner, NEVER)
    for corner in [(0, 0.3), (1, 0.3), (0.3, 0), (0.3, 1), (0, 0), (1, 1), (0, 1)]
)

q3 = Question(
    name="ch01.q3",
    model=coin_toll,
    hints=(
        "Two outcomes, heads and tails: write the definition for p = (a, 1 − a) and "
        "q = (b, 1 − b).",
        "Two terms, a ln(a/b) and one more; the natural logarithm, so nats.",
        "A coin with a = 0 makes the first term 0 whatever b is; a > 0 with b = 0 "
        "makes it infinite. The same holds for tails. Treat both before any logarithm.",
    ),
    closing="The same two rules for zero as in the definition, once for heads and once "
    "for tails.",
    cases=COINS,
    reference=lambda a, b: kl_divergence([a, 1 - a], [b, 1 - b]),
    formula=m.Formula(coin_terms),
    mutators=(
        m.swapped.saying("Exchanged: the coin shows heads with chance a: a samples."),
        m.in_bits,
        m.wrong_sign,
        m.drops_infinite.saying(
            "At b = 0 or b = 1 the toll is infinite if the coin can surprise you."
        ),
        m.positive_terms,
        m.in_digits,
    ),
    mistakes=(
        Mistake(
            "no_zero_rule",
            "nan: 0 * log(0) has no value in floating point. " + NEVER,
            lambda a, b: np.dot(
                [a, 1 - a], np.log(np.divide([a, 1 - a], np.array([b, 1 - b])))
            ),
        ),
        Mistake(
            "forgets_tails",
            "Tails are missing: the second outcome has a term of its own.",
            lambda a, b: coin_terms(a, b)[0],
        ),
        Mistake(
            "forgets_entropy",
            "That is the cross-entropy; the coin's own entropy is still in it.",
            lambda a, b: coin_terms(a, b).sum() - coin_terms(a, 0.5).sum() + np.log(2),
        ),
    ),
    conditions=(
        Condition(
            "relabelling",
            "Calling heads tails must not change the toll, and for yours it does.",
            lambda f: np.allclose(float(f(0.23, 0.61)), float(f(0.77, 0.39))),
        ),
        Condition(
            "non_negative",
            "The toll of a coin is never negative, and yours is.",
            lambda f: (
                min(
                    float(f(x, y)) for x in (0.11, 0.5, 0.83) for y in (0.17, 0.51, 0.9)
                )
                >= -1e-12
            ),
        ),
    ),
)


# Exercise 4: repair


def repaired_kl(x, log_p, log_q):
    return np.mean(log_p(x) - log_q(x))


def log_normal_density(mu, sigma):
    def log_density(x):
        return (
            -(((np.asarray(x) - mu) / sigma) ** 2) / 2
            - np.log(sigma)
            - np.log(2 * np.pi) / 2
        )

    return log_density


def samples(seed, mu, sigma, n):
    return np.random.default_rng(seed).normal(mu, sigma, size=n)


def sampled_case(seed, first, second, n=400, note=""):
    arguments = (
        samples(seed, *first, n),
        log_normal_density(*first),
        log_normal_density(*second),
    )
    return Case(arguments, note)


def log_ratios(x, log_p, log_q):
    return log_p(x) - log_q(x)


def weighted(x, log_p, log_q):
    return np.exp(log_p(x)) * log_ratios(x, log_p, log_q)


AVERAGE = m.Formula(log_ratios, total=m.mean_of_terms)

q4 = Question(
    name="ch01.q4",
    model=repaired_kl,
    hints=(
        "The expectation form: average the log-ratio over samples from P.",
        "The samples already come as often as p says, so p(x) is no weight any more. "
        "Logarithms of densities are subtracted, not divided.",
        "One value of log p minus log q for each sample, signs kept, then their mean.",
    ),
    closing="The samples carry the weights, so a plain mean of signed log-ratios is an "
    "estimate of the toll, in nats per sample.",
    cases=(
        sampled_case(0, (0, 1), (0, 2)),
        sampled_case(1, (1, 0.5), (0, 1)),
        sampled_case(2, (0, 1), (1, 1), n=3, note="Here only three samples are given."),
        sampled_case(
            3, (0, 1), (0.1, 1), n=1, note="A single sample may speak against P."
        ),
        sampled_case(
            7, (0, 1), (0.3, 1), n=1, note="A single sample may speak against P."
        ),
    ),
    reference=lambda x, log_p, log_q: float(np.mean(log_p(x) - log_q(x))),
    formula=AVERAGE,
    mutators=(
        m.swapped.saying("The sign: x comes from p, so log p stands first."),
        m.sum_not_mean,
        m.not_totalled.saying("One number is asked: which average?"),
        m.abs_result.saying(
            "One sample may speak against P, and the average may be negative: keep its "
            "sign."
        ),
        m.abs_terms,
        m.in_bits,
        m.positive_terms,
    ),
    mistakes=(
        Mistake(
            "weighted_twice",
            "Do not weight by p: the samples already come as often as p says.",
            lambda *given: weighted(*given).mean(),
        ),
        Mistake(
            "weighted_sum",
            "Do not weight by p: the samples already come as often as p says. And then "
            "it is a mean.",
            lambda *given: weighted(*given).sum(),
        ),
        Mistake(
            "ratio_of_logs",
            "A quotient of logarithms is not the logarithm of a quotient: subtract.",
            lambda x, log_p, log_q: np.mean(log_p(x) / log_q(x)),
        ),
        Mistake(
            "ratio_not_log",
            "That is the average ratio p/q; its logarithm is asked, sample by sample.",
            lambda *given: np.exp(log_ratios(*given)).mean(),
        ),
    ),
)


quiz = Quiz(
    "ch01.quiz",
    (
        Item(
            "toll",
            "P writes a, b, c, d with ½, ¼, ⅛, ⅛; Q with ⅛, ½, ¼, ⅛. P writes and you "
            "use the code made for Q. What does it cost?",
            numbers(
                m.KL_IN_BITS.at(P, Q),
                "{:.3f} bits per symbol".format,
                "Average the extra lengths 2, −1, −1, 0 with P's frequencies.",
                (m.swapped, "That is the toll in Q's world: there Q writes."),
                (
                    m.abs_terms,
                    "b and c are cheaper under the wrong code: negative terms.",
                ),
                (m.in_nats, "The number is right in nats, not in bits."),
            ),
        ),
        Item(
            "lost",
            "A colleague says: KL is the information that is lost when you code with "
            "the wrong model. What is lost?",
            (
                Option(
                    "KL bits of the text: it cannot be read back exactly.",
                    "Both codes are read back without a mistake; the coder in Deeper "
                    "does it for a hundred thousand symbols.",
                    claim="S1-03",
                ),
                Option(
                    "Nothing. The file is longer, and decodes to the same text.",
                    "The toll is paid in length; decoding is exact with either code.",
                    right=True,
                ),
                Option(
                    "The part of P that Q does not cover.",
                    "If Q gives an outcome of P no probability at all, there is no "
                    "codeword and the toll is infinite; otherwise all is covered.",
                    claim="S2-60",
                ),
            ),
        ),
        Item(
            "symmetric",
            "Someone swaps (0.9, 0.1) and (0.1, 0.9), finds the same KL both ways and "
            "calls it a coincidence. Is it?",
            (
                Option(
                    "No: renaming the outcomes turns one direction into the other.",
                    "KL does not depend on names, and exchanging two names twice "
                    "changes nothing.",
                    right=True,
                ),
                Option(
                    "Yes, a coincidence of these numbers.",
                    "It happens for every pair (a, 1 − a) and (1 − a, a).",
                    claim="S2-13",
                ),
                Option(
                    "There is a bug: the two directions always differ.",
                    "They may differ; for such pairs they cannot.",
                    claim="S0-02",
                ),
            ),
        ),
        Item(
            "support",
            "P never does d, Q does d one time in ten. What follows from d alone?",
            (
                Option(
                    "Both are infinite: the supports differ.",
                    "Only the direction whose sampler can do what the other excludes.",
                    claim="S1-27",
                ),
                Option(
                    "D(P‖Q) is infinite, D(Q‖P) stays finite.",
                    "That would hold if the arguments were exchanged: ask who samples.",
                    mutator="swapped",
                ),
                Option(
                    "D(P‖Q) stays finite, D(Q‖P) is infinite.",
                    "The first one samples: in P's world d never comes, in Q's it does "
                    "and P called it impossible.",
                    right=True,
                ),
            ),
        ),
        Item(
            "cover",
            "Q gives a positive probability, or density, to everything that P can do. "
            "Is D(P‖Q) finite?",
            (
                Option(
                    "Yes, always.",
                    "Covering is needed, and enough only for finitely many outcomes.",
                    claim="S2-09",
                ),
                Option(
                    "With finitely many outcomes yes, in general no.",
                    "Thin tails can make the sum or the integral diverge: a Cauchy "
                    "world with a normal belief.",
                    right=True,
                ),
            ),
        ),
        Item(
            "negative",
            "Your code prints a KL of −0.37 for two lists of numbers. What do you "
            "check first?",
            (
                Option(
                    "Whether both lists sum to 1 and hold no negative number.",
                    "The proof needs distributions; without them the formula can give "
                    "anything.",
                    right=True,
                ),
                Option(
                    "Nothing: take the absolute value, KL is never negative.",
                    "The sign was the only sign that something is wrong.",
                    mutator="abs_result",
                ),
                Option(
                    "Nothing: cut negative terms off at zero.",
                    "Negative terms belong to the sum; without them it is no KL.",
                    mutator="positive_terms",
                ),
            ),
        ),
    ),
)
