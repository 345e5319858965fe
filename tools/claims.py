"""The rows of book/claims.yml: their rules, their numbers, and their page.

`read` refuses a row that breaks the rules of the file. `misplaced` says which numbers
the pages do not print, `unlisted` which rows a chapter's front matter forgets, and
`page` writes "Myths about KL, checked". Every complaint starts with the id of its row.
"""

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import nbformat
import yaml

from tools import prose

CLAIMS = Path(__file__).resolve().parent.parent / "book" / "claims.yml"
SOURCES = {
    "S0": "a personal note by Huijo (S0, 2026-01-02)",
    "S1": "a concept card of three minutes (S1, undated)",
    "S2": "a lesson with interview questions (S2, undated)",
    "S3": "an article by lenatriestounderstand (S3, 2026-06-07)",
}
LAST = {"X{}": 10, "S0-{:02}": 31, "S1-{:02}": 31, "S2-{:02}": 71, "S3-{:02}": 27}
LAST["C-{:02}"] = 30
IDS = [form.format(n) for form, last in LAST.items() for n in range(1, last + 1)]
GROUPS = {  # verdict -> its heading on the page
    "true": "True as it stands",
    "true with conditions": "True under conditions",
    "misleading": "Misleading",
    "false": "False",
}
VERDICTS = tuple(GROUPS)
STATUSES = ("checked", "planned")
NO_CHECK = ("form", "reading", "opinion")
SHORT = {"id", "verdict", "status"}  # and `source` or `between`
WHOLE = SHORT | {"claim", "correct", "reference", "shown_in"}
VALUE = re.compile(r"inf|-?\d+(\.\d+)?(e-?\d+)?")
PLACE = re.compile(r"[a-z0-9_]+#[a-z0-9-]+")
HEADING = re.compile(r"^(#{2,3}) (.+)$", re.MULTILINE)


def read(path=CLAIMS):
    """The rows of the file; a ValueError with all that is wrong with them."""
    path = Path(path)
    bibliography = (path.parent / "references.bib").read_text()
    rows = yaml.safe_load(path.read_text())
    if found := problems(rows, set(re.findall(r"^@\w+\{(\w+),", bibliography, re.M))):
        raise ValueError("\n".join(found))
    return rows


def problems(rows, keys):
    """One sentence for each rule that a row breaks."""
    count = Counter(row.get("id") for row in rows)
    found = [f"{i}: stands {n} times; keep one row." for i, n in count.items() if n > 1]
    found += [f"{i}: is missing; add its row." for i in IDS if i not in count]
    found += [f"{i}: is no id of the list; see LAST." for i in count if i not in IDS]
    for row in rows:
        found += [f"{row.get('id')}: {problem}" for problem in _row_problems(row, keys)]
    return found


def _row_problems(row, keys):
    verdict, status = row.get("verdict"), row.get("status")
    if isinstance(verdict, bool):
        yield f"verdict {verdict} is a yes or no of YAML; write it in quotes."
    elif verdict not in VERDICTS:
        yield f"verdict {verdict!r} is unknown; use one of {', '.join(VERDICTS)}."
    elif str(row.get("id")).startswith("C-") and verdict not in VERDICTS[:2]:
        yield f"verdict {verdict!r}, but C rows are facts; use true, or move the row."
    if status not in STATUSES:
        yield f"status {status!r} is unknown; use one of {', '.join(STATUSES)}."
        return
    origin = "between" if str(row.get("id")).startswith("X") else "source"
    fields = (WHOLE if status == "checked" else SHORT) | {origin}
    if status == "checked":
        fields |= {"no_check"} if "no_check" in row else {"value", "unit"}
    if missing := fields - set(row):
        yield f"{status} row without {', '.join(sorted(missing))}; add it."
    if unknown := set(row) - fields:
        yield f"{status} row with {', '.join(sorted(unknown))}; leave it out."
    if origin == "source" and not str(row["id"]).startswith(str(row.get(origin))):
        yield f"source {row.get(origin)!r} does not fit the id; use the id's start."
    if origin == "between" and not set(row.get(origin, [])) <= set(IDS):
        yield f"between {row[origin]} names no row; use ids."
    if status == "checked" and not missing:
        yield from _content_problems(row, keys)


def _content_problems(row, keys):
    for reference in row["reference"]:
        key = reference.get("key")
        if key not in keys:
            yield f"reference {key!r} is not in book/references.bib; add the entry."
        if set(reference) != {"key", "where"}:
            yield f"reference {key!r} has {sorted(reference)}; give key and where."
    if not row["reference"]:
        yield "no reference; name a primary source."
    if not PLACE.fullmatch(str(row["shown_in"])):
        yield f"shown_in {row['shown_in']!r} is no place; write page#section."
    if "no_check" in row and row["no_check"] not in NO_CHECK:
        yield f"no_check {row['no_check']!r} is unknown; use {', '.join(NO_CHECK)}."
    for value in values(row):
        if not (isinstance(value, str) and VALUE.fullmatch(value)):
            yield f"value {value!r} is no number as text; write it like '0.6931'."
            return
    tested = [n for v in values(row) for n in prose.numbers(f"{v} {row.get('unit')}")]
    for number in prose.numbers(prose.readable(row["correct"]), prose.is_stated):
        if not any(prose.supports(n, number) for n in tested):
            yield f"correct says {number.text!r}, which is no value; put inputs in `…`."


