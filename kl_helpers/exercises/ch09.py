"""Exercises and quiz of chapter 9: what if KL is the wrong choice?"""

import numpy as np

from ..discrete import js_divergence, total_variation
from ..divergences import wasserstein_1d
from . import mutators as m
from ._answer import Case, Unusable, read_raw, read_words
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: construct

PLACES = [0.0, 0.01, 100.0]


def three_laws():
    p = [1.0, 0.0, 0.0]
    q = [0.0, 1.0, 0.0]  # a hundredth away: nothing shared, and next to no move
    r = [0.985, 0.0, 0.015]  # little mass, but it goes all the way
    return p, q, r


def read_laws(value, printed):
    value = read_raw(value, printed)
    try:
        laws = [np.asarray(law, dtype=float) for law in value]
        shapes = [law.shape for law in laws]
    except (TypeError, ValueError):
        shapes = []
    if shapes != [(3,)] * 3:
        message = "Three lists are asked, p, q and r, with three probabilities each."
        raise Unusable("wrong", "wrong_shape", message)
    if any(law.min() < 0 or abs(law.sum() - 1) > 1e-6 for law in laws):
        message = "Each of the three must have no negative entry and sum to 1."
        raise Unusable("wrong", "not_distributions", message)
    return [law / law.sum() for law in laws]


def both_prices(p, q):
    return float(total_variation(p, q)), float(wasserstein_1d(PLACES, p, q))


def found_prices(p, q):
    return "You have TV {:.5g} and W₁ {:.5g}.".format(*both_prices(p, q))


def near_pair_is_right(laws):
    ratio, move = both_prices(laws[0], laws[1])
    return ratio >= 0.9 - 1e-9 and move <= 0.02 + 1e-9


def far_pair_is_right(laws):
    ratio, move = both_prices(laws[0], laws[2])
    return ratio <= 0.02 + 1e-9 and move >= 1 - 1e-9


q1 = Question(
    name="ch09.q1",
    model=three_laws,
    hints=(
        "Two places lie next to each other: moving mass between them costs next to "
        "nothing, whatever the share is.",
        "For q move nearly everything of p to a neighbour. For r move next to nothing, "
        "but far.",
        "A share s that travels 100 adds 100 s to W₁ and s to TV. Which s is enough?",
    ),
    closing="One pair shares nothing and is as good as equal; the other is nearly "
    "equal and far apart. Which of them hurts is your question, not the formula's.",
    read=read_laws,
    conditions=(
        Condition(
            "roles_exchanged",
            "That is the right idea with q and r exchanged: q is the one that is near "
            "in place, r the one that is near in probability.",
            lambda laws: (
                near_pair_is_right(laws)
                or not near_pair_is_right(laws[::2] + laws[1:2])
            ),
        ),
        Condition(
            "all_the_same",
            "Two of the laws are equal: then every price is 0.",
            lambda laws: (
                not (np.allclose(laws[0], laws[1]) or np.allclose(laws[0], laws[2]))
            ),
        ),
        Condition(
            "q_travels_too_far",
            lambda laws: (
                "q shares little with p, but it is far away. "
                + found_prices(laws[0], laws[1])
            ),
            lambda laws: (
                not (
                    both_prices(laws[0], laws[1])[0] >= 0.9 - 1e-9
                    and both_prices(laws[0], laws[1])[1] > 0.02 + 1e-9
                )
            ),
        ),
        Condition(
            "q_shares_too_much",
            lambda laws: (
                "For p and q, TV at least 0.9 with W₁ at most 0.02 is asked. "
                + found_prices(laws[0], laws[1])
            ),
            near_pair_is_right,
        ),
        Condition(
            "r_moves_too_much_mass",
            lambda laws: (
                "r goes far, but with too much of the mass. "
                + found_prices(laws[0], laws[2])
            ),
            lambda laws: (
                not (
                    both_prices(laws[0], laws[2])[0] > 0.02 + 1e-9
                    and both_prices(laws[0], laws[2])[1] >= 1
                )
            ),
        ),
        Condition(
            "r_stays_too_near",
            lambda laws: (
                "For p and r, TV at most 0.02 with W₁ at least 1 is asked. "
                + found_prices(laws[0], laws[2])
            ),
            far_pair_is_right,
        ),
    ),
    mistakes=(
        Mistake(
            "roles_exchanged",
            "That is the right idea with q and r exchanged",
            lambda: ([1, 0, 0], [0.985, 0, 0.015], [0, 1, 0]),
        ),
        Mistake("all_the_same", "", lambda: ([1, 0, 0], [1, 0, 0], [1, 0, 0])),
        Mistake(
            "q_travels_too_far",
            "q shares little with p, but it is far away.",
            lambda: ([1, 0, 0], [0, 0, 1], [0.985, 0, 0.015]),
        ),
        Mistake(
            "r_moves_too_much_mass",
            "r goes far, but with too much of the mass.",
            lambda: ([1, 0, 0], [0, 1, 0], [0.5, 0, 0.5]),
        ),
        Mistake(
            "r_stays_too_near",
            "For p and r, TV at most 0.02 with W₁ at least 1 is asked.",
            lambda: ([1, 0, 0], [0, 1, 0], [0.985, 0.015, 0]),
        ),
    ),
)


