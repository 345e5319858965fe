"""The pages for instructors: nothing missing, nothing that does not exist."""

import html
import importlib
import json
import re
import zipfile
from pathlib import Path

import pytest

from tools import course_text, generated, notebooks, teaching
from tools.coursework.course import Course

ROOT = Path(__file__).resolve().parent.parent
COURSE = Course(ROOT / "coursework")
CHAPTERS = generated.chapters()
MAIN_PATH = re.compile(r"ch0[1-7]_")


def module_of(name):
    short = name.split("_")[0] if name.startswith("ch") else name
    return importlib.import_module(f"kl_helpers.exercises.{short}")


def practised(matter):
    known = teaching.teaching()["objectives"]
    return {o["id"]: known.get(o["id"], {}) for o in matter["objectives"]}


@pytest.mark.parametrize(("name", "matter"), CHAPTERS, ids=[n for n, _ in CHAPTERS])
def test_the_matrix_has_no_gap(name, matter):
    rows, module = practised(matter), module_of(name)
    for objective, row in rows.items():
        assert row.get("exercises"), f"no exercise of book/teaching.yml for {objective}"
        assert row.get("quiz"), f"no quiz question for {objective}"
    exercises = {e for row in rows.values() for e in row["exercises"]}
    assert exercises == {q for q in vars(module) if re.fullmatch(r"q\d+", q)}
    quiz = {k for row in rows.values() for k in row["quiz"]}
    assert quiz == {item.key for item in module.quiz.items}


def test_no_row_of_the_matrix_is_left_over():
    known = {o["id"] for _, matter in CHAPTERS for o in matter["objectives"]}
    assert set(teaching.teaching()["objectives"]) == known


def test_every_chapter_of_the_main_path_is_graded():
    """Each with half of its objectives at least, once all assignments are there."""
    if len(COURSE.names) < 5:
        pytest.skip("the assignments are not complete")
    for name, matter in CHAPTERS:
        if MAIN_PATH.match(name):
            ids = [o["id"] for o in matter["objectives"]]
            graded = [i for i in ids if list(teaching.graded_cells(i))]
            assert len(graded) >= len(ids) / 2, f"{name}: only {graded}"


def test_every_thought_is_repaired_somewhere():
    for row in teaching.teaching()["misconceptions"]:
        page, _, section = row["repaired"].partition("#")
        cells = json.loads((ROOT / "notebooks" / f"{page}.ipynb").read_text())["cells"]
        text = "\n".join("".join(c["source"]) for c in cells)
        headings = re.findall(r"^##+ (.+)$", text, re.M)
        slugs = {re.sub(r"[^\w -]", "", h.lower()).replace(" ", "-") for h in headings}
        assert not section or section in slugs, row["repaired"]


def test_every_assignment_is_a_page_and_no_teacher_page_is_in_the_books():
    parts = dict(generated.toc_parts())
    listed = [Path(p).name for p in parts["Teaching"] if "assignment_" in p]
    assert listed == [f"assignment_{name}" for name in COURSE.names]
    assert not any(course_text.travels("Teaching", page) for page in parts["Teaching"])


def test_the_generated_pages_say_what_the_sources_say():
    pages = teaching.pages(CHAPTERS)
    for assignment in teaching.assignments():
        for cell in assignment.of_kind("written"):
            for _, sentence in assignment.matter["rubrics"][cell.name]:
                assert sentence in pages["rubrics.md"]
        for name in assignment.points:
            assert name in pages["matrix.md"]
        nb = json.loads(pages[f"assignment_{assignment.name}.ipynb"])
        assert nb["cells"][0]["source"].startswith(f"# {assignment.title}")


def test_the_guide_names_commands_that_exist():
    text = (ROOT / "book" / "teach.md").read_text()
    makefile = (ROOT / "Makefile").read_text()
    commands = set(re.findall(r"make (coursework-[a-z]+)", text))
    assert len(commands) == 5
    assert all(re.search(rf"^{command}:", makefile, re.M) for command in commands)


@pytest.mark.site
def test_no_answer_and_no_hidden_test_reaches_the_site():
    """Not its pages, its search index, its downloads or anything else it serves."""
    site = ROOT / "_build" / "html"
    marks = {"BEGIN SOLUTION", "BEGIN HIDDEN", "hidden_rng"}
    for name in COURSE.names:
        assignment = COURSE.assignment(name)
        released = "\n".join(c.released for c in assignment.cells)
        for cell in assignment.of_kind("answer", "test", "written"):
            lines = {line.strip() for line in cell.complete.split("\n")}
            marks |= {x for x in lines if len(x) > 30 and x not in released}
    public = "\n".join(source.read_text() for source in notebooks.sources())
    marks = {mark for mark in marks if mark not in public}
    assert len(marks) > 20
    for name, text in served(site):
        assert not [m for m in marks if m in text], name


def served(site):
    """(name, text) of all that the site serves as text, archives unpacked."""
    kinds = {".html", ".ipynb", ".js", ".md", ".txt", ".json", ".xhtml"}
    for path in site.rglob("*"):
        if path.suffix in kinds:
            yield path, readable(path.suffix, path.read_bytes())
        elif path.suffix in (".zip", ".epub", ".whl"):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    if Path(name).suffix in kinds:
                        yield name, readable(Path(name).suffix, archive.read(name))


def readable(kind, content):
    """What a person can read in a file: no tags, no escapes."""
    text = content.decode(errors="replace")
    if kind in (".html", ".xhtml"):
        return html.unescape(re.sub(r"<[^>]*>", "", text))
    return text.replace('\\"', '"') if kind == ".ipynb" else text
