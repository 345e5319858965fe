"""Every number in the prose of a chapter must stand in an output of that chapter.

A *stated number* is a decimal, a percentage, or a whole number with a unit, in a
Markdown cell, in the literal part of an alt text, or in a quiz outside its wrong
options. It must equal a number that a cell
of the same page printed, rounded to the digits shown; nats must not answer for bits.
A number followed by a dagger (0.72†) is *given*: an input or a quoted result. A number
in a `code span` quotes code, so it must occur in the code or the outputs of the page.
"""

import ast
import re
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from typing import NamedTuple

UNITS = (
    "nat|bit|symbol|sample|path|pair|byte|character|image|token|seed|second|outcome|×"
)
GIVEN = "†"
NUMBER = re.compile(
    r"(?<![\w.])(?P<sign>(?<![\w)\]}])[-−+])?"
    r"(?P<digits>\d{1,3}(?:,\d{3})+|\d+)(?P<fraction>\.\d+)?"
    r"(?:e(?P<exponent>[-+]?\d+))?(?![\w,]*\d)"
    r"(?P<percent>\s?\\?%)?"
    rf"(?P<given>{GIVEN})?"
    rf"(?:[\s-](?P<unit>{UNITS})s?\b)?"
)
KL_UNITS = {"nat", "bit"}


class Number(NamedTuple):
    text: str
    value: Decimal
    decimals: int
    exponent: int
    percent: bool
    unit: str | None


def numbers(text, keep=lambda match: True):
    """The numbers of a text, as written."""
    for match in NUMBER.finditer(text):
        if keep(match):
            yield _number(match)


def _number(match):
    fraction = match["fraction"] or ""
    sign = "-" if match["sign"] in ("-", "−") else ""
    exponent = f"e{match['exponent']}" if match["exponent"] else ""
    digits = match["digits"].replace(",", "")
    return Number(
        text=match[0].strip(),
        value=Decimal(f"{sign}{digits}{fraction}{exponent}"),
        decimals=max(len(fraction) - 1, 0),
        exponent=int(match["exponent"] or 0),
        percent=bool(match["percent"]),
        unit=match["unit"],
    )


def is_stated(match):
    """Decimals, percentages and quantities; bare whole numbers are only counting."""
    if match["given"]:
        return False
    return bool(match["fraction"] or match["percent"] or match["unit"])


def supports(printed, stated):
    """Whether an output says what the prose says, to the digits the prose shows."""
    if printed.percent != stated.percent:
        return False
    if {printed.unit, stated.unit} == KL_UNITS:
        return False
    shown = printed.decimals - printed.exponent
    if shown < stated.decimals - stated.exponent and printed.value % 1:
        return False
    place = Decimal(1).scaleb(stated.exponent - stated.decimals)
    rounded = (
        printed.value.quantize(place, r) for r in (ROUND_HALF_EVEN, ROUND_HALF_UP)
    )
    return stated.value in rounded


def readable(markdown):
    """The prose of a Markdown cell: no code, no link targets, no HTML tags."""
    markdown = re.sub(r"```.*?```", " ", markdown, flags=re.DOTALL)
    markdown = re.sub(r"`[^`\n]*`", " ", markdown)
    markdown = re.sub(r"\]\([^)\s]*\)", "]", markdown)
    markdown = re.sub(r"<https?://[^>]*>|</?[a-z][^>]*>", " ", markdown)
    return re.sub(r"\\[,;! ]|\\text\{|\\mathrm\{|~", " ", markdown)


def code_spans(markdown):
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", markdown, flags=re.S))


def alt_literals(source):
    """The typed parts of the alt texts in a code cell, without what is computed."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    alts = [
        keyword.value
        for call in ast.walk(tree)
        if isinstance(call, ast.Call)
        for keyword in call.keywords
        if keyword.arg == "alt"
    ]
    constants = (
        n for alt in alts for n in ast.walk(alt) if isinstance(n, ast.Constant)
    )
    formats = {
        id(n)
        for alt in alts
        for f in ast.walk(alt)
        if isinstance(f, ast.FormattedValue) and f.format_spec
        for n in ast.walk(f.format_spec)
    }
    typed = (c.value for c in constants if id(c) not in formats)
    return " … ".join(text for text in typed if isinstance(text, str))


def typed_text(cell):
    """What people wrote in a code cell for readers: alt texts and quizzes."""
    return " … ".join([alt_literals(cell.source), *map(readable, quiz_texts(cell))])


def outputs(cell):
    """The text a reader sees below a code cell; listings of source are no results."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield output.text
        elif output.output_type == "error":
            yield output.evalue
        elif "text/plain" in output.data and not is_typed(output):
            yield output.data["text/plain"]


def is_typed(output):
    """Listings and quizzes are written by people: they cannot support a number."""
    return "text/markdown" in output.data or "text/html" in output.data


def quiz_texts(cell):
    """What the quizzes of a cell state, without the options that are wrong."""
    for output in cell.get("outputs", []):
        text = output.get("data", {}).get("text/html", "")
        yield re.sub(r"<(span|b) data-wrong>.*?</\1>", " … ", text, flags=re.DOTALL)


def unsupported(nb):
    """One sentence for each number of the prose that no output supports."""
    code = [cell for cell in nb.cells if cell.cell_type == "code"]
    shown = "\n".join(text for cell in code for text in outputs(cell))
    printed = list(numbers(shown))
    typed = {n.value for n in numbers(shown + "\n".join(c.source for c in code))}
    found = []
    for cell in nb.cells:
        is_prose = cell.cell_type == "markdown"
        text = readable(cell.source) if is_prose else typed_text(cell)
        for stated in numbers(text, is_stated):
            if not any(supports(candidate, stated) for candidate in printed):
                found.append(_sentence(stated.text, text, "no output of the page"))
        for span in code_spans(cell.source) if is_prose else []:
            for quoted in numbers(span, lambda m: m["fraction"]):
                if quoted.value not in typed:
                    found.append(_sentence(quoted.text, span, "no code of the page"))
    return found


def _sentence(number, text, where):
    at = text.find(number)
    context = " ".join(text[max(0, at - 30) : at + len(number) + 20].split())
    return f"{number!r} stands in {where}: «…{context}…»"
