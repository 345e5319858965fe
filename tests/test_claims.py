"""Each row of book/claims.yml is a test: its numbers hold twice and are on a page."""

import copy
import re
from pathlib import Path

import numpy as np
import pytest
import yaml
from claim_checks import CHECKS

from tools import claims, generated

ROOT = Path(__file__).resolve().parent.parent
ROWS = yaml.safe_load(claims.CLAIMS.read_text())
CHECKED = [row for row in ROWS if row.get("status") == "checked"]
WITH_NUMBERS = [row for row in CHECKED if "no_check" not in row]
FILLER = r"!|\b(?:simply|obviously|trivially|of course|clearly)\b"
PER_WHAT = r"\b(?:nats|bits)\b"


def disagreements(row, check):
    """One sentence for each number of the row that a computation contradicts."""
    values = claims.values(row)
    for who, computed in zip(("the package", "the oracle"), check(), strict=True):
        numbers = [
            float(n) for n in (computed if np.iterable(computed) else [computed])
        ]
        if len(numbers) != len(values):
            yield f"{row['id']}: {len(values)} values, {len(numbers)} from {who}."
            continue
        for value, number in zip(values, numbers, strict=True):
            if not claims.holds(value, number):
                yield f"{row['id']}: value {value!r}, but {who} computes {number!r}."


def unmatched(rows, checks):
    """Rows without a check, and checks without a row."""
    ids = {row["id"] for row in rows if row["status"] == "checked" and "value" in row}
    yield from (
        f"{i}: has no check; write {name_of(i)}." for i in sorted(ids - {*checks})
    )
    yield from (f"{i}: check without a checked row." for i in sorted({*checks} - ids))


def name_of(i):
    return f"check_{i.replace('-', '_')} in tests/claim_checks"


def front_matter():
    """{page: ids that its front matter lists}, of every chapter that lists some."""
    listed = {}
    for source in (ROOT / "book" / "chapters").glob("*.md"):
        matter = generated.front_matter(f"notebooks/{source.stem}")
        if "claims" in matter:
            listed[source.stem] = matter["claims"]
    return listed


def test_rows_follow_the_rules():
    assert claims.read() == ROWS
    assert len(ROWS) == 200
    assert sum("no_check" in row for row in ROWS) <= 20


def test_no_field_is_given_twice():
    for row in claims.CLAIMS.read_text().split("\n- ")[1:]:
        fields = re.findall(r"^(?:  )?(\w+):", row, flags=re.MULTILINE)
        assert len(fields) == len(set(fields)), row


def test_every_row_has_its_check_and_every_check_its_row():
    assert list(unmatched(ROWS, CHECKS)) == []


@pytest.mark.parametrize("row", WITH_NUMBERS, ids=lambda row: row["id"])
def test_numbers_hold_for_the_package_and_for_the_oracle(row):
    assert list(disagreements(row, CHECKS[row["id"]])) == []


def test_every_number_stands_where_the_row_says():
    assert list(claims.misplaced(ROWS, ROOT / "notebooks")) == []


def test_front_matter_lists_the_rows_that_a_chapter_shows():
    assert list(claims.unlisted(ROWS, front_matter())) == []


def test_references_stand_once_in_the_bibliography():
    bibliography = (ROOT / "book" / "references.bib").read_text()
    keys = re.findall(r"^@\w+\{(\w+),", bibliography, flags=re.MULTILINE)
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize("row", CHECKED, ids=lambda row: row["id"])
def test_rows_are_plain_and_say_their_numbers_and_unit(row):
    assert not re.search(FILLER, f"{row['claim']} {row['correct']}"), row["correct"]
    assert row["claim"].endswith(".") and row["correct"].endswith(".")
    for value in claims.values(row):  # the page prints them there
        said = "infinite" if value == "inf" else re.sub("^-", "−", value)
        assert said in row["correct"], f"{row['id']}: correct does not say {said}"
    unit = row.get("unit", "")
    assert not re.search(PER_WHAT, unit) or " per " in unit, f"{unit}: per what?"


