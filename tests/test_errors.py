"""A wrong input raises, names itself, says what was found and how to mend it."""

import copy
import re

import numpy as np
import pytest
import torch
from oracles.reference import draw

import kl_helpers as kl
from kl_helpers import _stable, plots

GOOD, BELIEF = [0.2, 0.3, 0.5], [0.5, 0.3, 0.2]
CODE = np.eye(2)
SAMPLES = np.sort(np.random.default_rng(0).normal(size=10_000))
IN_P = {
    "negative": ([0.5, -0.1, 0.6], "negative entry (min -0.1) … samples or logits"),
    "samples": (SAMPLES, "negative entry … look like samples or logits … shared bins"),
    "log-probabilities": (np.log(GOOD), "negative entry … log-probabilities … np.exp"),
    "sum too small": ([0.2, 0.3, 0.4], "sums to 0.9 along axis -1 … Divide by the sum"),
    "counts": ([3, 5, 2], "sums to 10 … look like counts: divide them by their sum"),
    "a row of zeros": ([GOOD, [0, 0, 0]], "sums to 0 along axis -1 in row (1,)"),
    "transposed": (np.transpose([GOOD, BELIEF, GOOD, GOOD]), "did you mean another"),
    "density": (np.full(3, 0.4), "sums to 1.2 … density must be multiplied by the bin"),
    "zeros": ([0.0, 0.0, 0.0], "sums to 0 along axis"),
    "float32 off": (np.float32([0.2, 0.3, 0.501]), "sums to 1.001"),
    "float64 off": ([0.2, 0.3, 0.5 + 1e-7], "sums to 1.0000001"),
    "a row off": ([GOOD, [0.2, 0.3, 0.6]], "sums to 1.1 along axis -1 in row (1,)"),
    "nan": ([0.2, np.nan, 0.8], "contains nan at index (1,) … no probability … 0/0"),
    "inf": ([0.2, 0.8, np.inf], "contains inf at index (2,) … overflow"),
    "text": (["0.2", "0.3", "0.5"], "must hold real numbers … Pass a list or an array"),
    "one text": ("0.2", "must hold real numbers"),
    "None": (None, "must hold real numbers … object 'None' … Pass a list"),
    "None inside": ([0.2, None, 0.8], "must hold real numbers … object"),
    "ragged": ([[0.5, 0.5], [1.0]], "equally long rows … Pass a list or an array"),
    "complex": ([0.2j, 0.3, 0.5], "must hold real numbers … complex128"),
    "a dict": ({"a": 1.0}, "must hold real numbers … object"),
    "empty": ([], "is empty along axis -1; a distribution needs an outcome"),
    "empty rows": (np.ones((2, 0)), "is empty along axis -1"),
    "a number": (0.3, "is the single number 0.3 … for example [0.3, 0.7]"),
    "a gradient": (
        torch.tensor(GOOD, requires_grad=True),
        "must hold real numbers … detach a torch tensor first",
    ),
}
PAIRS = {
    "outcomes differ": ([0.5, 0.5], GOOD, "2 outcomes along axis … has 3 … same order"),
    "leading axes": ([GOOD] * 2, [GOOD] * 3, "shapes (2, 3) and (3, 3) … length 1"),
}
AXES = {"2": 2, "-2": -2, "1.0": 1.0, "None": None, "True": True, "text": "rows"}
BASES = [0, 1, -2, 0.5, "2", True, np.inf, np.nan, [2], 2j]
ONE = [kl.entropy]
TWO = [
    kl.kl_divergence,
    kl.cross_entropy,
    kl.js_divergence,
    kl.js_distance,
    kl.total_variation,
]


def raises(expected):
    """A ValueError that says the parts of `expected`, separated by …, in order."""
    return pytest.raises(ValueError, match=r"[\s\S]*".join(map(re.escape, expected)))


def check(call, name, message):
    with raises([f"`{name}`", *message.split(" … ")]):
        call()


