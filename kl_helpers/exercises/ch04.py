"""Exercises and quiz of chapter 4: why is there a KL in the VAE?"""

import numpy as np

from . import mutators as m
from ._answer import Case, Unusable, read_numbers, read_raw, read_words
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: diagnose


def five_diagnoses():
    causes = ["nothing", "log_var", "collapse", "nothing", "mu"]
    return causes, [3200 / 128, 4610, 0.8 / 100, 2.5 * 8, 51_200 / 32]


CAUSES = ("nothing", "collapse", "mu", "log_var")
RIGHT_CAUSES, RIGHT_NATS = five_diagnoses()


def read_diagnoses(value, printed):
    """Five words and five numbers, as a tuple of two tuples."""
    value = read_raw(value, printed)
    if not isinstance(value, list | tuple) or len(value) != 2:
        message = "Return two lists: five causes, and five numbers of nats per image."
        raise Unusable("wrong", "wrong_shape", message)
    causes, nats = read_words(value[0], printed), read_numbers(value[1], printed)
    if len(causes) != 5 or nats.shape != (5,):
        found = f"{len(causes)} causes and numbers of shape {nats.shape}"
        message = f"You return {found}; five causes and five numbers are asked."
        raise Unusable("wrong", "wrong_shape", message)
    if unknown := sorted(set(causes) - set(CAUSES)):
        message = f"{unknown[0]!r:.40} is no cause; each is one of {', '.join(CAUSES)}."
        raise Unusable("wrong", "wrong_words", message)
    return causes, nats


def nats_differ_from(number, wrong):
    """Whether the nats of this log, counted from 1, are not that wrong number."""
    return lambda value: not np.isclose(value[1][number - 1], wrong, rtol=1e-3)


def cause_is_not(number, *wrong):
    return lambda value: value[0][number - 1] not in wrong


def count_right(value):
    causes = sum(a == b for a, b in zip(value[0], RIGHT_CAUSES, strict=True))
    nats = int(np.isclose(value[1], RIGHT_NATS, rtol=2e-3).sum())
    return f"{causes} of 5 causes and {nats} of 5 numbers are right."


def all_right(value):
    close = np.allclose(value[1], RIGHT_NATS, rtol=2e-3)
    return close and list(value[0]) == RIGHT_CAUSES


def diagnosed(causes=None, nats=None):
    """The right answer with some entries replaced: {number of the log: entry}."""
    named, counted = list(RIGHT_CAUSES), list(RIGHT_NATS)
    for number, cause in (causes or {}).items():
        named[number - 1] = cause
    for number, value in (nats or {}).items():
        counted[number - 1] = value
    return lambda: (named, counted)


