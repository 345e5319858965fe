"""Exercises and quiz of the bridge to gradients: how to push a distribution."""

import numpy as np

from ..gaussian import kl_normal
from . import mutators as m
from ._answer import Case
from ._question import Mistake, Question
from ._quiz import Item, Option, Quiz, numbers

# Exercise 1: predict


def one_throw():
    theta, points = 1 / 5, np.array([10, 5])
    q, score = np.array([theta, 1 - theta]), np.array([1 / theta, -1 / (1 - theta)])

    def sd(reports):
        return np.sqrt(q @ reports**2 - (q @ reports) ** 2)

    reports = points * score
    return *reports, sd(reports), sd((points - 5) * score)


def reported(theta, points, scores, baseline=5.0):
    """Both reports, and how much they vary, without and with a baseline."""
    q, points, scores = np.array([theta, 1 - theta]), np.array(points), np.array(scores)
    found = [points * scores, (points - baseline) * scores]
    return np.array([*found[0], *(np.sqrt(q @ (f - q @ f) ** 2) for f in found)])


def right_reports():
    return reported(0.2, [10.0, 5.0], [5.0, -1.25])


q1 = Question(
    name="bridge_gradients.q1",
    model=one_throw,
    hints=(
        "The report of a throw is its points times its score, the slope of ln q in θ.",
        "ln q is ln θ for heads and ln (1 − θ) for tails. Mind the sign of the second "
        "slope.",
        "For the sd, average the squared reports over the coin and subtract the square "
        "of the slope, 5². The baseline changes the points to 5 and 0.",
    ),
    closing="Even less is possible: with a baseline of 9 both reports are 5, and "
    "nothing varies. The best baseline is not the average pay, which is 6.",
    reference=right_reports,
    rtol=2e-3,
    atol=1e-3,
    mistakes=(
        Mistake(
            "tails_gains",
            "Tails loses weight when θ rises: its score is negative.",
            lambda: reported(0.2, [10.0, 5.0], [5.0, 1.25]),
        ),
        Mistake(
            "variance_for_sd",
            "The last two are variances; take their roots.",
            lambda: right_reports() ** [1, 1, 2, 2],
        ),
        Mistake(
            "pays_without_score",
            "These are the points. Each has to be multiplied by its score.",
            lambda: reported(0.2, [10.0, 5.0], [1.0, 1.0]),
        ),
        Mistake(
            "score_only",
            "That is the score alone; it averages to zero. Multiply by the points.",
            lambda: reported(0.2, [1.0, 1.0], [5.0, -1.25], baseline=0.0),
        ),
        Mistake(
            "slides_a_coin",
            "A coin does not slide: a throw reports its own points times its own "
            "score, not the difference of the points.",
            lambda: [5, 5, 0, 0],
        ),
        Mistake(
            "weighted_reports",
            "A report is what one throw says. How often it comes enters only when you "
            "average.",
            lambda: right_reports() * [0.2, 0.8, 1, 1],
        ),
        Mistake(
            "scores_exchanged",
            "Heads has the probability ⅕: its score is large, that of tails is small.",
            lambda: reported(0.2, [10.0, 5.0], [1.25, -5.0]),
        ),
        Mistake(
            "mean_not_subtracted",
            "You have the root of the average square; subtract the squared average "
            "first.",
            lambda: (
                np.sqrt(right_reports() ** 2 + [0, 0, 25, 25]) * [1, -1, 1, 1]
            ),  # the root loses the sign of tails
        ),
        Mistake(
            "equal_chances",
            "For the sd, heads and tails count with their probabilities, not equally.",
            lambda: [50, -6.25, 28.125, 12.5],
        ),
        Mistake(
            "baseline_changes_nothing",
            "The baseline leaves the average alone, not the scatter.",
            lambda: right_reports()[[0, 1, 2, 2]],
        ),
    ),
)


# Exercise 2: derive


def push_sigma(x, mu, sigma, pays, slope):
    eps = (x - mu) / sigma
    pathwise = slope * eps
    score = pays * (eps**2 - 1) / sigma
    return pathwise, score


def both_estimates(x, mu, sigma, pays, slope):
    """By derivatives that are taken numerically, with a small imaginary step."""
    moved = sigma + 1e-20j
    eps = (x - mu) / sigma
    log_q = -np.log(moved) - ((x - mu) / moved) ** 2 / 2
    path = (mu + moved * eps).imag / 1e-20
    return np.stack([slope * path, pays * log_q.imag / 1e-20])


def throws(seed, count):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        mu, sigma = rng.uniform([-2, 0.3], [2, 3]).round(3)
        x = rng.normal(mu, sigma, 5)
        yield Case((x, float(mu), float(sigma), 2 + np.sin(2 * x), 2 * np.cos(2 * x)))


