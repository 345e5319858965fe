"""Exercises and quiz of the bridge to latent variables: what the bound leaves out."""

import numpy as np

from ..gaussian import kl_normal
from . import mutators as m
from ._answer import Case, Unusable, read_numbers
from ._question import Condition, Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

HALF_WIDE = np.sqrt(0.5)  # the posterior has variance 1/2 whatever x is

# Exercise 1: predict


def blue_ball():
    joint = np.array([1 / 2, 1 / 4, 1 / 4]) * [3 / 4, 1 / 2, 0]
    evidence = joint.sum()
    posterior = joint / evidence
    rate = 1 / 2 * np.log2((1 / 2) / (1 / 2)) + 1 / 2 * np.log2((1 / 2) / (1 / 4))
    gap = 1 / 2 * np.log2(1 / 2 / posterior[0]) + 1 / 2 * np.log2(1 / 2 / posterior[1])
    return evidence, posterior[0], rate, gap


PRIOR, BLUE = np.array([2, 1, 1]) / 4, np.array([3, 2, 0]) / 4
BELIEF = np.array([1, 1, 0]) / 2


def bits(first, second):
    used = first > 0
    return float(first[used] @ np.log2(first[used] / second[used]))


def bill(prior, likelihood, belief):
    joint = prior * likelihood
    posterior = joint / joint.sum()
    return np.array(
        [joint.sum(), posterior[0], bits(belief, prior), bits(belief, posterior)]
    )


def right_bill():
    return bill(PRIOR, BLUE, BELIEF)


q1 = Question(
    name="bridge_elbo.q1",
    model=blue_ball,
    hints=(
        "Cross out the red column of the table. What is left adds up to the evidence.",
        "Divide what is left by its sum: that is the posterior. Rate and gap are sums "
        "over boxes 1 and 2 only, because q never names box 3.",
        "Rate: q agrees with the prior on box 1 and doubles it on box 2. Gap: q has "
        "two thirds of the posterior on box 1 and twice the posterior on box 2.",
    ),
    closing="The exact posterior has a rate of 0.4387 bits: a better q, and here with "
    "a smaller rate. A rate says what was spent, not how well.",
    reference=right_bill,
    rtol=2e-3,
    atol=1e-3,
    mistakes=(
        Mistake(
            "swapped",
            "The gap is an average over q, and yours is one over the posterior.",
            lambda: [*right_bill()[:3], bits(PRIOR * BLUE * 2, BELIEF + [0, 0, 1])],
        ),
        Mistake(
            "rate_and_gap_exchanged",
            "Rate and gap are exchanged: the rate looks at the prior, the gap at the "
            "posterior.",
            lambda: right_bill()[[0, 1, 3, 2]],
        ),
        Mistake(
            "in_nats",
            "Rate and gap are in nats, and bits are asked.",
            lambda: right_bill() * [1, 1, np.log(2), np.log(2)],
        ),
        Mistake(
            "joint_for_posterior",
            "That is the joint of box 1 and blue; divide it by the evidence.",
            lambda: right_bill() * [1, 0.5, 1, 1],
        ),
        Mistake(
            "likelihood_ratio",
            "The posterior of box 1 is not its share of the likelihoods: the prior "
            "counts too.",
            lambda: right_bill() * [1, 0.8, 1, 1],
        ),
        Mistake(
            "sums_the_likelihood",
            "The evidence is the sum of the joint, not of the likelihoods.",
            lambda: [1.25, *right_bill()[1:]],
        ),
        Mistake(
            "negative_gap",
            "A gap is a KL, and a KL is never negative: it is log p(x) minus the ELBO.",
            lambda: right_bill() * [1, 1, 1, -1],
        ),
        Mistake(
            "no_gap",
            "The gap is zero for the exact posterior, and q is not the posterior.",
            lambda: right_bill() * [1, 1, 1, 0],
        ),
    ),
)


# Exercise 2: derive


def elbo(mu, sigma, x):
    explains = -np.log(2 * np.pi) / 2 - ((x - mu) ** 2 + sigma**2) / 2
    rate = (mu**2 + sigma**2 - 1) / 2 - np.log(sigma)
    return explains - rate


def log_evidence(x):
    return -np.log(4 * np.pi) / 2 - x**2 / 4


def bound(mu, sigma, x):
    """By the other route: what the evidence is, minus what is left out."""
    return log_evidence(x) - float(kl_normal(mu, sigma, x / 2, HALF_WIDE))


def rate(mu, sigma):
    return float(kl_normal(mu, sigma, 0, 1))


