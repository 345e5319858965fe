"""Bugs 7 to 14 of the clinic: it is far too large, or too small."""

from math import fsum, lgamma

import numpy as np

from . import mutators as m
from ._answer import Case
from ._clinic_cases import laws, row_by_row, tables
from ._question import Condition, Mistake, Question

# Bug 7: samples taken for probabilities


def kl_bits(x_p, x_q):
    mu_p, sigma_p, mu_q, sigma_q = x_p.mean(), x_p.std(), x_q.mean(), x_q.std()
    spread = np.log(sigma_q / sigma_p) + sigma_p**2 / (2 * sigma_q**2) - 0.5
    return (spread + (mu_p - mu_q) ** 2 / (2 * sigma_q**2)) / np.log(2)


def by_quadrature(x_p, x_q):
    """The definition, on a grid, for the two fitted normal distributions."""
    x = np.linspace(x_p.mean() - 12 * x_p.std(), x_p.mean() + 12 * x_p.std(), 20_001)
    log_p, log_q = (
        -(((x - s.mean()) / s.std()) ** 2) / 2 - np.log(s.std()) for s in (x_p, x_q)
    )
    weights = np.exp(log_p - log_p.max())
    return np.sum(weights * (log_p - log_q)) / weights.sum() / np.log(2)


def two_samples(seed):
    rng = np.random.default_rng(seed)
    for mu, sigma in [(1.0, 1.0), (0.5, 2.0), (-1.0, 0.7)]:
        x_p, x_q = rng.normal(size=1500), rng.normal(mu, sigma, size=1500)
        yield Case((np.sort(x_p), np.sort(x_q)))


def of_moments(formula):
    def answer(x_p, x_q):
        return formula(x_p.mean(), x_p.std(), x_q.mean(), x_q.std())

    return answer


def nats_of_moments(a, s, b, t):
    return np.log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - 0.5


q7 = Question(
    name="bug_clinic.q7",
    model=kl_bits,
    hints=(
        "A sample of 170 cm is no probability, and −1 is none either.",
        "Both samples come from bell curves: mean and spread are all you need.",
        "The closed form for two normal distributions is in nats; bits are asked.",
    ),
    closing="Heights of people, pixels, rewards: values are not probabilities. Fit, "
    "count, or use densities first.",
    cases=tuple(two_samples(0)),
    reference=by_quadrature,
    rtol=5e-3,
    mistakes=(
        Mistake(
            "samples_for_probabilities",
            "The samples themselves still stand where probabilities belong.",
            lambda x, y: abs(np.nansum(x * np.log2(x / y))),
        ),
        Mistake(
            "in_nats",
            "That is in nats, and bits are asked: divide by ln 2.",
            of_moments(nats_of_moments),
        ),
        Mistake(
            "swapped",
            "The two are exchanged: P is fitted to the first sample.",
            lambda x, y: kl_bits(y, x),
        ),
        Mistake(
            "equal_widths",
            "You use the means only. The two spreads differ, and they count.",
            of_moments(lambda a, s, b, t: (a - b) ** 2 / (2 * t**2) / np.log(2)),
        ),
        Mistake(
            "variance_for_sigma",
            "A variance stands where a standard deviation belongs.",
            of_moments(
                lambda a, s, b, t: nats_of_moments(a, s**2, b, t**2) / np.log(2)
            ),
        ),
    ),
)


# Bug 8: a sum over the batch


def kl_per_image(mu, log_var):
    per_dimension = 0.5 * (mu**2 + np.exp(log_var) - log_var - 1)
    return per_dimension.sum(axis=1).mean()


def image_by_image(mu, log_var):
    """The same in standard deviations, one image after the other."""
    images = []
    for means, sigmas in zip(mu, np.exp(log_var / 2), strict=True):
        pairs = zip(means, sigmas, strict=True)
        images.append(fsum((a * a + s * s - 1) / 2 - np.log(s) for a, s in pairs))
    return fsum(images) / len(images)


VAE = m.Formula(
    lambda mu, log_var: 0.5 * (mu**2 + np.exp(log_var) - log_var - 1),
    result=np.mean,
)


def codes(seed, *shapes):
    return tables(seed, *shapes, scale=0.8)


