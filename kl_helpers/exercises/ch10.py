"""Exercises and quiz of chapter 10: three ways to close the ELBO gap."""

import numpy as np

from ..gaussian import kl_normal
from . import mutators as m
from ._answer import Case, Unusable, read_numbers
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: predict


def flat_at(weights):
    shares = np.array(weights, dtype=float)
    return -np.log(shares / shares.sum())


def price_of_each_well(weights):
    """The KL from its definition, for q = one well, cut into many small cells."""
    cells = 1000
    found = []
    for weight in weights:
        q = np.full(cells, 1 / cells)
        p = np.full(cells, weight / np.sum(weights) / cells)
        found.append(q @ np.log(q / p))
    return np.array(found)


def wells(seed, *sizes):
    rng = np.random.default_rng(seed)
    for size in sizes:
        yield Case((rng.uniform(0.2, 5, size=size).round(2),))


q1 = Question(
    name="ch10.q1",
    model=flat_at,
    hints=(
        "Inside its well q is the target, made larger so that it integrates to 1. By "
        "which factor?",
        "If the well has the share s of the target, q/p is 1/s at every draw of q.",
        "The KL is the average of ln(1/s) over q: a constant, −ln s. Divide the "
        "weights by their sum first.",
    ),
    closing="−ln 0.8 = 0.223 and −ln 0.2 = 1.609 nats: the rarer the well that was "
    "found, the higher the curve lies.",
    cases=(Case((np.array([0.8, 0.2]),)), *wells(0, 2, 3, 4, 5)),
    reference=price_of_each_well,
    mistakes=(
        Mistake(
            "price_of_the_lost",
            "That is −ln of what was lost. What counts is the share that q kept.",
            lambda w: -np.log(1 - w / w.sum()),
        ),
        Mistake(
            "always_the_number_of_wells",
            "ln of the number of wells holds for equal weights only.",
            lambda w: np.full(len(w), np.log(len(w))),
        ),
        Mistake(
            "weights_not_divided",
            "The weights need not sum to 1: divide by their sum first.",
            lambda w: -np.log(w),
        ),
        Mistake(
            "averaged_over_the_target",
            "You weigh −ln s by s. But q averages, and it sits in this well only.",
            lambda w: -(w / w.sum()) * np.log(w / w.sum()),
        ),
        Mistake(
            "forward_is_infinite",
            "With the target first the KL is infinite. Here q stands first.",
            lambda w: np.full(len(w), np.inf),
        ),
        Mistake(
            "price_in_bits",
            "That is in bits, and nats are asked: use the natural logarithm.",
            lambda w: -np.log2(w / w.sum()),
        ),
        Mistake(
            "share_for_price",
            "Those are the shares themselves; the price is minus their logarithm.",
            lambda w: w / w.sum(),
        ),
        Mistake(
            "price_below_zero",
            "A KL is never negative: the sign of the logarithm is missing.",
            lambda w: np.log(w / w.sum()),
        ),
    ),
)


# Exercise 2: derive


def log_q_after(z, u, w, b):
    log_q0 = -(z @ z) / 2 - len(z) * np.log(2 * np.pi) / 2
    slope = 1 + (w @ u) * (1 - np.tanh(w @ z + b) ** 2)
    return log_q0 - np.log(abs(slope))


def log_base(z):
    return float(np.sum(-(z**2) / 2 - np.log(2 * np.pi) / 2))


def log_volume(z, u, w, b, h=1e-6):
    """The log of the stretch of a small box, by differences and a determinant."""

    def layer(place):
        return place + u * np.tanh(w @ place + b)

    steps = h * np.eye(len(z))
    columns = [(layer(z + s) - layer(z - s)) / (2 * h) for s in steps]
    return float(np.linalg.slogdet(np.array(columns).T)[1])


def by_differences(z, u, w, b):
    return log_base(z) - log_volume(z, u, w, b)


def with_slope(slope_of):
    """The answer of somebody with another idea of the slope."""

    def answer(z, u, w, b):
        return log_base(z) - np.log(abs(slope_of(np.tanh(w @ z + b), z, u, w, b)))

    return answer


def one_layer(seed, *sizes):
    rng = np.random.default_rng(seed)
    for d in sizes:
        z, u, w = rng.normal(size=(3, d)).round(2)
        if w @ u < -0.8:
            u = -u
        yield Case((z, u, w, round(float(rng.normal()), 2)))


