"""Exercises and quiz of chapter 12: how much did the data teach me?"""

import numpy as np

from ..discrete import entropy, kl_divergence
from . import mutators as m
from ._answer import Case, Unusable, read_numbers, read_words
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers


def plogp(p):
    """p ln p, and 0 for 0."""
    p = np.asarray(p, dtype=float)
    return np.where(p > 0, p * np.log(np.where(p > 0, p, 1)), 0.0)


# Exercise 1: derive


def gain_of_weighing(suspects, left, right):
    on_balance = left + right  # either side goes down for as many possibilities
    tips, stays = on_balance / (2 * suspects), (suspects - on_balance) / suspects
    chances = np.array([tips, tips, stays])
    chances = chances[chances > 0]
    return -np.sum(chances * np.log(chances))


def by_possibilities(suspects, left, right):
    """Chance of left down, right down, level, counted possibility by possibility."""
    results = np.zeros(3)
    for ball in range(suspects):
        side = 0 if ball < left else 1 if ball < left + right else 2
        for heavy in (True, False):
            falls = side if heavy or side == 2 else 1 - side
            results[falls] += 1 / (2 * suspects)
    return results


def of_chances(change):
    """A mistake made with the three chances."""
    return lambda suspects, left, right: change(by_possibilities(suspects, left, right))


def seen(chances):
    return chances[chances > 0]


WEIGHINGS = [(4, 2, 1), (4, 3, 0), (4, 2, 2), (4, 1, 1), (12, 4, 4), (9, 1, 0)]
WEIGHINGS += [(6, 3, 2), (3, 1, 1)]

q1 = Question(
    name="ch12.q1",
    model=gain_of_weighing,
    hints=(
        "If you knew which ball and whether it is heavy, you would know the result. "
        "What is the expected gain of an experiment without noise?",
        "Count possibilities: each suspect may be heavy or light. For how many of them "
        "does the left side go down?",
        "Left goes down for a heavy suspect on the left and for a light one on the "
        "right. Level: the suspects that lie aside. Then the entropy of three chances.",
    ),
    closing="Only left + right counts. With four suspects, three on the balance are "
    "best: chances 3/8, 3/8 and 1/4.",
    cases=tuple(Case(given) for given in WEIGHINGS),
    reference=lambda *given: -plogp(by_possibilities(*given)).sum(),
    mistakes=(
        Mistake(
            "only_heavy",
            "The odd ball may also be light: then the other side goes down.",
            lambda n, a, b: -plogp([a / n, b / n, (n - a - b) / n]).sum(),
        ),
        Mistake(
            "which_side_forgotten",
            "The balance has three results: which side goes down matters.",
            of_chances(lambda c: -plogp([c[0] + c[1], c[2]]).sum()),
        ),
        Mistake(
            "in_bits",
            "That is in bits, and nats are asked.",
            of_chances(lambda c: -plogp(c).sum() / np.log(2)),
        ),
        Mistake(
            "what_is_left",
            "That is the entropy that is left on average, not what was gained.",
            lambda n, a, b: np.log(2 * n) + plogp(by_possibilities(n, a, b)).sum(),
        ),
        Mistake(
            "best_case",
            "That is the gain of the luckiest result; weigh each with its chance.",
            of_chances(lambda c: -np.log(seen(c).min())),
        ),
        Mistake(
            "chances_ignored",
            "You average the gains of the results as if all were equally likely.",
            of_chances(lambda c: -np.log(seen(c)).mean()),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: logarithms of chances are negative.",
            of_chances(lambda c: plogp(c).sum()),
        ),
        Mistake(
            "gains_added",
            "You add the gains of the results; weigh each with its chance.",
            of_chances(lambda c: -np.log(seen(c)).sum()),
        ),
    ),
)


# Exercise 2: diagnose


def five_reports():
    # 1: one result. 2: an average over both. 3: −ln p(y), a surprise that need not
    # teach anything. 4: the average, spelled out. 5: narrowing of one belief, which
    # may even be negative.
    return ["realised", "expected", "neither", "expected", "neither"]


WORDS = {"realised", "expected", "neither"}


def read_reports(value, printed):
    words = read_words(value, printed)
    words = tuple(word.replace("realized", "realised") for word in words)
    if len(words) != 5 or not set(words) <= WORDS:
        message = 'Five words are asked, each "realised", "expected" or "neither".'
        raise Unusable("wrong", "wrong_words", message)
    return words


