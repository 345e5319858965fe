"""Careless and hostile notebooks in one class: each has its outcome, nobody is hurt."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
import small_course
from small_course import FULL, hand_in, notebook

from tools.coursework import checks, classroom, demo, sandbox, submissions

pytestmark = pytest.mark.xdist_group("coursework")
ROOT = Path(__file__).resolve().parent.parent
MARK = "sleeping-student-4711"
HONEST = {"ann": FULL, "bob": {"double-values": 0, "mine-value": 2}}
NOTHING = {"double-values": 0, "mine-value": 0}
LOSES_DOUBLE = {"double-values": 0, "mine-value": 2}

LOOK_AROUND = """
import os, sys
python = ("/usr", "/lib", "/lib64", "/bin", "/proc", sys.prefix, sys.base_prefix)
places = []
for folder, inside, files in os.walk("/"):
    inside[:] = [d for d in inside if os.path.join(folder, d) not in python]
    ours = (".md", ".yml", ".ipynb", ".csv", "secret", "class.json")
    places += [f for f in files if f.endswith(ours)]
names = [k for k in os.environ if "SECRET" in k]
me = ("1", str(os.getpid()))
others = [p for p in os.listdir("/proc") if p.isdigit() and p not in me]
import gc
def texts():
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            yield from (v for v in list(thing.values()) if isinstance(v, str))
marks = "HIDDEN" + " TESTS", "hidden" + "_rng"
found = [t for t in texts() if any(m in t for m in marks) and "gc.get_objects" not in t]
raise RuntimeError(f"found {places} {names} {others} {found}")
"""
WRITE_GRADES = """
tried = []
for place in {places!r}:
    try:
        with open(place, "w") as file:
            file.write("x")
        tried.append(place)
    except OSError:
        pass
raise RuntimeError(f"wrote {{tried}}")
"""
NETWORK = """
import socket
reached = []
for address in [("127.0.0.1", {port}), ("1.1.1.1", 53)]:
    try:
        socket.create_connection(address, timeout=1)
        reached.append(address)
    except OSError:
        pass
raise RuntimeError(f"reached {{reached}}")
"""
BOMB = """
import os, time
children = 0
try:
    while children < 300:  # bounded, should the limit ever fail
        if os.fork() == 0:
            time.sleep(30)
            os._exit(0)
        children += 1
except OSError:
    pass
raise RuntimeError(f"started {'few' if children < 60 else children}")
"""
BACKGROUND = f"""
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)", "{MARK}"],
                 start_new_session=True)
"""
FORGE = """
import os
for fd in range(3, 30):
    try:
        os.write(fd, b'{"value": 2}\\n' * 3)
    except OSError:
        pass
"""
YES = """
class Yes(float):
    def __eq__(self, other):
        return True
    def __ne__(self, other):
        return False
    __hash__ = None

def double(x):
    return Yes(7)
"""
FAKE = """
import math, builtins
math.isclose = lambda *a, **k: True
builtins.abs = lambda x: 0
def double(x):
    return 1