q8 = Question(
    name="bug_clinic.q8",
    model=kl_per_image,
    hints=(
        "Run it with half of the images. Which number should not change?",
        "Two axes, two different jobs: images are averaged, dimensions are not.",
        "A code of ten dimensions costs what its ten dimensions cost together.",
    ),
    closing="Nats per image: the only form that can be compared between batch sizes, "
    "and with ln N.",
    cases=tuple(codes(3, (4, 2), (6, 3), (3, 5))),
    reference=image_by_image,
    mistakes=(
        Mistake(
            "batch_sum",
            "That is the sum over the batch: it doubles with the batch size.",
            lambda mu, lv: VAE.terms(mu, lv).sum(),
        ),
        Mistake(
            "per_dimension",
            "You averaged over the dimensions, too. They add up: that is the price of "
            "one code.",
            lambda mu, lv: VAE.terms(mu, lv).mean(),
        ),
        Mistake(
            "axes_exchanged",
            "The axes are exchanged: images are rows.",
            lambda mu, lv: VAE.terms(mu, lv).sum(0).mean(),
        ),
        Mistake(
            "log_sigma",
            "log_var is the logarithm of the variance, not of the standard deviation.",
            lambda mu, lv: VAE(mu, 2 * lv),
        ),
        Mistake(
            "half_missing",
            "A factor of ½ is missing.",
            lambda mu, lv: 2 * VAE(mu, lv),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed; a KL is never negative.",
            lambda mu, lv: -VAE(mu, lv),
        ),
    ),
)


# Bug 9: k3 with the inverse ratio


def kl_penalty(log_prob, log_ref):
    log_w = log_ref - log_prob
    return np.exp(log_w) - 1 - log_w


def tangent_gap(log_prob, log_ref):
    return np.array(
        [np.expm1(r - p) - (r - p) for p, r in zip(log_prob, log_ref, strict=True)]
    )


def per_token(function):
    """A mistake written in w = ref/π."""
    return lambda log_prob, log_ref: function(np.exp(log_ref - log_prob))


q9 = Question(
    name="bug_clinic.q9",
    model=kl_penalty,
    hints=(
        "Average it by hand over three tokens of π. Is that D(π‖ref)?",
        "The policy sampled, so w is the second over the first: ref over π.",
        "w − 1 − ln w, with everything that is written in logarithms turned round.",
    ),
    closing="With w upside down the average is no KL at all, and a token that π likes "
    "and ref does not weighs e to the log-ratio.",
    cases=tuple(tables(4, (5,), (8,), number=2, scale=1.0)),
    reference=tangent_gap,
    mistakes=(
        Mistake(
            "inverse_ratio",
            "w is still π over ref. The one that samples belongs below.",
            per_token(lambda w: 1 / w - 1 + np.log(w)),
        ),
        Mistake(
            "ratio_for_its_log",
            "The ratio stands where its logarithm belongs: with equal policies this is "
            "e − 2, not 0.",
            per_token(lambda w: np.exp(w) - 1 - w),
        ),
        Mistake(
            "k1_alone",
            "That is k1: the right average, but of both signs.",
            per_token(lambda w: -np.log(w)),
        ),
        Mistake(
            "k2_for_k3",
            "That is k2, whose average is not the KL.",
            per_token(lambda w: np.log(w) ** 2 / 2),
        ),
        Mistake(
            "without_the_one",
            "1 is missing: with equal policies the penalty must be 0.",
            per_token(lambda w: w - np.log(w)),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed: w − 1 − ln w is never negative.",
            per_token(lambda w: np.log(w) - w + 1),
        ),
    ),
)


# Bug 10: divided by the number of classes


def soft_loss(student, teacher, T):
    log_q = student / T - np.logaddexp.reduce(student / T, 1, keepdims=True)
    log_p = teacher / T - np.logaddexp.reduce(teacher / T, 1, keepdims=True)
    return T**2 * (np.exp(log_p) * (log_p - log_q)).sum(1).mean()


def soft_rows(student, teacher, T):
    return T * T * row_by_row(student / T, teacher / T)


def hot(seed, *shapes):
    for case, T in zip(tables(seed, *shapes), (2.0, 4.0, 1.5), strict=True):
        yield Case((*case.arguments, T))


