"""Every assignment: its known submissions, what it hides, what it promises."""

import ast
import functools
import importlib
import json
import os
import pkgutil
import re
import sys
from pathlib import Path

import pytest
import yaml

from kl_helpers import exercises
from kl_helpers.exercises import mutators
from kl_helpers.exercises._question import Question
from tools.coursework import checks, demo, export, release, source, trial
from tools.coursework.course import Course

pytestmark = pytest.mark.xdist_group("coursework-texts")
ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT / "coursework")
each = pytest.mark.parametrize("name", COURSE.names)
GIVEN = {"number", "hidden_rng", "gradient"}


@functools.cache
def assignment(name):
    return COURSE.assignment(name)


@functools.cache
def trials(name):
    return list(trial.run_all(assignment(name), COURSE.known(name)))


@functools.cache
def objectives():
    """All objectives of the chapters."""
    found = set()
    for path in (ROOT / "book" / "chapters").glob("*.md"):
        matter = yaml.safe_load(path.read_text().split("---\n")[1])
        found |= {objective["id"] for objective in matter.get("objectives", [])}
    return found


@functools.cache
def named_mistakes():
    """The names that mistakes have in the exercises."""
    named = {m for m in vars(mutators) if not m.startswith("_")}
    for info in pkgutil.iter_modules(exercises.__path__):
        module = importlib.import_module(f"kl_helpers.exercises.{info.name}")
        for value in vars(module).values():
            if isinstance(value, Question):
                named |= {mistake.name for mistake in value.mistakes}
    return named


def test_there_are_assignments():
    assert "a1" in COURSE.names


@each
def test_known_submissions_score_what_is_written(name):
    assert list(trial.problems(assignment(name), trials(name))) == []


def test_running_what_a_mistake_touches_gives_what_running_all_gives():
    for short in trials("a1"):
        whole = trial.run(assignment("a1"), short.known)
        assert whole.outcome.scores == short.outcome.scores
        for cell in assignment("a1").of_kind("test"):
            assert whole.passes(cell) == short.passes(cell)


@each
def test_right_answers_get_everything_and_blank_ones_nothing(name):
    points = {cell.name: cell.points for cell in assignment(name).of_kind("test")}
    known = {t.known.name: t for t in trials(name)}
    assert known["reference"].outcome.scores == points
    assert set(known["blank"].outcome.scores.values()) == {0}
    right = [t for t in trials(name) if t.outcome.scores == points]
    assert len(right) >= 2, "no right answer in other words"
    assert len(known) - len(right) - 1 >= 5, "fewer than five mistakes"


@each
def test_mistakes_have_the_names_of_the_exercises(name):
    named = [t.known.mistake for t in trials(name) if t.known.mistake]
    assert named and set(named) <= named_mistakes()


@each
def test_it_fits_the_course_and_its_time(name):
    matter = assignment(name).matter
    assert 60 <= matter["minutes"] <= 90
    listed = {o for ids in matter["objectives"].values() for o in ids}
    assert listed and listed <= objectives()
    graded = assignment(name).points
    assert set(matter["objectives"]) == set(graded)
    kinds = [cell.kind for cell in assignment(name).cells]
    assert "written" in kinds and kinds.count("test") >= 4
    assert any("number(" in c.source for c in assignment(name).of_kind("given"))
    assert any("hidden_rng(" in c.source for c in assignment(name).of_kind("test"))


