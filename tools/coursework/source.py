"""An assignment as its author writes it: coursework/sources/a1.md, MyST text.

One text holds task, answers, visible and hidden tests. Each cell is of one kind:

* prose: Markdown that explains and asks,
* given: code that students run and do not change,
* answer: code that students write; the model answer stands between solution markers,
* test: asserts worth points; hidden ones stand between their own markers,
* written: Markdown that students write and a person grades by a rubric.
"""

import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import jupytext

SOLUTION = re.compile(
    r"^( *)### BEGIN SOLUTION\n(.*?)^ *### END SOLUTION(?:\n|$)", re.DOTALL | re.M
)
HIDDEN = re.compile(
    r"^ *### BEGIN HIDDEN TESTS\n(.*?)^ *### END HIDDEN TESTS(?:\n|$)", re.DOTALL | re.M
)
MARKER = re.compile(r"### (BEGIN|END) (SOLUTION|HIDDEN TESTS)")
STUB = "..."
WRITE_HERE = "*Write your answer here: a double click opens this cell.*"
ID_NAME = "student-id"
ID_CELL = 'student_id = ""  # write your student id between the quotation marks'
COURSE_CELL = '''import hashlib

COURSE = "{code}"


def number(name, low, high):
    """A whole number from low to high: yours, and always the same."""
    if not student_id.strip():
        raise ValueError("First write your student_id into the cell above.")
    text = f"{{COURSE}}/{{student_id.strip().lower()}}/{{name}}"
    digest = hashlib.sha256(text.encode()).hexdigest()
    return low + int(digest, 16) % (high - low + 1)'''
UNSTAMPED = "not stamped"
DEFAULTS = {
    "seconds": 20,
    "memory_mb": 2000,
    "package": False,
    "rubrics": {},
    "examples": {},
}


class SourceError(Exception):
    """What is wrong with an assignment's text, as one sentence."""


@dataclass(frozen=True)
class Cell:
    """One cell; the name is its grade_id in the nbgrader format."""

    kind: str
    name: str
    source: str
    points: int = 0
    tags: tuple = ()

    @property
    def is_code(self):
        return self.kind in ("given", "answer", "test")

    @cached_property
    def released(self):
        """The text that students get: no answer, no hidden test."""
        if self.kind == "written":
            return WRITE_HERE
        text = SOLUTION.sub(lambda found: f"{found[1]}{STUB}\n", self.source)
        return HIDDEN.sub("", text).rstrip("\n")

    @cached_property
    def solved(self):
        """The text with the model answer, without markers and hidden tests."""
        text = SOLUTION.sub(lambda found: found[2], self.source)
        return HIDDEN.sub("", text).rstrip("\n")

    @cached_property
    def complete(self):
        """The text that grades: with hidden tests, without markers."""
        text = SOLUTION.sub(lambda found: found[2], self.source)
        return HIDDEN.sub(lambda found: found[1], text).rstrip("\n")


@dataclass(frozen=True)
class Assignment:
    """What one text says: its cells in order, and its front matter."""

    name: str
    matter: dict
    cells: tuple

    def of_kind(self, *kinds):
        return [cell for cell in self.cells if cell.kind in kinds]

    @property
    def title(self):
        return self.matter["title"]

    @property
    def file_name(self):
        return f"{self.name}.ipynb"

    @property
    def points(self):
        """{name: points} of every graded cell, in order."""
        return {c.name: c.points for c in self.of_kind("test", "written")}

    def stamped(self, code):
        """The same assignment for one course: `number` depends on its code."""
        course = COURSE_CELL.format(code=code)
        cells = (
            replace(c, source=course) if c.name == "course" else c for c in self.cells
        )
        return replace(self, cells=tuple(cells))


def read(path):
    """The assignment in a MyST text; a SourceError says what is wrong with it."""
    path = Path(path)
    nb = jupytext.read(path, fmt="md:myst")
    matter = {**DEFAULTS, **nb.metadata}
    for key in ("jupytext", "kernelspec"):
        matter.pop(key, None)
    cells = [_cell(cell, place) for place, cell in enumerate(nb.cells)]
    cells[1:1] = [
        Cell("answer", ID_NAME, ID_CELL),
        Cell(
            "given", "course", COURSE_CELL.format(code=UNSTAMPED), tags=("hide-cell",)
        ),
    ]
    assignment = Assignment(path.stem, matter, tuple(cells))
    if found := next(problems(assignment), None):
        raise SourceError(f"{path.name}: {found}")
    return assignment


def _cell(cell, place):
    said = dict(cell.metadata)
    kinds = [kind for kind in ("answer", "test", "written") if kind in said]
    if len(kinds) > 1:
        raise SourceError(f"a cell is both {' and '.join(kinds)}: {cell.source[:60]!r}")
    default = "given" if cell.cell_type == "code" else "prose"
    kind = kinds[0] if kinds else default
    name = str(said[kind]) if kinds else f"{default}-{place}"
    points, tags = said.get("points", 0), tuple(said.get("tags", ()))
    return Cell(kind, name, cell.source, points, tags)


def problems(assignment):
    """What an author must mend, one sentence each."""
    names = [cell.name for cell in assignment.cells]
    for name in {n for n in names if names.count(n) > 1}:
        yield f"two cells are named {name!r}"
    for key in ("title", "minutes", "objectives"):
        if key not in assignment.matter:
            yield f"the front matter has no {key!r}"
    for cell in assignment.cells:
        yield from _problems_of(cell, assignment)


def _problems_of(cell, assignment):
    solved, hidden = SOLUTION.search(cell.source), HIDDEN.search(cell.source)
    if MARKER.search(cell.released) or MARKER.search(cell.complete):
        yield f"a marker of cell {cell.name!r} has no partner or is misspelt"
    if bool(solved) != (cell.kind == "answer") and cell.name != ID_NAME:
        yield f"cell {cell.name!r}: answers, and only they, have solution markers"
    if hidden and cell.kind != "test":
        yield f"cell {cell.name!r} has hidden tests but is not a test"
    graded = cell.kind in ("test", "written")
    if graded != (isinstance(cell.points, int) and cell.points > 0):
        yield f"cell {cell.name!r}: tests and written answers have points, no others"
    if graded and cell.name not in assignment.matter.get("objectives", {}):
        yield f"the front matter names no objectives of {cell.name!r}"
    rubric = assignment.matter["rubrics"].get(cell.name, [])
    if cell.kind == "written" and sum(p for p, _ in rubric) != cell.points:
        yield f"the rubric of {cell.name!r} must add up to its {cell.points} points"
    for points, _ in assignment.matter["examples"].get(cell.name, []):
        if not 0 <= points <= cell.points:
            yield f"an example of {cell.name!r} has {points} points of {cell.points}"