def five(letters):
    """Five words by their first letters."""
    names = {word[0]: word for word in WORDS}
    return lambda: [names[letter] for letter in letters]


q2 = Question(
    name="ch12.q2",
    model=five_reports,
    hints=(
        "Ask of each number: must one know the result to compute it? If not, it can "
        "only be an expected gain.",
        "Of one result there are three numbers: how rare it was, how far it moved the "
        "belief, and how much narrower the belief became. One of them is the gain.",
        "A mutual information is an average over results. The fourth sentence says the "
        "same in other words.",
    ),
    closing="Rare, moved, narrower: three numbers of one result. The last two average "
    "to the mutual information; only the second is never negative.",
    read=read_reports,
    reference=five_reports,
    mistakes=(
        Mistake(
            "surprise_for_gain",
            "A rare result may teach nothing: think of static on a screen. Only "
            "without noise are surprise and gain the same.",
            five("reren"),
        ),
        Mistake(
            "narrowing_for_gain",
            "Less entropy after one result is narrowing. It can be negative, a "
            "realised gain cannot.",
            five("rener"),
        ),
        Mistake(
            "surprise_and_narrowing",
            "Two of these are about one result, but are not how far belief moved: how "
            "rare it was, and how much narrower the belief became.",
            five("rerer"),
        ),
        Mistake(
            "test_taken_for_result",
            "The mutual information belongs to the test, not to one of its results: it "
            "can be computed before the test.",
            five("rrnen"),
        ),
        Mistake(
            "all_expected",
            "A gain of one result is no expectation. Which of these numbers need to "
            "know what came out?",
            five("eeeee"),
        ),
        Mistake(
            "realised_and_expected_exchanged",
            "Realised and expected are exchanged: the realised gain is known only "
            "after the result.",
            five("ernrn"),
        ),
    ),
)


# Exercise 3: construct


def rare_lesson():
    # The second result is rare. The first possibility is nearly certain before, and a
    # toss-up after it.
    return [[0.998, 0.001], [0.0, 0.001]]


def read_table(value, printed):
    table = read_numbers(value, printed)
    if table.shape != (2, 2):
        message = f"A 2 by 2 table is asked; yours has shape {table.shape}."
        raise Unusable("wrong", "wrong_shape", message)
    if table.min() < 0 or abs(table.sum() - 1) > 1e-6:
        message = (
            "The four numbers are probabilities of pairs: none below 0, and together "
            f"1. Yours sum to {table.sum():.6g}."
        )
        raise Unusable("wrong", "no_table", message)
    if table.sum(0).min() == 0:
        message = "One of your results never happens; both need a chance above 0."
        raise Unusable("wrong", "never_happens", message)
    return table


def lesson(table):
    """Realised gain of the second result, expected gain, and change of entropy."""
    table = table / table.sum()
    prior, after = table.sum(1), (table / table.sum(0)).T
    gains = kl_divergence(after, prior)
    return gains[1], table.sum(0) @ gains, entropy(after[1]) - entropy(prior)


q3 = Question(
    name="ch12.q3",
    model=rare_lesson,
    hints=(
        "The expected gain weighs each realised gain with the chance of its result. So "
        "the second result should be rare.",
        "To be less sure afterwards, be very sure before: the second result must make "
        "a toss-up of a belief that was close to certain.",
        "If the second possibility has prior ε and posterior ½, the gain is about "
        "½ ln(1/ε) minus ln 2. How small must ε be for that to reach 2?",
    ),
    closing="A large realised gain, a small expected one, and a wider belief, all at "
    "once.",
    read=read_table,
    conditions=(
        Condition(
            "first_for_second",
            "It is the first result that does this. The second column is asked.",
            lambda t: (
                not (
                    lesson(t)[0] < 2
                    and lesson(t[:, ::-1])[0] >= 2
                    and lesson(t[:, ::-1])[2] > 0
                )
            ),
        ),
        Condition(
            "teaches_too_little",
            lambda t: (
                f"The second result teaches {lesson(t)[0]:.5g} nats, and at least 2 "
                "are asked: the belief must move further."
            ),
            lambda t: lesson(t)[0] >= 2,
        ),
        Condition(
            "not_rare",
            lambda t: (
                f"The expected gain is {lesson(t)[1]:.5g} nats, and at most 0.05 is "
                "allowed: let the second result be rarer."
            ),
            lambda t: lesson(t)[1] <= 0.05,
        ),
        Condition(
            "narrower",
            "After the second result you are surer than before; a toss-up is wanted.",
            lambda t: lesson(t)[2] > 0,
        ),
    ),
    mistakes=(
        Mistake("first_for_second", "", lambda: [[0.001, 0.998], [0.001, 0.0]]),
        Mistake("teaches_too_little", "", lambda: [[0.45, 0.05], [0.05, 0.45]]),
        Mistake("not_rare", "", lambda: [[0.9, 0.0], [0.0, 0.1]]),
        Mistake("narrower", "", lambda: [[0.99, 0.0], [0.005, 0.005]]),
    ),
)


