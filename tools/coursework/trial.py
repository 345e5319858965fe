"""For authors: try the known submissions of an assignment without a sandbox.

Says what scored otherwise than written, and which hidden assert nobody is caught by.
"""

import ast
from dataclasses import dataclass, replace

from tools.coursework import checks, grade, known, shortcut
from tools.coursework.source import HIDDEN

STUDENT, SECRET, CODE = "trial-student", "the secret of a trial", "trial"


@dataclass
class Trial:
    """One known submission after it was run; its functions can still be called."""

    known: known.Known
    names: dict  # what its cells defined
    trusted: dict
    outcome: grade.Outcome

    def passes(self, cell):
        student = grade.in_this_process(self.names)
        return checks.run_test(cell.complete, student, self.trusted) is None


def run_all(assignment, submissions):
    """A trial of each known submission; the first, the reference, helps the others."""
    reference = None
    for submission in submissions:
        yield (done := run(assignment, submission, reference))
        if submission.name == "reference":
            reference = done


def run(assignment, submission, reference=None):
    """Run a known submission in this process: only for texts of our own.

    With the trial of the reference, only the cells that may behave otherwise are run.
    """
    assignment = assignment.stamped(CODE)
    cells = known.cells(submission, assignment, STUDENT)
    trusted = checks.trusted_names(CODE, SECRET, assignment.name, STUDENT)
    names, outcome = {}, grade.Outcome()
    if reference and submission.base == "reference":
        before = known.cells(reference.known, assignment, STUDENT)
        again, changed = shortcut.touched(codes(before), codes(cells), reference.names)
        again |= shortcut.tests_touched(assignment, changed)
        names = shortcut.copied(reference.names)
        outcome.scores.update(reference.outcome.scores)
        cells = [(c, text) for c, text in cells if c.name in again or not c.is_code]
    student = grade.in_this_process(names)
    found = grade.evaluate(assignment, cells, student, trusted)
    found.scores = {**outcome.scores, **found.scores}
    return Trial(submission, names, trusted, found)


def codes(cells):
    """{name of the cell: its code} of the cells that a student's process runs."""
    return {c.name: text for c, text in cells if c.kind in ("given", "answer")}


def problems(assignment, trials):
    """What an author must mend in the known submissions, one sentence each."""
    if [t.known.name for t in trials][:2] != ["reference", "blank"]:
        yield "there must be reference.yml and blank.yml"
    for trial in trials:
        scored, written = trial.outcome.scores, trial.known.scores
        if scored != written:
            why = trial.outcome.messages
            yield f"{trial.known.name}: scored {scored}, written is {written}; {why}"
    for cell, number, message in hidden_asserts(assignment):
        without = replace(cell, source=_omitted(cell, number))
        likely = sorted(trials, key=lambda t: not _said(t, cell.name, message))
        if not any(_caught_only_by(cell, without, trial) for trial in likely):
            yield (
                f"{cell.name}: no known submission is caught only by the hidden check "
                f"number {number + 1}: {message}"
            )


def _said(trial, test, message):
    """Whether a test told this submission what the assert with this message tells."""
    return repr(trial.outcome.messages.get(test)) == message


def _caught_only_by(cell, without, trial):
    if trial.known.name == "blank" or trial.outcome.scores.get(cell.name):
        return False
    return trial.passes(without)


def hidden_asserts(assignment):
    """(test cell, number, message) of every assert in a hidden region."""
    for cell in assignment.of_kind("test"):
        for number, node in enumerate(_asserts(cell)):
            yield cell, number, ast.unparse(node.msg) if node.msg else ""


def _asserts(cell):
    """Asserts in the hidden regions of a test, those in loops too."""
    hidden = _lines_of_hidden(cell)
    nodes = ast.walk(ast.parse(cell.source))
    found = [n for n in nodes if isinstance(n, ast.Assert) and n.lineno in hidden]
    return sorted(found, key=lambda n: n.lineno)


def _lines_of_hidden(cell):
    lines = set()
    for found in HIDDEN.finditer(cell.source):
        first = cell.source.count("\n", 0, found.start()) + 1
        lines |= set(range(first, first + found.group().count("\n") + 1))
    return lines


def _omitted(cell, number):
    node = _asserts(cell)[number]
    lines = cell.source.split("\n")
    indent = " " * node.col_offset
    lines[node.lineno - 1 : node.end_lineno] = [indent + "pass"]
    return "\n".join(lines)
