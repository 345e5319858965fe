"""Exercises and quiz of chapter 13: has production moved?"""

import math

import numpy as np

from . import mutators as m
from ._answer import Case, Unusable, read_words
from ._question import Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: implement


def alarm_threshold(n, m, bins, false_alarm_rate):
    from statistics import NormalDist

    k, z = bins - 1, NormalDist().inv_cdf(1 - false_alarm_rate)
    chi2 = k * (1 - 2 / (9 * k) + z * math.sqrt(2 / (9 * k))) ** 3
    return (1 / n + 1 / m) * chi2


def chi2_below(x, k):
    """P(χ² with k degrees of freedom < x), by the series of the incomplete gamma."""
    a, half = k / 2, x / 2
    term = total = 1 / a
    while term > 1e-16 * total:
        a += 1
        term *= half / a
        total += term
    return total * math.exp(k / 2 * math.log(half) - half - math.lgamma(k / 2))


def chi2_quantile(share, k):
    low, high = 1e-9, 10.0 * k + 100
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if chi2_below(middle, k) < share else (low, middle)
    return (low + high) / 2


def by_table(n, m, bins, rate):
    return (1 / n + 1 / m) * chi2_quantile(1 - rate, bins - 1)


q1 = Question(
    name="ch13.q1",
    model=alarm_threshold,
    hints=(
        "The PSI of a world with itself follows (1/n + 1/m) times a χ².",
        "It has bins − 1 degrees of freedom, since shares sum to 1.",
        "Take the quantile that χ² passes with probability false_alarm_rate, the one "
        "at 1 − false_alarm_rate.",
    ),
    closing="With 100 and 100 rows, ten bins and one per cent, that is 0.43: a PSI of "
    "0.25 is no alarm there.",
    cases=tuple(
        map(
            Case,
            [
                (1000, 1000, 10, 0.05),
                (50_000, 1000, 10, 0.01),
                (300, 4000, 20, 0.05),
                (2000, 2000, 5, 0.001),
                (800, 800, 40, 0.1),
            ],
        )
    ),
    reference=by_table,
    rtol=2e-2,
    mistakes=(
        Mistake(
            "a_bin_too_many",
            "Shares sum to 1, so only bins − 1 of them are free.",
            lambda n, m, bins, rate: by_table(n, m, bins + 1, rate),
        ),
        Mistake(
            "wrong_tail",
            "That is passed nearly always: take the quantile at 1 − false_alarm_rate.",
            lambda n, m, bins, rate: by_table(n, m, bins, 1 - rate),
        ),
        Mistake(
            "one_sample_only",
            "The expected sample is counted as well, and its chance adds 1/n.",
            lambda n, m, bins, rate: by_table(n, m, bins, rate) / (1 / n + 1 / m) / m,
        ),
        Mistake(
            "rows_added",
            "It is 1/n + 1/m, not one over the sum of the rows.",
            lambda n, m, bins, rate: (
                by_table(n, m, bins, rate) / (1 / n + 1 / m) / (n + m)
            ),
        ),
        Mistake(
            "half_of_it",
            "2n times *one* KL is χ²; the PSI is two of them.",
            lambda n, m, bins, rate: by_table(n, m, bins, rate) / 2,
        ),
        Mistake(
            "average_for_quantile",
            "That is the average by chance, which every other comparison passes.",
            lambda n, m, bins, rate: (bins - 1) * (1 / n + 1 / m),
        ),
        Mistake(
            "both_tails",
            "Only a large PSI is an alarm: one tail, not half of the rate in each.",
            lambda n, m, bins, rate: by_table(n, m, bins, rate / 2),
        ),
        Mistake(
            "folklore",
            "That does not depend on the rows, so it promises no rate.",
            lambda n, m, bins, rate: 0.25,
        ),
    ),
)


# Exercise 2: derive


def rows_to_tell(before, after, false_alarm_rate):
    climb = after * math.log(after / before)
    climb += (1 - after) * math.log((1 - after) / (1 - before))
    return math.log(1 / false_alarm_rate) / climb


