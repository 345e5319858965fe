"""Exercises and quiz of chapter 11: what does the KL leash do?"""

from itertools import product

import numpy as np

from ..discrete import kl_divergence
from ..leash import leash_optimum
from . import mutators as m
from ._answer import Case, Unusable, read_numbers
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

REF = np.array([0.7, 0.2, 0.1])


# Exercise 1: derive


def reward_differences(pi, ref, beta):
    hidden = beta * np.log(pi / ref)  # the reward, up to a constant
    return hidden - hidden[0]


def tuned(seed, *sizes):
    """Best policies for rewards that are known, with their references."""
    rng = np.random.default_rng(seed)
    for k in sizes:
        ref, reward = rng.dirichlet(np.full(k, 2.0)), rng.normal(size=k).round(2)
        beta = round(rng.uniform(1.2, 3), 2)
        yield Case((leash_optimum(ref, reward, beta=beta), ref, beta))


def pair_by_pair(pi, ref, beta):
    """The same from odds: each pair of answers on its own."""
    odds = (pi / pi[0]) / (ref / ref[0])
    return np.array([beta * np.log(ratio) for ratio in odds])


q1 = Question(
    name="ch11.q1",
    model=reward_differences,
    hints=(
        "Take the logarithm of π* = ref · e^(R/β) / Z and solve for R. Z is the same "
        "for all answers.",
        "Up to a constant, R is β times the logarithm of π/ref.",
        "The constant goes when you subtract the first entry.",
    ),
    closing="This is what DPO trains on: a policy and its reference are a reward in "
    "disguise. The constant, β ln Z, cannot be known from them.",
    cases=tuple(tuned(0, 3, 3, 4, 6)),
    reference=pair_by_pair,
    mistakes=(
        Mistake(
            "beta_forgotten",
            "That is the reward in units of β: multiply by the price of a nat.",
            lambda pi, ref, beta: pair_by_pair(pi, ref, 1.0),
        ),
        Mistake(
            "divides_by_beta",
            "The reward is divided by β inside π*, so on the way back you multiply.",
            lambda pi, ref, beta: pair_by_pair(pi, ref, 1 / beta),
        ),
        Mistake(
            "reference_forgotten",
            "ln π alone is large where the reference already was. Divide by it.",
            lambda pi, ref, beta: beta * np.log(pi / pi[0]),
        ),
        Mistake(
            "reward_upside_down",
            "The ratio is upside down: what pays is likelier under π than under ref.",
            lambda pi, ref, beta: -pair_by_pair(pi, ref, beta),
        ),
        Mistake(
            "not_a_difference",
            "β ln(π/ref) is the reward minus a constant that nobody knows. Subtract "
            "that of the first answer, which is to be 0.",
            lambda pi, ref, beta: beta * np.log(pi / ref),
        ),
        Mistake(
            "mean_removed",
            "You subtract the average; the first answer is asked as the zero.",
            lambda pi, ref, beta: (
                beta * np.log(pi / ref) - (beta * np.log(pi / ref)).mean()
            ),
        ),
        Mistake(
            "ratio_of_probabilities",
            "The ratio π/ref is e to the reward over β: take its logarithm.",
            lambda pi, ref, beta: beta * (pi / ref - pi[0] / ref[0]),
        ),
    ),
)


# Exercise 2: construct


def two_pairs():
    # twice the reward plus a constant, at twice the price
    return [[1.0, 0.0, 1.0, 2.0], [2.0, 5.0, 7.0, 9.0]]


def read_pairs(value, printed):
    value = read_numbers(value, printed)
    if value.shape != (2, 4) or not np.isfinite(value).all():
        message = (
            "Return two rows of four finite numbers: β, then the rewards of the three "
            f"answers. You return an array of shape {value.shape}."
        )
        raise Unusable("wrong", "wrong_shape", message)
    return value


def optima(pairs):
    return [leash_optimum(REF, reward, beta=beta) for beta, *reward in pairs]


def says_how_far(pairs):
    a, b = optima(pairs)
    return (
        f"The two best policies are {a.round(3)} and {b.round(3)}. They agree if the "
        "differences of the rewards, divided by β, do."
    )


