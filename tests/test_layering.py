"""The core needs numpy alone, its oracles know nothing of it, its docs are complete."""

import ast
import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kl_helpers

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "kl_helpers"
DRAWING = {"matplotlib", "IPython", "PIL"}
MODULES = sorted(PACKAGE.rglob("*.py"))
BLOCKED = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ImportError(name + " is blocked")

sys.meta_path.insert(0, Block())
try:
    import {first}
except ImportError:
    print("blocked")
import kl_helpers
print(round(float(kl_helpers.kl_divergence([0.5, 0.5], [0.75, 0.25])), 6))
print(sorted(name for name in sys.modules if name in {blocked!r}))
"""


def imported(path):
    """The first names of all modules that a file imports, anywhere in it."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.partition(".")[0])
    return names


def relative_imports(path):
    """The modules of its own package that a file imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.level:
            found = [node.module] if node.module else [a.name for a in node.names]
            names |= {name.partition(".")[0] for name in found}
    return names


@pytest.mark.parametrize(
    "first", ["torch", "scipy", "matplotlib", "IPython", "pandas", "PIL"]
)
def test_the_core_works_where_only_numpy_is(first):
    blocked = ["torch", "scipy", "matplotlib", "IPython", "pandas", "PIL"]
    code = BLOCKED.format(blocked=blocked, first=first)
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stderr == ""
    assert run.stdout.splitlines() == ["blocked", "0.143841", "[]"]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.name)
def test_what_a_module_may_import(path):
    found = imported(path)
    inside_nn = path.is_relative_to(PACKAGE / "nn")
    assert inside_nn or "torch" not in found
    assert path.name == "plots.py" or not found & DRAWING
    assert not found & {"scipy", "sklearn", "mpmath", "pandas", "kl_helpers"}
    if path.name != "plots.py" and not inside_nn:
        assert not relative_imports(path) & {"plots", "nn", "exercises"}


def test_plots_do_import_what_they_draw_with():
    assert imported(PACKAGE / "plots.py") >= DRAWING


def test_oracles_do_not_know_the_package():
    files = sorted((ROOT / "tests" / "oracles").rglob("*.py"))
    assert any("mpmath" in imported(path) for path in files)
    for path in files:
        assert not imported(path) & {"kl_helpers", "importlib", "tests"}
        assert "__import__" not in path.read_text(encoding="utf-8")


def public_functions():
    """(module, name, function) of every module's __all__."""
    for info in pkgutil.walk_packages(kl_helpers.__path__, "kl_helpers."):
        module = importlib.import_module(info.name)
        for name in getattr(module, "__all__", []):
            value = getattr(module, name)
            if inspect.isfunction(value):
                yield info.name.rpartition(".")[2], name, value


FUNCTIONS = list(public_functions())
each_function = pytest.mark.parametrize(
    ("module", "name", "function"), FUNCTIONS, ids=[f"{m}.{n}" for m, n, _ in FUNCTIONS]
)


def sections(function):
    return set(re.findall(r"^([A-Z]\w+):$", inspect.getdoc(function), flags=re.M))


@each_function
def test_docstrings_have_their_sections(module, name, function):
    text, found = inspect.getdoc(function), sections(function)
    assert re.match(r".*[.,:]\n?", text) and len(text.splitlines()[0]) <= 88
    if inspect.signature(function).parameters:
        assert "Args" in found
        for parameter in inspect.signature(function).parameters:
            assert re.search(rf"^    {parameter}: \S", text, flags=re.M), parameter
    source = inspect.getsource(function)
    if re.search(r"^\s+return \S", source, flags=re.M):
        assert "Returns" in found
    if "raise ValueError" in source or module not in ("plots", "datasets"):
        assert "Raises" in found
    if module != "plots":
        assert {"Returns", "References", "Example"} <= found
        assert re.search(r"^    \| https?://\S+$", text, flags=re.M)
        assert "    >>> " in text
        assert re.search(r"^Introduced in chapter \d+(, Deeper)?\.$", text, flags=re.M)


def test_every_public_name_is_reached_from_the_top():
    for module, name, function in FUNCTIONS:
        if module not in ("plots", "nn") and "nn" not in function.__module__.split("."):
            assert getattr(kl_helpers, name) is function
            assert name in kl_helpers.__all__
    assert len(set(kl_helpers.__all__)) == len(kl_helpers.__all__)
    assert not hasattr(kl_helpers, "plot_toll")