def average_steps(before, after, false_alarm_rate):
    """The same from the walk: the average step in the new world, as a sum."""
    step = np.log(np.array([after, 1 - after]) / np.array([before, 1 - before]))
    return -np.log(false_alarm_rate) / (np.array([after, 1 - after]) @ step)


def psi_of(before, after):
    return (after - before) * (
        math.log(after / before) - math.log((1 - after) / (1 - before))
    )


q2 = Question(
    name="ch13.q2",
    model=rows_to_tell,
    hints=(
        "How far does the evidence climb per row, on average, if rows come from the "
        "new world?",
        "By D(after‖before) of a two-valued feature: both values contribute.",
        "Divide ln(1/false_alarm_rate) by it.",
    ),
    closing="From 0.001 to 0.05 at one per cent: 31 rows by the rule, 99 the other "
    "way round. Where one flag brings much of the evidence a walk takes more.",
    cases=tuple(
        map(
            Case,
            [
                (0.01, 0.02, 0.01),
                (0.001, 0.05, 0.05),
                (0.05, 0.001, 0.01),
                (0.5, 0.6, 0.001),
                (0.3, 0.25, 0.02),
            ],
        )
    ),
    reference=average_steps,
    rtol=1e-3,
    mistakes=(
        Mistake(
            "swapped_worlds",
            "Rows come from the new world, so it stands first: D(after‖before).",
            lambda b, a, rate: average_steps(a, b, rate),
        ),
        Mistake(
            "one_value_only",
            "Rows without the event are evidence, too: their term is missing.",
            lambda b, a, rate: -math.log(rate) / (a * math.log(a / b)),
        ),
        Mistake(
            "psi_for_kl",
            "That divides by the PSI; the walk climbs by one of its two KLs.",
            lambda b, a, rate: -math.log(rate) / psi_of(b, a),
        ),
        Mistake(
            "log_forgotten",
            "The line stands at ln(1/false_alarm_rate), not at 1/false_alarm_rate.",
            lambda b, a, rate: average_steps(b, a, math.exp(-1)) / rate,
        ),
        Mistake(
            "mixed_units",
            "One of your logarithms is to base 2: both must have the same base.",
            lambda b, a, rate: average_steps(b, a, rate) / math.log(2),
        ),
        Mistake(
            "rate_for_line",
            "ln(false_alarm_rate) is negative; the line stands at minus that.",
            lambda b, a, rate: -average_steps(b, a, rate),
        ),
    ),
)


# Exercise 3: repair


def psi(expected, actual, inner):
    edges = np.concatenate([[-np.inf], inner, [np.inf]])
    e = np.histogram(expected, edges)[0] + 0.5
    a = np.histogram(actual, edges)[0] + 0.5
    e, a = e / e.sum(), a / a.sum()
    return np.sum((a - e) * np.log(a / e))


def counted(x, inner, open_ends=True):
    """Rows in each bin, one row at a time."""
    places = [sum(value >= edge for edge in inner) for value in x]
    counts = np.array([places.count(j) for j in range(len(inner) + 1)], dtype=float)
    return counts if open_ends else counts[1:-1]


def jeffreys(e, a):
    return sum((y - x) * math.log(y / x) for x, y in zip(e, a, strict=True))


def by_counting(expected, actual, inner):
    e, a = (counted(x, inner) + 0.5 for x in (expected, actual))
    return jeffreys(e / e.sum(), a / a.sum())


def with_closed_ends(expected, actual, inner):
    e, a = (counted(x, inner, open_ends=False) + 0.5 for x in (expected, actual))
    return jeffreys(e / e.sum(), a / a.sum())


def added_to_shares(expected, actual, inner):
    e, a = (counted(x, inner) / len(x) + 0.5 for x in (expected, actual))
    return jeffreys(e, a)


def without_sign(expected, actual, inner):
    e, a = (counted(x, inner) + 0.5 for x in (expected, actual))
    e, a = e / e.sum(), a / a.sum()
    return np.sum(np.abs(a - e) * np.log(a / e))


def one_kl(first):
    def formula(expected, actual, inner):
        e, a = (counted(x, inner) + 0.5 for x in (expected, actual))
        e, a = e / e.sum(), a / a.sum()
        p, q = (a, e) if first == "actual" else (e, a)
        return np.sum(p * np.log(p / q))

    return formula