q2 = Question(
    name="ch10.q2",
    model=log_q_after,
    hints=(
        "Two parts: the log-density of z before the layer, minus the log of the "
        "stretch at z.",
        "The matrix of derivatives is the identity plus an outer product of u and "
        "h'(w·z + b) w, with h = tanh.",
        "The determinant of identity plus outer product u vᵀ is 1 + v·u. And the slope "
        "of tanh is 1 − tanh².",
    ),
    closing="No matrix was needed: two inner products, however many dimensions.",
    cases=tuple(one_layer(3, 1, 2, 2, 3, 5, 8)),
    reference=by_differences,
    rtol=1e-6,
    atol=1e-6,
    mistakes=(
        Mistake(
            "volume_added",
            "The logarithm of the stretch is subtracted: stretched paint is thinner.",
            lambda *given: log_base(given[0]) + log_volume(*given),
        ),
        Mistake(
            "volume_forgotten",
            "That is the density before the layer; the stretch is missing.",
            lambda z, u, w, b: log_base(z),
        ),
        Mistake(
            "base_at_the_end",
            "The base density belongs to z, where the sample came from, not to f(z).",
            lambda z, u, w, b: (
                log_base(z + u * np.tanh(w @ z + b)) - log_volume(z, u, w, b)
            ),
        ),
        Mistake(
            "tanh_not_squared",
            "The slope of tanh is 1 − tanh², with the square.",
            with_slope(lambda t, z, u, w, b: 1 + (w @ u) * (1 - t)),
        ),
        Mistake(
            "volume_without_w",
            "The inner derivative is missing: w·z has the gradient w.",
            with_slope(lambda t, z, u, w, b: 1 + u.sum() * (1 - t**2)),
        ),
        Mistake(
            "coordinate_by_coordinate",
            "You stretch each coordinate alone. The determinant of identity plus outer "
            "product is 1 + w·u h'.",
            lambda z, u, w, b: (
                log_base(z)
                - np.sum(np.log(abs(1 + u * w * (1 - np.tanh(w @ z + b) ** 2))))
            ),
        ),
        Mistake(
            "identity_forgotten",
            "The map is z plus something: its slope is 1 plus something.",
            with_slope(lambda t, z, u, w, b: (w @ u) * (1 - t**2) + 1e-300),
        ),
        Mistake(
            "volume_not_in_logs",
            "You subtract the stretch; its logarithm is asked.",
            lambda *given: log_base(given[0]) - np.exp(log_volume(*given)),
        ),
        Mistake(
            "constant_of_one_dimension",
            "The constant −½ ln 2π counts once for each dimension.",
            lambda z, u, w, b: (
                by_differences(z, u, w, b) + (len(z) - 1) * np.log(2 * np.pi) / 2
            ),
        ),
    ),
)


# Exercise 3: repair


def u_hat(u, w):
    along = w @ u
    wanted = -1 + np.logaddexp(0, along)
    return u + (wanted - along) * w / (w @ w)


def split_and_replaced(u, w):
    """The part of u across w as it was, and a new part along w."""
    axis = w / np.linalg.norm(w)
    across = u - (u @ axis) * axis
    along = u @ w
    grown = np.log1p(np.exp(-abs(along))) + max(along, 0.0) - 1
    return across + grown / np.linalg.norm(w) * axis


def bends(seed, *sizes):
    rng = np.random.default_rng(seed)
    for d in sizes:
        u, w = rng.normal(size=(2, d)).round(2) * 1.5
        yield Case((u, w))
    yield Case(
        (np.array([40.0, 1.0]), np.array([30.0, 2.0])),
        "Here w·u is 1202: e to that power overflows. ln(1 + e^s) is logaddexp(0, s).",
    )


def replaced(change):
    def answer(u, w):
        along = w @ u
        return u + change(along, np.logaddexp(0, along), w)

    return answer


