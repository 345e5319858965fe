"""Tests of the tests: each kind of damage turns its own check red, by its own name."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from copies import CHAPTER, copy_project

ROOT = Path(__file__).resolve().parent.parent
pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path):
    """A copy of the project, to be damaged."""
    copy_project(tmp_path, "-co", "--exclude-standard")
    return tmp_path


def run(project, *command):
    """Run Python in the copy; its exit code and everything it printed."""
    environment = {**os.environ, "PYTHONPATH": str(project)}
    result = subprocess.run(
        [sys.executable, *command],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
    )
    return result.returncode, result.stdout + result.stderr


def pytest_run(project, *arguments):
    return run(project, "-m", "pytest", "-q", "-o", "addopts=", *arguments)


def edit(path, old, new):
    text = path.read_text()
    assert old in text, f"{old!r} no longer stands in {path.name}"
    path.write_text(text.replace(old, new, 1))


def edit_notebook(project, change):
    path = project / "notebooks" / f"{CHAPTER}.ipynb"
    nb = nbformat.read(path, as_version=4)
    change(nb)
    nbformat.write(nb, path)


def first_output(nb, kind):
    """The first output of a notebook that has `kind`: "text" or "image/png"."""
    for cell in nb.cells:
        for output in cell.get("outputs", []):
            if kind in output or kind in output.get("data", {}):
                return output
    raise AssertionError(f"no output with {kind}")


def test_the_undamaged_copy_is_green(project):
    code, printed = pytest_run(project, "tests/test_chapters.py")
    assert code == 0, printed


def test_another_logarithm_in_a_helper(project):
    edit(project / "kl_helpers" / "_stable.py", "np.log(terms", "np.log2(terms")
    code, printed = pytest_run(project, "tests/test_discrete.py")
    assert code == 1 and "FAILED tests/test_discrete.py" in printed


def test_an_edited_output(project):
    def change(nb):
        output = first_output(nb, "text")
        output["text"] = output["text"].replace("0.4332", "0.4333")

    edit_notebook(project, change)
    code, printed = pytest_run(project, "--nbval", f"notebooks/{CHAPTER}.ipynb")
    assert code == 1 and "Cell outputs differ" in printed and "0.4333" in printed


def test_a_notebook_that_was_never_run(project):
    def change(nb):
        for cell in nb.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None

    edit_notebook(project, change)
    code, printed = pytest_run(project, "tests/test_chapters.py")
    assert code == 1 and "was not run from top to bottom" in printed


def test_a_wrong_number_in_the_prose(project):
    text = project / "book" / "chapters" / f"{CHAPTER}.md"
    edit(text, "0.625 bits per symbol", "0.652 bits per symbol")
    assert run(project, "-m", "tools.notebooks", "build")[0] == 0
    code, printed = pytest_run(project, "tests/test_chapters.py")
    assert code == 1 and "'0.652 bits' stands in no output of the page" in printed


def test_another_colour_without_a_rebuild(project):
    edit(project / "kl_helpers" / "plots.py", "#0072B2", "#0072B3")
    code, printed = pytest_run(project, "tests/test_chapters.py")
    assert code == 1 and "is stale" in printed


def test_a_missing_alt_text(project):
    edit_notebook(
        project, lambda nb: first_output(nb, "image/png")["data"].pop("text/plain")
    )
    code, printed = pytest_run(project, "tests/test_chapters.py")
    assert code == 1 and "a figure has no alt text" in printed


def test_torch_in_the_core(project):
    edit(
        project / "kl_helpers" / "gaussian.py",
        "import numpy",
        "import torch\nimport numpy",
    )
    code, printed = pytest_run(project, "tests/test_layering.py")
    assert code == 1 and "torch" in printed