q2 = Question(
    name="bridge_gradients.q2",
    model=push_sigma,
    hints=(
        "Pathwise: a draw is x = mu + sigma · eps. How fast does it move with sigma?",
        "Score: ln q(x) is −ln sigma − (x − mu)²/(2 sigma²) and a constant. Take its "
        "slope in sigma; it has two terms.",
        "Draws further out than one sigma get heavier, nearer ones get lighter: the "
        "score changes its sign there.",
    ),
    closing="Further out heavier, nearer lighter; or: everything slides away from the "
    "centre. That is how a bell gets wider.",
    cases=tuple(throws(0, 6)),
    reference=both_estimates,
    mistakes=(
        Mistake(
            "score_of_mu",
            "The second array has the score of mu; the one of sigma is asked.",
            lambda x, mu, sigma, pays, slope: [
                slope * (x - mu) / sigma,
                pays * (x - mu) / sigma**2,
            ],
        ),
        Mistake(
            "path_of_mu",
            "With mu every draw moves by one. With sigma, how far it moves depends on "
            "where it is.",
            lambda x, mu, sigma, pays, slope: [
                slope,
                both_estimates(x, mu, sigma, pays, slope)[1],
            ],
        ),
        Mistake(
            "width_of_the_density_forgotten",
            "A wider bell is also lower: the term −ln sigma of ln q is missing.",
            lambda x, mu, sigma, pays, slope: (
                both_estimates(x, mu, sigma, pays, slope)
                + np.stack([0 * x, pays / sigma])
            ),
        ),
        Mistake(
            "of_log_sigma",
            "Those are slopes in ln sigma, larger by a factor of sigma.",
            lambda x, mu, sigma, *rest: sigma * both_estimates(x, mu, sigma, *rest),
        ),
        Mistake(
            "of_the_variance",
            "Those are slopes in the variance; the one in sigma is 2 sigma times that.",
            lambda x, mu, sigma, *rest: (
                both_estimates(x, mu, sigma, *rest) / (2 * sigma)
            ),
        ),
        Mistake(
            "exchanged",
            "The two arrays are exchanged: pathwise comes first.",
            lambda *given: both_estimates(*given)[::-1],
        ),
        Mistake(
            "not_divided_by_sigma",
            "The draw moves by eps, which is (x − mu)/sigma, not by x − mu.",
            lambda x, mu, sigma, *rest: (
                both_estimates(x, mu, sigma, *rest) * [[sigma], [1]]
            ),
        ),
        Mistake(
            "pays_and_slope_exchanged",
            "Pathwise uses the slope of f, the score function its values.",
            lambda x, mu, sigma, pays, slope: both_estimates(x, mu, sigma, slope, pays),
        ),
    ),
)


# Exercise 3: repair


def slope_of_kl(eps, mu, sigma, m, s):
    x = mu + sigma * eps  # ln q(x) = -eps²/2 + constant does not change when x slides
    return np.mean((x - m) / s**2)


def exact_slope(eps, mu, sigma, m, s):
    """By a small difference in the closed form."""
    up, down = (float(kl_normal(mu + h, sigma, m, s)) for h in (1e-4, -1e-4))
    return (up - down) / 2e-4


def balanced_draws(seed, count):
    """Draws whose averages of eps, eps², … eps⁵ are those of N(0, 1), so that every
    estimate that is right on average is right on them."""
    rng = np.random.default_rng(seed)
    eps = np.sqrt(3) * np.array([-1, 0, 0, 0, 0, 1.0])
    for _ in range(count):
        mu, m, sigma, s = rng.uniform([-2, -2, 0.4, 0.4], [2, 2, 2, 2]).round(3)
        given = map(float, (mu, sigma, m, s))
        yield Case((rng.permutation(eps), *given))


