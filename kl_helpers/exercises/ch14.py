"""Exercises and quiz of chapter 14: what kind of geometry is this?"""

import numpy as np

from ..discrete import kl_from_logits
from . import mutators as m
from ._answer import Case, Unusable, read_numbers, read_words
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers


def softmax(z):
    e = np.exp(z - np.max(z))
    return e / e.sum()


# Exercise 1: construct


def free_walk(k):
    return np.ones(k)  # a constant added to all logits changes no probability


def read_walk(value, printed):
    way = read_numbers(value, printed)
    if way.shape != (4,) or not np.isfinite(way).all():
        message = f"Asked for k = 4: four finite numbers. Yours has shape {way.shape}."
        raise Unusable("wrong", "wrong_shape", message)
    return way


def price_of(way):
    """The larger KL, either way, after a walk from a few starts."""
    way = 1e6 * way / max(np.abs(way).max(), 1e-300)
    starts = np.random.default_rng(0).normal(size=(5, 4))
    both = [kl_from_logits(starts, starts + way), kl_from_logits(starts + way, starts)]
    return float(np.max(both))


q1 = Question(
    name="ch14.q1",
    model=free_walk,
    hints=(
        "Probabilities are ratios. What may you do to all logits without changing one?",
        "The curvature diag(p) − ppᵀ times your direction must be 0, for every p.",
        "e^(z + t) = e^z · e^t: a factor that all outcomes share cancels.",
    ),
    closing="Both KLs stay 0 however far you go: neither direction matters there, and "
    "the length of the step in parameters says nothing.",
    cases=(Case((4,)),),
    read=read_walk,
    conditions=(
        Condition(
            "stands_still",
            "That is no walk: not all numbers may be 0.",
            lambda way: np.abs(way).max() > 0,
        ),
        Condition(
            "one_logit_alone",
            "Moving one logit alone changes what it is compared with: the others.",
            lambda way: np.sum(way != 0) > 1 or price_of(way) < 1e-12,
        ),
        Condition(
            "trade_of_logits",
            "Your numbers sum to 0. That trades probability between outcomes, which is "
            "what costs; look for the direction that such trades leave out.",
            lambda way: abs(way.sum()) > 1e-9 * np.abs(way).max(),
        ),
        Condition(
            "behaviour_moves",
            "Along this direction some outcomes gain on others, and the KL grows.",
            lambda way: price_of(way) < 1e-12,
        ),
    ),
    mistakes=(
        Mistake("stands_still", "", lambda k: np.zeros(k)),
        Mistake("one_logit_alone", "", lambda k: np.eye(k)[0]),
        Mistake("trade_of_logits", "", lambda k: np.r_[1.0, -1.0, np.zeros(k - 2)]),
        Mistake("behaviour_moves", "", lambda k: np.arange(1.0, k + 1)),
    ),
)


# Exercise 2: derive


def coin_in_logits(z, dz):
    p = 1 / (1 + np.exp(-z))
    F = p * (1 - p)
    return F, F * dz**2 / 2


def by_scores(z, dz):
    """F as the average squared slope of ln p(x), and half a squared length."""
    heads = 1 / (1 + np.exp(-z))
    F = heads * (1 - heads) ** 2 + (1 - heads) * heads**2
    return np.array([F, F * dz**2 / 2])


def coin(z):
    return 1 / (1 + np.exp(-z))


