"""Coursework. `make` lists the usual commands; this is what they call.

python -m tools.coursework release  a1
python -m tools.coursework demo     a1              a made-up class for a dry run
python -m tools.coursework grade    a1 submissions  a folder or a zip
python -m tools.coursework feedback a1
python -m tools.coursework grades
python -m tools.coursework try      a1              for authors
python -m tools.coursework nbgrader a1              the same for nbgrader itself
"""

import argparse
import sys
from pathlib import Path

from tools.coursework import classroom, demo, export, feedback, record, release, report
from tools.coursework import submissions as handed_in
from tools.coursework.course import DEMO, Course, CourseError
from tools.coursework.sandbox import Refused
from tools.coursework.source import SourceError

ROOT = Path(__file__).resolve().parents[2]


def do_release(course, arguments):
    assignment = course.assignment(arguments.assignment).stamped(course.code)
    path = release.write(assignment, course.work(assignment.name) / "release")
    print(f"{path}: upload this zip, or the notebook beside it")


def do_demo(course, arguments):
    assignment = course.assignment(arguments.assignment)
    folder = course.folder / "submissions" / assignment.name
    for student, what in demo.write_class(course, assignment, folder).items():
        print(f"{student}: {what}")
    print(f"{folder}: a made-up class of twenty; one more stands on the roster")


def do_grade(course, arguments):
    assignment = course.assignment(arguments.assignment)
    folder = course.work(assignment.name)
    place = arguments.submissions or course.folder / "submissions" / assignment.name
    found = handed_in.collect(place, course.roster, assignment, folder)
    records = classroom.grade_class(
        course, assignment, found, arguments.workers, arguments.unsafe
    )
    for line in report.lines(assignment, records):
        print(line)
    print(f"{report.write_report(assignment, records, folder)}: the same report")
    if assignment.of_kind("written"):
        path = report.write_written(assignment, records, folder)
        print(f"{path}: fill in points and comments of the written answers")
        print(f"{report.write_rubrics(assignment, folder)}: what earns points there")


def do_feedback(course, arguments):
    assignment = course.assignment(arguments.assignment)
    folder = course.work(assignment.name)
    records = record.read_all(folder)
    if not records:
        raise CourseError(f"{assignment.name} was not graded yet")
    print(f"{feedback.write(assignment, records, folder)}: one page a student")


def do_grades(course, arguments):
    columns, rows = report.grades(course)
    if not rows:
        raise CourseError("nothing was graded yet, and there is no roster")
    path = course.folder / "work" / "grades.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    print(report.write_csv(path, rows, columns))


def do_try(course, arguments):
    from tools.coursework import trial

    assignment = course.assignment(arguments.assignment)
    trials = list(trial.run_all(assignment, course.known(assignment.name)))
    for done in trials:
        print(f"{done.known.name}: {sum(done.outcome.scores.values())} points")
        for cell, message in done.outcome.messages.items():
            print(f"    {cell}: {message}")
    if found := list(trial.problems(assignment, trials)):
        raise CourseError("\nkl: ".join(found))


def do_nbgrader(course, arguments):
    assignment = course.assignment(arguments.assignment).stamped(course.code)
    path = export.write(assignment, course.folder / "work" / "nbgrader")
    print(f"{path}: the source; nbgrader grades it with COURSE_SECRET in its kernel")


def main(words=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    verbs = {
        "release": do_release,
        "demo": do_demo,
        "grade": do_grade,
        "feedback": do_feedback,
        "grades": do_grades,
        "try": do_try,
        "nbgrader": do_nbgrader,
    }
    parser.add_argument("verb", choices=verbs)
    parser.add_argument("assignment", nargs="?", default="")
    parser.add_argument("submissions", nargs="?", type=Path)
    parser.add_argument("--course", type=Path, default=ROOT / "coursework")
    parser.add_argument("--workers", type=int)
    parser.add_argument("--unsafe", action="store_true", help="without a sandbox")
    arguments = parser.parse_args(words)
    course = Course(arguments.course)
    try:
        if arguments.verb not in ("grades", "try") and course.secret == DEMO:
            print("kl: the secret is `demo`, which everybody knows: a dry run only")
        verbs[arguments.verb](course, arguments)
    except (CourseError, SourceError, Refused) as error:
        sys.exit(f"kl: {error}")


if __name__ == "__main__":
    main()