def questions(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        mu, sigma, x = rng.uniform([-3, 0.3, -4], [3, 2, 4]).round(3)
        yield Case((float(mu), float(sigma), float(x)))


q2 = Question(
    name="bridge_elbo.q2",
    model=elbo,
    hints=(
        "Two parts: how well q's draws explain x, and the rate, the KL to the prior.",
        "The average of (x − z)² over q has two parts: one from the centre of q, one "
        "from its width.",
        "The first part is the log-density of N(mu, 1) at x, minus half of the "
        "variance of q. The second is the KL of chapter 3 with N(0, 1) as second.",
    ),
    closing="Set its slopes in mu and sigma to zero, and x/2 and the root of ½ come "
    "out: the posterior.",
    cases=tuple(questions(0, 12)),
    reference=bound,
    mistakes=(
        Mistake(
            "negative_elbo",
            "That is the loss, −ELBO; the ELBO itself is asked.",
            lambda *given: -bound(*given),
        ),
        Mistake(
            "rate_added",
            "The rate is subtracted: it is what q spends.",
            lambda mu, sigma, x: bound(mu, sigma, x) + 2 * rate(mu, sigma),
        ),
        Mistake(
            "rate_forgotten",
            "That is how well q explains x; the rate is missing.",
            lambda mu, sigma, x: bound(mu, sigma, x) + rate(mu, sigma),
        ),
        Mistake(
            "one_draw_at_the_centre",
            "You put z = mu into the likelihood. Averaged over q, (x − z)² is larger "
            "than that, by the variance of q.",
            lambda mu, sigma, x: bound(mu, sigma, x) + sigma**2 / 2,
        ),
        Mistake(
            "log_constant_dropped",
            "The constant of the likelihood's normal density is missing, −½ ln 2π.",
            lambda *given: bound(*given) + np.log(2 * np.pi) / 2,
        ),
        Mistake(
            "gap_subtracted",
            "You subtract the KL to the posterior; what is subtracted from the "
            "likelihood term is the KL to the prior.",
            lambda mu, sigma, x: (
                log_evidence(x)
                - 2 * float(kl_normal(mu, sigma, x / 2, HALF_WIDE))
                + rate(mu, sigma)
            ),
        ),
        Mistake(
            "evidence_for_bound",
            "That is log p(x), which no q changes: the gap is missing.",
            lambda mu, sigma, x: log_evidence(x),
        ),
        Mistake(
            "variance_for_sigma",
            "sigma is a standard deviation; you use it as a variance.",
            lambda mu, sigma, x: bound(mu, np.sqrt(sigma), x),
        ),
        Mistake(
            "prior_samples",
            "The average is over q; you average the likelihood over the prior.",
            lambda mu, sigma, x: (
                -np.log(2 * np.pi) / 2 - (x**2 + 1) / 2 - rate(mu, sigma)
            ),
        ),
    ),
)


# Exercise 3: construct


def two_bells():
    x = -4
    prior, posterior = (0, 1), (x / 2, np.sqrt(1 / 2))
    return prior, posterior


def read_bells(value, printed):
    array = read_numbers(value, printed)
    if array.size != 4 or not np.isfinite(array).all():
        message = (
            "Two pairs are asked, (mu, sigma) and (mu, sigma); you returned "
            f"{value!r:.60}."
        )
        raise Unusable("wrong", "wrong_shape", message)
    bells = array.reshape(2, 2)
    if (bells[:, 1] <= 0).any():
        message = "A sigma is a standard deviation: it must be above 0."
        raise Unusable("wrong", "sigma_not_positive", message)
    return bells


def more_rate(bells):
    return rate(*bells[1]) - rate(*bells[0])


def more_bound(bells):
    return bound(*bells[1], -4) - bound(*bells[0], -4)


q3 = Question(
    name="bridge_elbo.q3",
    model=two_bells,
    hints=(
        "Which bell has the smallest rate of all? That is a good first one.",
        "Which bell has the highest ELBO of all? For x = 2 it was centred at 1.",
        "The second bell is the exact answer: its centre is half of x, its variance ½.",
    ),
    closing="Whoever picks a fit by its printed KL picks the first one.",
    read=read_bells,
    conditions=(
        Condition(
            "order",
            "The other way round it would do: the better bell comes second.",
            lambda bells: not (more_rate(bells) <= -2 and more_bound(bells) <= -4),
        ),
        Condition(
            "wrong_side",
            "Your second bell is on the other side of 0 than x. For x = 4 it would be "
            "good.",
            lambda bells: (
                not (bells[1, 0] > 0 and bound(*bells[1], 4) - bound(*bells[0], 4) >= 4)
            ),
        ),
        Condition(
            "not_better",
            lambda bells: (
                f"The ELBO of the second bell is higher by {more_bound(bells):.2f} "
                "nats; at least 4 are asked."
            ),
            lambda bells: more_bound(bells) >= 4,
        ),
        Condition(
            "not_dearer",
            lambda bells: (
                f"The rate of the second bell is larger by {more_rate(bells):.2f} "
                "nats; at least 2 are asked."
            ),
            lambda bells: more_rate(bells) >= 2,
        ),
    ),
    mistakes=(
        Mistake("order", "", lambda: ((-2, HALF_WIDE), (0, 1))),
        Mistake("wrong_side", "", lambda: ((0, 1), (2, HALF_WIDE))),
        Mistake("not_better", "", lambda: ((0, 1), (-6, 1))),
        Mistake("not_dearer", "", lambda: ((3, 1), (-2, HALF_WIDE))),
        Mistake("sigma_not_positive", "", lambda: ((0, 1), (-2, -0.5))),
    ),
)


# Quiz

TWO_NORMALS = m.Formula(
    lambda mu_p, sigma_p, mu_q, sigma_q: np.atleast_1d(
        kl_normal(mu_p, sigma_p, mu_q, sigma_q)
    )
)

quiz = Quiz(
    "bridge_elbo.quiz",
    (
        Item(
            "smaller",
            "For one observation and one model, two fits print a KL to the prior of "
            "0.1 and of 0.6 nats. Which fit has the smaller gap?",
            (
                Option(
                    "The first: the KL is the mismatch.",
                    "The mismatch is the KL to the posterior. The one that is printed "
                    "often rises when q gets better.",
                    claim="S0-23",
                ),
                Option(
                    "The second: it has learnt more about x.",
                    "It spent more. A bell that is much too narrow spends a lot too.",
                    claim="S0-14",
                ),
                Option(
                    "The one with the higher ELBO.",
                    "log p(x) is the same for both, so the difference of the ELBOs is "
                    "the difference of the gaps.",
                    right=True,
                ),
            ),
        ),
        Item(
            "gap",
            "Prior N(0, 1), noise of variance 1, x = 2. How large is the gap of q = "
            "prior?",
            numbers(
                TWO_NORMALS.at(0.0, 1.0, 1.0, HALF_WIDE),
                "{:.4f} nats".format,
                "D(q‖posterior), with q = N(0, 1) and the posterior N(1, ½).",
                (
                    m.swapped,
                    "That is the rate of the exact posterior, with the prior second.",
                ),
                (
                    m.variance_for_sigma(3),
                    "The posterior has variance ½; its standard deviation is the root "
                    "of that.",
                ),
            ),
        ),
        Item(
            "limit",
            "The rate at one observation is 50 nats. What does the KL term of the "
            "ELBO do about it?",
            (
                Option(
                    "It charges 50 nats, and if x is explained better by more than "
                    "that, q stays there.",
                    "It is a price. At x = 20 the exact posterior pays it.",
                    right=True,
                ),
                Option(
                    "It does not allow it: the term limits how far q may go.",
                    "No limit stands in the ELBO unless somebody adds one.",
                    claim="S0-29",
                ),
                Option(
                    "It shows that q has collapsed.",
                    "A collapsed q equals the prior, and its rate is zero.",
                    claim="S2-02",
                ),
            ),
        ),
        Item(
            "rose",
            "You trained the model for a step and left q alone. The ELBO rose. What "
            "happened to the gap?",
            (
                Option(
                    "It shrank by as much.",
                    "Only if log p(x) had stood still, and training the model moves "
                    "it.",
                    claim="S0-23",
                ),
                Option(
                    "Nothing: the ELBO is log p(x).",
                    "It is log p(x) minus the gap.",
                    mutator="evidence_for_bound",
                ),
                Option(
                    "That cannot be said.",
                    "The ELBO is log p(x) minus the gap, and both moved. In the trap "
                    "above the gap grew.",
                    right=True,
                ),
            ),
        ),
        Item(
            "information",
            "Three equally frequent observations have an average rate of five nats. "
            "How much information about which one it is can z carry, on average?",
            (
                Option(
                    "Five nats: the rate is the information.",
                    "The rate also pays for codes that do not lie where the prior "
                    "expects them.",
                    claim="S0-14",
                ),
                Option(
                    "At most ln 3.",
                    "More than which of three it is, z cannot tell. The rest is "
                    "mismatch with the prior.",
                    right=True,
                ),
                Option(
                    "None: the KL term removes information from z.",
                    "Minimised alone it would. In the ELBO it is weighed against how "
                    "well x is explained.",
                    claim="S2-19",
                ),
            ),
        ),
    ),
)