q3 = Question(
    name="ch10.q3",
    model=u_hat,
    hints=(
        "Multiply the result by w. What should come out, and what does?",
        "w · w is the squared length. Dividing by the length leaves a factor too much.",
        "wanted = −1 + ln(1 + e^along), by logaddexp, and û = u + (wanted − along) w / "
        "(w·w).",
    ),
    closing="w·û is above −1 for every u and w, so gradient steps may go where they "
    "like. At w·u = 0 the layer starts by squeezing: w·û = −0.31.",
    cases=tuple(bends(0, 2, 2, 3, 5)),
    reference=split_and_replaced,
    mistakes=(
        Mistake(
            "length_not_squared",
            "Divide by w·w, the squared length: w times the result shows it.",
            replaced(lambda a, soft, w: (soft - 1 - a) * w / np.sqrt(w @ w)),
        ),
        Mistake(
            "minus_one_forgotten",
            "The −1 is missing: w·û then stays above 0, and no layer can squeeze.",
            replaced(lambda a, soft, w: (soft - a) * w / (w @ w)),
        ),
        Mistake(
            "repaired_nothing",
            "The faults are still there.",
            replaced(lambda a, soft, w: (soft - a) * w / np.sqrt(w @ w)),
        ),
        Mistake(
            "old_part_kept",
            "The old part along w must go: subtract w·u.",
            replaced(lambda a, soft, w: (soft - 1) * w / (w @ w)),
        ),
        Mistake(
            "only_along",
            "The part of u across w is lost; it does no harm and is wanted.",
            lambda u, w: (np.logaddexp(0, w @ u) - 1) * w / (w @ w),
        ),
        Mistake(
            "moved_along_u",
            "You shrink all of u. Only its part along w may change.",
            lambda u, w: u * (np.logaddexp(0, w @ u) - 1) / (w @ u),
        ),
        Mistake(
            "cut_off",
            "You cut w·u off at −1. Asked is −1 + ln(1 + e^{w·u}), which has a slope "
            "everywhere.",
            replaced(lambda a, soft, w: (max(a, -1.0) - a) * w / (w @ w)),
        ),
    ),
)


# Exercise 4: construct

X = 3
POSTERIOR = (X / 2, np.sqrt(1 / 2))


def three_bells():
    too_little, too_much = (0, 1), (X / 2, 0.15)
    exact = (X / 2, np.sqrt(1 / 2))
    return too_little, too_much, exact


def gap(bell):
    return float(kl_normal(*bell, *POSTERIOR))


def rate(bell):
    return float(kl_normal(*bell, 0, 1))


def read_three(value, printed):
    array = read_numbers(value, printed)
    if array.size != 6 or not np.isfinite(array).all():
        message = f"Three pairs (mu, sigma) are asked; you returned {value!r:.60}."
        raise Unusable("wrong", "wrong_shape", message)
    triple = array.reshape(3, 2)
    if (triple[:, 1] <= 0).any():
        message = "A sigma is a standard deviation: it must be above 0."
        raise Unusable("wrong", "sigma_not_positive", message)
    return triple


def steps(f, triple):
    values = [f(bell) for bell in triple]
    return values[1] - values[0], values[2] - values[1]


def enough(values, *wanted):
    """Each value at least as large as wanted, but for rounding."""
    return all(v >= w - 1e-9 for v, w in zip(values, wanted, strict=True))


def closes(triple):
    return enough([-step for step in steps(gap, triple)], 1, 1)


def up_and_down(triple):
    up, down = steps(rate, triple)
    return enough([up, -down], 1, 1)