@pytest.mark.parametrize("function", [*ONE, *TWO])
@pytest.mark.parametrize(("bad", "message"), IN_P.values(), ids=IN_P.keys())
def test_what_is_no_distribution(function, bad, message):
    k = getattr(bad, "shape", (3,))[-1] or 3
    other = np.full(k, 1 / k)
    if function in ONE:
        check(lambda: function(bad), "p", message)
    else:
        check(lambda: function(bad, other), "p", message)
        check(lambda: function(other, bad), "q", message)


@pytest.mark.parametrize("function", TWO)
@pytest.mark.parametrize(("p", "q", "message"), PAIRS.values(), ids=PAIRS.keys())
def test_two_that_do_not_match(function, p, q, message):
    check(lambda: function(p, q), "p", message)
    if message == PAIRS["outcomes differ"][2]:
        check(lambda: function(p, q), "q", "has 3. Both must list the same outcomes")


@pytest.mark.parametrize("function", [*TWO, kl.kl_from_logits])
@pytest.mark.parametrize("axis", AXES.values(), ids=AXES.keys())
def test_bad_axis(function, axis):
    found = f"is {axis!r}, but … has shape (3,) … whole number from -1 to 0"
    check(lambda: function(GOOD, BELIEF, axis=axis), "axis", found)
    check(lambda: kl.entropy(GOOD, axis=axis), "axis", found)


@pytest.mark.parametrize("function", [*TWO[:-1], kl.kl_from_logits])
@pytest.mark.parametrize("base", BASES, ids=repr)
def test_bad_base(function, base):
    found = f"is {base!r}; use None for nats, 2 for bits … number above 1"
    check(lambda: function(GOOD, BELIEF, base=base), "base", found)
    check(lambda: kl.entropy(GOOD, base=base), "base", found)


LOGITS = {
    "nan": ([0.0, np.nan], "contains nan at index (1,) … -inf for an outcome"),
    "+inf": ([-np.inf, np.inf], "contains inf at index (1,) … a finite number"),
    "all masked": ([[0, 1], [-np.inf] * 2], "row of -inf only … Unmask at least one"),
    "text": (["a", "b"], "must hold real numbers"),
    "a number": (1.0, "is the single number 1.0"),
    "empty": ([], "is empty along axis -1"),
    "gradient": (torch.zeros(2, requires_grad=True), "detach a torch tensor first"),
}


@pytest.mark.parametrize(("bad", "message"), LOGITS.values(), ids=LOGITS.keys())
def test_bad_logits(bad, message):
    check(lambda: kl.kl_from_logits(bad, [0.0, 1.0]), "logits_p", message)
    check(lambda: kl.kl_from_logits([0.0, 1.0], bad), "logits_q", message)


NORMAL = ["mu_p", "sigma_p", "mu_q", "sigma_q"]
NO_SIGMA = {"zero": 0.0, "negative": -0.5, "one of two": [1.0, -2.0]}
NOT_FINITE = {"nan": [np.nan], "inf": [np.inf], "text": ["1"], "None": [None]}


@pytest.mark.parametrize("function", [kl.kl_normal, kl.kl_diag_normal])
@pytest.mark.parametrize("position", range(4), ids=NORMAL)
@pytest.mark.parametrize("bad", NOT_FINITE.values(), ids=NOT_FINITE.keys())
def test_parameters_that_are_no_numbers(function, position, bad):
    arguments = [[0.0], [1.0], [0.0], [1.0]]
    arguments[position] = bad
    found = "contains … finite number" if bad[0] in (np.nan, np.inf) else "real numbers"
    check(lambda: function(*arguments), NORMAL[position], found)


@pytest.mark.parametrize("function", [kl.kl_normal, kl.kl_diag_normal])
@pytest.mark.parametrize("sigma", NO_SIGMA.values(), ids=NO_SIGMA.keys())
def test_sigma_must_be_positive(function, sigma):
    found = f"has the entry {np.min(sigma):.4g} … standard deviation … log-variance"
    check(lambda: function([0.0, 0], sigma, [0.0, 0], [1.0, 1]), "sigma_p", found)
    check(lambda: function([0.0, 0], [1.0, 1], [0.0, 0], sigma), "sigma_q", found)