# Exercise 4: repair


def gains_of_checks(prior, checks):
    answers = prior @ checks  # (check, answer)
    openness = -np.sum(answers * np.log(answers), axis=-1)
    noise = -np.sum(checks * np.log(checks), axis=-1)  # (check, cause)
    return openness - noise @ prior


def as_average_kl(prior, checks):
    """The average over causes of KL(answers of this cause‖answers)."""
    return np.array([prior @ kl_divergence(rows, prior @ rows) for rows in checks])


def answers_entropy(prior, checks):
    return entropy(prior @ checks)


def incidents(seed, *shapes):
    rng = np.random.default_rng(seed)
    for count, causes, answers in shapes:
        prior = rng.dirichlet(np.full(causes, 2.0))
        checks = rng.dirichlet(np.full(answers, 0.7), size=(count, causes))
        checks = (checks + 0.02) / (checks + 0.02).sum(-1, keepdims=True)
        yield Case((prior, checks))


def posteriors(prior, checks):
    """Belief after each answer of each check, shape (check, answer, cause)."""
    joint = prior[:, None] * checks
    return (joint / joint.sum(-2, keepdims=True)).swapaxes(-1, -2)


q4 = Question(
    name="ch12.q4",
    model=gains_of_checks,
    hints=(
        "The chance of an answer is an average over causes. Are all causes alike?",
        "What is returned is the entropy of the answer. A flaky check has a wide open "
        "answer and teaches nothing.",
        "Subtract how open the answer would be if you knew the cause, averaged over "
        "causes with their prior.",
    ),
    closing="A flaky check, equally open under every cause, now gains nothing.",
    cases=tuple(incidents(0, (4, 3, 2), (3, 4, 3), (5, 2, 2))),
    reference=as_average_kl,
    mistakes=(
        Mistake(
            "openness_only",
            "The prior is used now. But part of the answer's entropy is noise that "
            "remains even if the cause is known.",
            answers_entropy,
        ),
        Mistake(
            "prior_ignored",
            "The noise is subtracted. But causes are not equally likely: use the "
            "prior, in both averages.",
            lambda prior, checks: as_average_kl(
                np.full(len(prior), 1 / len(prior)), checks
            ),
        ),
        Mistake(
            "nothing_repaired",
            "Both faults are still there: which causes are likely, and what is noise?",
            lambda prior, checks: entropy(checks.mean(1)),
        ),
        Mistake(
            "noise_not_weighted",
            "The noise is averaged over causes as if all were equally likely.",
            lambda prior, checks: (
                answers_entropy(prior, checks) - entropy(checks).mean(1)
            ),
        ),
        Mistake(
            "answers_not_weighted",
            "The noise is weighed now; weigh the chance of an answer with the prior, "
            "too.",
            lambda prior, checks: entropy(checks.mean(1)) - entropy(checks) @ prior,
        ),
        Mistake(
            "noise_only",
            "That is the part to subtract: the noise that stays if the cause is known.",
            lambda prior, checks: entropy(checks) @ prior,
        ),
        Mistake(
            "noise_minus_openness",
            "The sign is reversed: openness minus noise.",
            lambda prior, checks: -as_average_kl(prior, checks),
        ),
        Mistake(
            "gain_in_bits",
            "That is in bits, and nats are asked.",
            lambda prior, checks: as_average_kl(prior, checks) / np.log(2),
        ),
        Mistake(
            "before_samples",
            "You average D(before‖after); a gain is D(after‖before).",
            lambda prior, checks: np.sum(
                (prior @ checks) * kl_divergence(prior, posteriors(prior, checks)), -1
            ),
        ),
        Mistake(
            "luckiest_answer",
            "That is the largest realised gain; weigh all answers with their chance.",
            lambda prior, checks: kl_divergence(posteriors(prior, checks), prior).max(
                -1
            ),
        ),
        Mistake(
            "answers_alike",
            "You average realised gains as if all answers were equally likely.",
            lambda prior, checks: kl_divergence(posteriors(prior, checks), prior).mean(
                -1
            ),
        ),
    ),
)


