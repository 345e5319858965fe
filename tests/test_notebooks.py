"""The way from text to notebook, on a tiny project of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tools import execution, notebooks

TEXT = """---
kernelspec:
  display_name: Python 3
  language: python
  name: python3
runs: browser
---

# Tiny

A sentence.

```{code-cell}
print("one", flush=True)
print("two")
```

```{code-cell}
:tags: [raises-exception]

1 / 0
```
"""


@pytest.fixture
def tiny(tmp_path):
    """A project with one chapter and an empty package; returns the chapter's path."""
    for folder in ("book/chapters", "notebooks", "kl_helpers"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "kl_helpers" / "__init__.py").write_text('__version__ = "1.2.3"\n')
    (tmp_path / "kl_helpers" / "house.mplstyle").write_text("lines.linewidth: 2\n")
    (tmp_path / "requirements.txt").write_text("numpy==2.0\nrequests==1.0\n")
    (tmp_path / "_config.yml").write_text("title: Tiny\n")
    source = tmp_path / "book" / "chapters" / "tiny.md"
    source.write_text(TEXT)
    return source


@pytest.fixture
def built(tiny):
    assert notebooks.build_one(tiny)
    return tiny


def test_the_time_of_a_run_is_recorded(built):
    times = json.loads((built.parents[1] / "execution_times.json").read_text())
    assert list(times) == ["tiny"] and 0 < times["tiny"] < 60


def test_the_least_time_is_kept(tmp_path):
    file = tmp_path / "times.json"
    for seconds in (7.04, 5.0, 9.0):
        execution.record_time(file, "page", seconds)
    assert json.loads(file.read_text()) == {"page": 5.0}


def read(source):
    return nbformat.read(notebooks.notebook_path(source), as_version=4)


def edit(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def no_kernel(*args, **kwargs):
    raise AssertionError("a kernel was started")


def test_building_twice_gives_the_same_bytes(built):
    path = notebooks.notebook_path(built)
    first = path.read_bytes()
    path.unlink()
    notebooks.build_one(built)
    assert path.read_bytes() == first
    assert notebooks.problems(built) == []


def test_outputs_are_joined_numbered_and_free_of_paths(built):
    stored = read(built)
    printed, failed = notebooks.code_cells(stored)
    assert [output.text for output in printed.outputs] == ["one\ntwo\n"]
    assert [printed.execution_count, failed.execution_count] == [1, 2]
    assert failed.outputs[0].traceback == ["ZeroDivisionError: division by zero"]
    assert "version" not in stored.metadata.language_info


def test_a_change_of_prose_needs_no_kernel(built, monkeypatch):
    monkeypatch.setattr(execution, "execute", no_kernel)
    edit(built, "A sentence.", "Another sentence.")
    assert "disagree" in notebooks.problems(built)[0]
    assert notebooks.merge_one(built)
    assert not notebooks.build_one(built)
    assert notebooks.problems(built) == []
    assert "Another sentence." in read(built).cells[0].source


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("book/chapters/tiny.md", '"two"', '"three"'),
        ("kl_helpers/house.mplstyle", "2", "3"),
        ("requirements.txt", "numpy==2.0", "numpy==2.1"),
    ],
)
def test_a_change_of_code_helpers_or_pins_is_stale(built, file, old, new):
    edit(built.parents[2] / file, old, new)
    assert any("is stale" in problem for problem in notebooks.problems(built))
    assert not notebooks.merge_one(built), "merging must leave it to a kernel"
    assert notebooks.build_one(built), "it must be executed"


def test_a_pin_that_no_output_depends_on_changes_nothing(built):
    edit(built.parents[2] / "requirements.txt", "requests==1.0", "requests==2.0")
    assert notebooks.problems(built) == []


def test_a_failing_cell_is_named_and_the_old_notebook_stays(built):
    before = notebooks.notebook_path(built).read_bytes()
    edit(built, 'print("two")', "raise ValueError('no such luck')")
    with pytest.raises(execution.ChapterError) as caught:
        notebooks.build_one(built)
    for part in ("tiny, cell 2", "line 14", "ValueError: no such luck"):
        assert part in str(caught.value)
    assert notebooks.notebook_path(built).read_bytes() == before


def test_a_notebook_that_was_never_run_is_found(built):
    stored = read(built)
    for cell in notebooks.code_cells(stored):
        cell.outputs, cell.execution_count = [], None
    nbformat.write(stored, notebooks.notebook_path(built))
    assert any("was not run" in problem for problem in notebooks.problems(built))
    assert notebooks.build_one(built)


def test_a_missing_notebook_and_one_without_text_are_found(built):
    path = notebooks.notebook_path(built)
    path.rename(path.with_name("stray.ipynb"))
    assert "is missing" in notebooks.problems(built)[0]
    assert "stray.ipynb has no text" in notebooks.orphans(built.parents[2])[0]


def test_edits_in_the_notebook_go_back_to_the_text(built):
    stored = read(built)
    stored.cells[0].source += "\n\nAdded in the browser."
    stored.cells[1].metadata = {"tags": ["hide-input"], "collapsed": True}
    text = notebooks.as_text(stored, built)
    assert text.startswith(TEXT.split("# Tiny")[0])
    assert "Added in the browser." in text
    assert ":tags: [hide-input]" in text and "collapsed" not in text


def test_newer_text_is_not_overwritten_by_its_notebook(built, monkeypatch):
    monkeypatch.setattr(notebooks, "chosen", lambda names: [built])
    path = notebooks.notebook_path(built)
    edited = TEXT.replace("# Tiny", "# Small")
    built.write_text(edited)
    os.utime(path, (1, 1))
    with pytest.raises(SystemExit, match="nothing was written"):
        notebooks.sync([])
    assert built.read_text() == edited
    os.utime(built, (0, 0))
    notebooks.sync([])
    assert built.read_text() == TEXT


def test_text_of_an_untouched_notebook_is_the_source(built):
    assert notebooks.as_text(read(built), built) == TEXT


@pytest.mark.parametrize(
    ("config", "address"),
    [
        ("repository:\n  url: https://host/o/r\n", "git+https://host/o/r@main"),
        (
            "repository:\n  url: https://host/o/r\nhtml:\n  baseurl: https://site/kl/\n",
            "https://site/kl/wheels/kl_helpers-1.2.3-py3-none-any.whl",
        ),
    ],
)
def test_a_published_notebook_installs_its_package(tiny, config, address):
    (tiny.parents[2] / "_config.yml").write_text(config)
    first = notebooks.read_source(tiny).cells[0]
    assert first.metadata["tags"] == ["remove-cell"] and address in first.source
    compile(first.source, "cell", "exec")
    notebooks.build_one(tiny)
    assert notebooks.problems(tiny) == []
    assert notebooks.as_text(read(tiny), tiny) == TEXT


def test_an_unknown_chapter_is_named():
    command = [sys.executable, "-m", "tools.notebooks", "build", "ch99"]
    root = Path(__file__).resolve().parent.parent
    run = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert run.returncode and "no chapter 'ch99'; there are " in run.stderr
    assert "ch01_" in run.stderr
    assert "Traceback" not in run.stderr
