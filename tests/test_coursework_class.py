"""A class from the download of an LMS to the table of grades."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
import small_course
from small_course import BLANK, FULL, hand_in, notebook

from tools.coursework import (
    __main__ as commands,
)
from tools.coursework import (
    checks,
    demo,
    feedback,
    record,
    report,
    source,
    submissions,
    values,
)
from tools.coursework.course import Course, CourseError, file_name
from tools.coursework.record import Record

pytestmark = pytest.mark.xdist_group("coursework")
ROOT = Path(__file__).resolve().parent.parent
ROSTER = {"s1": "Anna Meier", "s2": "José Núñez Vega", "s3": "Li Wei"}


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_SECRET", raising=False)
    return small_course.make(tmp_path / "course")


def collected(folder, roster=ROSTER):
    class assignment:
        file_name = "t1.ipynb"

    found = submissions.collect(folder, roster, assignment, folder.parent)
    return {s.student: s for s in found}


def put(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")


# What an LMS hands over


def test_a_moodle_download(tmp_path):
    folder = tmp_path / "down"
    put(
        folder,
        "Anna Meier_12345_assignsubmission_file/t1.ipynb",
        "José Núñez Vega_12346_assignsubmission_file_/my copy.ipynb",
        "Somebody Else_12347_assignsubmission_file/t1.ipynb",
    )
    found = collected(folder)
    assert found["s1"].path.name == "t1.ipynb" and not found["s1"].notes
    assert found["s2"].notes == ["the file is named my copy.ipynb"]
    assert found["s3"].missing == "nothing was handed in"
    assert found["Somebody Else"].notes == ["not on the roster: Somebody Else"]


def test_a_canvas_download_as_a_zip(tmp_path):
    archive = tmp_path / "submissions.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("meieranna_11_501_t1.ipynb", "{}")
        packed.writestr("nunezvegajose_LATE_12_502_t1-1.ipynb", "{}")
        packed.writestr("../../outside.ipynb", "{}")
    found = collected(archive)
    assert found["s1"].path.name == "meieranna_11_501_t1.ipynb"
    assert not found["s1"].notes
    assert found["s2"].path and found["s3"].missing
    assert not (tmp_path.parent / "outside.ipynb").exists()


def test_plain_folders_need_no_roster_and_tell_what_is_wrong(tmp_path):
    folder = tmp_path / "plain"
    put(folder, "S1/t1.ipynb", "s2/deep/down/t1.ipynb", "s2/other.ipynb", "s4/x.pdf")
    put(folder, "s5/a.ipynb", "s5/b.ipynb", "s6/.ipynb_checkpoints/t1.ipynb")
    (folder / "s7").mkdir()
    (folder / "s7" / "t1.ipynb").symlink_to(folder / "S1" / "t1.ipynb")
    (folder / "s8").symlink_to(folder / "S1")
    found = collected(folder, {})
    assert found["S1"].path and found["s2"].path.parent.name == "down"
    assert found["s4"].failed == "no notebook, only x.pdf"
    assert found["s5"].failed.startswith("which notebook counts: a.ipynb, b.ipynb")
    assert found["s6"].missing == found["s7"].missing == "the folder is empty"
    assert "s8" not in found
    assert set(collected(folder)) >= {"s1", "s2", "s3"}  # the roster's spelling


def test_what_cannot_be_collected_is_one_sentence(tmp_path):
    put(tmp_path / "moodle", "Anna Meier_1_assignsubmission_file/t1.ipynb")
    with pytest.raises(CourseError, match="write roster.csv"):
        collected(tmp_path / "moodle", {})
    with pytest.raises(CourseError, match="not a folder"):
        collected(tmp_path / "nowhere")
    (tmp_path / "broken.zip").write_bytes(b"PK no zip")
    with pytest.raises(CourseError, match="cannot be unpacked"):
        collected(tmp_path / "broken.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(CourseError, match="holds no submissions"):
        collected(tmp_path / "empty", {})


def test_two_who_share_a_name_are_not_guessed(tmp_path):
    put(tmp_path / "m", "Anna Meier_1_assignsubmission_file/t1.ipynb")
    found = collected(tmp_path / "m", {"s1": "Anna Meier", "s2": "Meier Anna"})
    assert found["s1"].missing and found["s2"].missing
    assert found["Anna Meier"].notes == ["two people of the roster fit: Anna Meier"]


# The secret and the numbers


def test_a_secret_is_asked_for_and_must_be_long(course, monkeypatch):
    stored = course.code
    (course.folder / "secret").unlink()
    with pytest.raises(CourseError, match="COURSE_SECRET is not set"):
        _ = Course(course.folder).secret
    monkeypatch.setenv("COURSE_SECRET", "short")
    with pytest.raises(CourseError, match="at least 12"):
        _ = Course(course.folder).secret
    monkeypatch.setenv("COURSE_SECRET", "a longer secret")
    assert Course(course.folder).code != stored


def test_numbers_and_hidden_inputs_follow_secret_student_and_name(course):
    def made(code, secret, student):
        names = checks.trusted_names(code, secret, "t1", student)
        return names["number"]("k", 1, 10**9), names["hidden_rng"]("x").random()

    base = made("c", "s", "ann")
    assert base == made("c", "s", " ANN ")
    others = [made("d", "s", "ann"), made("c", "s", "bob"), made("c", "t", "ann")]
    assert [o[0] == base[0] for o in others] == [False, False, True]
    assert [o[1] == base[1] for o in others] == [True, True, False]
    numbers = {
        checks.trusted_names("c", "s", "t1", f"s{i}")["number"]("k", 3, 5)
        for i in range(40)
    }
    assert numbers == {3, 4, 5}


def test_the_released_number_is_the_graders_number(course):
    stamped = course.assignment("t1").stamped(course.code)
    names = {"student_id": "ann"}
    cell = next(c for c in stamped.cells if c.name == "course")
    exec(cell.released, names)
    trusted = checks.trusted_names(course.code, course.secret, "t1", "ann")
    assert names["number"]("k", 1, 999) == trusted["number"]("k", 1, 999)
    assert course.secret not in cell.released
    names["student_id"] = " "
    with pytest.raises(ValueError, match="First write your student_id"):
        names["number"]("k", 1, 2)


# Texts of assignments


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("    ### END SOLUTION\n", "", "a marker of cell"),
        ("### BEGIN HIDDEN TESTS", "### BEGIN HIDDEN TEST", "marker"),
        (":points: 3\n", "", "have points"),
        (":test: mine-value", ":test: double-values", "two cells are named"),
        ("minutes: 5\n", "", "no 'minutes'"),
        ("[[1, Because.]]", "[[3, Because.]]", "an example of 'why' has 3 points of 2"),
        ("[[2, ", "[[1, ", "must add up to its 2 points"),
        ("mine-value: [x], ", "", "names no objectives of 'mine-value'"),
        (":answer: mine\n", ":answer: mine\n:test: mine\n", "is both"),
    ],
)
def test_a_mistake_in_a_text_is_named(tmp_path, old, new, said):
    assert old in small_course.SOURCE
    path = tmp_path / "t1.md"
    path.write_text(small_course.SOURCE.replace(old, new, 1))
    with pytest.raises(source.SourceError, match=said):
        source.read(path)


def test_values_pass_and_nothing_else_does():
    import numpy as np
    import torch

    def there_and_back(value):
        return values.decode(json.loads(json.dumps(values.encode(value))))

    for plain in (None, True, 3, 2.5, "x", [1, (2, "y")], {"a": [1], 2: None}):
        assert there_and_back(plain) == plain
        assert type(there_and_back(plain)) is type(plain)
    assert type(there_and_back(np.float64(1.5))) is float
    assert np.isnan(there_and_back(float("nan")))
    for array in (np.arange(6.0).reshape(2, 3), np.array(3), np.zeros((0, 2), bool)):
        back = there_and_back(array)
        assert back.dtype == array.dtype and np.array_equal(back, array)
    tensor = torch.tensor([1.0, 2.0], requires_grad=True)
    assert torch.equal(there_and_back(tensor), tensor.detach())
    for other in (object(), {1, 2}, np.array([object()]), 10**400, 1j):
        assert isinstance(there_and_back(other), values.Opaque)
    nested = []
    nested.append(nested)
    there_and_back(nested)
    with pytest.raises(ValueError, match="not passed on"):
        values.decode({"array": ["O", [1], ""]})


# From records to grades


RECORDS = [
    Record("s1", "graded", scores=FULL, written={"why": "Because <b>2</b> x"}),
    Record("s2", "graded", scores={"double-values": 0, "mine-value": 0}),
    Record("s3", "failed", "Python has ended"),
    Record("s4", "missing", "nothing was handed in"),
]


@pytest.fixture
def graded(course):
    """A course whose grading is on file; s1 waits for a person."""
    folder = course.work("t1")
    record.list_class(folder, [r.student for r in RECORDS])
    for r in RECORDS:
        record.write(folder, r)
    report.write_written(course.assignment("t1"), RECORDS, folder)
    return course


def rows_of(path):
    with path.open(newline="") as lines:
        return list(csv.DictReader(lines))


def fill_in(course, points, comment=""):
    path = course.work("t1") / "written.csv"
    rows = rows_of(path)
    for row in rows:
        if row["student_id"] == "s1":
            row.update(points=points, comment=comment)
    report.write_csv(path, rows, list(rows[0]))


def table(course):
    columns, rows = report.grades(course)
    return {row["student_id"]: row for row in rows}


def test_failed_missing_waiting_and_zero_differ(graded):
    rows = table(graded)
    assert [rows[f"s{k}"]["t1_status"] for k in (1, 2, 3, 4)] == [
        *("unfinished", "graded", "failed", "missing")
    ]
    assert rows["s2"]["t1_points"] == 0
    assert not any("t1_points" in rows[s] for s in ("s1", "s3", "s4"))
    assert rows["s3"]["t1_reason"] == "Python has ended"


def test_a_person_grades_and_nothing_filled_in_is_lost(graded):
    fill_in(graded, "1,5", "half of it")
    assert table(graded)["s1"]["t1_points"] == 6.5
    folder, assignment = graded.work("t1"), graded.assignment("t1")
    report.write_written(assignment, RECORDS, folder)
    assert table(graded)["s1"]["t1_points"] == 6.5
    changed = [Record("s1", "graded", scores=FULL, written={"why": "other"})]
    report.write_written(assignment, changed, folder)
    assert table(graded)["s1"]["t1_status"] == "unfinished"


def test_a_grader_gets_rubric_model_answer_and_examples(graded):
    assignment = graded.assignment("t1")
    text = report.write_rubrics(assignment, graded.work("t1")).read_text()
    assert "- 2: Says why." in text and "Because it is twice as much." in text
    assert "**1 points.** Because." in text


@pytest.mark.parametrize("points", ["3", "-1", "two", "nan"])
def test_points_that_cannot_be_are_refused(graded, points):
    fill_in(graded, points)
    with pytest.raises(CourseError, match="s1.*why"):
        report.grades(graded)


def test_a_roster_lists_those_who_were_not_in_a_grading(graded):
    (graded.folder / "roster.csv").write_text("student_id,name\ns9,=cmd\n")
    rows = table(Course(graded.folder))
    assert rows["s9"]["t1_status"] == "not in this grading"
    assert rows["s9"]["name"] == "'=cmd"  # no formula for a spreadsheet


def test_feedback_shows_text_as_text_and_no_hidden_test(graded):
    fill_in(graded, "2", "<i>good</i>")
    folder = graded.work("t1")
    archive = feedback.write(graded.assignment("t1"), RECORDS, folder)
    with zipfile.ZipFile(archive) as packed:
        names = packed.namelist()
    assert names == ["s1/t1.html", "s2/t1.html", "s3/t1.html"]
    page = (folder / "feedback" / "s1" / "t1.html").read_text()
    assert "7 of 7 points" in page and "&lt;b&gt;2&lt;/b&gt;" in page
    assert "&lt;i&gt;good" in page and "<b>" not in page and "hidden_rng" not in page
    failed = (folder / "feedback" / "s3" / "t1.html").read_text()
    assert "not graded: Python has ended" in failed and "0 of" not in failed


def test_file_names_of_students_stay_inside():
    odd = ["../../x", "a/b", ".hidden", "ä", "a b", "x" * 300, "a_b"]
    names = [file_name(s) for s in odd]
    assert len(set(names)) == len(odd)
    assert all("/" not in n and not n.startswith(".") and len(n) < 80 for n in names)


# The commands


def run(*words):
    commands.main([str(w) for w in words])


def test_from_release_to_grades_in_a_folder_of_ones_own(course, capsys):
    small_course.need_bubblewrap()
    here = ("--course", course.folder)
    run("release", "t1", *here)
    assert (course.work("t1") / "release" / "t1.zip").exists()
    hand_in(course, "ann", notebook(course, "ann"))
    hand_in(course, "bob", notebook(course, "ann"))
    hand_in(course, "cem", notebook(course, "cem", base=BLANK))
    hand_in(course, "dan", b"x", name="t1.pdf")
    (course.folder / "roster.csv").write_text(
        "student_id,name\n" + "".join(f"{s},\n" for s in ("ann", "bob", "cem", "eve"))
    )
    run("grade", "t1", *here)
    said = capsys.readouterr().out
    for line in (
        "ann: graded, 5 of 5 points",
        "bob: graded, 3 of 5 points\n    look: the notebook says student_id 'ann', "
        "handed in as 'bob'",
        "cem: graded, 0 of 5 points\n    look: student_id was left empty",
        "dan: failed, no notebook, only t1.pdf\n    look: not on the roster",
        "eve: missing, nothing was handed in",
        "3 graded, 1 failed, 1 missing",
    ):
        assert line in said
    run("feedback", "t1", *here)
    run("grades", *here)
    path = course.folder / "work" / "grades.csv"
    rows = {r["student_id"]: r for r in rows_of(path)}
    assert [rows[s]["t1_status"] for s in ("ann", "cem", "dan", "eve")] == [
        *("unfinished", "graded", "failed", "missing")
    ]
    assert [rows[s]["t1_points"] for s in ("cem", "dan", "eve")] == ["0", "", ""]


def test_a_finished_student_is_not_graded_again_until_something_changes(course):
    small_course.need_bubblewrap()
    trusted = checks.trusted_names(course.code, course.secret, "t1", "ann")
    typed = {"mine": f"mine = {trusted['number']('k', 10, 99) + 1}"}
    right = demo.as_bytes(notebook(course, "ann", typed))
    path = hand_in(course, "ann", right)
    here = ("grade", "t1", "--course", course.folder)
    run(*here)
    file = record.place(course.work("t1"), "ann")
    first = file.stat().st_mtime_ns
    run(*here)
    assert file.stat().st_mtime_ns == first
    path.write_bytes(demo.as_bytes(notebook(course, "ann", base=BLANK)))
    run(*here)
    assert record.read(course.work("t1"), "ann").points == 0
    (course.folder / "secret").write_text("another secret of the tests")
    path.write_bytes(right)
    run(*here)
    again = record.read(course.work("t1"), "ann")
    assert again.points == 3 and "another release" in str(again.notes)


def test_interrupted_and_resumed_gives_the_same_grades(course, tmp_path):
    small_course.need_bubblewrap()
    for number in range(8):
        answers = {"double": f"def double(x):\n    return 2 * x * {number % 3 or 1}"}
        hand_in(course, f"s{number}", notebook(course, f"s{number}", answers))
    command = [sys.executable, "-m", "tools.coursework", "grade", "t1"]
    command += ["--course", str(course.folder), "--workers", "2"]
    graded = course.work("t1") / "graded"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, cwd=ROOT, **quiet) as running:
        deadline = time.monotonic() + 120
        while len(list(graded.glob("*.json"))) < 2:
            assert time.monotonic() < deadline and running.poll() is None
            time.sleep(0.02)
        os.kill(running.pid, signal.SIGKILL)
    early = {p.name: p.stat().st_mtime_ns for p in graded.glob("*.json")}
    assert 2 <= len(early) < 8
    run("grade", "t1", "--course", course.folder)
    resumed = {r.student: r.scores for r in record.read_all(course.work("t1"))}
    for name, stamp in early.items():
        assert (graded / name).stat().st_mtime_ns == stamp
    for path in graded.glob("*.json"):
        path.unlink()
    run("grade", "t1", "--course", course.folder)
    again = {r.student: r.scores for r in record.read_all(course.work("t1"))}
    assert resumed == again and len(again) == 8
    assert again["s0"] == FULL and again["s2"]["double-values"] == 0


def test_the_made_up_class_has_every_kind_of_student(course, capsys):
    known = course.folder / "known" / "t1"
    known.mkdir(parents=True)
    for name in ("reference", "blank"):
        (known / f"{name}.yml").write_text(f"says: x\nbase: {name}\nscores: {{}}\n")
    run("demo", "t1", "--course", course.folder)
    folders = list((course.folder / "submissions" / "t1").iterdir())
    assert len(folders) == 20 and len(Course(course.folder).roster) == 21
    said = capsys.readouterr().out
    assert all(special in said for special in demo.SPECIAL)
    (course.folder / "roster.csv").write_text("student_id,name\nreal,Real Person\n")
    with pytest.raises(SystemExit, match="needs its own folder"):
        run("demo", "t1", "--course", course.folder)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("grade", "t9"), "no assignment 't9'.*there are: t1"),
        (("feedback", "t1"), "was not graded yet"),
        (("grades",), "nothing was graded yet"),
        (("grade", "t1"), "not a folder with submissions"),
    ],
)
def test_what_is_not_there_is_one_sentence(course, words, said):
    with pytest.raises(SystemExit, match=f"^kl: .*{said}"):
        run(*words, "--course", course.folder)