# Exercise 2: derive


def best_share(toll):
    pinsker = np.sqrt(toll / 2)
    bretagnolle_huber = np.sqrt(-np.expm1(-toll))
    return (1 + min(pinsker, bretagnolle_huber)) / 2


def from_the_squares(toll):
    """The same from the smaller square."""
    return 0.5 + 0.5 * np.sqrt(min(toll / 2, 1 - np.exp(-toll)))


q2 = Question(
    name="ch09.q2",
    model=best_share,
    hints=(
        "One formula turns TV into a share of right guesses, two bound TV by the KL.",
        "Both bounds hold, so the smaller one does.",
        "Half plus half of TV: blind guessing is right half of the time.",
    ),
    closing="At 0.02 nats nobody is right more than 55 times in 100 from one draw; "
    "many draws are another matter, their KLs add.",
    cases=tuple(Case((t,)) for t in (0.0, 0.02, 0.5, 1.2, 1.7, 3.0, 9.0)),
    reference=from_the_squares,
    mistakes=(
        Mistake(
            "pinsker_alone",
            "For large KLs Pinsker's bound passes 1; there the other one is better.",
            lambda toll: (1 + np.sqrt(toll / 2)) / 2,
        ),
        Mistake(
            "switch_at_two",
            "Pinsker's bound says nothing from 2 nats on, but the other one is smaller "
            "from 1.6 nats on: take the smaller at each value.",
            lambda toll: (1 + np.sqrt(toll / 2 if toll < 2 else 1 - np.exp(-toll))) / 2,
        ),
        Mistake(
            "pinsker_cut_at_one",
            "Pinsker's bound, cut at 1, says nothing for large KLs; the other does.",
            lambda toll: (1 + min(1, np.sqrt(toll / 2))) / 2,
        ),
        Mistake(
            "huber_alone",
            "For small KLs Pinsker's bound, the root of *half* the KL, is better.",
            lambda toll: (1 + np.sqrt(1 - np.exp(-toll))) / 2,
        ),
        Mistake(
            "the_looser_one",
            "You take the larger of the two. Both hold, so the smaller one does.",
            lambda toll: (1 + max(np.sqrt(toll / 2), np.sqrt(1 - np.exp(-toll)))) / 2,
        ),
        Mistake(
            "the_bound_on_tv",
            "That bounds TV. A blind guess is right half of the time already.",
            lambda toll: 2 * from_the_squares(toll) - 1,
        ),
        Mistake(
            "tv_not_halved",
            "Half plus TV would be more than 1: half of TV is added.",
            lambda toll: 2 * from_the_squares(toll) - 0.5,
        ),
        Mistake(
            "no_root",
            "Both bounds are square roots.",
            lambda toll: (1 + min(toll / 2, 1 - np.exp(-toll))) / 2,
        ),
        Mistake(
            "share_of_errors",
            "That is the share of wrong guesses.",
            lambda toll: 1 - from_the_squares(toll),
        ),
        Mistake(
            "kl_in_bits",
            "The bounds are for nats, and the KL was turned into bits.",
            lambda toll: from_the_squares(toll / np.log(2)),
        ),
    ),
)


# Exercise 3: which of them push?


def three_slopes(d):
    x = np.linspace(-12, 20, 8001)
    g = np.exp(-((x - d) ** 2) / 2)
    g /= g.sum()
    D = 1 / (1 + np.exp(d * x - d**2 / 2))  # p/(p + g)
    # Samples of the generator slide with d: average the slope in x of each loss.
    minimax = g @ (d * D)  # of ln(1 - D)
    used = g @ (d * (1 - D))  # of -ln D
    return minimax, used, 1.0


def by_differences(d, h=1e-3):
    """The same from 2 JS and D(g‖p) = d²/2, by small differences."""
    x = np.linspace(-12, 20, 8001)

    def js(mu):
        p, g = np.exp(-(x**2) / 2), np.exp(-((x - mu) ** 2) / 2)
        return js_divergence(p / p.sum(), g / g.sum())

    minimax = float(js(d + h) - js(d - h)) / h
    return np.array([minimax, d - minimax, 1.0])


def mixed(change):
    """The three slopes, changed."""
    return lambda d: change(d, *by_differences(d))


