"""The interview cards: a trap and a computing cell each, and a file Anki can read."""

import csv

import pytest
from nbformat import write
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from tools import cards

CARDS = cards.read()


def test_thirteen_cards_each_with_a_trap_and_an_output():
    assert len(CARDS) == 13
    for question, answer, cell in CARDS:
        assert question.endswith("?") and "**Trap.**" in answer, question
        assert cell.outputs and any(c.isdigit() for c in cell.outputs[0].text), question


def test_the_file_has_two_columns_and_no_markdown():
    lines = cards.table(CARDS).splitlines()
    assert lines[:2] == ["#separator:tab", "#html:true"]
    rows = list(csv.reader(lines[3:], delimiter="\t", quoting=csv.QUOTE_NONE))
    assert len(rows) == 13 and all(len(row) == 2 for row in rows)
    for _, answer in rows:
        assert answer.startswith("<p>") and "](" not in answer and "**" not in answer
        assert "†" not in answer and "Read on" not in answer


def test_a_card_without_its_cell_is_named(tmp_path):
    nb = new_notebook(cells=[new_markdown_cell("## Why?"), new_code_cell("1")])
    write(nb, tmp_path / "n.ipynb")
    with pytest.raises(ValueError, match="Why"):
        cards.read(tmp_path / "n.ipynb")
