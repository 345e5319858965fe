"""Call what a learner wrote, and read what comes back, without being surprised."""

import contextlib
import inspect
import io
import linecache
import os
import time
import traceback
import warnings
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

SLOW = 2.0  # seconds
SHOWN_LINES = 20  # of what an answer prints
PACKAGE = str(Path(__file__).resolve().parents[1]) + os.sep
LIBRARIES = (PACKAGE, str(Path(os.__file__).parent), "<frozen", "<__array_function__")


class Unusable(Exception):
    """An answer that cannot be judged: its outcome, a name, and what to say."""

    def __init__(self, outcome, mistake, message):
        super().__init__(message)
        self.outcome, self.mistake, self.message = outcome, mistake, message


class Case(NamedTuple):
    """Arguments that an answer is called with, and what is special about them."""

    arguments: tuple = ()
    note: str = ""


class Reply(NamedTuple):
    """What an answer returned for a case, as it is and as it was read."""

    case: Case
    returned: Any
    value: Any


class Run(NamedTuple):
    """All replies, and remarks that belong to any verdict."""

    replies: list
    remarks: list


def ask(answer, cases, read, names):
    """Call `answer` for every case; `read` turns what it returns into values."""
    function = answer if callable(answer) else lambda: answer
    _check_parameters(answer, cases[0])
    replies, printed, start = [], io.StringIO(), time.perf_counter()
    try:
        with quiet(printed):
            for case in cases:
                returned = _call(function, case, names)
                value = read(returned, bool(printed.getvalue()))
                replies.append(Reply(case, returned, value))
    finally:
        _print_again(printed.getvalue())
    slow = time.perf_counter() - start > SLOW
    remark = f"(It took more than {SLOW:g} s; an answer here needs no long search.)"
    return Run(replies, [remark] if slow else [])


@contextlib.contextmanager
def quiet(printed):
    """No warnings, and what is printed goes to `printed`."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        with contextlib.redirect_stdout(printed):
            yield


def _print_again(text):
    lines = text.splitlines()
    for line in lines[:SHOWN_LINES]:
        print(line)
    if len(lines) > SHOWN_LINES:
        print(f"… and {len(lines) - SHOWN_LINES} more lines")


def _check_parameters(answer, case):
    if not callable(answer):
        if case.arguments:
            message = (
                "Pass the function itself, without calling it: check(f), not "
                "check(f(…)). It is tried on inputs of its own."
            )
            raise Unusable("wrong", "called_too_early", message)
        return
    try:
        signature = inspect.signature(answer)
    except (TypeError, ValueError):
        return  # a builtin that does not tell
    try:
        signature.bind(*case.arguments)
    except TypeError:
        count = len(case.arguments)
        given = "no argument" if not count else f"{count} argument" + "s" * (count > 1)
        message = (
            f"Your function is called with {given}, but it takes {signature}. Keep "
            "the first line of the stub."
        )
        raise Unusable("wrong", "wrong_parameters", message) from None


def _call(function, case, names):
    given = tuple(_copy(x) for x in case.arguments)
    try:
        returned = function(*given)
    except (Exception, SystemExit) as error:
        raise Unusable("raised", None, _describe(error, case, names)) from None
    for original, passed in zip(case.arguments, given, strict=True):
        if not _same(original, passed):
            message = (
                "Your function changes its input in place, so the caller's data are "
                "spoiled. Work on a copy: x = np.array(x)."
            )
            raise Unusable("wrong", "changes_its_input", message)
    return returned


def _copy(value):
    return value.copy() if isinstance(value, np.ndarray | list) else value


def _same(before, after):
    if isinstance(before, np.ndarray):
        return np.array_equal(before, after, equal_nan=True)
    return before == after if isinstance(before, list) else True


def _describe(error, case, names):
    """The error, the learner's own line, and the input at which it happened."""
    name = type(error).__name__
    text = f"Your function raised {name}" + (f": {error}" if str(error) else "")
    if isinstance(error, SystemExit):
        text = "Your function called exit(); return a value instead"
    if own := _own_frame(error):
        line = linecache.getline(own.filename, own.lineno).strip()
        text += f"\nin line {own.lineno}" + (f": {line}" if line else "")
    where = describe_arguments(case, names)
    note = f" {case.note}" if case.note else ""
    return text + (f"\nwhen called with {where}." if where else ".") + note


def _own_frame(error):
    """The innermost frame that is the learner's: not ours, not a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [
        frame
        for frame in frames
        if not frame.filename.startswith(LIBRARIES)
        and "-packages" not in frame.filename
    ]
    return own[-1] if own else None


def describe_arguments(case, names):
    """Such as "a = 0.05, b = 0.1"; functions among the arguments are left out."""
    named = zip(names, case.arguments, strict=False)
    return ", ".join(f"{name} = {_short(x)}" for name, x in named if not callable(x))


def _short(value):
    if isinstance(value, str):
        return repr(value)
    array = np.asarray(value)
    if array.size > 6:
        return f"an array of shape {array.shape}"
    with np.printoptions(precision=4, suppress=False):
        return np.array2string(array, separator=", ")


def has_stub(value):
    """Whether some of the answer still is the `...` of the stub."""
    if value is ...:
        return True
    return isinstance(value, tuple | list) and any(x is ... for x in value)


def _refuse_missing(value, printed):
    if has_stub(value):
        raise Unusable("not attempted", None, "")
    if value is None:
        message = "Your function returns None. " + (
            "It prints its result; end it with `return …` instead."
            if printed
            else "End it with `return …`."
        )
        raise Unusable("wrong", "returns_nothing", message)


def read_raw(value, printed):
    """Whatever was returned, unless it is missing."""
    _refuse_missing(value, printed)
    return value


def read_words(value, printed):
    """A word, or a list of words, without capitals and spaces around them."""
    _refuse_missing(value, printed)
    words = [value] if isinstance(value, str) else value
    if not isinstance(words, list | tuple) or not all(
        isinstance(word, str) for word in words
    ):
        message = f"A list of words is asked; you returned a {type(value).__name__}."
        raise Unusable("wrong", "not_words", message)
    return tuple(word.strip().lower() for word in words)


def read_numbers(value, printed):
    """Numbers as a float64 array, whatever library they come from."""
    _refuse_missing(value, printed)
    if isinstance(value, str | bytes):
        message = f"You returned the text {value!r:.40}; return a number."
        raise Unusable("wrong", "text", message)
    if callable(getattr(value, "detach", None)):  # a torch tensor
        value = value.detach().cpu().numpy()
    if isinstance(value, dict | set) or hasattr(value, "__next__"):
        kind = type(value).__name__
        message = f"You returned a {kind}; return a number, a list or an array."
        raise Unusable("wrong", "wrong_type", message)
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c" and not array.imag.any():
            array = array.real
        if array.dtype.kind in "bcSUV":
            raise TypeError
        return array.astype(float)
    except (TypeError, ValueError, OverflowError):
        message = (
            f"You returned {value!r:.60}; numbers are asked, in rows of equal length."
        )
        raise Unusable("wrong", "wrong_type", message) from None
