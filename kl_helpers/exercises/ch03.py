"""Exercises and quiz of chapter 3: which way round, and what does it change?"""

import numpy as np

from ..fitting import fit_forward_kl, fit_reverse_kl
from . import mutators as m
from ._answer import Case, Unusable, read_numbers, read_words
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: predict, then measure


def four_predictions():
    big, small, distance = 0.7, 0.3, 3
    mean = -big * distance + small * distance
    variance = 1 + big * small * (2 * distance) ** 2  # within a hill, between the hills
    return mean, np.sqrt(variance), -np.log(big), -np.log(small)


def predictions(weights, means, sigmas):
    weights, means, sigmas = map(np.asarray, (weights, means, sigmas))
    mean = weights @ means
    variance = weights @ (sigmas**2 + (means - mean) ** 2)
    return np.array([mean, np.sqrt(variance), *-np.log(weights)])


HILLS = ([0.7, 0.3], [-3.0, 3.0], [1.0, 1.0])

q1 = Question(
    name="ch03.q1",
    model=four_predictions,
    hints=(
        "Forward copies mean and variance. The variance has a part inside the hills "
        "and a part between them.",
        "Between two places at distance d, visited with chances w and 1 − w, the "
        "variance is w (1 − w) d².",
        "For the prices: p is at least w times the hill's own density, so the "
        "log-ratio "
        "on that hill is at most −ln w.",
    ),
    closing="The fits come out a little cheaper than these bounds, because the other "
    "hill's tail reaches over: compare with the section on unequal weights in Deeper.",
    reference=lambda: predictions(*HILLS),
    rtol=2e-3,  # three typed digits are enough
    atol=1e-3,
    mistakes=(
        Mistake(
            "variance_for_sigma",
            "The second number is the variance; the standard deviation is asked.",
            lambda: predictions(*HILLS) ** [1, 2, 1, 1],
        ),
        Mistake(
            "forgets_the_distance",
            "That is the width of one hill; the distance between the hills adds to the "
            "variance.",
            lambda: predictions(*HILLS) * [1, 0, 1, 1] + [0, 1, 0, 0],
        ),
        Mistake(
            "forgets_the_hills",
            "That is the spread of the two centres; each hill has a width of its own.",
            lambda: [-1.2, np.sqrt(0.21 * 36), -np.log(0.7), -np.log(0.3)],
        ),
        Mistake(
            "unweighted",
            "That is right for equal weights; here the left hill has the weight 0.7.",
            lambda: predictions([0.5, 0.5], *HILLS[1:]),
        ),
        Mistake(
            "sign_of_the_mean",
            "The heavier hill stands on the left, at −3.",
            lambda: predictions(*HILLS) * [-1, 1, 1, 1],
        ),
        Mistake(
            "prices_exchanged",
            "The prices are exchanged: the hill with the large weight is the cheap "
            "one.",
            lambda: predictions(*HILLS)[[0, 1, 3, 2]],
        ),
        Mistake(
            "ln_2_for_both",
            "ln 2 is the price at equal weights; put the hill's own weight in its "
            "place.",
            lambda: [*predictions(*HILLS)[:2], np.log(2), np.log(2)],
        ),
        Mistake(
            "prices_in_bits",
            "The prices are in bits, and nats are asked.",
            lambda: predictions(*HILLS) / [1, 1, np.log(2), np.log(2)],
        ),
        Mistake(
            "negative_prices",
            "A price is −ln w, which is positive.",
            lambda: predictions(*HILLS) * [1, 1, -1, -1],
        ),
        Mistake(
            "weighted_prices",
            "A bell that takes a hill is always on it: its price is −ln w, not "
            "weighted "
            "by w once more.",
            lambda: predictions(*HILLS) * [1, 1, 0.7, 0.3],
        ),
        Mistake(
            "sigma_of_equal_hills",
            "√10 is right for equal weights; with 0.7 and 0.3 the hills spread less.",
            lambda: [-1.2, np.sqrt(10), *predictions(*HILLS)[2:]],
        ),
        Mistake(
            "measured_prices",
            "Those are the fitted prices. Predict first: which bound follows from "
            "p ≥ w q?",
            lambda: [
                *predictions(*HILLS)[:2],
                *sorted(fit.kl for fit in fit_reverse_kl(HILLS)),
            ],
        ),
    ),
)