def values(row):
    """The numbers of a row, as text."""
    value = row.get("value", [])
    return value if isinstance(value, list) else [value]


def holds(value, number):
    """Whether a computed number is the text `value`, to the digits written."""
    if value == "inf":
        return number == float("inf")
    written = Decimal(value)
    half_a_place = Decimal(5).scaleb(written.as_tuple().exponent - 1)
    return abs(Decimal(float(number)) - written) <= half_a_place


def sections(nb):
    """{slug of a section: text of the outputs in it}; ## includes its ###."""
    text, open_slugs = {}, {}
    for cell in nb.cells:
        if cell.cell_type == "markdown":
            prose_only = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
            for marks, heading in HEADING.findall(prose_only):
                open_slugs = {m: s for m, s in open_slugs.items() if m < marks}
                open_slugs[marks] = slug(heading)
                text.setdefault(slug(heading), "")
        elif cell.cell_type == "code":
            for name in open_slugs.values():
                text[name] += "\n".join(prose.outputs(cell)) + "\n"
    return text


def slug(heading):
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def prints(text, value, unit):
    """Whether the outputs `text` show the value, and not in the other unit."""
    if value == "inf":  # in bits as in nats
        return bool(re.search(r"\binf\b", text))
    stated = next(prose.numbers(f"{value} {unit}"))
    return any(prose.supports(printed, stated) for printed in prose.numbers(text))


def misplaced(rows, notebooks):
    """One sentence for each row whose section does not exist or lacks its number."""
    pages = {}
    for row in (row for row in rows if row["status"] == "checked"):
        page, section = row["shown_in"].split("#")
        path = Path(notebooks) / f"{page}.ipynb"
        if not path.exists():
            yield f"{row['id']}: page {page} does not exist; write it, or correct."
            continue
        if page not in pages:
            pages[page] = sections(nbformat.read(path, as_version=4))
        if section not in pages[page]:
            yield f"{row['id']}: {page} has no section {section}; see its headings."
            continue
        for value in values(row):
            if not prints(pages[page][section], value, row["unit"]):
                yield f"{row['id']}: {row['shown_in']} prints no {value} {row['unit']}."


def unlisted(rows, listed):
    """Disagreements of the rows with `listed`, {page: ids in its front matter}."""
    for row in rows:
        page = row.get("shown_in", "").split("#")[0]
        if page in listed and row["id"] not in listed[page]:
            yield f"{row['id']}: shown in {page}; add it to the claims of that page."
    checked = {row["id"] for row in rows if row["status"] == "checked"}
    for page, ids in listed.items():
        for i in sorted(set(ids) - checked):
            yield f"{i}: in the claims of {page}, but not checked; write the row."


def counts(rows):
    """Rows by status and, of the checked ones, by verdict; numbers held by a test."""
    checked = [row for row in rows if row["status"] == "checked"]
    by_verdict = Counter(row["verdict"] for row in checked)
    return {
        "rows": len(rows),
        "checked": len(checked),
        "planned": len(rows) - len(checked),
        "numbers": sum(len(set(values(row))) for row in checked),
        **{verdict: by_verdict[verdict] for verdict in VERDICTS},
    }


def page(rows):
    """The page "Myths about KL, checked", in MyST."""
    n, checked = counts(rows), [row for row in rows if row["status"] == "checked"]
    verdicts = ", ".join(f"{n[v]} {v}" for v in VERDICTS if n[v])
    parts = [
        "# Myths about KL, checked",
        f"This page collects {n['rows']} statements about KL divergence. Most stand in "
        f"{', '.join(SOURCES.values())}; here they stand in our words. So far "
        f"{n['checked']} are checked: {verdicts}." + waiting(n["planned"]),
        f"The {n['numbers']} numbers that answer them are computed twice on every "
        "change, by the package and by an independent reference, and once more in the "
        "section that the entry links to. The first argument samples.",
    ]
    groups = {"Where sources disagree": [row for row in checked if "between" in row]}
    for verdict in reversed(VERDICTS):
        groups[GROUPS[verdict]] = [
            row for row in checked if row["verdict"] == verdict and "source" in row
        ]
    for title, group in groups.items():
        if group:
            parts += [f"## {title}", *(entry(row, checked) for row in group)]
    return "\n\n".join(parts) + "\n"


def waiting(planned):
    return f" The other {planned} wait for their chapters." if planned else ""


def anchor(row):
    return row["id"].lower()


def entry(row, checked):
    """Claim, verdict, right statement, section and sources of one row."""
    name, section = row["shown_in"].split("#")
    number = re.match(r"ch(\d+)_", name)
    where = f"chapter {int(number[1])}" if number else ""  # "": the section's title
    link = f"[{where}](../../notebooks/{name}.ipynb#{section})"
    sources = "; ".join(
        f"{{cite:t}}`{r['key']}`, {r['where']}" for r in row["reference"]
    )
    links = {r["id"]: f"[{r['id']}](#claim-{anchor(r)})" for r in checked}
    between = [links.get(i, i) for i in row.get("between", [])]
    origin = f" Compare {', '.join(between)}." if between else ""
    found = "See" if "no_check" in row else "Computed in"
    return (
        f"(claim-{anchor(row)})=\n\n“{row['claim']}”\\\n"
        f"**{row['verdict'].capitalize()}.** {row['correct']}{origin}\\\n"
        f"{found} {link}. {sources}. {row['id']}."
    )
