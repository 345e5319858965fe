"""What a student gets back: one HTML page with points, messages and comments.

Everything from a student's notebook is shown as text: no page carries a student's HTML
or script. The source of hidden tests is not shown, only the message of one that failed.
"""

import zipfile
from html import escape

from tools.coursework import record, report
from tools.coursework.course import file_name

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto;
  padding: 0 1rem; color: #1a1a1a; background: #fff }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #ccc;
  vertical-align: top; overflow-wrap: anywhere }}
pre {{ white-space: pre-wrap; overflow-wrap: anywhere; background: #f4f4f4;
  padding: .6rem }}
</style>
<h1>{title}</h1>
<p>Student: {student}. {summary}</p>
{body}
</html>
"""


def page(assignment, r, written):
    """The feedback of one student."""
    grade = report.grade(assignment, r, written)
    if r.status != record.GRADED:
        body = "<p>Ask your instructor what to do.</p>"
        summary = f"Your submission was not graded: {r.reason}."
    else:
        body = _notes(r) + _tests(assignment, r) + _written(assignment, r, written)
        summary = f"{grade['tests']} of {sum(report.automatic(assignment).values())}"
        summary += " points from tests"
        if "points" in grade:
            summary = f"{grade['points']} of {grade['of']} points"
        summary += "."
    return PAGE.format(
        title=escape(assignment.title),
        student=escape(r.student),
        summary=escape(summary),
        body=body,
    )


def _notes(r):
    items = "".join(f"<li>{escape(note)}</li>" for note in r.notes)
    return f"<h2>About your notebook</h2><ul>{items}</ul>" if items else ""


def _tests(assignment, r):
    rows, tests = "", report.automatic(assignment)
    for name, most in tests.items():
        said = r.messages.get(name, "" if r.scores[name] else "failed")
        cells = (name, f"{r.scores[name]} of {most}", said or "right")
        rows += "<tr>" + "".join(f"<td>{escape(c)}</td>" for c in cells) + "</tr>"
    errors = "".join(
        f"<li>{escape(name)}: {escape(message)}</li>"
        for name, message in r.messages.items()
        if name not in tests
    )
    errors = f"<h2>Errors while your cells ran</h2><ul>{errors}</ul>" if errors else ""
    head = "<tr><th>test</th><th>points</th><th>what it says</th></tr>"
    return f"<h2>Tests</h2><table>{head}{rows}</table>{errors}"


def _written(assignment, r, written):
    parts = []
    for cell in assignment.of_kind("written"):
        row = written.get((report.plain(r.student), cell.name), {})
        points = report.points_of(row, cell.points)
        state = "not graded yet" if points is None else f"{report.tidy(points)}"
        rubric = "".join(
            f"<li>{number}: {escape(sentence)}</li>"
            for number, sentence in assignment.matter["rubrics"][cell.name]
        )
        parts.append(
            f"<h2>Written answer: {escape(cell.name)}</h2>"
            f"<p>Points: {state} of {cell.points}. {escape(row.get('comment', ''))}</p>"
            f"<ul>{rubric}</ul><pre>{escape(r.written.get(cell.name, ''))}</pre>"
        )
    return "".join(parts)


def write(assignment, records, folder):
    """Write a page for each student who handed in, and a zip of all; its path."""
    written = report.read_written(folder / "written.csv")
    pages = {
        f"{file_name(r.student)}/{assignment.name}.html": page(assignment, r, written)
        for r in records
        if r.status != record.MISSING
    }
    for name, text in pages.items():
        path = folder / "feedback" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    archive = folder / f"{assignment.name}-feedback.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in pages.items():
            packed.writestr(name, text)
    return archive
