"""What the Sphinx extension does to pages, equations and the start page."""

import json
import re
from pathlib import Path

import pytest

from tools import equations, generated, page_text, site, start_figure

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('href="../notebooks/a.html#b"', 'href="notebooks/a.html#b"'),
        ('href="how_to.html"', 'href="book/how_to.html"'),
        ('src="../_static/a.js"', 'src="_static/a.js"'),
        ('href="#map"', 'href="#map"'),
        ('href="https://example.org"', 'href="https://example.org"'),
    ],
)
def test_start_page_moves_to_the_root(before, after):
    assert page_text.at_root(f"<a {before}>", Path("book")) == f"<a {after}>"


def test_only_figures_below_the_first_wait():
    body = page_text.tidy_body('<img src="1"><img src="2"><img src="3">')
    assert body.count('loading="lazy"') == 2
    assert body.startswith('<img src="1">')


def test_figures_keep_their_place_and_traps_their_colour():
    body = page_text.tidy_body(
        '<img alt="" style="width: 800px; height: 340px;" />'
        "<blockquote>\n<div><p><strong>Trap.</strong> Text</p></div></blockquote>"
    )
    assert 'width="800" height="340"' in body
    assert '<blockquote class="trap">' in body


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        ("a = b", "a = b"),
        (r"\begin{align}a\end{align}", r"\begin{align*}a\end{align*}"),
        (r"a &= b \\ c &= d", r"\begin{aligned}a &= b \\ c &= d\end{aligned}"),
        (r"\begin{aligned}a \\ b\end{aligned}", r"\begin{aligned}a \\ b\end{aligned}"),
    ],
)
def test_equations_are_numbered_and_aligned_once(latex, expected):
    assert equations.prepared(latex, display=True) == expected


def test_equations_become_html_without_a_copy_of_the_tex():
    html = equations.render(r"\frac{1}{2}")
    assert "<mfrac>" in html and "frac{1}" not in html


def test_mistake_in_an_equation_is_a_warning(caplog):
    assert equations.render(r"\frac{1}{<") == r"<code>\frac{1}{&lt;</code>"


def test_prices_of_the_hills():
    hills = start_figure.Hills(4)
    assert hills.prices == ("0.23", "0.63")
    assert round(start_figure.where_prices_meet(), 1) == start_figure.FRAMES[-1] == 5.6


def test_every_chapter_stands_on_the_map():
    mapped = {name for part in start_figure.read_map() for name in part["pages"]}
    listed = {Path(p).name for _, pages in generated.toc_parts() for p in pages}
    assert {name for name in listed if re.match(r"ch\d\d_", name)} <= mapped


def test_map_links_what_is_ready_and_nothing_else():
    name = "ch01_definition_and_gibbs"
    ready = start_figure.course_map({name})
    assert ready.count("<a href=") == 1 and f"../notebooks/{name}.html" in ready
    assert "<a href=" not in start_figure.course_map(set())


def test_every_symptom_is_listed_with_its_sentence():
    pages = dict(generated.toc_parts())["Symptoms"]
    listed = generated.symptoms_page()
    assert pages[0] == "book/_generated/symptoms"
    symptoms = [page for page in pages if page.startswith("notebooks/symptom_")]
    assert len(symptoms) > 5 and "notebooks/bug_clinic.ipynb" in listed
    for page in symptoms:
        about = generated.front_matter(page)["description"]
        assert f"[](../../{page}.ipynb)" in listed and about in listed


def test_front_matter_belongs_to_notebooks_only():
    assert generated.front_matter("notebooks/notation")["runs"] == "browser"
    assert generated.front_matter("book/index") == {}
    assert generated.front_matter("notebooks/no_such_page") == {}


def test_decimals_are_counted_in_outputs_only(tmp_path):
    cells = [
        {"source": "0.1", "outputs": [{"text": ["0.25 nats, ", "1.5 bits, 3 runs"]}]},
        {"source": "", "outputs": [{"data": {"text/plain": "0.5"}}]},
        {"source": "0.7"},
        {"source": "", "outputs": [{"data": {"text/plain": "0.1", "text/html": ""}}]},
    ]
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps({"cells": cells}))
    assert start_figure.count_decimals(path) == 3


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("x/edit/main/notebooks/ch01_a.ipynb", "x/edit/main/book/chapters/ch01_a.md"),
        ("x/edit/main/book/how_to.md", "x/edit/main/book/how_to.md"),
        ("x/edit/main/book/_generated/api.md", None),
    ],
)
def test_edits_start_at_the_text(url, address):
    assert site.address_of_text(url) == address
