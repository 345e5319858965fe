"""A question as data, and how an answer to it is judged."""

import inspect
import io
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from .._listing import Listing
from . import _answer
from ._answer import Case, Unusable
from .mutators import composed

WIDTH = 80


@dataclass(frozen=True)
class Result:
    """What `check` found; printed, it is the message."""

    outcome: str  # "correct", "wrong", "raised" or "not attempted"
    message: str
    mistake: str | None = None

    def __repr__(self):
        return wrapped(self.message)


class Note(str):
    """A text that a notebook shows without quotes."""

    def __repr__(self):
        return wrapped(self)


def wrapped(text):
    return "\n".join(
        textwrap.fill(line, WIDTH, break_on_hyphens=False) for line in text.splitlines()
    )


class Mistake(NamedTuple):
    """A wrong answer that has a name: a function like the learner's, or a value."""

    name: str
    message: str
    answer: Callable


class Condition(NamedTuple):
    """Something that must hold, and what to say when it does not.

    For *construct* questions `holds` is asked about the value; `message` may be a
    function of the value. For the others it is asked about the learner's function.
    """

    name: str
    message: str | Callable
    holds: Callable


@dataclass(frozen=True)
class Question:
    """One exercise: what is asked, how an answer is judged, and how to help.

    Args:
        name: Where learners find it, such as "ch01.q1".
        model: A complete right answer, a function; `solution()` shows its source.
        hints: Three sentences, each closer to the solution than the last.
        closing: What to take along, said after a right answer.
        cases: The inputs an answer is called with; one empty case if it takes none.
        reference: The right value for a case; None in a *construct* question.
        formula: A `Formula` equal to the reference, from which mistakes are made.
        mutators: The mistakes to make with it, alone and two at once.
        mistakes: Further known mistakes.
        conditions: What a constructed value, or the learner's function, must fulfil.
        read: Turns what was returned into something to compare.
        rtol: Relative error that still counts as right.
        atol: Absolute error that still counts as right.
    """

    name: str
    model: Callable
    hints: tuple
    closing: str
    cases: tuple = (Case(),)
    reference: Callable | None = None
    formula: Callable | None = None
    mutators: tuple = ()
    mistakes: tuple = ()
    conditions: tuple = ()
    read: Callable = field(default=_answer.read_numbers)
    rtol: float = 1e-6
    atol: float = 1e-9

    def check(self, answer):
        """Judge an answer, and name the mistake if it is a known one.

        Args:
            answer: The function of the stub, or the value that it should return.

        Returns:
            A `Result` with .outcome, .mistake and .message.
        """
        try:
            if _answer.has_stub(answer):
                raise Unusable("not attempted", None, "")
            run = _answer.ask(answer, self.cases, self.read, self._names())
            with _answer.quiet(io.StringIO()):
                found = self._judge(answer, run.replies)
        except Unusable as problem:
            return self._result(problem.outcome, problem.message, problem.mistake)
        if found is None:
            remarks = [self.closing, *self._remarks(run.replies[0]), *run.remarks]
            return self._result("correct", " ".join(remarks))
        message = " ".join([found.message, *run.remarks])
        return self._result("wrong", message, found.mistake)

    def hint(self, step=1):
        """Help in three steps.

        Args:
            step: 1, 2 or 3.

        Raises:
            ValueError: If `step` is none of them.
        """
        if step not in range(1, len(self.hints) + 1):
            raise ValueError(
                f"`step` is {step!r}, but {self.name} has hints 1 to {len(self.hints)};"
                f" after the last one, {self.name}.solution() shows a solution."
            )
        last = step == len(self.hints)
        more = f"{self.name}.solution()" if last else f"{self.name}.hint({step + 1})"
        return Note(
            f"Hint {step} of {len(self.hints)}: {self.hints[step - 1]} ({more})"
        )

    def solution(self):
        """The source of a right answer."""
        return Listing(self.model)

    def known_mistakes(self):
        """Every named mistake, the single ones first."""
        yield from self.mistakes
        if self.formula:
            for name, sentence, formula in composed(self.mutators, self.formula):
                yield Mistake(name, sentence, formula)

    def right(self, case):
        """The right value for a case."""
        return self.read(self.reference(*case.arguments), False)

    def _names(self):
        return tuple(inspect.signature(self.model).parameters)

    def _result(self, outcome, message, mistake=None):
        heads = {
            "correct": "correct.",
            "wrong": "not yet.",
            "raised": "an error.",
            "not attempted": f"not attempted yet. {self.name}.hint() helps.",
        }
        text = f"{self.name}: {heads[outcome]} {message}".rstrip()
        return Result(outcome, text, mistake)

    def _remarks(self, reply):
        """A word on a right answer in an unusual form."""
        listed = isinstance(reply.returned, list)
        if listed and reply.case.arguments and self.read is _answer.read_numbers:
            return ["(You return a list; an array is easier to compute with.)"]
        return []

    def _judge(self, answer, replies):
        """None if the answer is right, else a wrong `Result`."""
        if self.reference is None:
            return _first_failing(self.conditions, replies[0].value)
        expected = [self.right(reply.case) for reply in replies]
        found = [_fit(r.value, e) for r, e in zip(replies, expected, strict=True)]
        if all(map(self._equal, found, expected)):
            return _first_failing(self.conditions, self._reading(answer))
        for mistake in self.known_mistakes():
            if self._made(mistake, found, expected):
                return Result("wrong", mistake.message, mistake.name)
        if self.read is not _answer.read_numbers:
            return self._unknown_words(found[0], expected[0])
        for pair in zip(found, expected, strict=True):
            _refuse_shape(*pair)
        if failing := _first_failing(self.conditions, self._reading(answer)):
            return failing
        return self._unknown(replies, found, expected)

    def _reading(self, answer):
        """The learner's function with its results read, so that 1 and [1] are one."""
        if callable(answer):
            return lambda *given: np.squeeze(self.read(answer(*given), False))
        return answer

    def _equal(self, found, expected):
        if not isinstance(expected, np.ndarray):
            return found == expected
        if found.shape != expected.shape:
            return False
        return np.allclose(
            found, expected, rtol=self.rtol, atol=self.atol, equal_nan=True
        )

    def _made(self, mistake, found, expected):
        """Whether all replies are those of the mistake, and not the right ones."""
        wrong = [self._wrong_value(mistake, case) for case in self.cases]
        if any(value is None for value in wrong):
            return False
        wrong = [_fit(w, e) for w, e in zip(wrong, expected, strict=True)]
        if all(map(self._equal, wrong, expected)):
            return False
        return all(map(self._equal, found, wrong))

    def _wrong_value(self, mistake, case):
        try:
            return self.read(mistake.answer(*case.arguments), False)
        except (Unusable, ArithmeticError, ValueError, IndexError):
            return None

    def _parts(self, found, expected):
        """Which of a few numbers are right, where several are asked."""
        if not (expected.ndim == 1 and 2 <= expected.size <= 8):
            return ""
        close = [self._equal(f, e) for f, e in zip(found, expected, strict=True)]
        right = [str(k) for k, fits in enumerate(close, 1) if fits]
        return f"Right: number {', '.join(right)}." if right else ""

    def _unknown_words(self, found, expected):
        choices = sorted(set(expected))
        if len(found) != len(expected) or not set(found) <= set(choices):
            message = f"{len(expected)} words are asked, each of {', '.join(choices)}."
            return Result("wrong", message, "wrong_words")
        right = sum(f == e for f, e in zip(found, expected, strict=True))
        return Result("wrong", f"{right} of {len(expected)} are right.", None)

    def _unknown(self, replies, found, expected):
        """No known mistake: say what can be seen, but not the right value."""
        fits = [self._equal(f, e) for f, e in zip(found, expected, strict=True)]
        first = replies[fits.index(False)].case
        name, message = _difference(
            found, expected, found[fits.index(False)], expected[fits.index(False)]
        )
        parts = self._parts(
            replies[fits.index(False)].value, expected[fits.index(False)]
        )
        message += f" {parts}" if parts else ""
        where = _answer.describe_arguments(first, self._names())
        if where:
            message += f" First seen at {where}."
        if any(fits):
            message += f" Right at {sum(fits)} of {len(fits)} inputs."
        if first.note:
            message += f" {first.note}"
        return Result("wrong", message, name)