def no_normalising(expected, actual, inner):
    e, a = (counted(x, inner) + 0.5 for x in (expected, actual))
    return jeffreys(e, a)


def samples(seed):
    rng = np.random.default_rng(seed)
    for n, k, edges in [(40, 60, 3), (100, 50, 9), (30, 30, 5), (200, 40, 4)]:
        x, y = rng.normal(size=n).round(2), rng.normal(0.4, 1.3, size=k).round(2)
        inner = np.quantile(x, np.arange(1, edges + 1) / (edges + 1)).round(3)
        yield Case((x, y, np.unique(inner)))


q3 = Question(
    name="ch13.q3",
    model=psi,
    hints=(
        "np.histogram drops what lies outside its edges: let the first be −∞ and the "
        "last +∞.",
        "Half a row is added to the counts, before they become shares.",
        "(a − e)·ln(a/e) is never negative as it is; with the absolute value the sign "
        "of the logarithm is left alone.",
    ),
    closing="The three faults pull in different directions, so none of them is seen in "
    "a dashboard: the number looks like a PSI.",
    cases=tuple(samples(0)),
    reference=by_counting,
    mistakes=(
        Mistake(
            "rows_outside_lost",
            "Rows below the first and above the last edge are lost. That is where "
            "drift shows first.",
            with_closed_ends,
        ),
        Mistake(
            "half_a_share",
            "You add 0.5 to each share; half a *row* belongs to each count.",
            added_to_shares,
        ),
        Mistake(
            "sign_of_the_log_left",
            "With the absolute value, bins that lose rows count negative.",
            without_sign,
        ),
        Mistake("actual_first_only", "That is D(A‖E) alone.", one_kl("actual")),
        Mistake("expected_first_only", "That is D(E‖A) alone.", one_kl("expected")),
        Mistake(
            "counts_not_shares",
            "Counts must become shares, else the longer sample looks larger.",
            no_normalising,
        ),
        Mistake(
            "psi_in_bits",
            "That is in bits, and nats are asked.",
            lambda *given: by_counting(*given) / math.log(2),
        ),
    ),
)


# Exercise 4: diagnose


def five_dashboards():
    # Thresholds at 5%: 0.34, 0.00068, 0.034, 0.20, 0.017.
    return ["chance", "moved", "moved", "chance", "chance"]


def read_verdicts(value, printed):
    words = read_words(value, printed)
    if len(words) != 5 or not set(words) <= {"chance", "moved"}:
        message = 'Five words are asked, each "chance" or "moved".'
        raise Unusable("wrong", "wrong_words", message)
    return words


def verdicts(letters):
    names = {"c": "chance", "m": "moved"}
    return lambda: [names[letter] for letter in letters]


q4 = Question(
    name="ch13.q4",
    model=five_dashboards,
    hints=(
        "Compute (bins − 1)(1/n + 1/m) for each: that is the average by chance.",
        "The threshold at one in twenty is between 1.6 and 1.9 times that average, for "
        "ten to twenty bins.",
        "Three of the five are chance.",
    ),
    closing="0.2 is chance and 0.02 is not: n decides.",
    read=read_verdicts,
    reference=five_dashboards,
    mistakes=(
        Mistake(
            "the_wiki",
            "Those are the answers of the fixed threshold 0.1, which does not know n.",
            verdicts("mcmmc"),
        ),
        Mistake(
            "any_excess",
            "About half of all comparisons lie above the average by chance; one in "
            "twenty is asked.",
            verdicts("mmmcm"),
        ),
        Mistake(
            "average_of_large_n",
            "Dashboard 5: with 1,000 rows in one sample its 1/m counts, however long "
            "the other is.",
            verdicts("cmmcm"),
        ),
        Mistake(
            "bins_forgotten",
            "Dashboard 4 has 20 bins, which show twice as much by chance.",
            verdicts("cmmmc"),
        ),
        Mistake(
            "all_moved",
            "A world that has not moved shows a PSI, too.",
            verdicts("mmmmm"),
        ),
        Mistake("all_chance", "Compare each with its own band.", verdicts("ccccc")),
    ),
)