# Exercise 2: derive


def forward_fit(weights, means, sigmas):
    mu = np.sum(weights * means)
    variance = np.sum(weights * (sigmas**2 + (means - mu) ** 2))
    return mu, np.sqrt(variance)


def mixtures(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        k = int(rng.integers(2, 5))
        weights = rng.dirichlet(np.ones(k))
        yield Case((weights, rng.uniform(-4, 4, k), rng.uniform(0.3, 1.5, k)))


def matched(weights, means, sigmas):
    (fit,) = fit_forward_kl((weights, means, sigmas))
    return np.array([fit.mu, np.sqrt(fit.cov)])


def cross_entropy_to_normal(mu, sigma, weights, means, sigmas):
    square = weights @ (sigmas**2 + (means - mu) ** 2)
    return np.log(sigma) + square / (2 * sigma**2)


def is_lowest(fit):
    """Whether no neighbour of the fit has a lower cross-entropy, by small steps."""
    for case in mixtures(7, 5):
        mu, sigma = fit(*case.arguments)
        here = cross_entropy_to_normal(mu, sigma, *case.arguments)
        for step in [(1e-3, 0), (-1e-3, 0), (0, 1e-3), (0, -1e-3)]:
            there = (mu + step[0], sigma + step[1])
            if cross_entropy_to_normal(*there, *case.arguments) < here:
                return False
    return True


q2 = Question(
    name="ch03.q2",
    model=forward_fit,
    hints=(
        "Minimise the cross-entropy: the mean of (x − μ)²/2σ² + ln σ under the "
        "mixture.",
        "Its slope in μ is zero at the mean of the mixture, its slope in σ where σ² is "
        "the mean of (x − μ)².",
        "For one component, the mean of (x − μ)² is its own variance plus the squared "
        "distance of its centre from μ; weigh these by the weights.",
    ),
    closing="Variance within plus variance between: that is all a forward fit of a "
    "normal distribution knows about the target.",
    cases=tuple(mixtures(0, 12)),
    reference=matched,
    mistakes=(
        Mistake(
            "variance_for_sigma",
            "The second number is the variance; the standard deviation is asked.",
            lambda *target: matched(*target) ** [1, 2],
        ),
        Mistake(
            "forgets_the_spread_of_means",
            "You average the variances of the hills; the distances between the hills "
            "are missing.",
            lambda w, mu, s: (w @ mu, np.sqrt(w @ s**2)),
        ),
        Mistake(
            "averages_sigmas",
            "Standard deviations do not average, and the distances are missing.",
            lambda w, mu, s: (w @ mu, w @ s),
        ),
        Mistake(
            "forgets_the_widths",
            "That is the spread of the centres; each hill has a width of its own.",
            lambda w, mu, s: (w @ mu, np.sqrt(w @ (mu - w @ mu) ** 2)),
        ),
        Mistake(
            "unweighted",
            "The weights are not used.",
            lambda w, mu, s: (
                mu.mean(),
                np.sqrt((s**2 + (mu - mu.mean()) ** 2).mean()),
            ),
        ),
        Mistake(
            "around_zero",
            "Distances are measured from the mean of the mixture, not from 0.",
            lambda w, mu, s: (w @ mu, np.sqrt(w @ (s**2 + mu**2))),
        ),
        Mistake(
            "sigma_for_variance",
            "A component adds its variance, not its standard deviation.",
            lambda w, mu, s: (w @ mu, np.sqrt(w @ (s + (mu - w @ mu) ** 2))),
        ),
        Mistake(
            "heaviest_hill",
            "That is the heaviest hill alone, the way of a reverse fit.",
            lambda w, mu, s: (mu[np.argmax(w)], s[np.argmax(w)]),
        ),
    ),
    conditions=(
        Condition(
            "lowest",
            "A neighbour of your fit has a lower cross-entropy, so yours is no "
            "minimum.",
            is_lowest,
        ),
    ),
)


# Exercise 3: construct


def half_distance():
    return 2.6  # the hills have their own optima since 2.412, and win from 2.800 on


def read_half_distance(value, printed):
    array = read_numbers(value, printed)
    if array.size != 1 or not 0 <= float(array.ravel()[0]) <= 50:
        message = f"Return one number between 0 and 50; you returned {value!r:.60}."
        raise Unusable("wrong", "wrong_shape", message)
    return float(array.ravel()[0])


def optima(half):
    """The number of optima, and whether the best of them covers both hills."""
    fits = fit_reverse_kl(([0.5, 0.5], [-half, half], [1, 1]))
    return len(fits), abs(fits[0].mu) < 0.1


q3 = Question(
    name="ch03.q3",
    model=half_distance,
    hints=(
        "Three optima: close together there is only one. Look where the dotted lines "
        "of "
        "the first figure begin.",
        "The best of the three covers both: that ends where the two prices cross.",
        "Between the birth of the optima on the hills and the crossing there is a gap "
        "of "
        "about 0.4 in m; take its middle.",
    ),
    closing="In this window an optimiser that starts on a hill stays there and reports "
    "a mode, although covering is cheaper.",
    read=read_half_distance,
    conditions=(
        Condition(
            "one_optimum",
            lambda half: (
                f"At m = {half:g} there is one optimum, in the middle: the hills are "
                f"too "
                "close for one of their own."
            ),
            lambda half: optima(half)[0] == 3,
        ),
        Condition(
            "full_distance",
            "That would do as the distance between the hills; m is half of it.",
            lambda half: optima(half / 2) != (3, True),
        ),
        Condition(
            "selects",
            lambda half: (
                f"At m = {half:g} there are three optima, but one hill is cheaper than "
                "both."
            ),
            lambda half: optima(half)[1],
        ),
    ),
    mistakes=(
        Mistake("one_optimum", "", lambda: 2.0),
        Mistake("selects", "", lambda: 3.0),
        Mistake("full_distance", "", lambda: 5.2),
        Mistake("wrong_shape", "", lambda: [-2.6, 2.6]),
    ),
)


# Exercise 4: diagnose


def directions():
    return ["forward", "reverse", "forward", "reverse", "forward"]


def judged(*words):
    return lambda: list(words)


q4 = Question(
    name="ch03.q4",
    model=directions,
    hints=(
        "For each one: who draws the samples that are averaged over, the model or the "
        "target?",
        "Data, recorded cases and a teacher's soft labels are samples, or weights, of "
        "the target. Own samples of the model mean that the model stands first.",
        "Two of the five are reverse: those with an evaluable target density and a "
        "model "
        "that must not invent.",
    ),
    closing="Samples of the target: forward. Own samples against a density: reverse. "
    "Where both are possible, the mistake that hurts decides.",
    read=read_words,
    reference=directions,
    mistakes=(
        Mistake(
            "exchanged",
            "All five are exchanged: forward has the target first, and the first one "
            "samples.",
            judged("reverse", "forward", "reverse", "forward", "reverse"),
        ),
        Mistake(
            "all_forward",
            "Not all are forward: in two of them the model draws the samples.",
            judged(*["forward"] * 5),
        ),
        Mistake(
            "all_reverse",
            "Not all are reverse: in three of them the target supplies the samples.",
            judged(*["reverse"] * 5),
        ),
        Mistake(
            "kl_div_order",
            "(c): F.kl_div takes the student's logarithm first and the teacher second, "
            "and computes D(teacher‖student).",
            judged("forward", "reverse", "reverse", "reverse", "forward"),
        ),
        Mistake(
            "invented_mass",
            "(d): to propose nothing that the target excludes is the zero-forcing "
            "direction.",
            judged("forward", "reverse", "forward", "forward", "forward"),
        ),
        Mistake(
            "missed_mass",
            "(e): to miss nothing that the target shows is the zero-avoiding "
            "direction.",
            judged("forward", "reverse", "forward", "reverse", "reverse"),
        ),
        Mistake(
            "posterior_forward",
            "(b): the approximation draws the samples, and the posterior has no scale.",
            judged("forward", "forward", "forward", "reverse", "forward"),
        ),
        Mistake(
            "likelihood_reverse",
            "(a): the text is a sample of the target, so the target stands first.",
            judged("reverse", "reverse", "forward", "reverse", "forward"),
        ),
    ),
    conditions=(),
)


# Quiz


def normal_kl_terms(mu_p, sigma_p, mu_q, sigma_q):
    square = (sigma_p**2 + (mu_p - mu_q) ** 2) / (2 * sigma_q**2)
    return np.array([np.log(sigma_q / sigma_p), square, -0.5])


NORMALS = m.Formula(normal_kl_terms)


quiz = Quiz(
    "ch03.quiz",
    (
        Item(
            "direction",
            "You have samples of the target and nothing else. Which direction can you "
            "minimise directly?",
            (
                Option(
                    "Either: they have the same minimum.",
                    "Only if the family contains the target.",
                    claim="S3-05",
                ),
                Option(
                    "D(target‖model).",
                    "The average is over the target, of which you have samples; its "
                    "own density drops out as a constant.",
                    right=True,
                ),
                Option(
                    "D(model‖target).",
                    "That needs the target's density at the model's draws.",
                    mutator="swapped",
                ),
            ),
        ),
        Item(
            "mode",
            "Two equal hills of width 1 stand 4 widths apart. Where is the best "
            "reverse "
            "fit of one bell?",
            (
                Option(
                    "In the middle, covering both.",
                    "Covering costs 0.2265 nats there; a hill costs 0.6327 nats. The "
                    "prices cross only at a distance of 5.60 widths.",
                    right=True,
                ),
                Option(
                    "On one of the hills.",
                    "That is the slogan; it becomes true at a distance of 5.60 widths.",
                    claim="S0-17",
                ),
                Option(
                    "It collapses to a point on a mode.",
                    "A bell that shrinks pays without limit for its lost entropy.",
                    claim="S1-18",
                ),
            ),
        ),
        Item(
            "ln2",
            "Two equal hills stand 80 widths apart. What does a bell equal to one of "
            "them cost, D(bell‖target)?",
            numbers(
                m.KL.at([1.0, 0.0], [0.5, 0.5]),
                "{:.4f} nats per draw".format,
                "On its hill the target is half of the bell's own density, at any "
                "distance: ln 2.",
                (m.in_bits, "That is the price in bits: one, for one of two."),
                (m.swapped, "Infinite is the other direction, which misses a hill."),
            ),
        ),
        Item(
            "mean",
            "Hills at ±3, forward fit. What does the target do at the mean of the "
            "bell?",
            (
                Option(
                    "Next to nothing: its density there is 0.0044.",
                    "The bell copies mean and variance, and between the hills there is "
                    "a valley.",
                    right=True,
                ),
                Option(
                    "It has its mode there: the fit seeks the mean.",
                    "The mean of two hills is a valley.",
                    claim="S1-16",
                ),
            ),
        ),
        Item(
            "normals",
            "N(0, 1) samples, N(3, 2²) is believed. What does it cost?",
            numbers(
                NORMALS.at(0.0, 1.0, 3.0, 2.0),
                "{:.4f} nats per draw".format,
                "ln 2 + (1 + 9)/8 − ½.",
                (m.swapped, "That is the toll of N(3, 2²) for believing N(0, 1)."),
                (
                    m.sigma_for_variance(3),
                    "That takes 2 for the variance of the second one; it is the "
                    "standard deviation.",
                ),
                (m.in_bits, "That is in bits."),
            ),
        ),
        Item(
            "compare",
            "At one target, the best forward fit costs 0.4620 nats and the best "
            "reverse "
            "fit 0.6888 nats. Which fit is better?",
            (
                Option(
                    "The forward fit: its KL is smaller.",
                    "The two numbers are averages in different worlds.",
                    claim="S3-05",
                ),
                Option(
                    "That cannot be read off these numbers.",
                    "Each is best in its own direction, and bad in the other's.",
                    right=True,
                ),
                Option(
                    "The reverse fit: modes are what matters.",
                    "It misses half of the target; whether that matters is your "
                    "question, not KL's.",
                    claim="S3-19",
                ),
            ),
        ),
        Item(
            "start",
            "A reverse fit was started in the middle of two far hills and converged "
            "there. What follows?",
            (
                Option(
                    "Covering both is the best fit.",
                    "The middle is a local optimum at every distance, and beyond 5.60 "
                    "widths not the best one.",
                    claim="S3-05",
                ),
                Option(
                    "Nothing yet: start on the hills as well.",
                    "Several optima are normal in this direction.",
                    right=True,
                ),
            ),
        ),
    ),
)