def test_the_page_prints_checked_rows_and_no_others():
    text, n = claims.page(ROWS), claims.counts(ROWS)
    anchors = re.findall(r"^\(claim-([a-z0-9-]+)\)=$", text, flags=re.MULTILINE)
    assert sorted(anchors) == sorted(claims.anchor(row) for row in CHECKED)
    assert sum(n[verdict] for verdict in claims.VERDICTS) == n["checked"]
    assert n["checked"] + n["planned"] == n["rows"] == 200
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    for row in CHECKED:
        entry = claims.entry(row, CHECKED)
        assert entry in text and row["claim"] not in headings
        assert entry.index(row["claim"]) < entry.index(row["correct"])
        assert f".ipynb#{row['shown_in'].split('#')[1]})" in entry
        assert row["verdict"].capitalize() in entry
    for target in re.findall(r"\]\(#claim-([a-z0-9-]+)\)", text):
        assert target in anchors


# The tests of the tests: one kind of damage each, found under the id of its row

KEYS = {r["key"] for row in CHECKED for r in row["reference"]}
WRONG_ROWS = {
    "unknown verdict": ("S0-03", {"verdict": "maybe"}, "verdict 'maybe' is unknown"),
    "verdict without quotes": ("S0-03", {"verdict": True}, "write it in quotes"),
    "a fact that is false": ("C-06", {"verdict": "false"}, "C rows are facts"),
    "unknown status": ("S0-03", {"status": "done"}, "status 'done' is unknown"),
    "unknown reference": (
        "S0-03",
        {"reference": [{"key": "nobody1900", "where": "page 1"}]},
        "'nobody1900' is not in book/references.bib",
    ),
    "no reference": ("S0-03", {"reference": []}, "name a primary source"),
    "reference to nowhere": ("S0-03", {"reference": [{"key": "cover2006"}]}, "where"),
    "no section": ("S0-03", {"shown_in": "ch01"}, "write page#section"),
    "a number, not text": ("S0-03", {"value": [0.5108, 0.2362]}, "no number as text"),
    "not a number": ("S0-03", {"value": "half"}, "no number as text"),
    "untested number": ("S0-03", {"correct": "It is 0.51 nats, or 0.77."}, "'0.77'"),
    "wrong unit": ("S0-03", {"unit": "bits per symbol"}, "'0.5108 nats'"),
    "wrong source": ("S0-03", {"source": "S1"}, "source 'S1' does not fit"),
    "unknown id": ("X5", {"between": ["S0-04", "S9-99"]}, "names no row"),
    "unknown field": ("S0-03", {"colour": "blue"}, "with colour; leave it out"),
    "missing field": ("S0-03", {"unit": None}, "without unit; add it"),
    "planned with more": ("S0-03", {"status": "planned"}, "planned row with claim"),
    "value and no_check": ("S1-04", {"value": "0.5"}, "with value; leave it out"),
    "unknown reason": ("S1-04", {"no_check": "lazy"}, "no_check 'lazy' is unknown"),
}


def damaged(i, change):
    """All rows, with `change` in row `i`; a field set to None is taken out."""
    rows = copy.deepcopy(ROWS)
    row = next(row for row in rows if row["id"] == i)
    row.update(change)
    for field in [field for field, value in change.items() if value is None]:
        del row[field]
    return rows


@pytest.mark.parametrize("name", WRONG_ROWS)
def test_a_wrong_row_is_refused_by_its_id(name, tmp_path):
    i, change, reason = WRONG_ROWS[name]
    (tmp_path / "claims.yml").write_text(yaml.safe_dump(damaged(i, change)))
    entries = "".join(f"@misc{{{key},\n}}\n" for key in sorted(KEYS))
    (tmp_path / "references.bib").write_text(entries)
    with pytest.raises(ValueError) as error:
        claims.read(tmp_path / "claims.yml")
    found = str(error.value).splitlines()
    assert all(line.startswith(f"{i}: ") for line in found), found
    assert any(reason in line for line in found), found


def test_a_lost_or_doubled_row_is_refused_by_its_id():
    rows = copy.deepcopy(ROWS)
    rows[20] = copy.deepcopy(rows[30])
    found = claims.problems(rows, KEYS)
    assert f"{ROWS[20]['id']}: is missing; add its row." in found
    assert f"{ROWS[30]['id']}: stands 2 times; keep one row." in found
    assert claims.problems([*ROWS, {**ROWS[0], "id": "X11"}], KEYS)[0].startswith(
        "X11:"
    )