"""
# What somebody put into a cell of their own -> status, scores, what is said somewhere
ADDED = {
    "loops": (
        "import time\nwhile True:\n    time.sleep(0.01)",
        *("graded", FULL, "took too long"),
    ),
    "loops and catches": (
        "import time\nwhile True:\n    try:\n        time.sleep(60)\n"
        "    except BaseException:\n        pass",
        *("failed", {}, "did not stop after 6 seconds"),
    ),
    "leaves": ("import sys\nsys.exit(1)", "graded", FULL, "SystemExit"),
    "ends Python": ("import os\nos._exit(0)", "failed", {}, "Python has ended"),
    "kills": (
        "import os, signal\nfor p in (1, os.getppid(), -1):\n"
        "    try:\n        os.kill(p, 9)\n    except OSError:\n        pass",
        *("graded", FULL, ""),
    ),
    "bomb": (BOMB, ("graded", "failed"), None, ("started few", "of memory")),
    "memory": (
        "hog = []\nwhile True:\n    hog.append(bytearray(50_000_000))",
        *("failed", {}, "more than 400 MB"),
    ),
    "big array": (
        "import numpy as np\nnp.ones(10**12)",
        *("graded", FULL, "MemoryError"),
    ),
    "disk": (
        "with open('/tmp/big', 'wb') as f:\n"
        "    for _ in range(500):\n        f.write(bytes(1_000_000))",
        *("graded", FULL, "OSError"),
    ),
    "prints": ("for _ in range(300_000):\n    print('x' * 100)", "graded", FULL, ""),
    "asks": ("input('password? ')", "graded", FULL, "EOFError"),
    "looks around": (LOOK_AROUND, "graded", FULL, "found [] [] [] []"),
    "background": (BACKGROUND, "graded", FULL, ""),
    "forges": (FORGE, ("graded", "failed"), None, ""),
    "shell": ("!echo hello\n%matplotlib inline\n%pip install x", "graded", FULL, ""),
    "syntax": ("def f(:", "graded", FULL, "SyntaxError"),
}
# What somebody wrote as `double` -> status, scores, what is said somewhere
ANSWERED = {
    "loop inside": (
        "def double(x):\n    while True:\n        pass",
        *("graded", LOSES_DOUBLE, "took too long"),
    ),
    "ends inside": (
        "import os\ndef double(x):\n    os._exit(3)",
        *("failed", {}, "Python has ended"),
    ),
    "fakes": (FAKE, "graded", LOSES_DOUBLE, "the double of 1"),
    "always equal": (YES, "graded", LOSES_DOUBLE, "the double of 1"),
    "example only": (
        "def double(x):\n    return 2.0",
        *("graded", LOSES_DOUBLE, "the double of another number"),
    ),
    "nan": ("def double(x):\n    return float('nan')", "graded", LOSES_DOUBLE, ""),
    "no number": ("def double(x):\n    return object()", "graded", LOSES_DOUBLE, ""),
    "flood": (
        "def double(x):\n    return 'x' * 90_000_000",
        *("failed", {}, "larger than 50 MB"),
    ),
    "numpy": (
        "import numpy as np\ndef double(x):\n    return np.float16(x) + np.float64(x)",
        *("graded", LOSES_DOUBLE, "another number"),
    ),
    "numpy double": (
        "import numpy as np\ndef double(x):\n    return np.sum([x, x])",
        *("graded", FULL, ""),
    ),
    "warns": (
        "import numpy as np\ndef double(x):\n    np.log(np.zeros(1))\n    return 2 * x",
        *("graded", FULL, ""),
    ),
}


def moved(nb):
    """The last code cell first."""
    return {**nb, "cells": nb["cells"][::-1]}


def nameless(nb):
    cells = [{**cell, "metadata": {}} for cell in nb["cells"]]
    return {**nb, "cells": cells}


def deep(nb):
    return b"[" * 200_000


# What became of a whole file -> status, scores, what is said somewhere
CHANGED = {
    "edited tests": (demo.edited_tests, "graded", FULL, "changed, and restored: d"),
    "deleted tests": (demo.deleted_tests, "graded", FULL, "deleted, and put back"),
    "duplicated": (demo.duplicated_cells, "graded", FULL, "more than once: "),
    "moved": (moved, "graded", FULL, "cells were moved"),
    "nameless": (nameless, "graded", FULL, "all cell names are lost"),
    "cut off": (lambda nb: demo.as_bytes(nb)[:900], "failed", {}, "damaged or cut off"),
    "empty": (lambda nb: b"", "failed", {}, "it is empty"),
    "bytes": (lambda nb: bytes(range(256)), "failed", {}, "not a notebook"),
    "deep": (deep, "failed", {}, "not a notebook"),
    "list": (lambda nb: b"[]", "failed", {}, "not a notebook of version 4"),
    "cells": (lambda nb: b'{"cells": [1]}', "failed", {}, "not those of a notebook"),
    "texts": (lambda nb: b'{"cells": [{"source": 5}]}', "failed", {}, "holds no text"),
    "none": (lambda nb: b'{"cells": []}', "graded", NOTHING, "all cell names are lost"),
}


def grade(course):
    """{student: record} of everything that was handed in."""
    assignment = course.assignment("t1")
    place = course.folder / "submissions" / "t1"
    found = submissions.collect(place, {}, assignment, course.work("t1"))
    return {r.student: r for r in classroom.grade_class(course, assignment, found, 2)}


def hand_in_the_honest(course):
    hand_in(course, "ann", notebook(course, "ann"))
    wrong = {"double": "def double(x):\n    return x * x"}
    hand_in(course, "bob", notebook(course, "bob", wrong))


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """One class with every case in it, graded once: (course, records, listener)."""
    small_course.need_bubblewrap()
    course = small_course.make(tmp_path_factory.mktemp("hostile"))
    hand_in_the_honest(course)
    for name, (code, *_) in ADDED.items():
        hand_in(course, name, demo.with_code(code)(notebook(course, name)))
    for name, (code, *_) in ANSWERED.items():
        hand_in(course, name, notebook(course, name, {"double": code}))
    for name, (change, *_) in CHANGED.items():
        hand_in(course, name, change(notebook(course, name)))
    places = [str(p) for p in (course.folder / "work" / "x", "/usr/x", "/etc/x")]
    places.append(str(course.work("t1") / "graded" / "ann.json"))
    writes = demo.with_code(WRITE_GRADES.format(places=places))
    hand_in(course, "writes", writes(notebook(course, "writes")))
    with socket.create_server(("127.0.0.1", 0)) as server:
        code = NETWORK.format(port=server.getsockname()[1])
        hand_in(course, "calls", demo.with_code(code)(notebook(course, "calls")))
        yield course, grade(course)


ALL = {**ADDED, **ANSWERED, **CHANGED}


@pytest.mark.parametrize("name", ALL)
def test_each_case_has_its_outcome(graded, name):
    found = graded[1][name]
    _, status, scores, said = ALL[name]
    assert found.status in ([status] if isinstance(status, str) else status)
    if scores is not None:
        assert found.scores == scores
    everything = json.dumps([found.reason, found.notes, found.messages])
    assert any(words in everything for words in ([said] if said == str(said) else said))
    assert "hidden_rng" not in everything


def test_the_others_have_the_scores_they_have_alone(graded, tmp_path):
    alone = small_course.make(tmp_path / "alone")
    hand_in_the_honest(alone)
    for student, found in grade(alone).items():
        assert found.scores == graded[1][student].scores == HONEST[student]


def test_no_student_reaches_the_grades_or_the_network(graded):
    records = graded[1]
    assert "wrote []" in str(records["writes"].messages)
    assert "reached []" in str(records["calls"].messages)
    assert records["writes"].scores == records["calls"].scores == FULL


def test_nothing_outlives_grading(graded):
    for process in psutil.process_iter(["cmdline"]):
        assert MARK not in (process.info["cmdline"] or [])
    assert not psutil.Process().children(recursive=True)


def test_a_second_grading_gives_the_same(graded):
    course, first = graded
    shutil.rmtree(course.work("t1") / "graded")
    some = ("ann", "loops", "fakes", "nameless")
    for folder in (course.folder / "submissions" / "t1").iterdir():
        if folder.name not in some:
            shutil.rmtree(folder)
    for student, again in grade(course).items():
        assert (again.scores, again.messages) == (
            first[student].scores,
            first[student].messages,
        )


def test_many_slow_cells_are_ended_together():
    small_course.need_bubblewrap()
    limits = {"package": False, "seconds": 1, "memory_mb": 400}
    with sandbox.Process(0, **limits) as process:
        process.closing -= 5  # as if some cells had been slow already
        student = checks.Student(process.send)
        with pytest.raises(checks.Ended, match="too many cells took too long"):
            for _ in range(5):
                assert "too long" in student.run("import time\ntime.sleep(60)")


def test_student_code_is_never_root_and_sees_the_package_only_if_it_may():
    small_course.need_bubblewrap()
    for package in (False, True):
        limits = {"package": package, "seconds": 20, "memory_mb": 400}
        with sandbox.Process(0, **limits) as process:
            student = checks.Student(process.send)
            message = student.run("import os, kl_helpers")
            assert (message is None) == package
            assert student.run("import os\nuser = os.getuid()") is None
            assert student.ask(do="get", name="user") != 0
            assert "OSError" in student.run("open('/tmp/x', 'w'); open('/usr/x', 'w')")


@pytest.mark.skipif(os.geteuid() != 0, reason="everything here runs as a user already")
def test_an_ordinary_user_can_grade_too():
    small_course.need_bubblewrap()
    home = Path(*Path(sys.base_prefix).parts[:3])
    as_user = ["bwrap", "--dev-bind", "/", "/"]
    if home.is_relative_to(
        "/root"
    ):  # nobody else may enter root's home, where this Python is
        as_user += ["--perms", "0755", "--tmpfs", "/root"]
        as_user += ["--ro-bind", str(home), str(home)]
    as_user += ["setpriv", "--reuid", "60000", "--regid", "60000", "--clear-groups"]
    code = "from tools.coursework import sandbox; sandbox.check(); print('fine')"
    run = subprocess.run(
        [*as_user, sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True
    )
    assert run.stdout.strip() == "fine", run.stderr


def test_without_bubblewrap_one_sentence_refuses(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(sandbox.Refused, match="apt-get install bubblewrap") as refused:
        sandbox.check()
    assert "\n" not in str(refused.value)
    sandbox.check(unsafe=True)


def test_as_root_a_missing_setpriv_refuses(monkeypatch):
    monkeypatch.setattr(sandbox.os, "geteuid", lambda: 0)
    present = {"bwrap": "/usr/bin/bwrap"}
    monkeypatch.setattr(sandbox.shutil, "which", present.get)
    with pytest.raises(sandbox.Refused, match="setpriv"):
        sandbox.check()