q10 = Question(
    name="bug_clinic.q10",
    model=soft_loss,
    hints=(
        "How many numbers does the sum run over, and how many images are there?",
        "numel counts images times classes; an average over images divides by less.",
        "Sum over the classes, average over the rows, times the square of T.",
    ),
    closing="The mean over all elements is the KL divided by the number of classes: a "
    "thousand times too weak on ImageNet.",
    cases=tuple(hot(5, (3, 4), (2, 7), (4, 5))),
    reference=soft_rows,
    mistakes=(
        Mistake(
            "divided_by_classes",
            "Still divided by the number of classes: numel is images times classes.",
            lambda s, t, T: soft_rows(s, t, T) / s.shape[1],
        ),
        Mistake(
            "sum_not_mean",
            "That is the sum over the batch; per image is asked.",
            lambda s, t, T: soft_rows(s, t, T) * len(s),
        ),
        Mistake(
            "no_t_squared",
            "The factor T² is gone.",
            lambda s, t, T: soft_rows(s, t, T) / T**2,
        ),
        Mistake(
            "t_not_squared",
            "T enters the factor squared.",
            lambda s, t, T: soft_rows(s, t, T) / T,
        ),
        Mistake(
            "swapped",
            "That is D(student‖teacher): the teacher stands first.",
            lambda s, t, T: soft_rows(t, s, T),
        ),
        Mistake(
            "cold_softmaxes",
            "Both softmaxes belong at temperature T.",
            lambda s, t, T: T**2 * row_by_row(s, t),
        ),
    ),
)


# Bug 11: means where sums belong


def vae_loss(x, recon, mu, log_var):
    error = ((x - recon) ** 2).sum(axis=1)
    kl = 0.5 * (mu**2 + np.exp(log_var) - log_var - 1).sum(axis=1)
    return (error + kl).mean()


def picture_by_picture(x, recon, mu, log_var):
    total = 0.0
    for image, found, means, logs in zip(x, recon, mu, log_var, strict=True):
        total += fsum((image - found) ** 2)
        total += fsum(means**2 + np.exp(logs) - logs - 1) / 2
    return total / len(x)


def pictures(seed):
    rng = np.random.default_rng(seed)
    for n, pixels, k in [(3, 5, 2), (4, 8, 3)]:
        x, recon = rng.uniform(size=(2, n, pixels))
        yield Case((x, recon, *rng.normal(size=(2, n, k))))


def vae_parts(weigh):
    """A mistake made of the single errors and KLs, shapes (n, pixels) and (n, k)."""

    def answer(x, recon, mu, log_var):
        return weigh((x - recon) ** 2, VAE.terms(mu, log_var))

    return answer


q11 = Question(
    name="bug_clinic.q11",
    model=vae_loss,
    hints=(
        "An ELBO adds log-probabilities: of all pixels, and of all dimensions.",
        "A mean over pixels divides one side by their number, a mean over dimensions "
        "the other side by theirs.",
        "Sum over pixels, sum over dimensions, then average over images.",
    ),
    closing="A mean over 64 pixels says that their noise is 64 times as large. Against "
    "such noise nothing is worth coding.",
    cases=tuple(pictures(0)),
    reference=picture_by_picture,
    mistakes=(
        Mistake(
            "mean_of_both",
            "Both are still means: the ratio of their sizes is a hidden β.",
            vae_parts(lambda e, kl: e.mean() + kl.mean()),
        ),
        Mistake(
            "mean_over_pixels",
            "The KL is summed, the pixels are averaged: β is as large as the image.",
            vae_parts(lambda e, kl: e.mean() + kl.sum(1).mean()),
        ),
        Mistake(
            "mean_over_dimensions",
            "The pixels are summed, the dimensions averaged: β is too small.",
            vae_parts(lambda e, kl: e.sum(1).mean() + kl.mean()),
        ),
        Mistake(
            "batch_sum",
            "That is the sum over the batch; per image is asked.",
            vae_parts(lambda e, kl: e.sum() + kl.sum()),
        ),
        Mistake(
            "kl_subtracted",
            "The KL is a cost: it is added to the error.",
            vae_parts(lambda e, kl: e.sum(1).mean() - kl.sum(1).mean()),
        ),
    ),
)