BAD_COV = {
    "not square": (np.ones((2, 3)), "has shape (2, 3) … square … kl_diag_normal"),
    "variances": ([1.0, 2.0], "has shape (2,) … square matrix"),
    "not symmetric": ([[1, 0.5], [0, 1]], "is not symmetric … transpose"),
    "no spread": (np.ones((2, 2)) * [[1], [1]], "is not positive definite"),
    "a negative direction": ([[1, 2], [2, 1]], "positive definite … eigenvalue -1"),
    "nan": ([[np.nan, 0], [0, 1]], "contains nan at index (0, 0)"),
    "inf": ([[np.inf, 0], [0, 1]], "contains inf at index (0, 0)"),
}


@pytest.mark.parametrize(("bad", "message"), BAD_COV.values(), ids=BAD_COV.keys())
def test_what_is_no_covariance(bad, message):
    check(lambda: kl.kl_mvn([0, 0], bad, [0, 0], CODE), "cov_p", message)
    check(lambda: kl.kl_mvn([0, 0], CODE, [0, 0], bad), "cov_q", message)


ENCODE, DECODE = kl.arithmetic_encode, kl.arithmetic_decode
FORWARD, REVERSE = kl.fit_forward_kl, kl.fit_reverse_kl
ONE_HILL, TWO_ROWS = ([1.0], [0.0], [1.0]), [[0.5, 0.5]] * 2
MISUSE = {
    "diag of numbers": (kl.kl_diag_normal, (0, 1, 0, 1), "mu_p", "use `kl_normal`"),
    "diag shapes": (kl.kl_diag_normal, ([0, 0], 1, [0] * 3, 1), "mu_p", "(2,) … (3,)"),
    "normal shapes": (kl.kl_normal, (0, [1, 1], 0, [1] * 3), "sigma_q", "broadcast"),
    "standard number": (kl.kl_to_standard_normal, (0.0, 0.0), "mu", "[0.5]"),
    "standard nan": (kl.kl_to_standard_normal, ([0], [np.nan]), "log_var", "nan"),
    "standard shapes": (
        kl.kl_to_standard_normal,
        ([0] * 2, [0] * 3),
        "mu",
        "broadcast",
    ),
    "mvn dimensions": (kl.kl_mvn, ([0] * 3, CODE, [0, 0], CODE), "mu_p", "(3,) … (2,)"),
    "mvn numbers": (kl.kl_mvn, (0, CODE, [0, 0], CODE), "mu_p", "() … (2,)"),
    "mvn batches": (
        kl.kl_mvn,
        (np.zeros((3, 2)), [CODE] * 2, [0, 0], CODE),
        "mu_p",
        "",
    ),
    "out of range": (
        ENCODE,
        ([0, 3], GOOD),
        "symbols",
        "holds 0 to 3 … 3 prob … 0 to 2",
    ),
    "negative symbol": (ENCODE, ([-1], GOOD), "symbols", "holds -1 to -1 … use 0 to 2"),
    "half symbols": (ENCODE, ([0.5], GOOD), "symbols", "whole numbers … float64"),
    "text symbols": (ENCODE, ("ab", GOOD), "symbols", "must hold real numbers"),
    "symbol table": (ENCODE, ([[0, 1]], GOOD), "symbols", "one row … shape (1, 2)"),
    "impossible": (ENCODE, ([0, 1], [1.0, 0.0]), "q", "probability 0 … Give it some"),
    "coder counts": (ENCODE, ([0], [2, 2]), "q", "look like counts"),
    "coder rows": (ENCODE, ([0], TWO_ROWS), "q", "shape (2, 2) … one row"),
    "decoder rows": (DECODE, ("01", TWO_ROWS, 1), "q", "shape (2, 2) … one row"),
    "letters": (DECODE, ("012", GOOD, 1), "bits", 'a str of "0" and "1"'),
    "list of bits": (DECODE, ([0, 1], GOOD, 1), "bits", "as the encoder returns"),
    "negative n": (DECODE, ("01", GOOD, -1), "n", "is -1 … whole number from 0"),
    "half n": (DECODE, ("01", GOOD, 1.0), "n", "is 1.0 … number of symbols"),
    "true n": (DECODE, ("01", GOOD, True), "n", "is True … number of symbols"),
    "no n": (DECODE, ("01", GOOD, None), "n", "is None … number of symbols"),
    "target": (FORWARD, ([1.0],), "target", "(weights, means, sigmas), found [1.0]"),
    "no target": (REVERSE, (None,), "target", "(weights, means, sigmas), found None"),
    "weights": (REVERSE, (([0.5, 0.4], [0, 1], [1, 1]),), "weights", "sums to 0.9"),
    "means": (REVERSE, (([0.5, 0.5], [0, np.nan], [1, 1]),), "means", "contains nan"),
    "sigmas": (FORWARD, (([0.5, 0.5], [0, 1], [1, 0]),), "sigmas", "above 0"),
    "lengths": (FORWARD, (([1.0], [0, 1], [1, 1]),), "weights", "(1,), (2,) and (2,)"),
    "mixtures": (REVERSE, ((TWO_ROWS,) * 3,), "weights", "three rows of equal length"),
    "fixed sigma": (kl.reverse_kl, (0.0, 0.0, ONE_HILL), "sigma", "above 0"),
    "fixed mean": (kl.reverse_kl, (np.inf, 1.0, ONE_HILL), "mu", "contains inf"),
    "two means": (kl.reverse_kl, ([0.0, 1.0], 1.0, ONE_HILL), "mu", "number"),
    "two widths": (kl.reverse_kl, (0.0, [1.0, 2.0], ONE_HILL), "sigma", "number"),
    "no alt": (plots.show, (None, ""), "alt", "is '' … say in a sentence"),
    "alt without digit": (plots.show, (None, "Two bars."), "alt", "computed number"),
    "alt None": (plots.show, (None, None), "alt", "is None"),
    "no source": (plots.source, (len,), "function", "defined in a .py file"),
}
KEYWORDS = {DECODE: "n", plots.show: "alt"}