q2 = Question(
    name="ch11.q2",
    model=two_pairs,
    hints=(
        "In ref · e^(R/β) only R/β counts. What can you do to R and β together?",
        "And what does a constant do that is added to every reward?",
        "Double β and all differences of rewards, then add a number to all rewards.",
    ),
    closing="A policy does not know its reward's scale, nor its zero. So a β says "
    "nothing without the reward that it belongs to.",
    read=read_pairs,
    conditions=(
        Condition(
            "beta_not_positive",
            "β is a price: both have to be above 0.",
            lambda pairs: (pairs[:, 0] > 0).all(),
        ),
        Condition(
            "beta_too_close",
            "The two β are to differ by a factor of 2 or more.",
            lambda pairs: abs(np.log(pairs[0, 0] / pairs[1, 0])) > np.log(2) - 1e-9,
        ),
        Condition(
            "nothing_to_gain",
            "With these rewards the best policy is the reference itself: let them "
            "differ between the answers.",
            lambda pairs: not np.allclose(optima(pairs)[0], REF, atol=1e-3),
        ),
        Condition(
            "different_optima",
            says_how_far,
            lambda pairs: np.allclose(*optima(pairs), rtol=1e-6, atol=1e-9),
        ),
        Condition(
            "only_scaled",
            "The policies agree. But one reward is a multiple of the other; something "
            "else may change, too, without any effect.",
            lambda pairs: np.linalg.matrix_rank(pairs[:, 1:], tol=1e-6) == 2,
        ),
    ),
    mistakes=(
        Mistake("beta_not_positive", "", lambda: [[0, 0, 1, 2], [1, 0, 1, 2]]),
        Mistake("beta_too_close", "", lambda: [[1, 0, 1, 2], [1.5, 5, 6.5, 8]]),
        Mistake("nothing_to_gain", "", lambda: [[1, 3, 3, 3], [2, 4, 4, 4]]),
        Mistake("different_optima", "", lambda: [[1, 0, 1, 2], [2, 0, 1, 2]]),
        Mistake("only_scaled", "", lambda: [[1, 0, 1, 2], [2, 0, 2, 4]]),
        Mistake("wrong_shape", "", lambda: [[1, 2], [0, 1]]),
    ),
)


# Exercise 3: derive


def slope_of_first(first, then, ref_first, ref_then):
    own = np.log(first / ref_first)
    later = (then * np.log(then / ref_then)).sum(-1)  # KL after each first letter
    cost = own + later
    return first * (cost - first @ cost)


def small_differences(first, then, ref_first, ref_then, h=1e-5):
    """From the KL of all words, listed."""
    ref = (ref_first[:, None] * ref_then).ravel()

    def kl_of_words(z):
        start = np.exp(z) / np.exp(z).sum()
        return kl_divergence((start[:, None] * then).ravel(), ref)

    z, steps = np.log(first), h * np.eye(first.size)
    return np.array(
        [(kl_of_words(z + e) - kl_of_words(z - e)) / (2 * h) for e in steps]
    )


def two_letter_words(seed, *sizes):
    rng = np.random.default_rng(seed)
    for k in sizes:
        first, ref_first = rng.dirichlet(np.full(k, 3.0), size=2)
        then, ref_then = rng.dirichlet(np.full(k, 2.0), size=(2, k))
        yield Case((first, then, ref_first, ref_then))


def slope_for(cost_of):
    """The slope if a word that starts with each letter cost something else."""

    def answer(first, then, ref_first, ref_then):
        own = np.log(first / ref_first)
        later = (then * np.log(then / ref_then)).sum(-1)
        cost = cost_of(own, later, first, then, ref_first, ref_then)
        return first * (cost - first @ cost)

    return answer


q3 = Question(
    name="ch11.q3",
    model=slope_of_first,
    hints=(
        "The KL per word is an average over first letters: of ln(first/ref_first), "
        "plus the KL of what comes after that letter.",
        "The slope of an average of c in a logit is first · (c − its average), if the "
        "slope of c itself averages to zero.",
        "So c is what a first letter costs in all: its own log-ratio and the KL of the "
        "second letter after it.",
    ),
    closing="The second part is what a penalty per letter leaves out: which ground a "
    "letter prepares for the next one.",
    cases=tuple(two_letter_words(0, 2, 3, 3, 4)),
    reference=small_differences,
    rtol=1e-5,
    atol=1e-8,
    mistakes=(
        Mistake(
            "later_letters_forgotten",
            "That is the slope of the first letter's own KL. The letter also decides "
            "which KL comes after it.",
            slope_for(lambda own, later, *rest: own),
        ),
        Mistake(
            "own_part_forgotten",
            "That is the part of the second letter alone; the first costs something, "
            "too.",
            slope_for(lambda own, later, *rest: later),
        ),
        Mistake(
            "averaged_over_letters",
            "That is per letter. The KL per word is the sum of both, not their mean.",
            slope_for(lambda own, later, *rest: (own + later) / 2),
        ),
        Mistake(
            "second_letter_reversed",
            "The KLs of the second letter are the wrong way round: the policy samples.",
            slope_for(
                lambda own, later, first, then, ref_first, ref_then: (
                    own + (ref_then * np.log(ref_then / then)).sum(-1)
                )
            ),
        ),
        Mistake(
            "slope_upside_down",
            "The sign is reversed: ln(first/ref_first) and ln(then/ref_then) are paid.",
            slope_for(lambda own, later, *rest: -own - later),
        ),
        Mistake(
            "in_probabilities",
            "That is the cost of each first letter; a logit moves all probabilities: "
            "first · (cost − its average).",
            lambda first, then, ref_first, ref_then: (
                np.log(first / ref_first) + (then * np.log(then / ref_then)).sum(-1)
            ),
        ),
        Mistake(
            "baseline_forgotten",
            "Raising one logit lowers the other letters: subtract the average cost.",
            lambda first, then, ref_first, ref_then: (
                first
                * (np.log(first / ref_first) + (then * np.log(then / ref_then)).sum(-1))
            ),
        ),
        Mistake(
            "prefixes_of_the_reference",
            "The slope is weighed by ref_first; the words are those of the policy.",
            lambda first, then, ref_first, ref_then: (
                ref_first
                * (
                    (
                        c := np.log(first / ref_first)
                        + (then * np.log(then / ref_then)).sum(-1)
                    )
                    - first @ c
                )
            ),
        ),
    ),
)