@pytest.mark.parametrize(
    ("i", "value"),
    [
        ("S0-03", ["0.2362", "0.5108"]),  # swapped
        ("S0-03", ["0.5108", "0.2363"]),  # last digit
        ("S1-02", ["0.6758", "0.6349"]),
        ("S1-14", "1000"),
        ("S1-27", ["inf", "0.6931"]),
        ("S2-16", "-2.68e-11"),
        ("S2-64", ["4.5109", "9.1e-08", "1.1576"]),
        ("C-04", ["0.1147406", "0.1147406"]),  # the wrong average for the right one
        ("S0-03", ["0.5108"]),
        ("S0-11", ["-2.2655", "-3.4189", "0.5966", "0.0000"]),  # a rate for the gap
        ("S1-23", ["0.0931148", "0.0304788", "0.0626361"]),
    ],
)
def test_a_wrong_value_is_contradicted_by_both(i, value):
    row = next(row for row in damaged(i, {"value": value}) if row["id"] == i)
    found = list(disagreements(row, CHECKS[i]))
    assert all(line.startswith(f"{i}: ") for line in found)
    for who in ("package", "oracle"):
        assert any(who in line for line in found), found


def test_a_missing_check_and_a_check_too_many_are_named():
    checks = {i: check for i, check in CHECKS.items() if i != "S0-17"}
    assert list(unmatched(ROWS, checks))[0].startswith("S0-17: has no check")
    planned = damaged("S0-03", {"status": "planned"})
    assert list(unmatched(planned, CHECKS)) == ["S0-03: check without a checked row."]


@pytest.mark.parametrize(
    ("shown_in", "value", "unit", "reason"),
    [
        ("ch99_nothing#setup", "0.5108", "nats per symbol", "page ch99_nothing"),
        ("{}#no-such-section", "0.5108", "nats per symbol", "has no section"),
        ("{}#the-bill-measured", "0.5108", "nats per symbol", "prints no 0.5108"),
        ("{}#a-detour-can-be-cheaper", "0.5109", "nats per symbol", "no 0.5109"),
        ("{}#the-bill-measured", "0.9160", "nats per symbol", "no 0.9160 nats"),
        ("{}#a-detour-can-be-cheaper", "0.51082", "nats per symbol", "no 0.51082"),
        ("{}#the-bill-measured", "inf", "bits per symbol", "prints no inf"),
    ],
)
def test_a_number_that_its_section_does_not_print_is_named(
    shown_in, value, unit, reason
):
    place = shown_in.format("ch01_definition_and_gibbs")
    rows = damaged("S0-03", {"shown_in": place, "value": value, "unit": unit})
    row = next(row for row in rows if row["id"] == "S0-03")
    found = list(claims.misplaced([row], ROOT / "notebooks"))
    assert len(found) == 1 and found[0].startswith("S0-03: ") and reason in found[0]


def test_a_section_ends_at_the_next_heading_and_holds_its_parts():
    sections = claims.sections(page_with("## A", "0.1", "### B", "0.2", "## C", "0.3"))
    assert sections == {"a": "0.1\n0.2\n", "b": "0.2\n", "c": "0.3\n"}


def page_with(*cells):
    from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

    made = []
    for text in cells:
        made.append(new_markdown_cell(text) if "#" in text else new_code_cell("x"))
        if "#" not in text:
            made[-1].outputs = [new_output("stream", name="stdout", text=text)]
    return new_notebook(cells=made)


def test_front_matter_and_rows_that_disagree_are_named():
    listed = {"ch01_definition_and_gibbs": ["S0-03", "S9-99"]}
    found = list(claims.unlisted(ROWS, listed))
    assert any(line.startswith("S0-01: shown in ch01") for line in found)
    assert any(line.startswith("S9-99: in the claims of ch01") for line in found)
    assert not any(line.startswith("S0-03: ") for line in found)


@pytest.mark.parametrize(
    ("value", "number", "right"),
    [
        ("0.625", 0.625, True),
        ("0.62", 0.625, True),  # a half may go either way
        ("0.62", 0.6251, False),
        ("-0.50", -0.504, True),
        ("-0.50", 0.5, False),
        ("9.0e-08", 9.04e-8, True),
        ("9.0e-08", 9.06e-8, False),
        ("14", 14.4, True),
        ("inf", float("inf"), True),
        ("inf", 1e300, False),
        ("1000", float("inf"), False),
    ],
)
def test_what_it_means_to_hold(value, number, right):
    assert claims.holds(value, number) == right