q1 = Question(
    name="ch04.q1",
    model=five_diagnoses,
    hints=(
        "Undo the reduction first: a sum over a batch is divided by the number of "
        "images, a mean over dimensions is multiplied by their number.",
        "Then compare with the two ranges. One dimension costs about ½μ² for a far "
        "mean and about ½σ² for a blown-up variance, with σ² = exp(log σ²).",
        "Collapse is μ near 0 and log σ² near 0 for all images. A few nats in each "
        "dimension, with a variance below 1, are what a code costs.",
    ),
    closing="The printed number said nothing until it was nats per image, and then the "
    "ranges of μ and log σ² named the cause.",
    read=read_diagnoses,
    conditions=(
        Condition(
            "batch_total",
            "Log 1: that is what the whole batch spends. Divide by its 128 images.",
            nats_differ_from(1, 3200),
        ),
        Condition(
            "large_is_collapse",
            "Collapse means that the encoder's output equals the prior: its KL is "
            "zero. A large KL is the opposite.",
            lambda value: "collapse" not in [value[0][i] for i in (0, 1, 3, 4)],
        ),
        Condition(
            "sum_divided_by_dimensions",
            "A sum over images and dimensions is divided by the number of images only: "
            "the dimensions of one image belong together.",
            lambda value: all(
                nats_differ_from(*pair)(value)
                for pair in [(1, 25 / 20), (1, 160), (5, 400), (5, 12_800)]
            ),
        ),
        Condition(
            "divided_twice",
            "Log 2 is a mean over images already: do not divide once more.",
            nats_differ_from(2, 4610 / 64),
        ),
        Condition(
            "mean_over_dimensions",
            "Log 4 is a mean over images and dimensions: one image spends that in each "
            "of its dimensions.",
            nats_differ_from(4, 2.5),
        ),
        Condition(
            "mu_for_log_var",
            "Look at the ranges once more: in log 2 the means are near 0 and exp of "
            "the largest log σ² is in the thousands; in log 5 it is the other way "
            "round.",
            lambda value: (
                cause_is_not(2, "mu")(value) and cause_is_not(5, "log_var")(value)
            ),
        ),
        Condition(
            "missed_collapse",
            "Log 3: means near 0 and variances near 1 for every image. The encoder "
            "says the same whatever it sees.",
            cause_is_not(3, "nothing", "mu", "log_var"),
        ),
        Condition(
            "healthy_called_ill",
            "In logs 1 and 4 each dimension spends between one and three nats, with "
            "ordinary ranges: that is a code at work.",
            lambda value: value[0][0] == value[0][3] == "nothing",
        ),
        Condition("all_right", count_right, all_right),
    ),
    mistakes=(
        Mistake("batch_total", "", diagnosed(nats={1: 3200})),
        Mistake("large_is_collapse", "", diagnosed(causes={1: "collapse"})),
        Mistake("sum_divided_by_dimensions", "", diagnosed(nats={1: 1.25})),
        Mistake("divided_twice", "", diagnosed(nats={2: 4610 / 64})),
        Mistake("mean_over_dimensions", "", diagnosed(nats={4: 2.5})),
        Mistake("mu_for_log_var", "", diagnosed(causes={2: "mu", 5: "log_var"})),
        Mistake("missed_collapse", "", diagnosed(causes={3: "nothing"})),
        Mistake("healthy_called_ill", "", diagnosed(causes={4: "mu"})),
    ),
)


# Exercise 2: derive


def kl_gradient(mu, log_var):
    return mu, (np.exp(log_var) - 1) / 2


