"""What an instructor reads: every student of an assignment, and the grades of all."""

import csv

from tools.coursework import record
from tools.coursework.course import CourseError
from tools.coursework.source import WRITE_HERE


def lines(assignment, records):
    """The report of one grading, one line a student; nobody is left out."""
    for r in records:
        points = f"{r.points} of {sum(automatic(assignment).values())} points"
        yield f"{r.student}: {r.status}, {points if r.status == 'graded' else r.reason}"
        for note in r.notes:
            yield f"    look: {note}"
    counts = {status: 0 for status in ("graded", "failed", "missing")}
    for r in records:
        counts[r.status] += 1
    yield ", ".join(f"{n} {status}" for status, n in counts.items())


def automatic(assignment):
    return {cell.name: cell.points for cell in assignment.of_kind("test")}


def write_report(assignment, records, folder):
    path = folder / "report.txt"
    path.write_text("\n".join(lines(assignment, records)) + "\n", encoding="utf-8")
    return path


# Written answers: a table that a person fills in


def write_written(assignment, records, folder):
    """Add a row for each answer that waits for a person; keep what was filled in."""
    path = folder / "written.csv"
    graded = read_written(path)
    cells = assignment.of_kind("written")
    rows = []
    for r in records:
        for cell in cells if r.status == record.GRADED else ():
            text = r.written.get(cell.name, "").strip()
            old = graded.get((plain(r.student), cell.name))
            same = old and old["answer"] == plain(text)
            points = old["points"] if same else "" if answered(text) else "0"
            comment = old["comment"] if same else "" if answered(text) else "no answer"
            rows.append(
                {
                    "student_id": plain(r.student),
                    "cell": cell.name,
                    "of": cell.points,
                    "points": points,
                    "comment": comment,
                    "answer": plain(text),
                }
            )
    if cells:
        write_csv(
            path, rows, ["student_id", "cell", "of", "points", "comment", "answer"]
        )
    return path


def write_rubrics(assignment, folder):
    """What to grade written answers by: rubric, model answer and graded examples."""
    parts = [f"# {assignment.title}: written answers"]
    for cell in assignment.of_kind("written"):
        rubric = assignment.matter["rubrics"][cell.name]
        examples = assignment.matter["examples"].get(cell.name, [])
        parts.append(f"## {cell.name}, {cell.points} points")
        parts.append("\n".join(f"- {points}: {line}" for points, line in rubric))
        parts.append(f"**Full marks.** {cell.source}")
        parts += [f"**{tidy(points)} points.** {text}" for points, text in examples]
    path = folder / "rubrics.md"
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    return path


def answered(text):
    return text not in ("", WRITE_HERE)


def read_written(path):
    """{(student, cell): row} of what a person filled in."""
    if not path.exists():
        return {}
    with path.open(newline="", encoding="utf-8-sig") as rows:
        return {(r["student_id"], r["cell"]): r for r in csv.DictReader(rows)}


def plain(text):
    """A cell of a table that no spreadsheet takes for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t") else text


def points_of(row, most):
    """The points of a graded written answer; None while nobody has graded it."""
    text = (row or {}).get("points", "").strip().replace(",", ".")
    if not text:
        return None
    try:
        points = float(text)
    except ValueError:
        points = -1
    if not 0 <= points <= most:
        raise CourseError(
            f"written.csv: {row['student_id']} has {text!r} points for {row['cell']}, "
            f"which takes a number from 0 to {most}"
        )
    return points


# Grades of all assignments


def grades(course):
    """(columns, rows): each student's status and points; nobody has a guessed 0."""
    names = [n for n in course.names if (course.work(n) / "class.json").exists()]
    rows = {s: {"student_id": s, "name": name} for s, name in course.roster.items()}
    for name in names:
        assignment = course.assignment(name)
        written = read_written(course.work(name) / "written.csv")
        for r in record.read_all(course.work(name)):
            row = rows.setdefault(r.student, {"student_id": r.student, "name": ""})
            for key, value in grade(assignment, r, written).items():
                row[f"{name}_{key}"] = value
    columns = ["student_id", "name"]
    columns += [f"{name}_{key}" for name in names for key in GRADE]
    for row in rows.values():
        row["student_id"], row["name"] = plain(row["student_id"]), plain(row["name"])
        for name in names:
            row.setdefault(f"{name}_status", "not in this grading")
    return columns, [rows[student] for student in sorted(rows)]


GRADE = ("status", "points", "of", "tests", "written", "reason")


def grade(assignment, r, written):
    """Status and points of one student; points only where they are final."""
    most = sum(assignment.points.values())
    if r.status != record.GRADED:
        return {"status": r.status, "of": most, "reason": plain(r.reason)}
    found = [
        points_of(written.get((plain(r.student), cell.name)), cell.points)
        for cell in assignment.of_kind("written")
    ]
    result = {"status": "graded", "of": most, "tests": r.points}
    if None in found:
        reason = f"{found.count(None)} written answers wait in written.csv"
        return {**result, "status": "unfinished", "reason": reason}
    result["written"] = tidy(sum(found))
    return {**result, "points": tidy(r.points + sum(found))}


def tidy(points):
    return int(points) if points == int(points) else points


def write_csv(path, rows, columns):
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return path