# Bug 12: silent rescaling


def checked_kl(p, q):
    for name, x in (("p", p), ("q", q)):
        if not np.allclose(x.sum(-1), 1):
            raise ValueError(f"{name} does not sum to 1")
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(p == 0, 0, p * np.log(p / q)).sum(-1)


def rows_of_kl(p, q):
    return np.array(
        [
            fsum(a * np.log(a / b) for a, b in zip(*pair, strict=True))
            for pair in zip(p, q, strict=True)
        ]
    )


def refuses(p, q):
    """Whether a function says no to these two."""

    def holds(function):
        try:
            function(np.array(p), np.array(q))
        except (ValueError, AssertionError):
            return True
        return False

    return holds


q12 = Question(
    name="bug_clinic.q12",
    model=checked_kl,
    hints=(
        "What does entropy do with 0.3 and 0.3 before it compares?",
        "It divides by the sum. Whether that is wanted only the caller knows.",
        "Check that each row sums to 1, within rounding; if not, raise a ValueError.",
    ),
    closing="An error at the first batch is cheaper than a KL of 0 for two different "
    "vectors.",
    cases=tuple(laws(6, (3, 4), (2, 5))),
    reference=rows_of_kl,
    conditions=(
        Condition(
            "rescaled_silently",
            "Right for what sums to 1. But [0.3, 0.3] must raise a ValueError, and "
            "yours returns a number.",
            refuses([[0.5, 0.5]], [[0.3, 0.3]]),
        ),
        Condition(
            "p_not_checked",
            "q is checked, p is not: [0.4, 0.4] as p must raise a ValueError, too.",
            refuses([[0.4, 0.4]], [[0.5, 0.5]]),
        ),
    ),
    mistakes=(
        Mistake(
            "first_axis",
            "You sum over the first axis; one distribution stands on each row.",
            lambda p, q: np.sum(p * np.log(p / q), axis=0),
        ),
        Mistake(
            "swapped",
            "The two distributions are exchanged: the first one samples.",
            lambda p, q: rows_of_kl(q, p),
        ),
        Mistake(
            "in_bits",
            "That is in bits, and nats are asked.",
            lambda p, q: rows_of_kl(p, q) / np.log(2),
        ),
        Mistake(
            "terms_of_kl_div",
            "These are the terms; sum them on each row.",
            lambda p, q: p * np.log(p / q) - p + q,
        ),
    ),
)


# Bug 13: a clipped integral


def kl_to_uniform(a, b):
    from math import lgamma

    t = np.linspace(-800, 800, 400_001)  # x = 1 / (1 + e^-t): no end to cut off
    log_x, log_rest = -np.logaddexp(0, -t), -np.logaddexp(0, t)
    log_beta = lgamma(a) + lgamma(b) - lgamma(a + b)
    log_density = (a - 1) * log_x + (b - 1) * log_rest - log_beta
    terms = np.exp(log_density + log_x + log_rest) * log_density
    return terms.sum() * (t[1] - t[0])


def slope_of_lgamma(x, h=1e-4):
    """By central differences, extrapolated once."""
    wide, narrow = (
        (lgamma(x + s) - lgamma(x - s)) / (2 * s) for s in (2 * h * x, h * x)
    )
    return (4 * narrow - wide) / 3


def beta_closed_form(a, b):
    both = slope_of_lgamma(a + b)
    ends = (a - 1) * (slope_of_lgamma(a) - both) + (b - 1) * (slope_of_lgamma(b) - both)
    return ends - (lgamma(a) + lgamma(b) - lgamma(a + b))


def clipped(a, b, cut=1e-5):
    """The integral without its ends, in the variable that spreads them out."""
    end = np.log((1 - cut) / cut)
    t = np.linspace(-end, end, 40_001)
    log_x, log_rest = -np.logaddexp(0, -t), -np.logaddexp(0, t)
    log_density = (a - 1) * log_x + (b - 1) * log_rest
    log_density -= lgamma(a) + lgamma(b) - lgamma(a + b)
    terms = np.exp(log_density + log_x + log_rest) * log_density
    return np.sum(terms[1:] + terms[:-1]) / 2 * (t[1] - t[0])


