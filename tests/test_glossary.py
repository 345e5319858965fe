"""The glossary: each word is shown where it says, and first uses lead to it."""

import re

import nbformat
import pytest
from docutils import nodes

from tools import claims, glossary, notebooks

ENTRIES = glossary.read()
each_entry = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["term"])


def text_of(name):
    nb = nbformat.read(notebooks.ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
    return nb, "\n".join(c.source for c in nb.cells if c.cell_type == "markdown")


@each_entry
def test_a_word_is_shown_where_it_says(entry):
    name, _, section = entry["shown"].partition("#")
    nb, text = text_of(name)
    assert not section or section in claims.sections(nb), entry["shown"]
    assert glossary.pattern(entry).search(text), f"{name} never says {entry['term']}"


@each_entry
def test_an_entry_is_a_sentence(entry):
    assert set(entry) <= {"term", "also", "find", "means", "shown"}
    assert entry["means"].endswith(".") and len(entry["means"].split()) <= 40
    assert not re.search(r"!|\b(?:simply|obviously|clearly)\b", entry["means"])


def test_words_and_anchors_are_different():
    anchors = [glossary.anchor(entry) for entry in ENTRIES]
    assert len(set(anchors)) == len(anchors)
    page = glossary.page(ENTRIES)
    assert all(f"({anchor})=" in page for anchor in anchors)


def paragraph(*pieces):
    return nodes.paragraph("", "", *pieces)


def linked(doctree):
    return [
        (link.astext(), link["refuri"])
        for link in doctree.findall(nodes.reference)
        if "term" in link["classes"]
    ]


def test_only_the_first_use_is_linked():
    words = [{"term": "toll"}, {"term": "prior", "find": r"\b[Pp]rior\b"}]
    doctree = nodes.section()
    doctree += paragraph(nodes.Text("A toll to the Prior, and a toll again."))
    doctree += paragraph(nodes.Text("The prior."))
    before = doctree.astext()
    glossary.link_first_uses(doctree, words, "g.html")
    assert linked(doctree) == [
        ("toll", "g.html#term-toll"),
        ("Prior", "g.html#term-prior"),
    ]
    assert doctree.astext() == before  # not a letter of the text changes


def test_headings_links_and_code_stay_as_they_are():
    doctree = nodes.section()
    doctree += nodes.title("", "The toll")
    doctree += paragraph(nodes.literal("", "toll"), nodes.reference("", "toll"))
    glossary.link_first_uses(doctree, [{"term": "toll"}], "g.html")
    assert linked(doctree) == []


def test_a_longer_word_wins_where_two_overlap():
    words = [{"term": "collapse"}, {"term": "posterior collapse"}]
    doctree = paragraph(nodes.Text("A posterior collapse is no collapse of the code."))
    glossary.link_first_uses(doctree, words, "g.html")
    assert linked(doctree)[0] == (
        "posterior collapse",
        "g.html#term-posterior-collapse",
    )
