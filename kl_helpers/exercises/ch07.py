"""Exercises and quiz of chapter 7: what does t-SNE minimise, and which way round?"""

import numpy as np

from ..discrete import kl_divergence
from ..embedding import map_affinities
from . import mutators as m
from ._answer import Case, Unusable, read_words
from ._question import Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: derive


def map_bill(p, y):
    square = ((y[:, None] - y) ** 2).sum(axis=-1)
    kernel = 1 / (1 + square)
    np.fill_diagonal(kernel, 0)  # a point is no pair with itself
    q = kernel / kernel.sum()
    seen = p > 0
    return np.sum(p[seen] * np.log(p[seen] / q[seen]))


def bill_by_helpers(p, y):
    return float(kl_divergence(p.ravel(), map_affinities(y).ravel()))


def maps(seed, *sizes):
    """Random affinities, some of them zero, and random maps."""
    rng = np.random.default_rng(seed)
    for n in sizes:
        p = rng.exponential(size=(n, n)) * (rng.random((n, n)) < 0.8)
        p = (p + p.T) * (1 - np.eye(n))
        yield Case((p / p.sum(), rng.normal(scale=2.0, size=(n, 2)).round(3)))


def with_kernel(kernel_of, normalise=lambda k: k / k.sum(), diagonal=0.0):
    """The bill with another kernel, another normaliser or a kept diagonal."""

    def answer(p, y):
        kernel = kernel_of(((y[:, None] - y) ** 2).sum(-1))
        kernel[np.eye(len(y), dtype=bool)] *= diagonal
        q, seen = normalise(kernel), p > 0
        return float(np.sum(p[seen] * np.log(p[seen] / q[seen])))

    return answer


def student(square):
    return 1 / (1 + square)


def swapped_bill(p, y):
    q = map_affinities(y)
    off = ~np.eye(len(y), dtype=bool)
    return float(np.sum(q[off] * np.log(q[off] / p[off])))


q1 = Question(
    name="ch07.q1",
    model=map_bill,
    hints=(
        "All squared distances at once: ((y[:, None] - y) ** 2).sum(axis=-1).",
        "The kernel is 1/(1 + squared distance), 0 on the diagonal; Q is the kernel "
        "divided by its sum over all pairs.",
        "Sum p ln(p/q) where p is above 0. P stands first and is not renormalised.",
    ),
    closing="Five lines, and they are all that the map is judged by.",
    cases=tuple(maps(0, 4, 7, 12)),
    reference=bill_by_helpers,
    mistakes=(
        Mistake(
            "diagonal_kept",
            "A point makes no pair with itself: set the diagonal of the kernel to 0 "
            "before you sum.",
            with_kernel(student, diagonal=1.0),
        ),
        Mistake(
            "normalised_by_row",
            "Q is one distribution over all pairs: divide by the sum of the whole "
            "kernel, not row by row.",
            with_kernel(student, lambda k: k / k.sum(1, keepdims=True)),
        ),
        Mistake(
            "normal_kernel",
            "That is a normal kernel; t-SNE has Student's on the map.",
            with_kernel(lambda square: np.exp(-square)),
        ),
        Mistake(
            "distance_not_squared",
            "In the kernel the distance stands squared.",
            with_kernel(lambda square: 1 / (1 + np.sqrt(square))),
        ),
        Mistake("swapped", "That is D(Q‖P): the data come first.", swapped_bill),
        Mistake(
            "in_bits",
            "That is in bits, and nats are asked.",
            lambda p, y: bill_by_helpers(p, y) / np.log(2),
        ),
        Mistake(
            "each_pair_once",
            "P is over ordered pairs: each pair counts twice, as (i, j) and (j, i).",
            lambda p, y: bill_by_helpers(p, y) / 2,
        ),
        Mistake(
            "not_normalised",
            "The kernel has to be divided by its sum.",
            with_kernel(student, lambda k: k),
        ),
    ),
)


# Exercise 2: predict, then measure

NAMES = ("all zeros away", "one zero away", "sixes over zeros", "zeros torn")


def order_of_prices():
    return ["all zeros away", "one zero away", "sixes over zeros", "zeros torn"]


def read_names(value, printed):
    words = read_words(value, printed)
    if sorted(words) != sorted(NAMES):
        message = f"All four names are asked, each once: {', '.join(NAMES)}."
        raise Unusable("wrong", "wrong_words", message)
    return words


def placed(*order):
    """The names in another order, by their place in the right one."""
    return lambda: [order_of_prices()[k] for k in order]