@each
def test_tests_bring_along_what_they_use(name):
    own = {"student_id"}
    for cell in assignment(name).of_kind("answer"):
        tree = ast.parse(cell.complete)
        own |= {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
        own |= {n.name for n in tree.body if hasattr(n, "name")}
    for cell in assignment(name).of_kind("test"):
        borrowed = set(checks.borrowed_names(cell.complete))
        assert borrowed <= own | GIVEN, f"{cell.name} needs {borrowed - own - GIVEN}"
        assert "kl_helpers" not in cell.source
        for node in ast.walk(ast.parse(cell.source)):
            assert not isinstance(node, ast.Assert) or node.msg, cell.name


def secrets(name):
    """Lines that only instructors may see."""
    shown = {
        line.strip() for c in assignment(name).cells for line in c.released.split("\n")
    }
    for cell in assignment(name).cells:
        if cell.name != source.ID_NAME:
            lines = {line.strip() for line in cell.complete.split("\n")}
            yield from (line for line in lines - shown if len(line) > 11)


@each
def test_no_answer_and_no_hidden_test_is_released(name, tmp_path):
    stamped = assignment(name).stamped("a code")
    path = release.write(stamped, tmp_path)
    released = (tmp_path / stamped.file_name).read_text()
    nb = json.loads(released)
    texts = "\n".join(cell["source"] for cell in nb["cells"])
    hidden = list(secrets(name))
    assert len(hidden) > 10
    for line in hidden:
        assert line not in texts and json.dumps(line)[1:-1] not in released
    assert "a code" in texts and source.UNSTAMPED not in texts
    assert path.read_bytes() == release.write(stamped, tmp_path).read_bytes()


@each
def test_the_released_notebook_says_what_to_do(name):
    first = assignment(name).cells[0].source
    assert first.startswith(f"# {assignment(name).title}\n")
    assert "student id" in first and str(assignment(name).matter["minutes"]) in first
    for cell in assignment(name).of_kind("answer"):
        if cell.name != source.ID_NAME:
            assert re.search(r"^ *\.\.\.$", cell.released, re.M)


@pytest.fixture(scope="module")
def nbgrader(tmp_path_factory):
    """nbgrader itself, with every assignment as its source."""
    from nbgrader.apps import NbGraderAPI
    from traitlets.config import Config

    folder = tmp_path_factory.mktemp("nbgrader")
    beside = str(Path(sys.executable).parent)  # it calls alembic by its name
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setenv("PATH", beside, prepend=os.pathsep)
    for name in COURSE.names:
        export.write(assignment(name).stamped(trial.CODE), folder)
    config = Config()
    text = (folder / "nbgrader_config.py").read_text()
    exec(text, {"get_config": lambda: config})
    config.CourseDirectory.root = str(folder)
    yield folder, NbGraderAPI(config=config)
    monkeypatch.undo()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
@each
def test_nbgrader_makes_the_same_release(nbgrader, name):
    folder, api = nbgrader
    assert api.generate_assignment(name, force=True, create=True)["success"]
    theirs = json.loads((folder / "release" / name / f"{name}.ipynb").read_text())
    ours = release.notebook(assignment(name).stamped(trial.CODE))
    for their, our in zip(theirs["cells"], ours["cells"], strict=True):
        assert "".join(their["source"]).strip() == our["source"].strip()
        said = dict(their["metadata"].get("nbgrader", {}))
        said.pop("checksum", None)
        assert said == our["metadata"].get("nbgrader", {})


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_nbgrader_gives_the_same_points(nbgrader, monkeypatch):
    monkeypatch.setenv("COURSE_SECRET", trial.SECRET)
    folder, api = nbgrader
    api.generate_assignment("a1", force=True, create=True)
    chosen = [t for t in trials("a1") if t.known.name in ("reference", "in_nats")]
    for done in chosen:
        nb = demo.handed_in(
            assignment("a1").stamped(trial.CODE), done.known, trial.STUDENT
        )
        path = folder / "submitted" / done.known.name / "a1" / "a1.ipynb"
        path.parent.mkdir(parents=True)
        path.write_bytes(demo.as_bytes(nb))
        result = api.autograde("a1", done.known.name, force=True, create=True)
        assert result["success"], result
        with api.gradebook as book:
            graded = book.find_submission("a1", done.known.name)
            theirs = {g.name: g.auto_score for n in graded.notebooks for g in n.grades}
        ours = done.outcome.scores
        assert {k: theirs[k] for k in ours} == ours