def steps_of_coins(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        z, dz = rng.uniform([-3, 0.01], [3, 0.2]).round(3)
        yield Case((float(z), float(dz)))


def with_fisher(fisher):
    return lambda z, dz: [fisher(coin(z)), fisher(coin(z)) * dz**2 / 2]


q2 = Question(
    name="ch14.q2",
    model=coin_in_logits,
    hints=(
        "The score of heads is 1 − p, that of tails −p, if the parameter is the logit.",
        "F is the average of the squared score: p(1 − p)² + (1 − p)p². Simplify.",
        "The cost is half of a squared length, F times dz², halved.",
    ),
    closing="In p it is 1/(p(1 − p)), in z the inverse of that; one and the same step "
    "costs the same.",
    cases=tuple(steps_of_coins(0, 6)),
    reference=by_scores,
    mistakes=(
        Mistake(
            "fisher_in_probabilities",
            "That is F for steps in p. The parameter is the logit: dp = p(1 − p) dz.",
            with_fisher(lambda p: 1 / (p * (1 - p))),
        ),
        Mistake(
            "half_of_the_square",
            "F is right. The cost is *half* of F·dz².",
            lambda z, dz: [by_scores(z, dz)[0], 2 * by_scores(z, dz)[1]],
        ),
        Mistake(
            "step_not_squared",
            "F is right. A cost that is 0 without a slope grows with the square of dz.",
            lambda z, dz: [by_scores(z, dz)[0], by_scores(z, dz)[1] / dz],
        ),
        Mistake(
            "fisher_forgotten",
            "F is right. The cost is F·dz²/2: the same dz costs less at a sure coin.",
            lambda z, dz: [by_scores(z, dz)[0], dz**2 / 2],
        ),
        Mistake(
            "whole_kl",
            "F is right. The second is the exact KL; its leading order is asked.",
            lambda z, dz: [
                by_scores(z, dz)[0],
                kl_from_logits([z, 0.0], [z + dz, 0.0]),
            ],
        ),
        Mistake(
            "whole_kl_backwards",
            "F is right. The second is the exact KL of new‖old; its leading order is "
            "asked.",
            lambda z, dz: [
                by_scores(z, dz)[0],
                kl_from_logits([z + dz, 0.0], [z, 0.0]),
            ],
        ),
        Mistake(
            "one_outcome_only",
            "F averages over both outcomes; tails has a score, too.",
            with_fisher(lambda p: p * (1 - p) ** 2),
        ),
        Mistake(
            "cost_in_bits",
            "F is right. The cost is in bits, and nats are asked.",
            lambda z, dz: by_scores(z, dz) * [1, 1 / np.log(2)],
        ),
        Mistake(
            "root_of_fisher",
            "That is the sd of the score, the root of F.",
            with_fisher(lambda p: np.sqrt(p * (1 - p))),
        ),
    ),
)


# Exercise 3: derive, then compare


def two_steps(z, R, budget):
    pi = np.exp(z) / np.sum(np.exp(z))
    F = np.diag(pi) - np.outer(pi, pi)
    gradient = F @ R
    natural = R - np.mean(R)
    steps = np.array([gradient, natural])
    prices = np.array([step @ F @ step / 2 for step in steps])
    return steps * np.sqrt(budget / prices)[:, None]


def by_differences(z, R, budget):
    """Gradient and curvature from differences, the natural one by least squares."""
    h, steps = 1e-4, np.eye(len(z))

    def reward(at):
        return softmax(at) @ R

    def toll(at):
        return kl_from_logits(z, at)

    g = np.array([(reward(z + h * e) - reward(z - h * e)) / (2 * h) for e in steps])
    F = np.array(
        [
            [
                toll(z + h * (a + b))
                - toll(z + h * (a - b))
                - toll(z - h * (a - b))
                + toll(z - h * (a + b))
                for a in steps
            ]
            for b in steps
        ]
    ) / (4 * h**2)
    bordered = np.block([[F, np.ones((len(z), 1))], [np.ones((1, len(z))), 0]])
    natural = np.linalg.solve(bordered, np.r_[g, 0])[:-1]
    ways = np.array([g, natural])
    return ways * np.sqrt(2 * budget / np.einsum("ai,ij,aj->a", ways, F, ways))[:, None]


def bandits(seed, *sizes):
    rng = np.random.default_rng(seed)
    for k in sizes:
        z, R = rng.normal(size=(2, k)).round(2)
        yield Case((z, R, round(rng.uniform(0.001, 0.1), 3)))


def scaled(ways_of, price_of_step):
    """Steps along given ways, scaled to a budget by a wrong rule of price."""

    def answer(z, R, budget):
        pi = softmax(z)
        F = np.diag(pi) - np.outer(pi, pi)
        ways = np.array(ways_of(pi, F, R))
        prices = np.array([price_of_step(way, F) for way in ways])
        return ways * np.sqrt(budget / prices)[:, None]

    return answer


def without_root(z, R, budget):
    pi = softmax(z)
    F = np.diag(pi) - np.outer(pi, pi)
    ways = right_ways(pi, F, R)
    return np.array([way * budget / half_square(way, F) for way in ways])


def at_this_kl(z, R, budget):
    """The right ways, each walked until the KL itself reaches the budget."""
    pi = softmax(z)
    steps = []
    for way in right_ways(pi, np.diag(pi) - np.outer(pi, pi), R):
        low, high = 0.0, 1e3
        for _ in range(100):
            half = (low + high) / 2
            dear = kl_from_logits(z, z + half * way) > budget
            low, high = (low, half) if dear else (half, high)
        steps.append(low * way)
    return np.array(steps)


def not_scaled(z, R, budget):
    pi = softmax(z)
    return np.array(right_ways(pi, np.diag(pi) - np.outer(pi, pi), R))


def right_ways(pi, F, R):
    return F @ R, R - R.mean()


def half_square(way, F):
    return way @ F @ way / 2


q3 = Question(
    name="ch14.q3",
    model=two_steps,
    hints=(
        "F is diag(π) − ππᵀ, and the gradient of the average reward is F·R.",
        "F has no inverse: a common constant is free. R itself solves F·δ = gradient. "
        "Give it the mean 0.",
        "The price of s·δ is s² times that of δ: scale each by the root of budget over "
        "price.",
    ),
    closing="To first order the natural step gains √(2·budget·gᵀF⁻¹g), the most that "
    "this price can buy.",
    cases=tuple(bandits(0, 2, 3, 4, 6)),
    reference=by_differences,
    rtol=1e-4,
    atol=1e-5,
    mistakes=(
        Mistake(
            "equal_length",
            "Your steps have equal lengths in the parameters; equal prices are asked.",
            scaled(right_ways, lambda way, F: way @ way),
        ),
        Mistake(
            "price_without_half",
            "The price is *half* of δᵀFδ.",
            scaled(right_ways, lambda way, F: way @ F @ way),
        ),
        Mistake(
            "exact_kl_price",
            "You scaled by the KL itself. The budget is for ½ δᵀFδ.",
            at_this_kl,
        ),
        Mistake(
            "not_scaled",
            "The ways are right; scale each of them to the budget.",
            not_scaled,
        ),
        Mistake(
            "root_forgotten",
            "The price grows with the square of the step: scale by the root.",
            without_root,
        ),
        Mistake(
            "rows_exchanged",
            "The rows are exchanged: the gradient comes first.",
            scaled(lambda pi, F, R: right_ways(pi, F, R)[::-1], half_square),
        ),
        Mistake(
            "diagonal_fisher",
            "F is not diagonal: probabilities sum to 1, hence the −ππᵀ.",
            scaled(
                lambda pi, F, R: (F @ R, F @ R / pi),
                lambda way, F: way**2 @ (np.diag(F)) / 2,
            ),
        ),
        Mistake(
            "divided_by_probabilities",
            "g/π is R minus the average reward *under π*; mean 0 is asked.",
            scaled(lambda pi, F, R: (F @ R, F @ R / pi), half_square),
        ),
        Mistake(
            "mean_not_removed",
            "The natural step is right up to a constant; give it the mean 0.",
            scaled(lambda pi, F, R: (F @ R, R), half_square),
        ),
        Mistake(
            "slope_without_baseline",
            "The gradient of the average reward is π(R − average), not πR.",
            scaled(lambda pi, F, R: (pi * R, R - R.mean()), half_square),
        ),
        Mistake(
            "downhill",
            "Both steps go downhill: a reward is to be raised.",
            lambda z, R, budget: -two_steps(z, R, budget),
        ),
    ),
)


# Exercise 4: derive


def nearest_with_mean(q, x, mean):
    low, high = -200 / np.ptp(x), 200 / np.ptp(x)
    for _ in range(200):
        lam = (low + high) / 2
        w = q * np.exp(lam * (x - mean))
        p = w / w.sum()
        low, high = (lam, high) if p @ x < mean else (low, lam)
    return p


def by_newton(q, x, mean):
    """Newton's method for λ: the slope of the mean is the variance."""
    lam = 0.0
    for _ in range(200):
        w = q * np.exp(lam * (x - mean) - np.max(lam * (x - mean)))
        p = w / w.sum()
        gap, variance = mean - p @ x, p @ x**2 - (p @ x) ** 2
        lam += np.clip(gap / variance, -2 / np.ptp(x), 2 / np.ptp(x))
    return p


def by_mixture(q, x, mean):
    """Mixed with the largest or the smallest x until the mean fits."""
    goal = np.eye(len(x))[np.argmax(x) if mean > q @ x else np.argmin(x)]
    share = (mean - q @ x) / (goal @ x - q @ x)
    return (1 - share) * q + share * goal


def by_other_kl(q, x, mean):
    """The law with this mean that minimises D(q‖p): q over a line."""
    d = x - mean
    low, high = (-1 + 1e-12) / d.max(), (-1 + 1e-12) / d.min()
    for _ in range(200):
        mu = (low + high) / 2
        low, high = (mu, high) if np.sum(q * d / (1 + mu * d)) > 0 else (low, mu)
    return q / (1 + mu * d)


def one_step(q, x, mean):
    """One step of Newton's method from λ = 0."""
    gap, variance = mean - q @ x, q @ x**2 - (q @ x) ** 2
    w = q * np.exp(gap / variance * (x - mean))
    return w / w.sum()


def gap_as_lambda(q, x, mean):
    w = q * np.exp((mean - q @ x) * (x - mean))
    return w / w.sum()


def linear_tilt(q, x, mean):
    gap, variance = mean - q @ x, q @ x**2 - (q @ x) ** 2
    return q * (1 + gap / variance * (x - q @ x))


def constraints(seed, *sizes):
    rng = np.random.default_rng(seed)
    yield Case((np.full(6, 1 / 6), np.arange(1.0, 7), 4.5))
    for k in sizes:
        q, x = rng.dirichlet(np.full(k, 3.0)), np.sort(rng.normal(size=k)).round(2)
        share = rng.uniform(0.2, 0.8)
        yield Case((q, x, round(float(share * x.max() + (1 - share) * x.min()), 3)))


q4 = Question(
    name="ch14.q4",
    model=nearest_with_mean,
    hints=(
        "The nearest law tilts q: each probability is multiplied with e^(λx).",
        "The mean of the tilted law rises with λ: bracket λ and halve the bracket.",
        "Do not forget to divide by the sum before you look at the mean.",
    ),
    closing="Every other law of this mean costs more, by its own KL to this one.",
    cases=tuple(constraints(1, 3, 4, 8)),
    reference=by_newton,
    rtol=1e-4,
    atol=1e-7,
    mistakes=(
        Mistake(
            "mixed_with_a_corner",
            "Mixing with one outcome gives the mean, but not the nearest law: tilt.",
            by_mixture,
        ),
        Mistake(
            "minimises_the_other_kl",
            "That minimises D(q‖p). In an I-projection p, which moves, stands first.",
            by_other_kl,
        ),
        Mistake(
            "one_step_for_lambda",
            "Your law does not have this mean yet: search λ, one step is not enough.",
            one_step,
        ),
        Mistake(
            "gap_as_lambda",
            "λ is not the distance of the means: search the λ that gives this mean.",
            gap_as_lambda,
        ),
        Mistake(
            "linear_tilt",
            "It has the mean, but tilts by a line: the nearest law tilts by e^(λx).",
            linear_tilt,
        ),
        Mistake(
            "forgets_q",
            "You tilt equal weights; tilt q.",
            lambda q, x, mean: by_newton(np.full(len(q), 1 / len(q)), x, mean),
        ),
        Mistake(
            "tilted_away",
            "The tilt goes the wrong way: a larger mean needs a positive λ.",
            lambda q, x, mean: (
                q**2 / by_newton(q, x, mean) / np.sum(q**2 / by_newton(q, x, mean))
            ),
        ),
        Mistake(
            "nothing_tilted",
            "That is q, which does not have this mean.",
            lambda q, x, mean: q,
        ),
        Mistake(
            "weights_without_q",
            "These are the factors e^(λx), scaled; q itself is still to be multiplied.",
            lambda q, x, mean: (
                by_newton(q, x, mean) / q / np.sum(by_newton(q, x, mean) / q)
            ),
        ),
    ),
)


# Exercise 5: diagnose


def five_projections():
    # Ask who moves: the model (second), q (first), the student (second), the law p
    # (first), the weights (first).
    return ["M", "I", "M", "I", "I"]


def read_letters(value, printed):
    letters = read_words(value, printed)
    if len(letters) != 5 or not set(letters) <= {"i", "m"}:
        message = 'Five letters are asked, each "I" or "M".'
        raise Unusable("wrong", "wrong_words", message)
    return letters


def letters(text):
    return lambda: list(text)


q5 = Question(
    name="ch14.q5",
    model=five_projections,
    hints=(
        "Ask of each: which of the two arguments is free to move?",
        "In VI the approximation q moves, and it stands first, as in a reverse fit.",
        "Weights are a distribution over the sample. Equal weights stand second, and "
        "they do not move.",
    ),
    closing="I: the first moves. M: the second moves. With fixed averages I finds a "
    "tilt; in an exponential family M matches averages.",
    read=read_letters,
    reference=lambda: tuple(x.lower() for x in five_projections()),
    mistakes=(
        Mistake(
            "i_and_m_exchanged",
            "I and M are exchanged: in an I-projection the *first* argument moves.",
            letters("IMIMM"),
        ),
        Mistake(
            "every_fit_is_m",
            "Not every fit moves the second argument. Who moves in VI?",
            letters("MMMMM"),
        ),
        Mistake(
            "vi_is_m",
            "Look at VI again: q moves, and it stands first.",
            letters("MMMII"),
        ),
        Mistake(
            "reweighting_is_m",
            "Look at the reweighting again: the weights move, equal weights stay.",
            letters("MIMIM"),
        ),
        Mistake(
            "matching_a_mean_is_m",
            "A given mean does not make it an M-projection. Who moves in 4 and 5?",
            letters("MIMMM"),
        ),
        Mistake(
            "distillation_is_i",
            "The teacher stands first and stays; the student moves.",
            letters("MIIII"),
        ),
    ),
)


# Quiz

COST = m.Formula(lambda p, step: np.atleast_1d(step**2 / (p * (1 - p)) / 2))
inverse_fisher = m.Mutator(
    "inverse_fisher",
    "",
    lambda f: m.Formula(lambda: np.atleast_1d(0.1**2 * 0.25 / 2)),
)

SPLIT = m.Formula(lambda whole, leg: np.atleast_1d(whole - leg))
both_added = m.Mutator(
    "both_added", "", lambda f: m.Formula(lambda: np.array([0.22 + 0.18]))
)
squared_again = m.Mutator(
    "squared_again", "", lambda f: m.Formula(lambda: np.array([0.22**2 - 0.18**2]))
)

quiz = Quiz(
    "ch14.quiz",
    (
        Item(
            "direction",
            "When does the direction of a KL hardly matter?",
            (
                Option(
                    "Never: forward and reverse are different problems.",
                    "They are, far apart. Near equality both are ½ δᵀFδ.",
                    claim="S1-30",
                ),
                Option(
                    "When every probability changes by a few per cent of itself.",
                    "Then both directions are the same squared length.",
                    right=True,
                ),
                Option(
                    "When every parameter changes by little.",
                    "A small step in one parameter can make an outcome vanish.",
                    mutator="equal_length",
                ),
            ),
        ),
        Item(
            "cost",
            "A fair coin goes from ½ to 6/10. What does that cost, to leading order?",
            numbers(
                COST.at(0.5, 0.1),
                "{:.3f} nats".format,
                "F = 4, and half of 4 · (1/10)² is one fiftieth.",
                (m.doubled, "That forgets the half."),
                (inverse_fisher, "That is F of the logit; the step is one in p."),
            ),
        ),
        Item(
            "constant",
            "5 is added to all logits of a policy. How far has it moved?",
            (
                Option(
                    "By 5 times the root of the number of actions.",
                    "In parameters, yes; no probability has changed.",
                    mutator="behaviour_moves",
                ),
                Option(
                    "It depends on the direction of the KL.",
                    "Both directions are 0.",
                    mutator="one_logit_alone",
                ),
                Option(
                    "Not at all.",
                    "Softmax does not see a common constant.",
                    right=True,
                ),
            ),
        ),
        Item(
            "natural",
            "What does a natural-gradient step have most of?",
            (
                Option(
                    "Gain for its KL.",
                    "To first order no other step of the same KL gains more.",
                    right=True,
                ),
                Option(
                    "Gain for its length in the parameters.",
                    "That is the plain gradient, and it depends on the parameters.",
                    mutator="price_without_half",
                ),
                Option(
                    "Distance from the old policy.",
                    "All steps compared have the same KL.",
                    mutator="rows_exchanged",
                ),
            ),
        ),
        Item(
            "who",
            "Variational inference minimises D(q‖posterior) over q. Which projection?",
            (
                Option(
                    "An I-projection: q, which moves, stands first.",
                    "Pythagoras does not come with it: the families of VI are not "
                    "given by fixed averages.",
                    right=True,
                ),
                Option(
                    "An M-projection: it is a fit.",
                    "There the second argument moves, as in maximum likelihood.",
                    mutator="vi_is_m",
                ),
                Option(
                    "Both, since q has the averages of the posterior.",
                    "That is what an M-projection gives; VI does not.",
                    mutator="matching_a_mean_is_m",
                ),
            ),
        ),
        Item(
            "pythagoras",
            "p* is the tilt of q that has the mean of p. D(p‖q) is 22/100 of a nat, "
            "D(p*‖q) is 18/100. What is D(p‖p*)?",
            numbers(
                SPLIT.at(0.22, 0.18),
                "{:.3f} nats".format,
                "D(p‖q) is the square on the hypotenuse, and the sum of the two.",
                (both_added, "D(p‖q) is the whole, the other one a part of it."),
                (squared_again, "KLs play the part of the squares already."),
            ),
        ),
        Item(
            "nearest",
            "Which law of mean m is nearest to q, in D(p‖q)?",
            (
                Option(
                    "q mixed with an outcome above m.",
                    "It has the mean, and costs more than the tilt.",
                    mutator="mixed_with_a_corner",
                ),
                Option(
                    "The law of mean m that minimises D(q‖p).",
                    "That is another law: far away the direction matters.",
                    mutator="minimises_the_other_kl",
                ),
                Option(
                    "q times e to the power λx, scaled to sum 1.",
                    "With λ such that the mean is m.",
                    right=True,
                ),
            ),
        ),
    ),
)
