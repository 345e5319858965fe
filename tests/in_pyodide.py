"""The tests of the numpy core, as the browser's Python runs them.

torch, scipy and scikit-learn are missing there: a test that turns to one of them skips.
"""

import importlib.abc
import importlib.machinery
import json
import sys
import types

import pytest

DOCTESTS = ("discrete", "gaussian", "estimators", "divergences", "coding", "fitting")
DOCTESTS += ("embedding", "information", "drift", "leash")
CORE = (*DOCTESTS, "datasets", "errors", "plots")
ABSENT = ("torch", "scipy", "sklearn", "hypothesis", "pandas", "river")


class Missing(types.ModuleType):
    """Stands in for a library: may be imported, named and called outside of tests."""

    __path__ = ()
    in_a_test = False

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(f"{self.__name__}.{name}")

    def __call__(self, *args, **kwargs):
        if Missing.in_a_test:
            self.skip()
        if len(args) == 1 and isinstance(args[0], types.FunctionType):
            return lambda: self()  # a decorated test, without its arguments
        return self

    def skip(self):
        pytest.skip(f"{self.__name__} is not in the browser")

    __array_ufunc__ = None  # numpy leaves arithmetic to the next lines

    def __rmul__(self, other):
        return self

    def __getitem__(self, index):
        return self()

    __truediv__ = __rmul__


class Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in ABSENT:
            return importlib.machinery.ModuleSpec(name, self, is_package=True)

    def create_module(self, spec):
        return Missing(spec.name)

    def exec_module(self, module):
        pass


class Counts:
    """How many tests had which outcome, and the reports of those that failed."""

    def __init__(self):
        self.outcomes = {"passed": 0, "skipped": 0, "failed": 0}
        self.failures = []

    def pytest_runtest_setup(self):
        Missing.in_a_test = True

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            self.outcomes[report.outcome] += 1
        if report.failed:
            self.failures.append(f"{report.nodeid}: {report.longreprtext[-300:]}")

    def pytest_collectreport(self, report):
        if report.failed:
            self.outcomes["failed"] += 1
            self.failures.append(f"{report.nodeid}: {report.longreprtext[-2000:]}")


def run(root):
    sys.meta_path.insert(0, Absent())
    sys.path[:0] = [root, f"{root}/tests"]
    counts = Counts()
    files = [f"{root}/tests/test_{name}.py" for name in CORE]
    files += [f"{root}/kl_helpers/{name}.py" for name in DOCTESTS]
    options = [
        "-q",
        "-p",
        "no:cacheprovider",
        "--noconftest",
        "--capture=sys",
        "-m",
        "not slow",
        "--tb=short",
    ]
    options += ["-c", f"{root}/pyproject.toml", f"--rootdir={root}"]
    pytest.main([*options, *files], plugins=[counts])
    return {**counts.outcomes, "failures": counts.failures}


# Whoever imports this file elsewhere, as the collector of doctests does, runs nothing.
json.dumps(run("/root_of_course")) if sys.platform == "emscripten" else None
