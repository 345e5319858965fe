"""What the tools for the downloads do, without a browser, a kernel or a built site."""

import io
import json
import struct
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import nbformat
import pytest
from takeaway_checks import epub_problems

from kl_helpers import plots
from tools import announce, course_text, ebook, figures, paper, takeaway

ROOT = Path(__file__).resolve().parent.parent
QUIZ = """<form class="quiz"><fieldset id="q-1">
<legend>1. How far?</legend>
<label><input type="radio" name="q-1" value="a"> <span>near</span></label>
<p class="quiz-verdict" role="status"></p>
<details><summary>Answer and reasons</summary><ul>
<li data-option="a"><b>near</b> <span>No. It is far.</span></li>
<li data-option="b" data-right><b>far</b> <span>Right. It is.</span></li></ul></details>
</fieldset></form>"""
MATH = (
    '<span class="katex"><span class="katex-mathml">'
    '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>x</mi></math></span>'
    '<span class="katex-html" aria-hidden="true">x</span></span>'
)
FIRST = f"""<main class="x"><section id="one"><h1>First &amp; last<a class="headerlink"
href="#one">#</a></h1><p>See <a href="ch02_b.html#there">there</a>,
<a href="#one">here</a>, <a href="ch02_b.html#gone">gone</a>,
<a href="../index.html#map">map</a>,
<a href="../wheels/k.whl">wheel</a>, <a href="https://example.org">out</a>. {MATH}</p>
<details class="hide"><summary>Show the code</summary><pre><span class="k">def</span>
<span class="n">f</span></pre></details>
<details class="predict"><summary>Which?</summary><p>Both.</p></details>
<img src="../_images/a.png" alt="One curve, 0.5 nats." loading="lazy">{QUIZ}
<div class="kl-playground">sliders</div></section></main>"""
SECOND = (
    '<main><section id="two"><h1>Second</h1><p id="there">x<br>y</p></section></main>'
)
PARTS = [("Part", ["notebooks/ch01_a", "notebooks/ch02_b", "book/take_away"])]
FACTS = {
    "title": "A & B",
    "author": "Somebody",
    "summary": "Short.",
    "stamp": "version 1, 2026-01-02",
    "day": "2026-01-02",
    "address": "",
    "rights": "CC BY 4.0",
    "hills": '<svg class="hills" viewBox="0 0 1 1"><path d="M0 0"/></svg>',
}


@pytest.fixture
def site(tmp_path):
    head = '<meta name="description" content="Says {}. And more.">'
    for name, text in (("ch01_a", FIRST), ("ch02_b", SECOND)):
        (tmp_path / "notebooks").mkdir(exist_ok=True)
        page = tmp_path / "notebooks" / f"{name}.html"
        page.write_text(f"<html>{head.format(name)}{text}</html>")
    (tmp_path / "_images").mkdir()
    (tmp_path / "_images" / "a.png").write_bytes(b"\x89PNG")
    return tmp_path


def settled(site, address=""):
    pages = course_text.read(site, PARTS, address)
    course_text.settle_links(pages, ebook.inside, address)
    return pages


def test_nothing_is_left_to_press_and_every_reason_can_be_read(site):
    text = course_text.read(site, PARTS)[0].text
    assert not text.select("form, fieldset, input, label, details, summary, button")
    words = " ".join(text.get_text().split())
    for said in ("1. How far?", "a) near No. It is far.", "b) far Right. It is."):
        assert said in words
    assert "Which?Both." in words and "Show the code" not in words
    assert [page.label for page in course_text.read(site, PARTS)] == [
        "1. First & last",
        "2. Second",
    ]


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ('<div class="kl-playground">x</div>', "", "see the page “T” there"),
        (
            "<kl-embed>x</kl-embed>",
            "https://a.org/b/",
            "https://a.org/b/notebooks/n.html",
        ),
    ],
)
def test_a_playground_becomes_a_sentence(kind, address, said):
    page = course_text.Page(
        "notebooks/n", "", course_text.article(f"<main>{kind}</main>")
    )
    page.text.append(page.text.new_tag("h1", string="T"))
    course_text.replace_live(page, address)
    note = page.text.find("p", class_="site-only")
    assert said in note.get_text() and ">x<" not in str(page.text)


def test_links_jump_inside_the_book_or_to_the_published_site(site):
    here = {a.get_text(): a["href"] for a in settled(site)[0].text.select("a")}
    assert here == {
        "there": "ch02_b.xhtml#there",
        "here": "ch01_a.xhtml#one",
        "gone": "ch02_b.xhtml",
        "map": "title.xhtml",
        "out": "https://example.org",
    }
    there = settled(site, "https://a.org/kl/")[0].text.find("a", string="wheel")
    assert there["href"] == "https://a.org/kl/wheels/k.whl"