q2 = Question(
    name="ch07.q2",
    model=order_of_prices,
    hints=(
        "Which changes separate points that are neighbours in the data? How many "
        "pairs of neighbours does each of them separate?",
        "If a whole group moves, its neighbours move along. A single point leaves all "
        "of its neighbours.",
        "Sixes over zeros separates nobody, but the new pairs take a share of Q from "
        "all others. Tearing separates half of the pairs of a whole group.",
    ),
    closing="The same order as on the first 300 digits: it is the loss that makes it, "
    "not the data.",
    read=read_names,
    reference=order_of_prices,
    mistakes=(
        Mistake(
            "counts_points",
            "You count the points that move. What costs is the pairs that are torn.",
            placed(1, 0, 2, 3),
        ),
        Mistake(
            "dearest_is_far",
            "All zeros away is cheap: nothing that belongs together is separated.",
            placed(1, 2, 3, 0),
        ),
        Mistake(
            "overlay_is_free",
            "Strangers side by side cost less than nothing pair by pair, but Q sums to "
            "1: the neighbours of both groups pay.",
            placed(2, 0, 1, 3),
        ),
        Mistake(
            "overlay_below_one_point",
            "The sixes over the zeros cost more than one point: thirty groups of "
            "neighbours lose probability to strangers.",
            placed(0, 2, 1, 3),
        ),
        Mistake(
            "overlay_above_torn",
            "To tear a group costs more than to lay one over another.",
            placed(0, 1, 3, 2),
        ),
        Mistake(
            "reversed",
            "Cheapest first: the order is upside down.",
            placed(3, 2, 1, 0),
        ),
    ),
)


# Exercise 3: derive


def entropy_slope(d, beta):
    draw = np.exp(-beta * (d - d.min()))
    draw = draw / draw.sum()
    mean = draw @ d
    return -beta * (draw @ (d - mean) ** 2)


def numerical_entropy_slope(d, beta, step=1e-6):
    def entropy(beta):
        log_draw = -beta * d - np.log(np.exp(-beta * d).sum())
        return -(np.exp(log_draw) @ log_draw)

    h = step * beta
    return (entropy(beta + h) - entropy(beta - h)) / (2 * h)


def lotteries(seed, count):
    rng = np.random.default_rng(seed)
    for size in np.resize([3, 5, 9], count):
        beta = round(float(rng.uniform(0.2, 2)), 3)
        yield Case((rng.exponential(2.0, size=int(size)).round(3), beta))


def variance(d, beta):
    draw = np.exp(-beta * d) / np.exp(-beta * d).sum()
    return draw @ d**2 - (draw @ d) ** 2


q3 = Question(
    name="ch07.q3",
    model=entropy_slope,
    hints=(
        "ln p = −βd − ln Z, so the entropy is H = ln Z + β E[d].",
        "The slope of ln Z in β is −E[d]. Two terms cancel, and β times the slope of "
        "E[d] is left.",
        "The slope of E[d] in β is minus the variance of d under the draw.",
    ),
    closing="Never positive: a larger β makes the lottery narrower. So the perplexity "
    "is met by one β only, and Newton's method finds it.",
    cases=tuple(lotteries(0, 6)),
    reference=numerical_entropy_slope,
    rtol=1e-4,
    atol=1e-8,
    mistakes=(
        Mistake(
            "beta_missing",
            "Right but for a factor of β.",
            lambda d, beta: -variance(d, beta),
        ),
        Mistake(
            "wrong_sign",
            "A larger β narrows the lottery: its entropy falls.",
            lambda d, beta: beta * variance(d, beta),
        ),
        Mistake(
            "mean_for_variance",
            "That is the slope of ln Z. The entropy has a second term.",
            lambda d, beta: (
                -(np.exp(-beta * d) @ d) / np.exp(-beta * d).sum() + 0 * beta
            ),
        ),
        Mistake(
            "in_log_beta",
            "That is the slope in ln β, larger by a factor of β.",
            lambda d, beta: -(beta**2) * variance(d, beta),
        ),
        Mistake(
            "mean_square",
            "The variance is E[d²] − E[d]²; you left the second part out.",
            lambda d, beta: (
                -beta * (np.exp(-beta * d) @ d**2) / np.exp(-beta * d).sum()
            ),
        ),
        Mistake(
            "unweighted",
            "The variance is the one under the draw, not of the plain numbers.",
            lambda d, beta: -beta * np.var(d),
        ),
    ),
)


# Exercise 4: repair


def perplexities(rows):
    logs = np.log(np.where(rows > 0, rows, 1.0))
    return np.exp(-np.sum(rows * logs, axis=1))


def row_after_row(rows):
    result = []
    for row in rows:
        entropy = -sum(x * np.log(x) for x in row if x > 0)
        result.append(np.e**entropy)
    return result


def tables(seed, *shapes):
    rng = np.random.default_rng(seed)
    for shape in shapes:
        rows = rng.exponential(size=shape) * (rng.random(shape) < 0.8)
        rows[:, 0] += 0.1
        yield Case((rows / rows.sum(1, keepdims=True),))


