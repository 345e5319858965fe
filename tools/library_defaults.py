"""What RL libraries do with a KL by default: the rows of book/library_defaults.yml.

`read` refuses a row that breaks the rules of the file, `table` writes the rows of one
kind as Markdown. Which KL the gradient of a penalty belongs to is said once, in PULLS;
a test finds it again by enumeration, and a page for people with the question prints it.
"""

import datetime
import re
from pathlib import Path

import yaml

DEFAULTS = Path(__file__).resolve().parent.parent / "book" / "library_defaults.yml"
KINDS = ("reference", "policy")  # the other distribution of the KL
PLACES = ("reward", "loss", "stop", "log")
WEIGHTS = ("none", "ratio")
ESTIMATORS = ("k1", "k2", "k3", "|k1|", "exact")
FIELDS = {"library", "trainer", "version", "repository", "commit", "read", "to"}
FIELDS |= {"estimator", "place", "weight", "default", "sources"}
OPTIONAL = {"committed", "note"}
# (estimator, place, weight) -> whose gradient it has on average, for actions of π.
PULLS = {
    ("k1", "reward", "none"): "D(π‖ref)",
    ("k1", "loss", "none"): "0",
    ("k2", "loss", "none"): "D(π‖ref)",
    ("k3", "loss", "none"): "D(ref‖π)",
    ("k3", "loss", "ratio"): "D(π‖ref)",
    ("|k1|", "reward", "none"): "neither",
}
HEADS = {
    "reference": ("library", "KL term, by default", "gradient of", "read in"),
    "policy": ("library", "KL term, by default", "used as", "read in"),
}
USES = {"stop": "may end the update", "log": "only logged", "loss": "loss term"}


def read(path=DEFAULTS):
    """The rows of the file; a ValueError with all that is wrong with them."""
    rows = yaml.safe_load(Path(path).read_text())
    if found := [problem for row in rows for problem in problems(row)]:
        raise ValueError("\n".join(found))
    return rows


def problems(row):
    """One sentence for each rule that a row breaks."""
    name = f"{row.get('library')}, {row.get('trainer')}"
    return [f"{name}: {problem}" for problem in _problems(row)]


def _problems(row):
    if missing := FIELDS - set(row):
        yield f"without {', '.join(sorted(missing))}; add it."
        return
    if unknown := set(row) - FIELDS - OPTIONAL:
        yield f"with {', '.join(sorted(unknown))}; leave it out."
    for field, known in [
        ("to", KINDS),
        ("place", PLACES),
        ("weight", WEIGHTS),
        ("estimator", ESTIMATORS),
    ]:
        if row[field] not in known:
            yield f"{field} {row[field]!r} is unknown; use one of {', '.join(known)}."
    for field in {"read", "committed"} & set(row):
        if not isinstance(row[field], datetime.date):
            yield f"{field} {row[field]!r} is no date; write it like 2026-11-28."
            return
    if row.get("committed", row["read"]) > row["read"]:
        yield "was read before it was committed; mend the dates."
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", row["repository"]):
        yield f"repository {row['repository']!r} is no owner/name."
    if "`" not in row["default"]:
        yield "default names no option; put it in `…`."
    if not row.get("note", ".").endswith("."):
        yield "note is no sentence; end it with a full stop."
    if row["to"] == "reference" and row["place"] != "log" and pull(row) is None:
        yield f"PULLS does not know {key(row)}; derive it, and test it."
    yield from _source_problems(row)


def _source_problems(row):
    if not row["sources"]:
        yield "no source; name the file that was read."
    for source in row["sources"]:
        if not re.fullmatch("[0-9a-f]{40}", source.get("commit", row["commit"])):
            yield f"{source['file']} has no full commit; write all 40 digits."
        if ("lines" in source) == ("name" in source):
            yield f"{source['file']} needs lines, or a name where there are none."
        if not re.fullmatch(r"[1-9]\d*(-\d+)?", source.get("lines", "1")):
            yield f"{source['file']} has lines {source['lines']!r}; write 12-34."


def key(row):
    return row["estimator"], row["place"], row["weight"]


def pull(row):
    """Whose gradient the penalty of a row has, or None."""
    return PULLS.get(key(row))


def address(row, source):
    """Where the lines stand for ever."""
    first, _, last = source.get("lines", "").partition("-")
    lines = f"#L{first}" + (f"-L{last}" if last else "") if first else ""
    commit = source.get("commit", row["commit"])
    return (
        f"https://github.com/{row['repository']}/blob/{commit}/{source['file']}{lines}"
    )


def table(rows, kind):
    """The rows about one kind of KL, as a Markdown table."""
    lines = [HEADS[kind], ["---"] * len(HEADS[kind])]
    chosen = [row for row in rows if row["to"] == kind]
    lines += [cells(row) for row in sorted(chosen, key=lambda r: r["library"].lower())]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def cells(row):
    who = f"**{row['library']}** {row['version']}<br>{row['trainer']}"
    return who, term(row), effect(row), where(row)


def term(row):
    """What is computed, by which option, and what else there is to know."""
    place = {"reward": "in the reward", "loss": "in the loss"}.get(row["place"])
    weight = "times the ratio" if row["weight"] == "ratio" else None
    said = [row["estimator"].replace("|", r"\|"), place, weight]
    note = f"<br>{row['note']}" if "note" in row else ""
    return f"**{', '.join(filter(None, said))}:** {row['default']}{note}"


def effect(row):
    pulls = pull(row) if row["to"] == "reference" else None
    return pulls or USES[row["place"]]


def where(row):
    """A link for each source, then commit and dates."""
    links = ", ".join(
        f"[{place_in(source)}]({address(row, source)})" for source in row["sources"]
    )
    committed = f" of {row['committed']}" if "committed" in row else ""
    return f"{links}<br>commit {row['commit'][:7]}{committed}, **read {row['read']}**"


def place_in(source):
    inside = source.get("name") or source["lines"].replace("-", "–")
    return f"`{Path(source['file']).name}` {inside}"