# Exercise 4: predict


def kl_of_best(ref, reward, n):
    total = 0.0
    for level in np.unique(reward):
        below, here = ref[reward < level].sum(), ref[reward == level].sum()
        wins = (below + here) ** n - below**n  # the best draw has this reward
        total += wins * np.log(wins / here)
    return total


def by_enumeration(ref, reward, n):
    """All lists of n draws, one by one."""
    law = np.zeros(ref.size)
    for draws in product(range(ref.size), repeat=n):
        draws = np.array(draws)
        best = draws[reward[draws] == reward[draws].max()]
        np.add.at(law, best, np.prod(ref[draws]) / best.size)
    return kl_divergence(law, ref)


def with_ties(seed, *sizes):
    rng = np.random.default_rng(seed)
    for k, n in sizes:
        ref = rng.dirichlet(np.full(k, 3.0))
        yield Case((ref, rng.integers(0, max(k - 1, 2), size=k).astype(float), n))


def law_of_best(ref, reward, n):
    """Without a word on ties: answers are put in order, the later one wins."""
    order = np.argsort(reward, kind="stable")
    up_to = np.concatenate([[0.0], ref[order].cumsum()])
    law = np.zeros(ref.size)
    law[order] = np.diff(up_to**n)
    return law


q4 = Question(
    name="ch11.q4",
    model=kl_of_best,
    hints=(
        "Among answers with one reward the proportions stay those of the reference. So "
        "only the levels of the reward count.",
        "The best of n has at most a certain reward if all n draws have: F to the n.",
        "A level with mass `here` above mass `below` wins with probability "
        "(below + here)ⁿ − belowⁿ. Sum wins · ln(wins/here).",
    ),
    closing="With ties the KL has a ceiling, minus the logarithm of the mass of the "
    "best level, however large n is. The bound ln n − (n − 1)/n has none.",
    cases=(
        Case((np.full(4, 0.25), np.array([1.0, 2.0, 3.0, 4.0]), 4)),
        *with_ties(0, (3, 2), (4, 3), (5, 4), (4, 6)),
    ),
    reference=by_enumeration,
    mistakes=(
        Mistake(
            "the_bound",
            "That is the bound, which holds with equality only if no two draws can "
            "have equal rewards. Here an answer may be drawn twice.",
            lambda ref, reward, n: np.log(n) - (n - 1) / n,
        ),
        Mistake(
            "ln_n",
            "ln n is the KL if the best of n were always the same n-th part.",
            lambda ref, reward, n: np.log(n),
        ),
        Mistake(
            "ties_by_order",
            "Equal rewards are treated as if the later answer were better.",
            lambda ref, reward, n: kl_divergence(law_of_best(ref, reward, n), ref),
        ),
        Mistake(
            "swapped",
            "That is D(ref‖π_n). The policy samples: it stands first.",
            lambda ref, reward, n: kl_divergence(ref, _levels_law(ref, reward, n)),
        ),
        Mistake(
            "one_draw_too_few",
            "That is the best of n − 1.",
            lambda ref, reward, n: kl_of_best(ref, reward, n - 1),
        ),
        Mistake(
            "always_the_best",
            "That is the limit of many draws, all on the best level. n draws may miss "
            "it.",
            lambda ref, reward, n: -np.log(ref[reward == reward.max()].sum()),
        ),
        Mistake(
            "in_bits",
            "That is in bits, and nats are asked.",
            lambda ref, reward, n: by_enumeration(ref, reward, n) / np.log(2),
        ),
    ),
)