q3 = Question(
    name="bridge_gradients.q3",
    model=slope_of_kl,
    hints=(
        "The draws x contain mu, and the broken version treats them as fixed.",
        "Let x slide: by how much do ln q(x) and ln p(x) change when mu changes? One "
        "of the two does not change at all.",
        "ln p(x) is −(x − m)²/(2 s²) and a constant. The KL has −ln p(x) in it, and x "
        "moves as fast as mu.",
    ),
    closing="Sliding, weighing by the log-ratio, or the closed form: all have the same "
    "average. The broken version averaged the score alone.",
    cases=tuple(balanced_draws(0, 8)),
    reference=exact_slope,
    rtol=1e-4,
    atol=1e-6,
    mistakes=(
        Mistake(
            "holds_the_draws",
            "Still about zero: that is the score, what is left when the draws are "
            "held.",
            lambda eps, mu, sigma, m, s: np.mean(eps / sigma),
        ),
        Mistake(
            "value_for_slope",
            "That is the KL itself; its slope in mu is asked.",
            lambda eps, mu, sigma, m, s: float(kl_normal(mu, sigma, m, s)),
        ),
        Mistake(
            "swapped",
            "That is the slope of D(p‖q): there the width of q divides.",
            lambda eps, mu, sigma, m, s: (mu - m) / sigma**2,
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: the KL has −ln p in it.",
            lambda eps, mu, sigma, m, s: (m - mu) / s**2,
        ),
        Mistake(
            "sigma_for_variance",
            "s is a standard deviation; in ln p it stands squared.",
            lambda eps, mu, sigma, m, s: (mu - m) / s,
        ),
        Mistake(
            "centre_of_the_target_forgotten",
            "The target is centred at m, not at 0.",
            lambda eps, mu, sigma, m, s: mu / s**2,
        ),
        Mistake(
            "sum_not_mean",
            "You sum over the draws; the KL is an average.",
            lambda eps, mu, sigma, m, s: eps.size * (mu - m) / s**2,
        ),
        Mistake(
            "halved",
            "A factor of 2 is missing: the slope of a square has one.",
            lambda eps, mu, sigma, m, s: (mu - m) / (2 * s**2),
        ),
    ),
)


# Quiz

ERROR = m.Formula(lambda sd, n: np.atleast_1d(sd / np.sqrt(n)))
forgets_the_root = m.Mutator(
    "forgets_the_root",
    "You divide by n; an average scatters by the root of n.",
    m.power_at(2, 1),
)
error_of_one_draw = m.Mutator(
    "error_of_one_draw",
    "That is how much one draw varies; the average of n draws varies less.",
    m.power_at(0, 1),
)

quiz = Quiz(
    "bridge_gradients.quiz",
    (
        Item(
            "error",
            "One throw varies by 60 points. What is the standard error of the average "
            "of 900 independent throws?",
            numbers(
                ERROR.at(60.0, 900.0),
                "{:.2g} points per throw".format,
                "60 divided by the root of 900.",
                (forgets_the_root, "That divides by 900, not by its root."),
                (error_of_one_draw, "That is one throw; averages vary less."),
            ),
        ),
        Item(
            "baseline",
            "Before you multiply by the score, you subtract 100 from the points of "
            "every throw. What happens to the estimate?",
            (
                Option(
                    "Its average falls by 100.",
                    "The average pay falls by that; the slope does not.",
                    mutator="pays_without_score",
                ),
                Option(
                    "Nothing: the constant cancels in every throw.",
                    "It cancels on average, not throw by throw.",
                    mutator="baseline_changes_nothing",
                ),
                Option(
                    "Its average stays, and its scatter changes, for better or worse.",
                    "The score averages to zero. A baseline far from what is paid "
                    "makes the scatter larger.",
                    right=True,
                ),
            ),
        ),
        Item(
            "held",
            "The draws x come from q and are cut off from its parameters. A program "
            "averages ln q(x) − ln p(x) and differentiates. What does the gradient "
            "average to?",
            (
                Option(
                    "Zero, whatever p is.",
                    "ln p(x) does not contain the parameters of q, and what is left is "
                    "the score.",
                    right=True,
                ),
                Option(
                    "The gradient of D(q‖p), since the average is D(q‖p).",
                    "The value is right. Its gradient lacks that the draws move.",
                    mutator="value_for_slope",
                ),
                Option(
                    "The gradient of D(p‖q).",
                    "For that the draws would have to come from p.",
                    mutator="swapped",
                ),
            ),
        ),
        Item(
            "words",
            "A language model draws a sentence and gets a reward for the whole of it. "
            "How does one push the model?",
            (
                Option(
                    "Pathwise, through the slope of the reward.",
                    "A word does not slide into another one.",
                    mutator="slides_a_coin",
                ),
                Option(
                    "By the reward times the score, less a baseline if possible.",
                    "Only values of the reward are needed, and the probability of the "
                    "sentence under the model.",
                    right=True,
                ),
                Option(
                    "Along the score alone.",
                    "That averages to zero: without the reward there is no direction.",
                    mutator="score_only",
                ),
            ),
        ),
        Item(
            "old",
            "The aim has moved since the draws were made. The average of the slope of "
            "f over them comes with a tiny standard error. What is it?",
            (
                Option(
                    "The slope at the old aim.",
                    "The error says how far an average is from its own mean, and that "
                    "mean belongs to the old aim.",
                    right=True,
                ),
                Option(
                    "The slope at the new aim, within about two standard errors.",
                    "The draws did not follow the aim.",
                    mutator="holds_the_draws",
                ),
            ),
        ),
    ),
)