q3 = Question(
    name="ch09.q3",
    model=three_slopes,
    hints=(
        "Hold D at p/(p + g) and let the samples of the generator slide: the slope of "
        "a loss in d is the average, over g, of its slope in x.",
        "Or use the identities: the first has the slope of 2 JS, the second that of a "
        "KL minus 2 JS.",
        "ln of (1 − D)/D is a straight line in x here, d·x minus a constant. W₁ of two "
        "shifted copies is their distance.",
    ),
    closing="Far away the first is almost nothing, the second about d, the third 1: "
    "what a loss is worth as a number and what it is worth as a push are two things.",
    cases=tuple(Case((d,)) for d in (0.5, 1.0, 2.0, 3.5, 5.0, 8.0)),
    reference=by_differences,
    rtol=1e-3,
    atol=1e-10,
    mistakes=(
        Mistake(
            "losses_exchanged",
            "The first two are exchanged: the minimax loss is the one that saturates.",
            mixed(lambda d, first, used, w1: [used, first, w1]),
        ),
        Mistake(
            "js_not_doubled",
            "The minimax loss is 2 JS minus a constant, not JS.",
            mixed(lambda d, first, used, w1: [first / 2, used, w1]),
        ),
        Mistake(
            "js_once",
            "From the KL the loss in use takes JS away twice.",
            mixed(lambda d, first, used, w1: [first, d - first / 2, w1]),
        ),
        Mistake(
            "js_once_in_both",
            "Half of the slope of 2 JS is missing in both. With differences: hold D, "
            "and let only g move.",
            mixed(lambda d, first, used, w1: [first / 2, d - first / 2, w1]),
        ),
        Mistake(
            "js_added",
            "The loss in use is the KL *minus* 2 JS.",
            mixed(lambda d, first, used, w1: [first, d + first, w1]),
        ),
        Mistake(
            "kl_alone",
            "The second is the slope of the KL alone; 2 JS are taken away from it.",
            mixed(lambda d, first, used, w1: [first, d, w1]),
        ),
        Mistake(
            "value_of_w1",
            "The third is the value of W₁; its slope is asked.",
            mixed(lambda d, first, used, w1: [first, used, d]),
        ),
        Mistake(
            "pushed_away",
            "The signs are reversed: all three losses rise with d.",
            mixed(lambda d, first, used, w1: [-first, -used, -w1]),
        ),
    ),
)


# Exercise 4: choose

CHOICES = {"kl", "root js", "renyi", "tv", "w1"}


def five_choices():
    # A unit; the worst ratio; the likelihood; a bounded distance; any event.
    return ["w1", "renyi", "kl", "root js", "tv"]


def read_choices(value, printed):
    words = read_words(value, printed)
    words = tuple(word.replace("é", "e").replace("√js", "root js") for word in words)
    if len(words) != 5 or not set(words) <= CHOICES:
        message = 'Five words are asked, each "kl", "root js", "renyi", "tv" or "w1".'
        raise Unusable("wrong", "wrong_choices", message)
    return words


def choices(text):
    return lambda: text.split(", ")


q4 = Question(
    name="ch09.q4",
    model=five_choices,
    hints=(
        "Which of the five questions has an answer with a unit? Which asks for the "
        "worst case, of a ratio or of an event?",
        "Milliseconds are a distance that means something. A likelihood is a KL.",
        "For clusters take a distance; for the chance of an event take the one that is "
        "the largest difference of such chances.",
    ),
    closing="Every question names what hurts: milliseconds, a ratio, a likelihood, a "
    "detour, an event. The divergence follows.",
    read=read_choices,
    reference=five_choices,
    mistakes=(
        Mistake(
            "kl_for_everything",
            "KL is the likelihood. Only one of the five is about a likelihood.",
            choices("kl, kl, kl, kl, kl"),
        ),
        Mistake(
            "js_for_everything",
            "Symmetric and bounded is not enough: which of them has a unit, and which "
            "a worst case?",
            choices("root js, root js, root js, root js, root js"),
        ),
        Mistake(
            "transport_for_words",
            "Words have no places on a line: W₁ would compare their order in the list. "
            "Take a distance that prices ratios.",
            choices("w1, renyi, kl, w1, tv"),
        ),
        Mistake(
            "ratio_for_milliseconds",
            "Milliseconds are a distance: 10 and 11 are close, and only one of the "
            "five knows that.",
            choices("root js, renyi, kl, root js, tv"),
        ),
        Mistake(
            "tv_for_privacy",
            "TV hardly sees an outcome that is rare in both; privacy is about the "
            "worst ratio, however rare.",
            choices("w1, tv, kl, root js, tv"),
        ),
        Mistake(
            "ratio_for_an_event",
            "By how much a chance changes is a difference. Which divergence is the "
            "largest such difference? Pinsker leads there from the KL.",
            choices("w1, renyi, kl, root js, renyi"),
        ),
        Mistake(
            "kl_for_an_event",
            "The KL is what you know. What you want is the largest change of a chance.",
            choices("w1, renyi, kl, root js, kl"),
        ),
        Mistake(
            "kl_for_clusters",
            "KL is no distance, and infinite as soon as a word is missing in one text.",
            choices("w1, renyi, kl, kl, tv"),
        ),
    ),
)