def _first_failing(conditions, value):
    """The first condition that does not hold; a ValueError of ours says why itself."""
    for condition in conditions:
        try:
            holds = condition.holds(value)
            message = condition.message
            text = message(value) if callable(message) and not holds else message
        except (ValueError, TypeError) as error:
            holds, text = False, f"{condition.name}: {error}"
        except Exception as error:  # the learner's function, tried on other inputs
            holds, text = False, f"{condition.name}: {type(error).__name__}: {error}"
        if not holds:
            return Result("wrong", text, condition.name)
    return None


def _fit(found, expected):
    """One number may come in a list; everything else stays as it is."""
    if isinstance(expected, np.ndarray) and found.size == expected.size == 1:
        return found.reshape(expected.shape)
    return found


def _refuse_shape(found, expected):
    if found.shape == expected.shape:
        return
    name, asked = "wrong_shape", f"{expected.size} numbers are asked"
    if expected.ndim > 1 or found.size == expected.size:
        asked = f"shape {expected.shape} is asked"
    if expected.ndim == 0:
        asked = "one number is asked"
        if np.isclose(found.sum(), expected):
            name, asked = "not_totalled", "one number is asked: their total"
    count = "one number" if found.size == 1 else f"{found.size} numbers"
    message = f"You return {count}, shape {found.shape}; {asked}."
    raise Unusable("wrong", name, message)


