"""Reading what a caller passes, or saying what is wrong with it and how to mend it."""

from numbers import Real

import numpy as np

# How far a sum may be from 1: rounding of the type, times a few thousand outcomes.
TOLERANCE = {"float16": 5e-3, "float32": 1e-5}
DEFAULT_TOLERANCE = 1e-8


def read_numbers(name, value):
    """`value` as an array of real numbers, its own type kept."""
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "biuf":
            raise TypeError(f"found {array.dtype} {str(value)[:40]!r}")
    except (TypeError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"`{name}` must hold real numbers in equally long rows, but "
            f"{str(error).rstrip('.')}. "
            "Pass a list or an array of numbers (detach a torch tensor first)."
        ) from None
    return array


def read_finite(name, value):
    """`value` as a float64 array without nan or infinity."""
    array = read_numbers(name, value).astype(float)
    if not np.isfinite(array).all():
        raise ValueError(
            f"`{name}` contains {_first_bad(array)}; every entry must be a finite "
            "number. Look for an overflow or a 0/0 where it was made."
        )
    return array


def read_positive(name, value, meaning):
    """`value` as finite numbers above 0."""
    array = read_finite(name, value)
    if array.size and array.min() <= 0:
        raise ValueError(
            f"`{name}` has the entry {array.min():.4g}, but {meaning} must be above 0. "
            "If it is a log-variance, pass np.exp(log_var / 2)."
        )
    return array


def read_pair(p, q, axis, names=("p", "q")):
    """Both arrays as float64, outcomes on the last axis, and their tolerances."""
    arrays, tolerances = [], []
    for name, value in zip(names, (p, q), strict=True):
        array = read_numbers(name, value)
        arrays.append(_outcomes_last(name, array, axis))
        tolerances.append(TOLERANCE.get(array.dtype.name, DEFAULT_TOLERANCE))
    check_outcomes(*arrays, axis, names)
    return *arrays, tuple(tolerances)


def read_probabilities(name, value, axis):
    """`value` as float64 probabilities with the outcomes on the last axis."""
    array = read_numbers(name, value)
    tolerance = TOLERANCE.get(array.dtype.name, DEFAULT_TOLERANCE)
    array = _outcomes_last(name, array, axis)
    check_probabilities(name, array, tolerance, axis)
    return array


def read_logits(name, value, axis):
    """`value` as float64 logits with the outcomes on the last axis; -inf allowed."""
    array = _outcomes_last(name, read_numbers(name, value), axis)
    if np.isnan(array).any() or (array == np.inf).any():
        bad = np.where(np.isneginf(array), 0.0, array)
        raise ValueError(
            f"`{name}` contains {_first_bad(bad)}; a logit is a finite number, "
            "or -inf for an outcome that cannot happen."
        )
    if np.isneginf(array).all(-1).any():
        raise ValueError(
            f"`{name}` has a row of -inf only: no outcome is possible there. "
            "Unmask at least one."
        )
    return array


def read_two_probabilities(p, q, axis, names=("p", "q")):
    """Two checked arrays of probabilities over the same outcomes."""
    *arrays, tolerances = read_pair(p, q, axis, names)
    for name, array, tolerance in zip(names, arrays, tolerances, strict=True):
        check_probabilities(name, array, tolerance, axis)
    return arrays


def check_probabilities(name, array, tolerance, axis):
    """Raise unless the last axis holds numbers >= 0 that sum to 1."""
    if not np.isfinite(array).all():
        raise ValueError(
            f"`{name}` contains {_first_bad(array)}, which is no probability. "
            "Look for a 0/0 or an overflow where it was made."
        )
    if array.min(initial=0) < 0:
        raise ValueError(f"`{name}` has a negative entry {_negative(array)}")
    if array.size == 0:
        return
    sums = array.sum(-1)
    worst = np.unravel_index(np.abs(sums - 1).argmax(), sums.shape)
    if abs(sums[worst] - 1) > tolerance:
        where = f" in row {tuple(map(int, worst))}" if sums.ndim else ""
        raise ValueError(
            f"`{name}` sums to {sums[worst]:.9g} along axis {axis}{where}, not to 1. "
            + _sum_advice(array)
        )


def check_outcomes(p, q, axis, names):
    """Raise unless the outcomes agree and the leading axes broadcast."""
    if p.shape[-1] != q.shape[-1]:
        raise ValueError(
            f"`{names[0]}` has {p.shape[-1]} outcomes along axis {axis} and "
            f"`{names[1]}` has {q.shape[-1]}. Both must list the same outcomes in the "
            "same order; give an outcome that never happens probability 0."
        )
    try:
        np.broadcast_shapes(p.shape, q.shape)
    except ValueError:
        raise ValueError(
            f"`{names[0]}` and `{names[1]}` have shapes {p.shape} and {q.shape} "
            "(outcomes last), whose leading axes do not match. "
            "Insert an axis of length 1 where one should be repeated."
        ) from None


def read_base(base):
    """The natural logarithm of `base`; None means nats."""
    if base is None:
        return 1.0
    is_number = isinstance(base, Real) and not isinstance(base, bool)
    if not is_number or not 1 < base < 1e300:
        raise ValueError(
            f"`base` is {base!r}; use None for nats, 2 for bits, "
            "or another number above 1."
        )
    return float(np.log(base))


def _outcomes_last(name, array, axis):
    if array.ndim == 0:
        raise ValueError(
            f"`{name}` is the single number {array}; a distribution needs one "
            "probability for each outcome, for example [0.3, 0.7]."
        )
    is_whole = isinstance(axis, (int, np.integer)) and not isinstance(axis, bool)
    if not is_whole or not -array.ndim <= axis < array.ndim:
        raise ValueError(
            f"`axis` is {axis!r}, but `{name}` has shape {array.shape}: "
            f"use a whole number from {-array.ndim} to {array.ndim - 1}."
        )
    if array.shape[axis] == 0:
        raise ValueError(
            f"`{name}` is empty along axis {axis}; a distribution needs an outcome."
        )
    return np.moveaxis(array.astype(float, copy=False), axis, -1)


def _first_bad(array):
    index = np.argwhere(~np.isfinite(array))[0]
    return f"{array[tuple(index)]} at index {tuple(map(int, index))}"


def _negative(array):
    lowest = f"(min {array.min():.4g})"
    if array.max() <= 0:
        return f"{lowest} and none is positive. For log-probabilities, pass np.exp."
    return (
        f"{lowest}. These look like samples or logits, not probabilities: use "
        "`kl_from_logits` for logits; count samples into shared bins and divide by "
        "their number, or average log p(x) - log q(x) over them."
    )


def _sum_advice(array):
    if array.ndim > 1 and np.allclose(array.sum(-2), 1):
        return "The other axis does sum to 1: did you mean another `axis`?"
    if array.size and array.max() > 1 and np.all(array == np.round(array)):
        return "These look like counts: divide them by their sum."
    return (
        "Divide by the sum if that is intended; "
        "values of a density must be multiplied by the bin width first."
    )
