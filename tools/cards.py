"""The interview questions as cards for Anki, one line each, made from their page."""

import html
import re
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "notebooks" / "interview.ipynb"
FILE = "kl-cards.tsv"
HEADER = "#separator:tab\n#html:true\n#columns:Question\tAnswer\n"
QUESTION = re.compile(r"^## (.+)$", re.MULTILINE)
ANSWER = re.compile(
    r'<details class="flashcard">\s*<summary>Answer</summary>(.+?)</details>', re.DOTALL
)


def read(path=NOTEBOOK):
    """(question, answer in Markdown, cell that computes it) of each card."""
    cells = nbformat.read(path, as_version=4).cells
    cards = []
    for cell, following in zip(cells, cells[1:], strict=False):
        question, answer = QUESTION.search(cell.source), ANSWER.search(cell.source)
        if cell.cell_type == "markdown" and question:
            if not answer or following.cell_type != "code":
                raise ValueError(
                    f"kl: the card {question[1]!r} needs a fold with its answer, and a "
                    "cell below it that computes the numbers."
                )
            cards.append((question[1], answer[1].strip(), following))
    return cards


def table(cards):
    """The file that Anki imports."""
    lines = (f"{question}\t{as_html(answer)}\n" for question, answer, _ in cards)
    return HEADER + "".join(lines)


def as_html(markdown):
    """Paragraphs with emphasis; links become their text, a card has no site around."""
    text = html.escape(markdown.replace("†", ""), quote=False)
    text = re.sub(r"\[([^]]+)\]\([^)]+\)", r"\1", text)
    text = re.sub(r"\*\*([^*]+)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"\*([^*]+)\*", r"<i>\1</i>", text)
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n")]
    return "".join(f"<p>{p}</p>" for p in paragraphs if not p.startswith("Read on"))
