"""Grade one notebook: run its cells far away, its tests here."""

import contextlib
import io
from dataclasses import dataclass, field

from tools.coursework import checks, inside


@dataclass
class Outcome:
    """What one notebook earned, cell by cell, and what went wrong in it."""

    scores: dict = field(default_factory=dict)  # test -> points
    messages: dict = field(default_factory=dict)  # test or answer -> one line
    written: dict = field(default_factory=dict)  # written cell -> the student's text


def evaluate(assignment, cells, student, trusted):
    """The outcome of `cells`, pairs (cell of the assignment or None, text to run)."""
    outcome = Outcome()
    for cell, text in cells:
        if cell is not None and cell.kind == "prose":
            continue
        if cell is None:
            if message := student.run(text):
                outcome.messages["a cell that was added"] = message
        elif cell.kind == "test":
            message = checks.run_test(cell.complete, student, trusted)
            outcome.scores[cell.name] = 0 if message else cell.points
            if message:
                outcome.messages[cell.name] = message
        elif cell.kind == "written":
            outcome.written[cell.name] = text
        elif message := student.run(text):
            outcome.messages[cell.name] = message
    return outcome


def in_this_process(names):
    """A student without a sandbox, for texts that we wrote ourselves."""

    def run_cell(code):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(code, names)

    return checks.Student(inside.Notebook(run_cell, names).answer)