# Quiz

CEILING = m.Formula(lambda half: np.atleast_1d(-np.log(half)))
PINSKER = m.Formula(
    lambda kl: np.atleast_1d(kl / 2), result=lambda total: np.sqrt(total)
)
forgets_the_half = m.Mutator(
    "forgets_the_half", "", m.on_arguments(lambda given: (2 * given[0],))
)
forgets_pinskers_root = m.Mutator("forgets_pinskers_root", "", m.on_result(np.square))

quiz = Quiz(
    "ch09.quiz",
    (
        Item(
            "places",
            "P and Q share no outcome. You move the mass of Q twice as far away. What "
            "changes?",
            (
                Option(
                    "W₁ only.",
                    "Ratios do not know where the outcomes lie.",
                    right=True,
                ),
                Option(
                    "JS and W₁: both are bounded measures of distance.",
                    "JS is at its bound already, wherever Q lies.",
                    claim="S2-52",
                ),
                Option(
                    "All of them; they measure how different P and Q are.",
                    "KL, JS and TV compare outcome by outcome.",
                    claim="S3-01",
                ),
            ),
        ),
        Item(
            "ceiling",
            "What is JS of two distributions that share nothing?",
            numbers(
                CEILING.at(0.5),
                "{:.2f} nats".format,
                "The draw always gives the coin away: ln 2.",
                (m.in_bits, "That is one bit, which is fewer nats."),
                (m.doubled, "That is the 2 JS of the minimax loss."),
            ),
        ),
        Item(
            "discriminator",
            "What does a GAN's discriminator do with JS?",
            (
                Option(
                    "It minimises JS.",
                    "The generator does, in the minimax game.",
                    claim="S2-48",
                ),
                Option(
                    "It constrains JS.",
                    "Nothing in the game is a constraint.",
                    claim="X8",
                ),
                Option(
                    "It measures JS, from below.",
                    "At its best its value is 2 JS − ln 4.",
                    right=True,
                ),
            ),
        ),
        Item(
            "loss",
            "The generator minimises −E[ln D]. Far from the data its push is strong. "
            "Why?",
            (
                Option(
                    "JS is largest there.",
                    "Largest, and flat: the minimax loss has no push left.",
                    mutator="losses_exchanged",
                ),
                Option(
                    "Its gradient contains that of D(g‖p), which rises with distance.",
                    "D(g‖p) − 2 JS, as long as D is the best one and supports overlap.",
                    right=True,
                ),
                Option(
                    "It avoids JS, as all newer GANs do.",
                    "2 JS stands in it, with the other sign, and newer GANs use it.",
                    claim="S1-29",
                ),
            ),
        ),
        Item(
            "distance",
            "You cluster histograms by JS, and a detour turns out shorter than the "
            "straight way. What happened?",
            (
                Option(
                    "The code is wrong: JS is a metric.",
                    "The square root of JS is.",
                    claim="S2-47",
                ),
                Option(
                    "Nothing: JS is no metric, its square root is.",
                    "Take the root before you cluster.",
                    right=True,
                ),
                Option(
                    "Two histograms shared nothing, so JS was infinite.",
                    "JS is never infinite.",
                    mutator="kl_for_clusters",
                ),
            ),
        ),
        Item(
            "pinsker",
            "A policy moved by 1/50 nats. By how much can the chance of an action "
            "change at most, by Pinsker?",
            numbers(
                PINSKER.at(0.02),
                "{:.2f}".format,
                "The root of half the KL.",
                (forgets_the_half, "That forgets to halve the KL."),
                (forgets_pinskers_root, "That forgets the root."),
            ),
        ),
        Item(
            "samples",
            "Two samples of the same law, 1,000 numbers each, go into a formula for TV "
            "as they are. What comes out?",
            (
                Option(
                    "1: they share no number.",
                    "A ratio needs something that joins points, such as bins.",
                    right=True,
                ),
                Option(
                    "0: the laws are the same.",
                    "The laws are, the samples share no point.",
                    mutator="all_the_same",
                ),
                Option(
                    "A small number that shrinks like 1/√n.",
                    "So does W₁ on a line; TV stays.",
                    mutator="ratio_for_milliseconds",
                ),
            ),
        ),
    ),
)