@pytest.mark.parametrize(
    ("function", "arguments", "name", "message"), MISUSE.values(), ids=MISUSE.keys()
)
def test_misuse(function, arguments, name, message):
    keyword = KEYWORDS.get(function)
    named = {keyword: arguments[-1]} if keyword else {}
    plain = arguments[:-1] if keyword else arguments
    check(lambda: function(*plain, **named), name, message)


def test_inputs_are_never_modified():
    p, q = draw(1, 5, 4), draw(2, 5, 4)
    cov, target = (
        CODE * 2,
        tuple(np.array(x) for x in ([0.5, 0.5], [-3.0, 3], [1.0, 1])),
    )
    before = copy.deepcopy((p, q, cov, target))
    for function in (*TWO, kl.kl_from_logits):
        function(p, q)
        function(p.T, q.T, axis=0)
    kl.entropy(p)
    kl.kl_normal(p, q, q, p)
    kl.kl_diag_normal(p, q, q, p)
    kl.kl_to_standard_normal(p, q)
    kl.kl_mvn(p[0, :2], cov, q[0, :2], cov)
    kl.arithmetic_encode(np.arange(4), p[0])
    FORWARD(target), REVERSE(target)
    for old, new in zip(before, (p, q, cov, target), strict=True):
        assert np.array_equal(old, new)


@pytest.mark.parametrize("function", TWO)
def test_how_far_a_sum_may_be_off(function):
    for dtype, fine, off in [("float32", 9e-6, 2e-6), ("float64", 9e-9, 2e-9)]:
        p = np.array(GOOD)
        p[0] += fine
        found = float(function(p.astype(dtype), BELIEF))
        assert found == pytest.approx(float(function(GOOD, BELIEF)), rel=1e-3)
        p[0] += off
        for pair in [(p.astype(dtype), BELIEF), (BELIEF, p.astype(dtype))]:
            with pytest.raises(ValueError, match="sums to"):
                function(*pair)


def test_one_bad_row_among_many_is_found_in_every_block():
    p, q = draw(8, 3000, 50), draw(9, 3000, 50)
    for row in (0, 1500, 2999):
        for bad in (np.nan, np.inf, -0.5):
            spoilt = q.copy()
            spoilt[row, 3] = bad
            assert _stable.kl_sum(p, spoilt, tolerances=(1e-8, 1e-8)) is None
            assert _stable.kl_sum(spoilt, p, tolerances=(1e-8, 1e-8)) is None
