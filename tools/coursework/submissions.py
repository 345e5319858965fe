"""What was handed in, student by student, from what an LMS lets one download.

A folder or a zip in one of three forms:

* plain: one folder a student, named by the student id, a notebook anywhere in it,
* Moodle: folders such as `Anna Meier_12345_assignsubmission_file`,
* Canvas: files such as `meieranna_123_456_a1.ipynb`, with `_LATE_` for late ones.

Moodle and Canvas name people, not ids, so both need the roster.
"""

import hashlib
import re
import shutil
import unicodedata
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from tools.coursework.course import CourseError, same_person

MOODLE = re.compile(r"(?P<who>.+?)_(?P<number>\d+)_assignsubmission_\w+")
CANVAS = re.compile(r"(?P<who>[^_]+)_(?:LATE_)?(?P<number>\d+)_\d+_(?P<file>.+)")
IGNORED = (".ipynb_checkpoints", "__MACOSX", ".DS_Store", "desktop.ini")
LARGEST_MB = 20
LARGEST_DOWNLOAD_MB = 4000


@dataclass
class Submission:
    """One student's notebook, or why there is none."""

    student: str
    path: Path | None = None
    missing: str = ""  # nothing was handed in, and how we know
    failed: str = ""  # something was handed in, and why it cannot be graded
    notes: list = field(default_factory=list)

    @property
    def digest(self):
        return hashlib.sha256(self.path.read_bytes()).hexdigest() if self.path else ""


def collect(place, roster, assignment, work):
    """Every student's submission, in the order of their ids."""
    place = Path(place)
    if place.suffix.lower() == ".zip":
        place = unpacked(place, work / "unpacked")
    if not place.is_dir():
        raise CourseError(f"{place} is not a folder with submissions, nor a zip")
    found = {}
    for who, files in handed_in(place):
        student, notes = identified(who, roster)
        submission = chosen(student, files, assignment)
        submission.notes[:0] = notes
        if student in found:
            submission = Submission(student, failed="handed in twice, under two names")
        found[student] = submission
    if not found:
        raise CourseError(f"{place} holds no submissions: no folders and no files")
    for student in roster:
        found.setdefault(student, Submission(student, missing="nothing was handed in"))
    return [found[student] for student in sorted(found)]


def handed_in(place):
    """(who, files) of each student; who is an id, or a name from an LMS."""
    canvas = {}
    for path in sorted(place.iterdir()):
        if path.name in IGNORED or path.is_symlink():
            continue
        name = unicodedata.normalize("NFC", path.name)
        if path.is_dir():
            moodle = MOODLE.fullmatch(name.rstrip("_"))
            who = Person(moodle["who"]) if moodle else name
            yield who, sorted(files_below(path))
        elif match := CANVAS.fullmatch(name):
            canvas.setdefault((match["who"], match["number"]), []).append(path)
    for (who, _), files in canvas.items():
        yield Person(who), files


class Person(str):
    """A name that an LMS gave, to be found on the roster."""


def identified(who, roster):
    """(student id, notes) of whoever handed in."""
    if not isinstance(who, Person):
        fitting = [i for i in roster if same_person(i, who)]
        unknown = ["not on the roster"] if roster and not fitting else []
        return (fitting[0] if fitting else who), unknown
    if not roster:
        raise CourseError(
            "Moodle and Canvas name people, not student ids: write roster.csv with "
            "the columns student_id,name into the course folder"
        )
    fitting = [i for i, name in roster.items() if letters(who) in spellings(i, name)]
    if len(fitting) == 1:
        return fitting[0], []
    problem = "two people of the roster fit" if fitting else "not on the roster"
    return str(who), [f"{problem}: {who}"]


def letters(name):
    """A name as Canvas writes it: small letters and digits, no accents."""
    plain = unicodedata.normalize("NFKD", name.lower())
    return re.sub(r"[^a-z0-9]", "", plain)


def spellings(student, name):
    """The ways in which an LMS may write this student."""
    words = name.replace(",", " ").split()
    turns = [words[k:] + words[:k] for k in range(len(words))]
    return {letters(student), *(letters("".join(turn)) for turn in turns)} - {""}


def files_below(folder):
    """Files of one student; links are not followed, they may lead anywhere."""
    for path in folder.iterdir():
        if path.name in IGNORED or path.is_symlink():
            continue
        if path.is_dir():
            yield from files_below(path)
        elif path.is_file():
            yield path


def chosen(student, files, assignment):
    """The notebook of one student, or why none can be taken."""
    notebooks = [f for f in files if f.suffix.lower() == ".ipynb"]
    named = [f for f in notebooks if f.name == assignment.file_name]
    named += [f for f in notebooks if f.name.endswith(f"_{assignment.file_name}")]
    if not files:
        return Submission(student, missing="the folder is empty")
    if not notebooks:
        names = ", ".join(f.name for f in files[:3])
        return Submission(student, failed=f"no notebook, only {names}")
    if len(named or notebooks) > 1:
        names = ", ".join(f.name for f in (named or notebooks)[:4])
        return Submission(student, failed=f"which notebook counts: {names}?")
    [path] = named or notebooks
    if path.stat().st_size > LARGEST_MB * 1024 * 1024:
        return Submission(student, failed=f"larger than {LARGEST_MB} MB")
    notes = [] if named else [f"the file is named {path.name}"]
    if len(notebooks) > 1:
        notes.append("other notebooks of the folder were not read")
    return Submission(student, path=path, notes=notes)


def unpacked(archive, folder):
    """The files of a download; nothing leaves the folder, nothing fills the disk."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        with zipfile.ZipFile(archive) as packed:
            size = sum(member.file_size for member in packed.infolist())
            if size > LARGEST_DOWNLOAD_MB * 1024 * 1024:
                raise CourseError(f"{archive} holds more than {LARGEST_DOWNLOAD_MB} MB")
            packed.extractall(folder)  # it drops `..` and leading slashes itself
    except (zipfile.BadZipFile, OSError) as error:
        raise CourseError(f"{archive} cannot be unpacked: {error}") from None
    inside = [path for path in folder.iterdir() if path.name not in IGNORED]
    if len(inside) == 1 and inside[0].is_dir() and not MOODLE.match(inside[0].name):
        return inside[0]
    return folder