q13 = Question(
    name="bug_clinic.q13",
    model=kl_to_uniform,
    hints=(
        "Where does a Beta distribution with a below 1 have most of its mass?",
        "Between 0 and what was cut off. Take a variable that has no ends, such as the "
        "log-odds t, with x = 1/(1 + e^−t) and dx = x(1 − x)dt.",
        "Or use the closed form: the average of ln x is ψ(a) − ψ(a + b).",
    ),
    closing="1e-5 looks like nothing. But how much mass lies there is a question to "
    "the density, not to the eye.",
    cases=tuple(Case(ab) for ab in [(0.1, 0.2), (0.3, 0.3), (2.0, 5.0), (0.5, 1.5)]),
    reference=beta_closed_form,
    rtol=1e-4,
    mistakes=(
        Mistake(
            "clipped",
            "Still cut off at 1e-5: the ends are where the mass is.",
            clipped,
        ),
        Mistake(
            "clipped_further_out",
            "Cut off at 1e-12: better, and still not the KL.",
            lambda a, b: clipped(a, b, 1e-12),
        ),
        Mistake(
            "wrong_sign",
            "The sign is reversed. Against the uniform law KL is minus the entropy.",
            lambda a, b: -beta_closed_form(a, b),
        ),
        Mistake(
            "constant_lost",
            "The normaliser of the Beta density is missing.",
            lambda a, b: beta_closed_form(a, b) + lgamma(a) + lgamma(b) - lgamma(a + b),
        ),
        Mistake(
            "swapped",
            "That is D(uniform‖Beta): here the Beta distribution samples.",
            lambda a, b: a + b - 2 + lgamma(a) + lgamma(b) - lgamma(a + b),
        ),
        Mistake(
            "in_bits",
            "That is in bits, and nats are asked.",
            lambda a, b: beta_closed_form(a, b) / np.log(2),
        ),
    ),
)


# Bug 14: dropped support


def kl_with_zeros(p, q):
    happens = p > 0
    with np.errstate(divide="ignore"):
        return np.sum(p[happens] * np.log(p[happens] / q[happens]))


def term_by_term(p, q):
    terms = [
        (a * np.log(a / b) if b else np.inf) if a else 0.0
        for a, b in zip(p, q, strict=True)
    ]
    return sum(terms)


def with_zeros(seed):
    rng = np.random.default_rng(seed)
    for k, zero_p, zero_q in [(4, None, None), (4, 1, None), (5, None, 2), (4, 0, 0)]:
        p, q = rng.dirichlet(np.ones(k), size=2)
        for x, zero in ((p, zero_p), (q, zero_q)):
            if zero is not None:
                x[zero] = 0
        yield Case((p / p.sum(), q / q.sum()))


def shifted(p, q, epsilon):
    seen = p > 0
    return np.sum(p[seen] * np.log(p[seen] / (q[seen] + epsilon)))


def rescaled_after_dropping(p, q):
    both = (p > 0) & (q > 0)
    return m.KL(p[both] / p[both].sum(), q[both] / q[both].sum())


q14 = Question(
    name="bug_clinic.q14",
    model=kl_with_zeros,
    hints=(
        "Two kinds of zero, two rules: what never happens, and what q forbids.",
        "Where p is 0 the term is 0. Where only q is 0 the term is infinite.",
        "Only p may decide which terms are left out.",
    ),
    closing="A mask on q answers another question. If infinity is not what you want, "
    "mix something into q, and print how much.",
    cases=tuple(with_zeros(0)),
    reference=term_by_term,
    formula=m.KL,
    mutators=(
        m.drops_infinite.saying(
            "The mask still asks for q > 0 as well: the terms that make the KL "
            "infinite are left out."
        ),
        m.no_zero_rule,
        m.swapped,
        m.in_bits,
    ),
    mistakes=(
        Mistake(
            "epsilon",
            "A small number added to q makes an infinite KL finite, and its size "
            "decides which number you get.",
            lambda p, q: shifted(p, q, 1e-10),
        ),
        Mistake(
            "rescaled_after_dropping",
            "Outcomes were dropped and the rest rescaled: that is another pair.",
            rescaled_after_dropping,
        ),
    ),
)