def outputs_of_encoders(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield Case((float(rng.normal(0, 2)), float(rng.uniform(-3, 2))))


def gradient(mu, log_var):
    return np.array(kl_gradient(mu, log_var))


q2 = Question(
    name="ch04.q2",
    model=kl_gradient,
    hints=(
        "Write σ² = exp(log σ²), so that everything is a function of the two outputs "
        "of the encoder.",
        "With v = log σ², three terms depend on one of the two outputs: ½μ², ½eᵛ and "
        "−½v.",
        "The exponential is its own derivative; the slope in v must vanish at v = 0.",
    ),
    closing="Upwards the second slope grows like σ², so a blown-up variance comes with "
    "an enormous gradient; downwards it never falls below −½.",
    cases=(Case((1.5, -1.0)), *outputs_of_encoders(0, 12)),
    reference=gradient,
    mistakes=(
        Mistake(
            "factor_one_half",
            "A factor is wrong: the ½ in front applies to all terms, and the square of "
            "μ brings down a 2.",
            lambda mu, v: (2 * mu, np.exp(v) - 1),
        ),
        Mistake(
            "halved_mean",
            "The derivative of ½μ² is not ½μ.",
            lambda mu, v: (mu / 2, (np.exp(v) - 1) / 2),
        ),
        Mistake(
            "in_the_variance",
            "That is the slope in σ²; the encoder returns log σ², which brings a "
            "factor σ² by the chain rule.",
            lambda mu, v: (mu, (1 - np.exp(-v)) / 2),
        ),
        Mistake(
            "in_sigma",
            "That is the slope in σ; the encoder returns log σ².",
            lambda mu, v: (mu, np.exp(v / 2) - np.exp(-v / 2)),
        ),
        Mistake(
            "in_log_sigma",
            "That is the slope in log σ; the encoder returns log σ², twice as much.",
            lambda mu, v: (mu, np.exp(v) - 1),
        ),
        Mistake(
            "forgets_the_logarithm",
            "The term −½ log σ² is forgotten: without it the variance would shrink to "
            "0.",
            lambda mu, v: (mu, np.exp(v) / 2),
        ),
        Mistake(
            "wrong_sign",
            "Both signs are reversed: the KL grows away from the prior.",
            lambda mu, v: (-mu, (1 - np.exp(v)) / 2),
        ),
        Mistake(
            "log_var_is_sigma",
            "The second argument is used as if it were σ; it is log σ².",
            lambda mu, v: (mu, (v**2 - 1) / 2),
        ),
        Mistake(
            "exchanged",
            "The two slopes are exchanged: first the one in μ.",
            lambda mu, v: ((np.exp(v) - 1) / 2, mu),
        ),
        Mistake(
            "the_kl_itself",
            "Those are the two parts of the KL, not their slopes.",
            lambda mu, v: (mu**2 / 2, (np.exp(v) - v - 1) / 2),
        ),
    ),
)


# Exercise 3: repair


def loss_per_image(x, logits, mu, log_var):
    bce = np.logaddexp(0, logits) - x * logits
    kl = (mu**2 + np.exp(log_var) - log_var - 1) / 2
    return np.mean(bce.sum(axis=1) + kl.sum(axis=1))


def batches(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        n, pixels, latent = (int(k) for k in rng.integers([2, 6, 2], [6, 12, 5]))
        x = rng.integers(0, 2, (n, pixels)).astype(float)
        mu, log_var = rng.normal(0, 1, (2, n, latent))
        yield Case((x, rng.normal(0, 2, (n, pixels)), mu, log_var))


def two_terms(x, logits, mu, log_var):
    bce = np.logaddexp(0, logits) - x * logits
    return bce, (mu**2 + np.exp(log_var) - log_var - 1) / 2


def reduced(reduce):
    return lambda *batch: reduce(*two_terms(*batch))


def without_logits(x, logits, mu, log_var):
    with np.errstate(all="ignore"):
        bce = -(x * np.log(logits) + (1 - x) * np.log(1 - logits))
    return np.mean(bce.sum(1) + two_terms(x, logits, mu, log_var)[1].sum(1))


q3 = Question(
    name="ch04.q3",
    model=loss_per_image,
    hints=(
        "Both terms belong to one image: sum its pixels, sum its latent dimensions.",
        "Only the images are averaged, and both terms with the same divisor.",
        "The first axis counts images: sum over axis 1 in both terms, then average.",
    ),
    closing="Now the loss is nats per image, the two terms are in the same currency, "
    "and β is 1 because it is not hidden anywhere.",
    cases=tuple(batches(0, 8)),
    reference=loss_per_image,
    mistakes=(
        Mistake(
            "as_given",
            "That is the broken loss: the reconstruction is a mean over batch and "
            "pixels, the KL a sum over the batch.",
            reduced(lambda bce, kl: bce.mean() + kl.sum()),
        ),
        Mistake(
            "pixel_mean",
            "The reconstruction is still a mean over pixels, so the KL weighs as many "
            "times too much as there are pixels.",
            reduced(lambda bce, kl: bce.mean() + kl.sum(1).mean()),
        ),
        Mistake(
            "both_means",
            "Two means are not the same divisor: one divides by pixels, the other by "
            "latent dimensions.",
            reduced(lambda bce, kl: bce.mean() + kl.mean()),
        ),
        Mistake(
            "dimension_mean",
            "The KL is averaged over the latent dimensions; they add up.",
            reduced(lambda bce, kl: bce.sum(1).mean() + kl.mean()),
        ),
        Mistake(
            "batch_total",
            "The weights are right, and that is the total of the batch; per image is "
            "asked.",
            reduced(lambda bce, kl: bce.sum() + kl.sum()),
        ),
        Mistake(
            "kl_of_the_batch",
            "The reconstruction is per image and the KL is that of the whole batch.",
            reduced(lambda bce, kl: bce.sum(1).mean() + kl.sum()),
        ),
        Mistake(
            "not_averaged",
            "One number is asked: the mean over the images.",
            reduced(lambda bce, kl: bce.sum(1) + kl.sum(1)),
        ),
        Mistake(
            "wrong_sign",
            "That is the ELBO; a loss is minus the ELBO.",
            reduced(lambda bce, kl: -(bce.sum(1) + kl.sum(1)).mean()),
        ),
        Mistake(
            "kl_subtracted",
            "The KL is subtracted in the ELBO; in the loss, minus the ELBO, it is "
            "added.",
            reduced(lambda bce, kl: (bce.sum(1) - kl.sum(1)).mean()),
        ),
        Mistake(
            "without_kl",
            "The KL is missing.",
            reduced(lambda bce, kl: bce.sum(1).mean()),
        ),
    ),
)


# Exercise 4: construct


def encoder_output():
    narrow = -5.0
    for _ in range(50):  # solve ½(eᵛ − v − 1) = 2 by v ← eᵛ − 5
        narrow = np.exp(narrow) - 5
    return [0.0, 2.0, 0.0], [0.0, 0.0, narrow]


def read_output(value, printed):
    array = read_numbers(value, printed)
    if array.shape != (2, 3) or not np.isfinite(array).all():
        message = (
            f"Return mu and log_var, three numbers each; you return {value!r:.60}."
        )
        raise Unusable("wrong", "wrong_shape", message)
    return array


def spent(value):
    mu, log_var = value
    return (mu**2 + np.exp(log_var) - log_var - 1) / 2


def says_what_is_spent(number):
    def message(value):
        nats = spent(value)[number - 1]
        return f"Dimension {number} spends {nats:.3f} nats per image."

    return message


q4 = Question(
    name="ch04.q4",
    model=encoder_output,
    hints=(
        "A collapsed dimension is the prior itself: which μ and which log σ² are that?",
        "With σ = 1 a mean alone costs ½μ².",
        "With μ = 0 the width alone costs ½(σ² − log σ² − 1). For a narrow width σ² is "
        "almost 0, so log σ² is a little above −5; solve for the rest.",
    ),
    closing="Two nats buy a mean two units away, or a width of about a twelfth: that "
    "is what an encoder can say for them.",
    read=read_output,
    conditions=(
        Condition(
            "sigma_for_log_var",
            "The second list looks like variances or widths: a log σ² of 1 is a "
            "variance of e. The prior has log σ² = 0.",
            lambda value: not (value[1][:2] == 1).all(),
        ),
        Condition(
            "not_collapsed",
            "Dimension 1 has not collapsed: a collapsed dimension spends nothing.",
            lambda value: spent(value)[0] < 1e-3,
        ),
        Condition(
            "mean_not_alone",
            "Dimension 2 must spend with its mean alone: its width is the prior's.",
            lambda value: abs(value[1][1]) < 1e-9,
        ),
        Condition(
            "mean_price",
            says_what_is_spent(2),
            lambda value: abs(spent(value)[1] - 2) < 2e-3,
        ),
        Condition(
            "width_not_alone",
            "Dimension 3 must spend with its width alone: its mean is the prior's.",
            lambda value: abs(value[0][2]) < 1e-9,
        ),
        Condition(
            "wide",
            "Dimension 3 is wider than the prior. That costs as well, but it says "
            "nothing; make it narrower.",
            lambda value: value[1][2] < 0,
        ),
        Condition(
            "width_price",
            says_what_is_spent(3),
            lambda value: abs(spent(value)[2] - 2) < 2e-3,
        ),
    ),
    mistakes=(
        Mistake("sigma_for_log_var", "", lambda: ([0, 2, 0], [1, 1, 0.0824])),
        Mistake("not_collapsed", "", lambda: ([1, 2, 0], [0, 0, -4.9932])),
        Mistake("mean_not_alone", "", lambda: ([0, 1.9, 0], [0, -0.5, -4.9932])),
        Mistake("mean_price", "", lambda: ([0, 4, 0], [0, 0, -4.9932])),
        Mistake("width_not_alone", "", lambda: ([0, 2, 1], [0, 0, -4])),
        Mistake("wide", "", lambda: ([0, 2, 0], [0, 0, 1.9362])),
        Mistake("width_price", "", lambda: ([0, 2, 0], [0, 0, -4])),
        Mistake("wrong_shape", "", lambda: [0, 2, 0]),
    ),
)


# Quiz


def kl_terms(mu, variance):
    return np.array([mu**2, variance, -np.log(variance), -1.0]) / 2


ONE_DIMENSION = m.Formula(kl_terms)


def linear_law(signal, noise, beta):
    return np.array([np.log(signal), -np.log(noise), -np.log(beta)]) / 2


LINEAR = m.Formula(linear_law)
ignores_beta = m.Mutator(
    "ignores_beta",
    "β is forgotten: it raises the price of each nat.",
    m.on_arguments(lambda given: (*given[:2], 1.0)),
)

quiz = Quiz(
    "ch04.quiz",
    (
        Item(
            "thousands",
            "A training script prints a KL of 3,200 for batches of 128 images, summed. "
            "What do you do first?",
            (
                Option(
                    "Lower β.",
                    "That raises the KL, and nothing is known to be wrong yet.",
                    claim="S2-03",
                ),
                Option(
                    "Treat it as posterior collapse.",
                    "Collapse is a KL of zero.",
                    claim="S2-02",
                ),
                Option(
                    "Divide by 128.",
                    "Twenty-five nats per image are an ordinary amount for digits.",
                    right=True,
                ),
            ),
        ),
        Item(
            "collapse",
            "What does a collapsed posterior look like?",
            (
                Option(
                    "For every image mean 0 and variance 1: KL zero.",
                    "The encoder's output equals the prior, so z carries nothing.",
                    right=True,
                ),
                Option(
                    "It sits on one mode of the prior, much too narrow.",
                    "The prior has one mode, and narrow costs more and more.",
                    claim="S2-21",
                ),
                Option(
                    "Its KL grows without limit.",
                    "That is the opposite of collapse.",
                    claim="S2-02",
                ),
            ),
        ),
        Item(
            "two",
            "During training, the KL to the prior rises from 10 to 20 nats per image "
            "and the ELBO rises as well. Has the encoder become a worse approximation "
            "of the posterior?",
            (
                Option(
                    "Yes: the KL measures the mismatch.",
                    "The mismatch is the KL to the posterior, another number.",
                    claim="S0-23",
                ),
                Option(
                    "That KL does not say. It is what the code spends.",
                    "The gap to the posterior is log p(x) minus the ELBO, and the KL "
                    "to the prior can rise while it falls.",
                    right=True,
                ),
                Option(
                    "Yes: variational inference minimises the KL to the prior.",
                    "Minimised alone, it would make the code useless.",
                    claim="S2-19",
                ),
            ),
        ),
        Item(
            "price",
            "One dimension has μ = 2 and σ² = 0.25 for an image. What does it spend?",
            numbers(
                ONE_DIMENSION.at(2.0, 0.25),
                "{:.4f} nats per image".format,
                "½(4 + 0.25 + 1.3863 − 1).",
                (
                    m.variance_for_sigma(1),
                    "That squares 0.25 once more; it is σ² already.",
                ),
                (m.in_bits, "That is in bits."),
                (m.doubled, "The ½ in front is missing."),
            ),
        ),
        Item(
            "pixels",
            "A loss averages the reconstruction over the 784 pixels and sums the KL "
            "over the latent dimensions. Which β is that?",
            (
                Option(
                    "β = 1: there is no β in the code.",
                    "It is hidden in the mean.",
                    claim="S2-33",
                ),
                Option(
                    "β = 784, and the posterior collapses on digits.",
                    "Dividing one term by 784 is multiplying the other by it.",
                    right=True,
                ),
                Option(
                    "Any β is as good: the optimiser rescales it.",
                    "It rescales a whole loss, not one of its terms.",
                    claim="S2-32",
                ),
            ),
        ),
        Item(
            "law",
            "Linear VAE: a direction of the data has variance 4, the decoder's noise "
            "is σ² = 0.5, and β = 4. How many nats does its dimension spend?",
            numbers(
                LINEAR.at(4.0, 0.5, 4.0),
                "{:.4f} nats".format,
                "½ ln(4 / (4 · 0.5)).",
                (ignores_beta, "That is the law at β = 1."),
                (m.in_bits, "That is in bits."),
                (m.doubled, "The ½ in front is missing."),
            ),
        ),
    ),
)