def _levels_law(ref, reward, n):
    """π_n, level by level."""
    law = np.zeros(ref.size)
    for level in np.unique(reward):
        at = reward == level
        below, here = ref[reward < level].sum(), ref[at].sum()
        law[at] = ((below + here) ** n - below**n) * ref[at] / here
    return law


# Quiz

ODDS = m.Formula(lambda odds, gap, beta: np.atleast_1d(odds * np.exp(gap / beta)))
PER_NAME = m.Formula(lambda per_letter, letters: np.atleast_1d(per_letter * letters))
beta_multiplies = m.Mutator(
    "beta_multiplies", "", m.on_arguments(lambda g: (g[0], g[1], 1 / g[2]))
)
no_reference_odds = m.Mutator(
    "no_reference_odds", "", m.on_arguments(lambda g: (1.0, g[1], g[2]))
)
divided_again = m.Mutator("divided_again", "", m.power_at(-1, 1))

quiz = Quiz(
    "ch11.quiz",
    (
        Item(
            "odds",
            "The reference gives two answers with odds of 1 to 4. The first earns 1 "
            "more, and β = ½. What are the odds under the best policy?",
            numbers(
                ODDS.at(0.25, 1.0, 0.5),
                "{:.2g} to 1".format,
                "The odds are multiplied by e to the difference over β, here e².",
                (beta_multiplies, "That multiplies the reward by β; it is divided."),
                (no_reference_odds, "That forgets the odds of the reference."),
            ),
        ),
        Item(
            "hacking",
            "The average reward of a run rises steadily, with the leash on. What do "
            "you know about what was wanted?",
            (
                Option(
                    "Nothing: the leash does not know whether the reward is right.",
                    "Gold has a hump on the curve of best policies, too.",
                    right=True,
                ),
                Option(
                    "It rises as well: the leash stops reward hacking.",
                    "It sets a price for the distance, whatever the reward is.",
                    claim="S3-14",
                ),
                Option(
                    "It is being lost: the reward can only rise by hacking.",
                    "At first both rise together.",
                    mutator="always_the_best",
                ),
            ),
        ),
        Item(
            "fit",
            "What does training on reward minus β · KL converge to, if it goes well?",
            (
                Option(
                    "The best-paid policy inside a KL ball of radius β.",
                    "β is a price; the KL that it buys depends on the reward.",
                    mutator="beta_not_positive",
                ),
                Option(
                    "No distribution in particular; the KL only bounds a distance.",
                    "What is missing to the optimum is β times the KL to π*.",
                    claim="S3-21",
                ),
                Option(
                    "ref · e^(R/β), made to sum to 1.",
                    "Maximising is minimising D(π‖π*).",
                    right=True,
                ),
            ),
        ),
        Item(
            "scale",
            "A new reward model pays twice as much for everything. To keep the same "
            "best policy you",
            (
                Option(
                    "halve β.",
                    "Then R/β is four times as large.",
                    mutator="divides_by_beta",
                ),
                Option("double β.", "Only R/β counts.", right=True),
                Option(
                    "change nothing: β belongs to the KL.",
                    "β is measured in units of the reward.",
                    mutator="beta_forgotten",
                ),
            ),
        ),
        Item(
            "unit",
            "A log shows 3/5 nats per token, an answer has two hundred tokens. What "
            "is the KL per answer, in nats?",
            numbers(
                PER_NAME.at(0.6, 200.0),
                "about {:.3g}".format,
                "Under the policy's own prefixes the KLs of the tokens add up.",
                (divided_again, "That divides once more."),
                (m.in_bits, "That is in bits."),
            ),
        ),
        Item(
            "placement",
            "The exact KL of each next token, over the whole vocabulary, is added to "
            "the loss, for tokens that π drew. What is wrong?",
            (
                Option(
                    "The value: it is not the KL of the answers.",
                    "Added up, it is, on average.",
                    mutator="averaged_over_letters",
                ),
                Option(
                    "The direction: it pulls towards D(ref‖π).",
                    "That would be k3 in the loss. Here it is D(π‖ref) of each token.",
                    mutator="second_letter_reversed",
                ),
                Option(
                    "Its gradient leaves out what a token does to the later ones.",
                    "The drawn tokens are held, so no gradient goes through them.",
                    right=True,
                ),
                Option(
                    "Nothing: value and gradient are those of the KL per answer.",
                    "The value is; the gradient lacks the part of the later tokens.",
                    mutator="later_letters_forgotten",
                ),
            ),
        ),
    ),
)