@pytest.fixture
def epub(site):
    ebook.write(site, PARTS, FACTS, site / "book.epub")
    return (site / "book.epub").read_bytes()


def test_the_epub_is_one(epub, site):
    assert epub_problems(epub) == []
    ebook.write(site, PARTS, FACTS, site / "again.epub")
    assert (site / "again.epub").read_bytes() == epub
    with zipfile.ZipFile(io.BytesIO(epub)) as book:
        first = book.read("EPUB/ch01_a.xhtml").decode()
        assert b'viewBox="0 0 1 1"' in book.read("EPUB/title.xhtml")
    assert "<mi>x</mi>" in first and "katex" not in first


@pytest.mark.parametrize(
    ("name", "before", "after", "said"),
    [
        ("mimetype", b"epub", b"zip", "does not say"),
        ("META-INF/container.xml", b"EPUB/", b"OEBPS/", "is missing"),
        ("EPUB/package.opf", b'href="style.css"', b'href="s.css"', "not in the book"),
        ("EPUB/package.opf", b"mathml", b"scripted", "announces"),
        ("EPUB/ch02_b.xhtml", b"<br/>", b"<br>", "is no XML"),
        ("EPUB/ch02_b.xhtml", b"there", b"elsewhere", "no such anchor"),
        ("EPUB/ch02_b.xhtml", b"<br/>", b"<img src='a' alt=''/>", "no alt text"),
        ("EPUB/ch02_b.xhtml", b"<br/>", b"<input/>", "cannot be pressed"),
        ("EPUB/nav.xhtml", b"ch02_b.xhtml", b"ch03.xhtml", "no such file"),
    ],
)
def test_a_broken_epub_is_noticed(epub, name, before, after, said):
    broken = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(epub)) as old, zipfile.ZipFile(broken, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == name:
                assert before in content
                content = content.replace(before, after)
            new.writestr(entry, content)
    assert any(said in problem for problem in epub_problems(broken.getvalue()))


def test_the_figure_pack_is_fresh():
    assert figures.problems() == []


def test_the_figures_are_the_ones_of_the_notebooks():
    for source in figures.sources():
        cells = json.loads((ROOT / "notebooks" / f"{source.stem}.ipynb").read_text())
        shown = [
            "".join(output["data"]["text/plain"])
            for cell in cells["cells"]
            for output in cell.get("outputs", [])
            if "image/png" in output.get("data", {})
        ]
        assert f"{source.stem}: {shown[0]}\n" in figures.readings()


def test_the_figures_are_small_and_carry_no_date():
    files = list(figures.PACK.iterdir())
    assert sum(path.stat().st_size for path in files) < 1.5e6
    for path in files:
        content = path.read_bytes()
        assert b"CreationDate" not in content and b"<dc:date>" not in content
        if path.suffix == ".svg":
            assert ElementTree.fromstring(content).tag.endswith("}svg")
        elif path.suffix == ".pdf":
            assert content.startswith(b"%PDF-") and b"/FontFile2" in content


def test_a_changed_chapter_makes_its_figure_stale(tmp_path):
    root, pack = tmp_path, tmp_path / "pack"
    (root / "book" / "chapters").mkdir(parents=True)
    pack.mkdir()
    (root / "_config.yml").write_text("title: x\n")
    (root / "requirements.txt").write_text("numpy==1\n")
    source = root / "book" / "chapters" / "ch01_a.md"
    head = "---\nkernelspec: {display_name: P, language: python, name: p}\n---\n"
    cells = "# A\n\n```{code-cell}\nx = 1\n```\n\n```{code-cell}\nplots.show(x)\n```\n"
    source.write_text(head + cells)
    assert "has no figure" in figures.problems(root, pack)[0]
    nb = figures.up_to_figure(source)
    digest = figures.notebooks.input_hash(nb, [], root)
    record = {"ch01_a": {"sha256": digest, "files": [], "reading": "1"}}
    (pack / figures.INPUTS).write_text(json.dumps(record))
    assert "a file of its figure is missing" in figures.problems(root, pack)[0]
    for end in ("svg", "pdf"):
        (pack / f"ch01_a.{end}").touch()
    assert figures.problems(root, pack) == []
    source.write_text(
        head + cells + "\n```{code-cell}\ny = 2\n```\n"
    )  # after the figure
    assert figures.problems(root, pack) == []
    source.write_text(head + cells.replace("x = 1", "x = 2"))
    assert "is stale" in figures.problems(root, pack)[0]
    (pack / "ch99.svg").touch()
    assert "no chapter has this figure" in figures.problems(root, pack)[1]


def test_the_llms_file_has_the_form_of_llmstxt_org(site):
    lines = announce.llms(site, [("Part", PARTS[0][1][:2])], FACTS).splitlines()
    assert lines[0] == "# A & B" and lines[2] == "> Short."
    assert lines[6:] == [
        "## Part",
        "",
        "- [First & last](notebooks/ch01_a.html): Says ch01_a.",
        "- [Second](notebooks/ch02_b.html): Says ch02_b.",
    ]


@pytest.mark.parametrize("address", ["", "https://a.org/", "https://a.org/kl"])
def test_only_a_known_address_is_announced(site, address):
    parts = [("Part", PARTS[0][1][:2])]
    announce.write(site, parts, FACTS | {"address": address})
    made = {name for name in ("sitemap.xml", "robots.txt") if (site / name).exists()}
    made |= {announce.PREVIEW} & {path.name for path in site.iterdir()}
    context = {"docstitle": "C", "title": "<b>P</b> & Q", "course_description": '"d"'}
    tags = announce.tags("notebooks/n", context, address)
    assert 'property="og:title" content="P &amp; Q"' in tags and "&quot;d&quot;" in tags
    if not address:
        assert not made and "og:image" not in tags and "og:url" not in tags
        return
    base = address.rstrip("/")
    assert ("robots.txt" in made) == (base == "https://a.org")
    assert f'content="{base}/{announce.PREVIEW}"' in tags
    urls = ElementTree.fromstring((site / "sitemap.xml").read_bytes())
    places = [url[0].text for url in urls]
    assert places[1:] == [f"{base}/notebooks/ch0{n}.html" for n in ("1_a", "2_b")]
    png = (site / announce.PREVIEW).read_bytes()
    assert struct.unpack(">II", png[16:24]) == (1200, 630)


def test_the_list_has_what_is_there_and_no_more(tmp_path):
    (tmp_path / "downloads").mkdir()
    (tmp_path / "book").mkdir()
    page = tmp_path / takeaway.PAGE
    page.write_text("a<!-- downloads -->old<!-- end of downloads -->b")
    (tmp_path / "downloads" / takeaway.EPUB.file).write_bytes(b"x" * 1_234_567)
    takeaway.list_downloads(tmp_path)
    takeaway.list_downloads(tmp_path)
    text = page.read_text()
    assert text.count(f'href="../downloads/{takeaway.EPUB.file}"') == 1
    assert "1.2 MB" in text and takeaway.PDF.file not in text and "old" not in text


def test_what_is_missing_for_the_pdf_is_said_in_a_sentence(tmp_path, monkeypatch):
    assert "make book" in takeaway.print_course(tmp_path, tmp_path)
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    assert "Chromium" in paper.missing() and "CHROMIUM" in paper.missing()


@pytest.mark.parametrize("strict", [False, True])
def test_without_chromium_the_rest_is_there(tmp_path, monkeypatch, capsys, strict):
    monkeypatch.setattr(takeaway, "SITE", tmp_path)
    monkeypatch.setattr(takeaway, "ROOT", tmp_path)
    sentence = "the PDF needs Chromium: do this"
    monkeypatch.setattr(takeaway, "print_course", lambda: sentence)
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "a.zip").write_bytes(b"x" * 2000)
    if strict:
        with pytest.raises(SystemExit, match="kl: the PDF needs Chromium"):
            takeaway.main(strict)
        return
    takeaway.main(strict)
    assert capsys.readouterr().out.split("\n")[:2] == [
        f"Left out: {sentence}.",
        "      2 kB  downloads/a.zip",
    ]


