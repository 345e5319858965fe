"""Submissions whose score we know: coursework/known/a1/*.yml.

says: What this person did, in one sentence.
base: reference             # or blank: what all other cells hold
mistake: swapped            # its name in the exercises of the course, if it has one
answers:                    # what differs from the base, by the name of the cell
  kl: |
    def kl(p, q): …
scores: {kl: 2, kl-zero: 0}
"""

from dataclasses import dataclass

import yaml

from tools.coursework.source import ID_NAME


@dataclass(frozen=True)
class Known:
    """One made-up submission and the score of each of its tests."""

    name: str
    says: str
    base: str
    answers: dict
    scores: dict
    mistake: str = ""


def read(folder):
    """All known submissions of one assignment, reference and blank first."""
    found = [
        Known(path.stem, **{"answers": {}, **yaml.safe_load(path.read_text())})
        for path in sorted(folder.glob("*.yml"))
    ]
    return sorted(found, key=lambda k: (k.name != "reference", k.name != "blank"))


def cells(known, assignment, student_id):
    """What this person would hand in: (cell, text) in the order of the assignment."""
    if unknown := set(known.answers) - {c.name for c in assignment.cells}:
        raise ValueError(f"{known.name}: no cell is named {unknown.pop()!r}")
    answers = dict(known.answers)
    if known.base == "reference":
        answers.setdefault(ID_NAME, f'student_id = "{student_id}"')
    return [(c, answers.get(c.name) or _base_text(c, known)) for c in assignment.cells]


def _base_text(cell, known):
    if known.base == "blank":
        return cell.released
    return cell.source if cell.kind == "written" else cell.solved
