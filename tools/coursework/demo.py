"""A class of twenty made-up students, for a dry run: made from known submissions.

Most hand in a known submission; the others are careless or hostile in the ways that a
real class is. A roster of twenty-one comes with them: one hands in nothing.
"""

import json

from tools.coursework import known, release
from tools.coursework.course import CourseError
from tools.coursework.report import write_csv

NAMES = (
    *("Ada Aalto", "Ben Bauer", "Cem Can", "Dana Diaz", "Eva Ek", "Finn Falk"),
    *("Gia Gallo", "Hugo Hall", "Ida Ito", "Jan Jung", "Kim Klein", "Lea Lund"),
    *("Max Moser", "Nia Ncube", "Ola Olsen", "Pia Popa", "Quinn Qi", "Rosa Ruiz"),
    *("Sam Sato", "Tess Toth", "Uma Uys"),
)


def person(number):
    return f"s{1001 + number}", NAMES[number % len(NAMES)]


def handed_in(assignment, submission, student):
    """A known submission as the notebook that this student would hand in."""
    texts = {
        cell.name: text for cell, text in known.cells(submission, assignment, student)
    }
    return release.notebook(assignment, lambda cell: texts[cell.name])


def cells_named(nb, name):
    return [
        c
        for c in nb["cells"]
        if c["metadata"].get("nbgrader", {}).get("grade_id") == name
    ]


# What people do to a notebook: each takes it and returns the bytes that are handed in


def as_bytes(nb):
    return json.dumps(nb).encode()


def edited_tests(nb):
    for cell in nb["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("points"):
            cell["metadata"]["nbgrader"]["points"] = 100
            cell["source"] = "pass" if cell["cell_type"] == "code" else cell["source"]
    return as_bytes(nb)


def deleted_tests(nb):
    nb["cells"] = [
        c
        for c in nb["cells"]
        if not (
            c["cell_type"] == "code" and c["metadata"].get("nbgrader", {}).get("grade")
        )
    ]
    return as_bytes(nb)


def duplicated_cells(nb):
    nb["cells"] = [copy for cell in nb["cells"] for copy in (cell, dict(cell))]
    return as_bytes(nb)


def cut_off(nb):
    return as_bytes(nb)[:2000]


def with_code(code):
    """A cell of a student's own, in front of everything else."""

    def change(nb):
        cell = {"cell_type": "code", "metadata": {}, "source": code, "outputs": []}
        return as_bytes({**nb, "cells": [cell, *nb["cells"]]})

    return change


SPECIAL = {
    "edited tests": edited_tests,
    "deleted tests": deleted_tests,
    "duplicated cells": duplicated_cells,
    "cut off": cut_off,
    "ends Python": with_code("import os\nos._exit(0)"),
    "never stops": with_code("while True:\n    pass"),
}


def write_class(course, assignment, folder, size=20):
    """Write a class of `size` into `folder`, with its roster; says who did what."""
    assignment = assignment.stamped(course.code)
    submissions = course.known(assignment.name)
    did = {}
    for number in range(size):
        student, _ = person(number)
        turn = number - (size - len(SPECIAL))  # the last ones are the special ones
        what = list(SPECIAL)[turn] if turn >= 0 else ""
        base = submissions[0] if what else submissions[number % len(submissions)]
        change = SPECIAL.get(what, as_bytes)
        path = folder / student / assignment.file_name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(change(handed_in(assignment, base, student)))
        did[student] = what or base.name
    write_roster(course, size + 1)
    return did


def write_roster(course, size):
    """A roster of made-up people; never in place of a real one."""
    path, columns = course.folder / "roster.csv", ["student_id", "name"]
    rows = [dict(zip(columns, person(n), strict=True)) for n in range(size)]
    if path.exists() and course.roster != {r["student_id"]: r["name"] for r in rows}:
        raise CourseError(f"{path} is a roster already: a dry run needs its own folder")
    write_csv(path, rows, columns)
