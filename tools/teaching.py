"""Pages for instructors that nobody types: matrix, times, misconceptions, rubrics.

The matrix joins the objectives of the chapters with book/teaching.yml and with the
front matter of the assignments; the student version of an assignment is made from its
source. Written into book/_generated with the other pages; needs no torch, no nbgrader.
"""

import importlib
import json
from functools import cache
from pathlib import Path

import yaml

from tools import start_figure
from tools.coursework import release
from tools.coursework.course import Course

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT / "coursework")


@cache
def teaching():
    """What book/teaching.yml says."""
    return yaml.safe_load((ROOT / "book" / "teaching.yml").read_text())


@cache
def assignments():
    return [COURSE.assignment(name) for name in COURSE.names]


def pages(chapters):
    """File name -> text of every page for instructors, and of every assignment.

    `chapters` are (name, front matter) of every page with objectives, in order.
    """
    return {
        "matrix.md": matrix_page(chapters),
        "rubrics.md": rubrics_page(),
        **{f"assignment_{a.name}.ipynb": student_page(a) for a in assignments()},
    }


def student_page(assignment):
    """The student version as a page: without a course's numbers."""
    return json.dumps(release.notebook(assignment), indent=1) + "\n"


def graded_cells(objective):
    """(assignment, cells) that grade an objective."""
    for assignment in assignments():
        cells = [
            c for c, ids in assignment.matter["objectives"].items() if objective in ids
        ]
        if cells:
            yield assignment, cells


def matrix_page(chapters):
    """Objectives with what practises them; minutes; what students think."""
    parts = [
        "# What is practised where",
        "Every objective of the course, the section that teaches it, and what trains "
        "it. Exercises and quiz questions are those of the same page, by their place; "
        "cells of assignments by name. A test keeps this table whole.",
    ]
    for name, matter in chapters:
        keys = quiz_keys(name)
        parts.append(f"## {start_figure.first_heading(name)}")
        rows = ["| objective | exercises | quiz | assignment |", "|---|---|---|---|"]
        for objective in matter["objectives"]:
            known = teaching()["objectives"].get(objective["id"], {})
            exercises = ", ".join(
                e.removeprefix("q") for e in known.get("exercises", [])
            )
            quiz = ", ".join(
                map(str, sorted(keys.index(k) + 1 for k in known.get("quiz", [])))
            )
            graded = "; ".join(
                f"[{a.name}](assignment_{a.name}.ipynb): {', '.join(cells)}"
                for a, cells in graded_cells(objective["id"])
            )
            link = f"../../notebooks/{name}.ipynb#{objective['section']}"
            sentence = f"[{objective['sentence']}]({link})"
            rows.append(f"| {sentence} | {exercises} | {quiz} | {graded} |")
        parts.append("\n".join(rows))
    parts += [
        "## How long it takes",
        times(chapters),
        "## What students think",
        thoughts(),
    ]
    return "\n\n".join(parts) + "\n"


def quiz_keys(name):
    """The keys of a page's quiz questions, in their order."""
    module = name.split("_")[0] if name.startswith("ch") else name
    quiz = importlib.import_module(f"kl_helpers.exercises.{module}").quiz
    return [item.key for item in quiz.items]


def times(chapters):
    """Minutes of every chapter and assignment, as their front matter states them."""
    rows = ["| page | read | exercises |", "|---|---|---|"]
    for name, matter in chapters:
        minutes = matter["minutes"]
        title = f"[{start_figure.first_heading(name)}](../../notebooks/{name}.ipynb)"
        rows.append(f"| {title} | {minutes['read']} min | {minutes['exercises']} min |")
    rows += [
        "",
        "| assignment | minutes | points from tests | written |",
        "|---|---|---|---|",
    ]
    for a in assignments():
        tests, written = (
            sum(c.points for c in a.of_kind(kind)) for kind in ("test", "written")
        )
        title = f"[{a.title}](assignment_{a.name}.ipynb)"
        rows.append(f"| {title} | {a.matter['minutes']} | {tests} | {written} |")
    return "\n".join(rows)


def thoughts():
    """Each misconception with the page that repairs it."""
    rows = ["| a student says | repaired in |", "|---|---|"]
    for row in teaching()["misconceptions"]:
        page, _, section = row["repaired"].partition("#")
        address = f"../../notebooks/{page}.ipynb" + f"#{section}" * bool(section)
        rows.append(f"| {row['thought']} | [](<{address}>) |")
    return "\n".join(rows)


def rubrics_page():
    """What earns the points of every written answer."""
    parts = [
        "# Rubrics of the written answers",
        "A person grades what students write. Each line of a rubric earns its points "
        "whatever the words are; give no points for a sentence that is right and "
        "answers something else. Half points are possible.",
    ]
    for assignment in assignments():
        parts.append(f"## {assignment.title}")
        for cell in assignment.of_kind("written"):
            lines = assignment.matter["rubrics"][cell.name]
            listed = "\n".join(f"- {points}: {sentence}" for points, sentence in lines)
            parts.append(f"`{cell.name}`, {cell.points} points:\n\n{listed}")
    return "\n\n".join(parts) + "\n"
