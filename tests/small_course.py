"""A course with one tiny assignment, for the tests of grading."""

import os

import pytest

from tools.coursework import demo, known, sandbox
from tools.coursework.course import Course

SOURCE = """---
title: "A small assignment"
minutes: 5
seconds: 2
memory_mb: 400
objectives: {double-values: [x], mine-value: [x], why: [x]}
rubrics: {why: [[2, "Says why."]]}
examples: {why: [[1, Because.]]}
---

# A small assignment

```{code-cell}
import math
```

```{code-cell}
:answer: double

def double(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell}
:test: double-values
:points: 3

import math

assert double(1) is not None, "double returns nothing yet"
assert math.isclose(double(1), 2), "the double of 1"
### BEGIN HIDDEN TESTS
x = float(hidden_rng("double").uniform(3, 4))
assert math.isclose(double(x), 2 * x), "the double of another number"
### END HIDDEN TESTS
```

```{code-cell}
k = number("k", 10, 99)
```

```{code-cell}
:answer: mine

mine = None
### BEGIN SOLUTION
mine = k + 1
### END SOLUTION
```

```{code-cell}
:test: mine-value
:points: 2

assert mine is not None, "mine has no value yet"
### BEGIN HIDDEN TESTS
assert mine == number("k", 10, 99) + 1, "not the number after yours"
### END HIDDEN TESTS
```

+++ {"written": "why", "points": 2}

Because it is twice as much.
"""
RIGHT = known.Known("reference", "", "reference", {}, {})
BLANK = known.Known("blank", "", "blank", {}, {})
SECRET = "the secret of the tests"
FULL = {"double-values": 3, "mine-value": 2}


def make(folder):
    """The course, in an empty folder."""
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "t1.md").write_text(SOURCE)
    (folder / "secret").write_text(SECRET)
    return Course(folder)


def notebook(course, student, answers=(), base=RIGHT):
    """What a student hands in, as data; `answers` differ from the right ones."""
    assignment = course.assignment("t1").stamped(course.code)
    told = known.Known("one", "", base.base, dict(answers), {})
    return demo.handed_in(assignment, told, student)


def hand_in(course, student, content, name="t1.ipynb"):
    """Put a notebook, or any bytes, where submissions are collected."""
    path = course.folder / "submissions" / "t1" / student / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else demo.as_bytes(content))
    return path


def need_bubblewrap():
    """Skip with a sentence; in CI a test that cannot run is a failure."""
    try:
        sandbox.check()
    except sandbox.Refused as refused:
        if os.environ.get("CI"):
            pytest.fail(str(refused))
        pytest.skip(str(refused))