def _difference(all_found, all_expected, found, expected):
    """A name and a sentence for how replies differ from what is right."""
    if np.isnan(found).any() and not np.isnan(expected).any():
        return "nan", "Your result is nan, not a number: look for 0 * log(0) or ∞ − ∞."
    endless = np.isinf(found) & ~np.isinf(expected)
    if endless.any():
        return "infinite", "Your result is infinite, and the right one is finite."
    if (np.isinf(expected) & ~np.isinf(found)).any():
        return (
            "finite",
            "The right result is infinite here, and yours is finite: was a small "
            "number added, or a term dropped?",
        )
    if (np.isinf(expected) & (found != expected)).any():
        return "wrong_infinity", "Infinite in the wrong place, or with the wrong sign."
    found, expected = (
        np.concatenate([np.ravel(v) for v in values])
        for values in (all_found, all_expected)
    )
    usable = np.isfinite(found) & np.isfinite(expected)
    found, expected = found[usable], expected[usable]
    if np.allclose(found, expected, rtol=1.5e-2, atol=1e-12):
        return "too_rough", "Close, but not close enough: more digits, and no sampling."
    if found.size > 2 and not (found - found[0]).any():
        return "constant", "You return the same number whatever the input is."
    ratio = found[expected != 0] / expected[expected != 0]
    if ratio.size > 2 and not found[expected == 0].any():
        if np.allclose(ratio, ratio[0]) and ratio[0] != 0:
            return (
                "off_by_a_factor",
                "Right but for one factor, the same at every input: the unit, or what "
                "you divide by?",
            )
    if found.size > 2 and np.allclose(found - expected, (found - expected)[0]):
        return (
            "off_by_a_constant",
            "Right but for one constant, the same at every input: which term is it?",
        )
    if (found < 0).any() and (expected >= 0).all():
        return "negative", "Your result is negative where the right one cannot be."
    return None, "That is not the right value, and it is none of the mistakes I know."
