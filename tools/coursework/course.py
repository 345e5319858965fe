"""A course folder: sources, known submissions, roster, secret, and what is made.

coursework/            or any folder of the instructor's
  sources/a1.md        assignments
  known/a1/*.yml       known submissions, for tests and for the bundled class
  roster.csv           student_id,name: who should hand in (optional)
  secret               the course's secret, if COURSE_SECRET does not hold it
  work/                everything that is made here
"""

import csv
import hashlib
import hmac
import os
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tools.coursework import known, source

SHORTEST_SECRET = 12
DEMO = "demo"  # for the dry run of the guide: everybody knows it
NO_SECRET = (
    "COURSE_SECRET is not set. Choose a long random text, one for the whole course, "
    "keep it, and set it for every command or write it into {file}. "
    "Only for a dry run: COURSE_SECRET=demo"
)


class CourseError(Exception):
    """What the instructor must mend, as one sentence."""


@dataclass(frozen=True)
class Course:
    """Where everything of one course stands."""

    folder: Path

    @cached_property
    def secret(self):
        """The text that only the instructor knows."""
        file = self.folder / "secret"
        stored = file.read_text().strip() if file.exists() else ""
        secret = os.environ.get("COURSE_SECRET", "").strip() or stored
        if not secret:
            raise CourseError(NO_SECRET.format(file=file))
        if len(secret) < SHORTEST_SECRET and secret != DEMO:
            raise CourseError(
                f"COURSE_SECRET has {len(secret)} characters and can be guessed: take "
                f"at least {SHORTEST_SECRET}"
            )
        return secret

    @cached_property
    def code(self):
        """What a release shows of the secret: enough for `number`, no way back."""
        digest = hmac.digest(self.secret.encode(), b"public code", hashlib.sha256)
        return digest.hex()[:16]

    @property
    def names(self):
        return sorted(path.stem for path in (self.folder / "sources").glob("*.md"))

    def assignment(self, name):
        """One assignment, not stamped yet."""
        if name not in self.names:
            raise CourseError(
                f"no assignment {name!r} in {self.folder / 'sources'}; there are: "
                + ", ".join(self.names)
            )
        return source.read(self.folder / "sources" / f"{name}.md")

    def known(self, name):
        return known.read(self.folder / "known" / name)

    def work(self, name):
        return self.folder / "work" / name

    @cached_property
    def roster(self):
        """{student id: name}; empty if there is no roster."""
        file = self.folder / "roster.csv"
        if not file.exists():
            return {}
        with file.open(newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.DictReader(lines))
        if rows and "student_id" not in rows[0]:
            raise CourseError(f"{file}: the first line must be student_id,name")
        ids = [row["student_id"].strip() for row in rows]
        if twice := {i for i in ids if ids.count(i) > 1}:
            raise CourseError(f"{file}: {twice.pop()!r} stands there twice")
        return {
            i: (row.get("name") or "").strip()
            for i, row in zip(ids, rows, strict=True)
            if i
        }


def same_person(one, other):
    """Whether two spellings of a student id mean the same."""
    return one.strip().lower() == other.strip().lower()


def file_name(student):
    """A file name for a student: no folder, no surprise, no two alike."""
    plain = re.sub(r"[^A-Za-z0-9.-]", "_", student)[:60]
    if plain == student and not plain.startswith("."):
        return plain
    return f"{plain.lstrip('.')}-{hashlib.sha256(student.encode()).hexdigest()[:8]}"
