"""What students get: the notebook without answers and hidden tests, and its zip."""

import json
import zipfile

from tools.coursework.source import ID_NAME, MARKER

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
STAMP = (2020, 1, 1, 0, 0, 0)  # so that the same assignment gives the same bytes


def notebook(assignment, text=lambda cell: cell.released):
    """An assignment as a notebook in the format of nbgrader; `text` gives its cells."""
    return {
        "cells": [_cell(cell, text(cell)) for cell in assignment.cells],
        "metadata": {"kernelspec": KERNELSPEC, "language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def _cell(cell, text):
    said = {"tags": list(cell.tags)} if cell.tags else {}
    if cell.kind != "prose" and cell.name != ID_NAME:  # which nbgrader would empty
        said["nbgrader"] = _nbgrader(cell)
    made = {"id": cell.name, "metadata": said, "source": text}
    if not cell.is_code:
        return {"cell_type": "markdown", **made}
    return {"cell_type": "code", **made, "execution_count": None, "outputs": []}


def _nbgrader(cell):
    """What nbgrader (schema 3) and grader-service want to know of a cell."""
    graded = cell.kind in ("test", "written")
    said = {
        "grade": graded,
        "grade_id": cell.name,
        "locked": cell.kind in ("given", "test"),
        "schema_version": 3,
        "solution": cell.kind in ("answer", "written"),
        "task": False,
        "cell_type": "code" if cell.is_code else "markdown",
    }
    return {**said, "points": cell.points} if graded else said


def write(assignment, folder):
    """Write the student version and its zip; returns the path of the zip."""
    text = json.dumps(notebook(assignment), indent=1, ensure_ascii=False) + "\n"
    if MARKER.search(text):
        raise AssertionError("a solution or hidden test would have been released")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / assignment.file_name).write_text(text, encoding="utf-8")
    path = folder / f"{assignment.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo(assignment.file_name, STAMP), text)
    return path