q4 = Question(
    name="ch10.q4",
    model=three_bells,
    hints=(
        "Which bell pays nothing to the prior? Which one has no gap?",
        "The second bell must pay more than the exact one: it is too narrow. How "
        "narrow may it be, if its gap is to be smaller than that of the prior?",
        "The prior, then (1.5, 0.15), then the exact posterior: look at both KLs.",
    ),
    closing="The gap fell twice, and the printed KL went up and down: alone it tells "
    "nothing about the fit.",
    read=read_three,
    conditions=(
        Condition(
            "bells_in_reverse",
            "Read from the last to the first it would do: the gap has to fall.",
            lambda triple: not (closes(triple[::-1]) and up_and_down(triple[::-1])),
        ),
        Condition(
            "gap_and_rate_exchanged",
            "You took the KL to the prior for the gap: here it falls twice, and the "
            "gap goes up and down.",
            lambda triple: (
                not (
                    enough([-step for step in steps(rate, triple)], 1, 1)
                    and enough([steps(gap, triple)[0], -steps(gap, triple)[1]], 1, 1)
                )
            ),
        ),
        Condition(
            "gap_not_closing",
            lambda triple: (
                "The gap changes by {:+.2f} and {:+.2f} nats; it must fall by at least "
                "1 each time.".format(*steps(gap, triple))
            ),
            closes,
        ),
        Condition(
            "rate_only_rises",
            "The KL to the prior rises twice. Make the second bell too narrow.",
            lambda triple: not enough(steps(rate, triple), 0, 0),
        ),
        Condition(
            "rate_not_up_and_down",
            lambda triple: (
                "The KL to the prior changes by {:+.2f} and {:+.2f} nats; at least +1 "
                "and −1 are asked.".format(*steps(rate, triple))
            ),
            up_and_down,
        ),
    ),
    mistakes=(
        Mistake("bells_in_reverse", "", lambda: (POSTERIOR, (1.5, 0.15), (0, 1))),
        Mistake("gap_and_rate_exchanged", "", lambda: ((4, 0.7), (-1.5, 1), (0, 1))),
        Mistake("gap_not_closing", "", lambda: ((0, 1), (1.5, 0.01), POSTERIOR)),
        Mistake("rate_only_rises", "", lambda: ((0, 1), (0.5, 0.8), POSTERIOR)),
        Mistake("rate_not_up_and_down", "", lambda: ((5, 1), (3, 0.7), POSTERIOR)),
        Mistake("sigma_not_positive", "", lambda: ((0, 1), (1.5, -0.1), POSTERIOR)),
    ),
)


# Exercise 5: derive


def importance_bound(log_w):
    n, k = log_w.shape
    sums = np.logaddexp.reduce(log_w, axis=1)
    return np.mean(sums - np.log(k))


def largest_first(log_w):
    """Row by row, with the largest weight taken out of the sum."""
    rows = []
    for row in log_w:
        top = max(row)
        rows.append(top + np.log(np.mean(np.exp(row - top))))
    return sum(rows) / len(rows)


def log_weights(seed, *shapes):
    rng = np.random.default_rng(seed)
    for n, k in shapes:
        yield Case((rng.normal(-3, 1.5, size=(n, k)).round(3),))
    yield Case(
        (rng.normal(-2000, 3, size=(4, 6)).round(2),),
        "Here exp(log_w) is 0 for every weight: take the largest one out of the sum.",
    )


q5 = Question(
    name="ch10.q5",
    model=importance_bound,
    hints=(
        "Inside the logarithm stands the average of the k weights of one row.",
        "Then average the n logarithms.",
        "The logarithm of a sum of exponentials is logsumexp, or logaddexp.reduce; "
        "minus ln k turns the sum into an average.",
    ),
    closing="k inside, n outside. Only k tightens the bound; n makes its estimate "
    "less noisy.",
    cases=tuple(log_weights(0, (5, 4), (3, 10), (6, 2))),
    reference=largest_first,
    mistakes=(
        Mistake(
            "average_of_the_logs",
            "That is the ELBO, L₁: you average logarithms; average the weights of a "
            "row first.",
            np.mean,
        ),
        Mistake(
            "all_weights_in_one",
            "You put all n·k weights into one logarithm; that estimates the bound for "
            "n·k weights.",
            lambda log_w: (
                np.logaddexp.reduce(log_w, axis=None) - np.log(log_w.size)
                if log_w.ndim == 1
                else np.logaddexp.reduce(log_w.ravel()) - np.log(log_w.size)
            ),
        ),
        Mistake(
            "sum_for_average",
            "ln k is missing: inside the logarithm stands an average, not a sum.",
            lambda log_w: largest_first(log_w) + np.log(log_w.shape[1]),
        ),
        Mistake(
            "best_weight_only",
            "You keep the largest weight of each row; all of them count.",
            lambda log_w: log_w.max(axis=1).mean(),
        ),
        Mistake(
            "rows_and_columns_exchanged",
            "The k weights of one estimate stand in a row, on the last axis.",
            lambda log_w: largest_first(log_w.T),
        ),
        Mistake(
            "rows_added_up",
            "You add the n estimates up; their mean is asked.",
            lambda log_w: largest_first(log_w) * len(log_w),
        ),
        Mistake(
            "underflows",
            "Small weights become 0 when you exponentiate them: take the largest one "
            "out of the sum first.",
            lambda log_w: np.log(np.exp(log_w).mean(axis=1)).mean(),
        ),
        Mistake(
            "bound_in_bits",
            "That is in bits, and nats are asked.",
            lambda log_w: largest_first(log_w) / np.log(2),
        ),
    ),
)


