"""What grading found out about one student, kept as one small file.

The file is written whole or not at all, and carries a fingerprint of all that it
depends on. So an interrupted class is resumed, and a changed submission, assignment or
secret is graded again.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tools.coursework.course import file_name

GRADED, FAILED, MISSING = "graded", "failed", "missing"


@dataclass
class Record:
    """One student and one assignment; scores count only if the status is graded."""

    student: str
    status: str
    reason: str = ""
    notes: list = field(default_factory=list)
    scores: dict = field(default_factory=dict)
    messages: dict = field(default_factory=dict)
    written: dict = field(default_factory=dict)
    fingerprint: str = ""
    cpu_seconds: float = 0.0

    @property
    def points(self):
        return sum(self.scores.values())


def fingerprint(assignment, course, submission):
    """One hash of everything that decides a grade."""
    code = [f.read_bytes() for f in sorted(Path(__file__).parent.glob("*.py"))]
    digest = hashlib.sha256(b"".join(code))
    text = repr((assignment, course.secret, submission.student, submission.digest))
    digest.update(text.encode())
    return digest.hexdigest()


def place(folder, student):
    return folder / "graded" / f"{file_name(student)}.json"


def write(folder, record):
    path = place(folder, record.student)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_suffix(".part")
    beside.write_text(json.dumps(asdict(record), indent=1), encoding="utf-8")
    os.replace(beside, path)


def read(folder, student):
    """The record of a student, or None."""
    path = place(folder, student)
    return Record(**json.loads(path.read_text("utf-8"))) if path.exists() else None


def read_all(folder):
    """The records of the last grading of this assignment, in its order."""
    listed = folder / "class.json"
    students = json.loads(listed.read_text("utf-8")) if listed.exists() else []
    return [r for student in students if (r := read(folder, student))]


def list_class(folder, students):
    """Remember who belongs to this grading: old records of others do not count."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(list(students), indent=1)
    (folder / "class.json").write_text(text, encoding="utf-8")