def no_zero_rule(rows):
    with np.errstate(all="ignore"):
        return np.exp(-np.sum(rows * np.log(rows), axis=1))


q4 = Question(
    name="ch07.q4",
    model=perplexities,
    hints=(
        "With the natural logarithm the entropy is in nats, and the number of equally "
        "likely outcomes is e to that power.",
        "A row is axis 1; the sum goes along it.",
        "0 times log 0 is nan in numpy; a term with p = 0 counts 0.",
    ),
    closing="2 to the bits or e to the nats, never mixed: 2 to the nats turns 30 "
    "neighbours into 11.",
    cases=tuple(tables(0, (3, 5), (4, 4), (2, 8))),
    reference=row_after_row,
    mistakes=(
        Mistake(
            "two_to_the_nats",
            "2 to the power of nats: use e, or log2.",
            lambda rows: 2 ** np.log(row_after_row(rows)),
        ),
        Mistake(
            "no_zero_rule",
            "A rule for p = 0 is missing: 0 * log(0) is nan.",
            no_zero_rule,
        ),
        Mistake(
            "two_to_the_nats_and_no_zero_rule",
            "2 to the power of nats, and a rule for p = 0 is missing.",
            lambda rows: 2 ** np.log(no_zero_rule(rows)),
        ),
        Mistake(
            "over_columns",
            "You sum over the rows; each row is a lottery of its own.",
            lambda rows: np.exp(
                -np.sum(rows * np.log(np.where(rows > 0, rows, 1)), axis=0)
            ),
        ),
        Mistake(
            "entropy",
            "Those are entropies; the perplexity is e to that power.",
            lambda rows: np.log(row_after_row(rows)),
        ),
        Mistake(
            "wrong_sign",
            "A sign is missing: a perplexity is at least 1.",
            lambda rows: 1 / np.array(row_after_row(rows)),
        ),
        Mistake(
            "counts_nonzero",
            "That counts the outcomes; unequal ones count less.",
            lambda rows: np.count_nonzero(rows, axis=1),
        ),
    ),
)


# Quiz

PAIR = m.Formula(lambda p, q: np.atleast_1d(p * np.log(p / q)))
PERPLEXITY = m.Formula(lambda nats: np.atleast_1d(nats), result=np.exp)
two_to_the_nats = m.Mutator(
    "two_to_the_nats", "", m.on_result(lambda x: x ** np.log(2))
)

quiz = Quiz(
    "ch07.quiz",
    (
        Item(
            "direction",
            "Which KL does t-SNE minimise?",
            (
                Option(
                    "D(P‖Q), data first.",
                    "P is fixed and samples the pairs; the map moves.",
                    right=True,
                ),
                Option(
                    "D(Q‖P), map first: a reverse KL.",
                    "Its gradient is that of D(P‖Q); differences tell.",
                    claim="S1-26",
                ),
                Option(
                    "Half of both: pairs are symmetric.",
                    "The matrices are symmetric, the KL is not.",
                    mutator="each_pair_once",
                ),
            ),
        ),
        Item(
            "pair",
            "The data draw a pair once in a hundred draws, the map once in a hundred "
            "thousand. What does it add to the bill?",
            numbers(
                PAIR.at(0.01, 1e-5),
                "{:+.4f} nats".format,
                "A hundredth of ln 1000.",
                (m.swapped, "That is its term in D(Q‖P)."),
                (m.in_bits, "That is in bits."),
            ),
        ),
        Item(
            "away",
            "A well separated group is moved twice as far. What happens to D(P‖Q)?",
            (
                Option(
                    "It doubles: distances enter squared.",
                    "Pairs with p near 0 hardly enter, whatever their distance.",
                    mutator="dearest_is_far",
                ),
                Option(
                    "It falls: strangers should be far.",
                    "They have next to no share of Q already.",
                    mutator="overlay_is_free",
                ),
                Option(
                    "Hardly anything.",
                    "No neighbours are separated.",
                    right=True,
                ),
            ),
        ),
        Item(
            "perplexity",
            "A lottery has an entropy of ln 30 nats. What is its perplexity?",
            numbers(
                PERPLEXITY.at(np.log(30)),
                "about {:.0f} neighbours".format,
                "It is e to the power of the entropy.",
                (two_to_the_nats, "That is 2 to the power of nats."),
                (
                    m.Mutator("entropy", "", m.on_result(np.log)),
                    "That is the entropy itself.",
                ),
            ),
        ),
        Item(
            "lower",
            "Perplexity 50 ends at a lower KL than perplexity 5. Is its map better?",
            (
                Option(
                    "Yes, it is closer to the data.",
                    "To other data: P depends on the perplexity.",
                    mutator="counts_nonzero",
                ),
                Option(
                    "The two KLs do not compare.",
                    "Bill both maps with the same P, or look at neighbours.",
                    right=True,
                ),
            ),
        ),
    ),
)