# Quiz

LOST = m.Formula(lambda kept: np.atleast_1d(-np.log(kept)))
STRETCH = m.Formula(lambda factor: np.atleast_1d(-np.log(factor)))
lost_share = m.Mutator(
    "lost_share", "", m.on_arguments(lambda given: (1 - given[0], *given[1:]))
)

quiz = Quiz(
    "ch10.quiz",
    (
        Item(
            "stretch",
            "A map stretches the place of a sample to four times its length. By how "
            "much does the log-density change?",
            numbers(
                STRETCH.at(4.0),
                "{:+.2f} nats".format,
                "Minus the logarithm of the stretch.",
                (m.wrong_sign, "Stretched paint gets thinner."),
                (m.exponential, "That is the factor of the density itself."),
            ),
        ),
        Item(
            "flat",
            "A target has three wells, with shares ¼, ¼ and ½. A fit by D(q‖p) covers "
            "one small and the large one exactly. At which KL does it lie flat?",
            numbers(
                LOST.at(0.75),
                "{:.2f} nats".format,
                "It kept ¾: −ln ¾.",
                (lost_share, "That is −ln of the share that was lost."),
                (m.in_bits, "That is in bits."),
            ),
        ),
        Item(
            "rate",
            "A flow replaces the normal q of one image; the decoder is held still, and "
            "the ELBO rises. What does the KL to the prior do?",
            (
                Option(
                    "It falls: that is what flows make smaller.",
                    "The gap falls. The KL to the prior goes to that of the posterior.",
                    claim="S0-23",
                ),
                Option(
                    "It rises: a better q says more about the image.",
                    "A normal that was too narrow said too much.",
                    mutator="rate_only_rises",
                ),
                Option(
                    "Either: it goes to that of the exact posterior.",
                    "Up if q was too near the prior, down if it was too narrow.",
                    right=True,
                ),
            ),
        ),
        Item(
            "fold",
            "w·u of a planar layer is −3. What is wrong with the density that the "
            "formula gives?",
            (
                Option(
                    "Nothing, if the absolute value of the determinant is taken.",
                    "That allows a map that falls everywhere. This one turns around.",
                    claim="S0-20",
                ),
                Option(
                    "It leaves out samples that came from other places.",
                    "So it integrates to less than 1, and the KL comes out too small.",
                    right=True,
                ),
                Option(
                    "It lacks the −1 of the determinant.",
                    "The −1 belongs to the repair of u, not to the determinant.",
                    mutator="minus_one_forgotten",
                ),
            ),
        ),
        Item(
            "weights",
            "You report L₅₀ in place of the ELBO. What is better than before?",
            (
                Option(
                    "The number, as an estimate of log p(x).",
                    "It is nearer to log p(x); q is as it was.",
                    right=True,
                ),
                Option(
                    "The estimate is less noisy, nothing else.",
                    "That is what averaging 50 logarithms does. Inside the logarithm "
                    "the bound itself changes.",
                    mutator="average_of_the_logs",
                ),
                Option(
                    "q: it must be nearer to the posterior.",
                    "L₅₀ can be tight although q is the prior.",
                    mutator="gap_not_closing",
                ),
            ),
        ),
        Item(
            "layers",
            "32 layers instead of 8, and the KL of your run went up. How can that be?",
            (
                Option(
                    "It cannot: 32 layers can do all that 8 can.",
                    "The best KL of the larger family is no larger. Your run need not "
                    "have found it.",
                    claim="S0-22",
                ),
                Option(
                    "Training ended elsewhere, perhaps in fewer wells.",
                    "The guarantee is for the best fit, not for the one found.",
                    right=True,
                ),
                Option(
                    "A lost well costs more with more layers.",
                    "Its price is −ln of the share kept, whatever the family.",
                    mutator="always_the_number_of_wells",
                ),
            ),
        ),
    ),
)