# Exercise 5: derive


def gain_of_reading(x, cov, noise_sd):
    phi = np.array([1.0, x])
    return 0.5 * np.log(1 + phi @ cov @ phi / noise_sd**2)


def by_determinants(x, cov, noise_sd):
    """Half the log-ratio of the volumes of belief, before and after."""
    phi = np.array([1.0, x])
    after = np.linalg.inv(np.linalg.inv(cov) + np.outer(phi, phi) / noise_sd**2)
    return 0.5 * (np.linalg.slogdet(cov)[1] - np.linalg.slogdet(after)[1])


def lines(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        root = rng.normal(size=(2, 2))
        cov = (root @ root.T + 0.2 * np.eye(2)).round(3)
        x, noise_sd = rng.uniform([-2, 0.2], [2, 1.5]).round(2)
        yield Case((float(x), cov, float(noise_sd)))


def signal(x, cov):
    return cov[0, 0] + 2 * x * cov[0, 1] + x**2 * cov[1, 1]


q5 = Question(
    name="ch12.q5",
    model=gain_of_reading,
    hints=(
        "How uncertain is the line at x? It is a sum of two numbers that may be "
        "correlated.",
        "The variance of a + b·x has three parts: that of a, that of b times x², and "
        "twice x times their covariance.",
        "Compare how a reading varies, line plus noise, with how it varies if a and b "
        "are known. Half the logarithm of that ratio of variances.",
    ),
    closing="It needs no reading, only the covariance: so it can be planned.",
    cases=tuple(lines(0, 6)),
    reference=by_determinants,
    mistakes=(
        Mistake(
            "noise_sd_not_squared",
            "The noise enters with its variance, not its standard deviation.",
            lambda x, cov, sd: np.log(1 + signal(x, cov) / sd) / 2,
        ),
        Mistake(
            "covariance_forgotten",
            "a and b may be correlated: the covariance counts, twice x times.",
            lambda x, cov, sd: np.log(1 + (cov[0, 0] + x**2 * cov[1, 1]) / sd**2) / 2,
        ),
        Mistake(
            "covariance_once",
            "The covariance counts twice: 2·x times it.",
            lambda x, cov, sd: np.log(1 + (signal(x, cov) - x * cov[0, 1]) / sd**2) / 2,
        ),
        Mistake(
            "slope_not_squared",
            "b·x has the variance of b times x squared.",
            lambda x, cov, sd: (
                np.log(1 + (cov[0, 0] + 2 * x * cov[0, 1] + x * cov[1, 1]) / sd**2) / 2
            ),
        ),
        Mistake(
            "no_half",
            "A factor of ½ is missing: the ratio is one of variances.",
            lambda x, cov, sd: np.log(1 + signal(x, cov) / sd**2),
        ),
        Mistake(
            "reading_in_bits",
            "That is in bits, and nats are asked.",
            lambda x, cov, sd: np.log2(1 + signal(x, cov) / sd**2) / 2,
        ),
        Mistake(
            "one_forgotten",
            "A reading varies by the line *and* the noise: there is a 1 to add.",
            lambda x, cov, sd: np.log(signal(x, cov) / sd**2) / 2,
        ),
        Mistake(
            "noise_upside_down",
            "More noise must mean less gain: the ratio is upside down.",
            lambda x, cov, sd: np.log(1 + sd**2 / signal(x, cov)) / 2,
        ),
        Mistake(
            "entropy_of_reading",
            "That is the entropy of the reading; subtract that of the noise.",
            lambda x, cov, sd: np.log(2 * np.pi * np.e * (signal(x, cov) + sd**2)) / 2,
        ),
    ),
)


# Quiz


def gain_terms(p_heads_if_odd):
    """Two coins, ½ each: two-headed, or heads with this chance. Chance times gain."""
    joint = np.array([[p_heads_if_odd, 1 - p_heads_if_odd], [1, 0]]) / 2
    p_y = joint.sum(0)
    return p_y * kl_divergence((joint / p_y).T, [0.5, 0.5])


TWO_COINS = m.Formula(gain_terms)
PLUGIN = m.Formula(lambda a, b, n: np.atleast_1d((a - 1) * (b - 1) / (2 * n)))
not_weighed = m.Mutator(
    "not_weighed",
    "",
    lambda f: m.Formula(lambda: gain_terms(0.5) / [0.75, 0.25], total=m.mean_of_terms),
)
only_the_rare_one = m.Mutator(
    "only_the_rare_one", "", m.on_total(lambda terms: 4 * terms[1])
)
cells_not_free = m.Mutator(
    "cells_not_free", "", m.on_terms(lambda terms: terms * 20 / 12)
)

quiz = Quiz(
    "ch12.quiz",
    (
        Item(
            "name",
            "An A/B test is over, and D(belief after‖belief before) is 3/10 of a nat. "
            "What is that number?",
            (
                Option(
                    "The expected information gain of the test.",
                    "That is an average over all results, known before the test.",
                    claim="S2-68",
                ),
                Option(
                    "What this result taught.",
                    "The realised gain. Other results of the same test have others.",
                    right=True,
                ),
                Option(
                    "By how much the belief became narrower.",
                    "It is how far the belief moved. It may have become wider.",
                    claim="S2-69",
                ),
            ),
        ),
        Item(
            "coin",
            "A coin is two-headed or fair, ½ each. What is one flip worth, before it?",
            numbers(
                TWO_COINS.at(0.5),
                "{:.3f} nats".format,
                "Heads has chance ¾ and teaches little; tails has ¼ and teaches ln 2.",
                (not_weighed, "That averages the two gains without their chances."),
                (only_the_rare_one, "That is the gain of tails, one flip in four."),
            ),
        ),
        Item(
            "next",
            "Which question should you ask next?",
            (
                Option(
                    "The one whose answer you can guess least.",
                    "It may be open because it is noisy, as that of a broken sensor.",
                    mutator="openness_only",
                ),
                Option(
                    "The one whose luckiest answer teaches most.",
                    "You choose a question, and not its answer.",
                    mutator="luckiest_answer",
                ),
                Option(
                    "The one with an open answer that you would know if you knew θ.",
                    "Entropy of the answer minus what is noise: the expected gain.",
                    right=True,
                ),
            ),
        ),
        Item(
            "about",
            "A reading at x = 1 has the largest gain about a and b. You need only "
            "a + b/2. Where do you read?",
            (
                Option(
                    "At x = 1: the largest gain is the largest gain.",
                    "It is the largest about a and b together, which you do not need.",
                    mutator="luckiest_answer",
                ),
                Option(
                    "At x = 0, where the slope cannot disturb.",
                    "That tells of a only, and nothing of b/2.",
                    mutator="covariance_forgotten",
                ),
                Option(
                    "Near the middle.",
                    "There the reading is nearly what you need, plus noise.",
                    right=True,
                ),
            ),
        ),
        Item(
            "wider",
            "After a result your belief is wider than before. What was its gain?",
            (
                Option(
                    "Above zero.",
                    "The belief has moved, so the KL is above 0.",
                    right=True,
                ),
                Option(
                    "Below zero: information was lost.",
                    "A KL is never negative. The change of entropy can be.",
                    mutator="narrowing_for_gain",
                ),
                Option(
                    "Its −ln p(y): the rarer the result, the larger.",
                    "That is only a ceiling. Static is rare, and teaches nothing.",
                    mutator="surprise_for_gain",
                ),
            ),
        ),
        Item(
            "direction",
            "Which of these averages to the mutual information?",
            (
                Option(
                    "Both D(after‖before) and D(before‖after).",
                    "Only one of them averages to the KL with the true pairs first.",
                    claim="S2-67",
                ),
                Option(
                    "D(before‖after).",
                    "That averages to a KL whose first argument is independent.",
                    mutator="before_samples",
                ),
                Option(
                    "D(after‖before).",
                    "Chance of y times p(θ|y) is the probability of the pair.",
                    right=True,
                ),
            ),
        ),
        Item(
            "counts",
            "X has 5 values and Y has 4, they are independent, and you count 300 of "
            "both. What does the counted mutual information show, on average?",
            numbers(
                PLUGIN.at(5, 4, 300),
                "about {:.3f} nats".format,
                "12 free cells, divided by twice 300.",
                (m.doubled, "That forgets the 2 in 2N."),
                (cells_not_free, "Not all 20 cells are free: the margins are given."),
            ),
        ),
    ),
)