# Quiz

AVERAGE = m.Formula(lambda n, m, bins: np.atleast_1d((bins - 1) * (1 / n + 1 / m)))
ROWS = m.Formula(lambda rate, climb: np.atleast_1d(-np.log(rate) / climb))
a_bin_more = m.Mutator(
    "a_bin_more", "", m.on_arguments(lambda given: (*given[:2], given[2] + 1))
)
first_sample_only = m.Mutator(
    "first_sample_only", "", m.on_arguments(lambda given: (given[0], np.inf, given[2]))
)
line_in_bits = m.Mutator("line_in_bits", "", m.on_result(lambda r: r / np.log(2)))
line_to_base_10 = m.Mutator(
    "line_to_base_10", "", m.on_result(lambda r: r / np.log(10))
)

quiz = Quiz(
    "ch13.quiz",
    (
        Item(
            "average",
            "Nothing has moved. 1,000 rows on each side, in 10 bins. What is the PSI "
            "on average?",
            numbers(
                AVERAGE.at(1000, 1000, 10),
                "about {:.3f} nats".format,
                "Nine free bins, times 1/1,000 + 1/1,000.",
                (a_bin_more, "Shares sum to 1: one bin fewer is free."),
                (first_sample_only, "The actual sample is counted as well."),
            ),
        ),
        Item(
            "direction",
            "You wait for rows of the new world. Which KL says how fast the evidence "
            "grows?",
            (
                Option(
                    "D(actual‖expected).",
                    "Rows come from the actual world: it stands first.",
                    right=True,
                ),
                Option(
                    "D(expected‖actual).",
                    "That is how fast the old world would show that it is the old one.",
                    mutator="swapped_worlds",
                ),
                Option(
                    "Their sum, the PSI.",
                    "The walk climbs by one of them only.",
                    mutator="psi_for_kl",
                ),
            ),
        ),
        Item(
            "exchange",
            "Which change leaves a PSI exactly as it was?",
            (
                Option(
                    "The two samples change places, in the same bins.",
                    "It is the sum of both KLs, so the order does not matter.",
                    right=True,
                ),
                Option(
                    "Twice as many bins.",
                    "More bins see more, and with counted shares invent more.",
                    mutator="bins_forgotten",
                ),
                Option(
                    "Half as many rows.",
                    "The shares are then counted less exactly, and PSI tends to rise.",
                    mutator="average_of_large_n",
                ),
            ),
        ),
        Item(
            "rows",
            "Each row of the new world brings 1/50 of a nat, on average. You accept "
            "one false alarm in a hundred. About how many rows does it take?",
            numbers(
                ROWS.at(0.01, 0.02),
                "{:.0f} rows".format,
                "ln 100 is 4.6 nats, at 1/50 of a nat a row.",
                (line_in_bits, "That takes the line in bits and the climb in nats."),
                (line_to_base_10, "That takes the logarithm to base 10."),
            ),
        ),
        Item(
            "empty",
            "A value that never occurred before is in one row of a hundred. What do "
            "you report?",
            (
                Option(
                    "The PSI without that bin.",
                    "That drops the very part that moved.",
                    mutator="drops_infinite",
                ),
                Option(
                    "The PSI with 0.000001 added to each share.",
                    "Its size is that of the constant you chose, not of the change.",
                    mutator="half_a_share",
                ),
                Option(
                    "The PSI with half a row in each count, with its null.",
                    "The same half row goes into both samples, and into the null.",
                    right=True,
                ),
            ),
        ),
        Item(
            "wiki",
            "50,000 rows on each side, ten bins, PSI 0.02. What follows?",
            (
                Option(
                    "Nothing: it is below 0.1.",
                    "0.1 belongs to no number of rows.",
                    mutator="the_wiki",
                ),
                Option(
                    "Something has moved; whether it matters is another question.",
                    "By chance 95 of 100 such comparisons stay below 0.0007.",
                    right=True,
                ),
                Option(
                    "The model must be trained again.",
                    "A move that is certain can be harmless. The loss on labels tells.",
                    claim="S3-25",
                ),
            ),
        ),
    ),
)
