"""Python for the browser is the official one, or there is none."""

import hashlib
import json
import os
import re
import zipfile

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from tools import lite, pyodide

FILES = {"pyodide.js": b"js", "a-1.0-py3-none-any.whl": b"wheel"}


@pytest.fixture
def pinned(tmp_path, monkeypatch):
    """Two files are all that is expected; returns a folder that has them."""
    sums = {name: hashlib.sha256(data).hexdigest() for name, data in FILES.items()}
    core, wheel = FILES
    package = {"file_name": wheel, "sha256": sums[wheel]}
    pins = {"version": "1", "core": {core: sums[core]}}
    pins["lock"] = {"info": {}, "packages": {"a": package}}
    monkeypatch.setattr(pyodide, "PINS", pins)
    monkeypatch.setattr(pyodide, "CACHE", tmp_path / "cache")
    monkeypatch.delenv("PYODIDE_DIR", raising=False)
    folder = tmp_path / "given"
    folder.mkdir()
    for name, data in FILES.items():
        (folder / name).write_bytes(data)
    return folder


def test_a_named_folder_is_used(pinned, monkeypatch):
    monkeypatch.setenv("PYODIDE_DIR", str(pinned))
    assert pyodide.find() == pinned


@pytest.mark.parametrize("damage", ["corrupted", "missing"])
@pytest.mark.parametrize("name", FILES)
def test_a_named_folder_with_a_bad_file_is_refused_by_its_name(
    pinned, monkeypatch, name, damage
):
    monkeypatch.setenv("PYODIDE_DIR", str(pinned))
    if damage == "missing":
        (pinned / name).unlink()
    else:
        (pinned / name).write_bytes(b"other")
    words = "is missing" if damage == "missing" else "is not the file of Pyodide 1"
    with pytest.raises(pyodide.BadFile, match=f"{name} {words}"):
        pyodide.find()


def offers(data):
    """A source with these files, which counts how often it was asked."""
    asked = []

    def fetch(folder):
        asked.append(folder)
        for name in pyodide.missing(folder):
            pyodide.keep(folder, name, data[name])

    return fetch, asked


def test_sources_are_asked_in_order_and_once(pinned, monkeypatch):
    said = []
    bad, asked_bad = offers({name: b"other" for name in FILES})
    good, asked_good = offers(FILES)
    monkeypatch.setattr(pyodide, "SOURCES", {"bad": bad, "good": good})
    assert pyodide.find(said.append) == pyodide.CACHE
    assert said == ["kl: no Pyodide from bad: the pyodide.js it offers is not the "
                    "official one"]  # fmt: skip
    assert pyodide.find(said.append) == pyodide.CACHE
    assert len(asked_bad) == len(asked_good) == 1
    assert not list(pyodide.CACHE.glob("*.part"))


def test_a_cached_file_that_changed_is_fetched_again(pinned, monkeypatch):
    good, asked = offers(FILES)
    monkeypatch.setattr(pyodide, "SOURCES", {"good": good})
    pyodide.find()
    (pyodide.CACHE / "pyodide.js").write_bytes(b"other")
    pyodide.find()
    assert len(asked) == 2 and pyodide.missing(pyodide.CACHE) == []


def test_without_a_source_there_is_none_and_a_reason(pinned, monkeypatch):
    def silent(folder):
        raise pyodide.BadFile("it does not answer")

    said = []
    monkeypatch.setattr(pyodide, "SOURCES", {"the moon": silent})
    assert pyodide.find(said.append) is None
    assert said == ["kl: no Pyodide from the moon: it does not answer"]


def test_our_wheel_stands_in_the_lock(pinned, tmp_path):
    wheel = tmp_path / "own-2.0-py3-none-any.whl"
    wheel.write_bytes(b"own")
    target = tmp_path / "made" / "pyodide"
    pyodide.assemble(pinned, target, {"own": (wheel, ["own"], ["a"])})
    entry = json.loads((target / "pyodide-lock.json").read_text())["packages"]["own"]
    assert entry["version"] == "2.0" and entry["depends"] == ["a"]
    assert entry["sha256"] == hashlib.sha256(b"own").hexdigest()
    assert {p.name for p in target.iterdir()} == {
        *FILES, wheel.name, "pyodide-lock.json"
    }  # fmt: skip


def test_cells_that_need_more_become_text():
    picture = new_output("display_data", {"image/png": "QUJD", "text/plain": "0.5"})
    number = new_output("stream", name="stdout", text="0.625 bits\n")
    local = new_code_cell("import torch", metadata={"tags": ["local-only"]})
    local.outputs = [number, picture]
    install = new_code_cell("pip", metadata={"tags": ["remove-cell"]})
    kept = new_code_cell("1 + 1", execution_count=3)
    words = new_markdown_cell(
        "See [one](ch01_definition_and_gibbs.ipynb#a), [four](ch04_vae.ipynb) and "
        "[here](#x)."
    )
    nb = lite.for_browser(new_notebook(cells=[install, words, local, kept]))
    welcome, text, stored, code = nb.cells
    assert "in your browser" in welcome.source
    assert text.source == (
        "See [one](ch01_definition_and_gibbs.ipynb#a), four and [here](#x)."
    )
    assert stored.cell_type == "markdown" and code.execution_count is None
    for part in ("import torch", "0.625 bits", "![0.5](data:image/png;base64,QUJD)"):
        assert part in stored.source
    nbformat.validate(nb)


def test_an_installed_package_becomes_a_wheel_again(tmp_path):
    wheel = lite.wheel_of_installed("comm", tmp_path / "pypi")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    assert "comm/__init__.py" in names
    assert any(name.endswith(".dist-info/METADATA") for name in names)
    assert not any("__pycache__" in name for name in names)


def test_browser_pages_follow_the_front_matter():
    assert "ch01_definition_and_gibbs" in lite.pages()
    assert "ch04_vae" not in lite.pages()


def test_pages_that_are_said_to_need_torch_need_it():
    texts = (lite.ROOT / "book" / "chapters").glob("*.md")
    local = [text for p in texts if "\nruns: local\n" in (text := p.read_text())]
    assert len(local) > 5
    needs = re.compile(
        r"^(import torch|from kl_helpers\.nn|from kl_helpers import nn)", re.M
    )
    assert all(needs.search(text) for text in local)


def test_the_size_of_the_download_is_said_in_one_voice():
    text = (lite.ROOT / "book" / "how_to.md").read_text()
    assert f"loads {lite.DOWNLOAD_MB} MB" in text


@pytest.mark.skipif("PYODIDE_DIR" not in os.environ, reason="PYODIDE_DIR is not set")
def test_the_given_folder_is_the_official_one():
    pyodide.check(os.environ["PYODIDE_DIR"])