def test_a_figure_is_caught_where_a_chapter_shows_it():
    cells = [
        {"cell_type": "code", "id": str(number), "source": source}
        for number, source in enumerate(
            (
                "from kl_helpers import plots\nx = 2",
                "plots.show('figure', alt=f'{x} bits')",
            )
        )
    ]
    nb = nbformat.from_dict({"cells": cells, "metadata": {}})
    shown = plots.show
    found = figures.draw(nb)
    assert (found.figure, found.reading) == ("figure", "2 bits")
    assert plots.show is shown


def test_the_contents_name_pages_and_headings_keep_their_spaces(site):
    pages = settled(site)
    told = paper.contents(pages, {"ch01_a": 7})
    assert '<a href="#ch01_a"><span>1. First &amp; last</span>' in told
    assert '<span class="page-number">7</span>' in told
    paper.prepare(pages, "../html", "")
    heading = pages[0].text.h1
    assert str(heading) == "<h1>First\u00a0<wbr/>&amp;\u00a0<wbr/>last</h1>"
    assert pages[0].title == "First & last"
    assert pages[0].text.img["src"] == "../html/_images/a.png"


def test_headings_are_safe_inside_a_style_sheet():
    assert paper.css_string('a"b</style>') == '"a\\22 b\\3c /style>"'
