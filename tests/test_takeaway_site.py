"""The downloads of the built site: `make book` first."""

import re
import zipfile
from pathlib import Path

import pytest
import takeaway_checks as checks

from tools import course_text, generated, paper, takeaway

pytestmark = pytest.mark.site
SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
DOWNLOADS = SITE / "downloads"
NAMES = [
    name
    for caption, names in generated.toc_parts()
    for name in names
    if course_text.travels(caption, name)
]
FIRST_HEADING = re.compile(r"<h1>(.*?)(?:<a class=\"headerlink|</h1>)", re.DOTALL)


def heading(name):
    found = FIRST_HEADING.search((SITE / f"{name}.html").read_text())[1]
    plain = re.sub(r"<[^>]+>", "", found).replace("&amp;", "&").replace("&#39;", "'")
    return " ".join(plain.split())


def members(name):
    with zipfile.ZipFile(DOWNLOADS / name) as archive:
        assert archive.testzip() is None
        return {entry: archive.read(entry) for entry in archive.namelist()}


def test_every_download_is_listed_and_every_listed_one_is_there():
    text = (SITE / "book" / "take_away.html").read_text()
    listed = set(re.findall(r'href="\.\./downloads/([^"]+)"', text))
    assert listed == {path.name for path in DOWNLOADS.iterdir()}
    assert {d.file for d in takeaway.DOWNLOADS} - listed <= {takeaway.PDF.file}


def test_the_epub_is_valid_and_has_every_page():
    content = (DOWNLOADS / takeaway.EPUB.file).read_bytes()
    assert checks.epub_problems(content) == []
    pages = members(takeaway.EPUB.file)
    assert {f"EPUB/{Path(name).name}.xhtml" for name in NAMES} <= set(pages)
    chapter = pages["EPUB/ch01_definition_and_gibbs.xhtml"].decode()
    assert chapter.count("<math") > 20 and chapter.count("<img") == 4


def test_the_notebooks_come_with_their_package():
    files = members(takeaway.NOTEBOOKS.file)
    there = {Path(name).name for name in files}
    expected = {Path(n).name + ".ipynb" for n in NAMES if n.startswith("notebooks/")}
    (wheel,) = (SITE / "wheels").glob("*.whl")
    assert there == expected | {wheel.name, "README.md", "LICENSE"}
    readme = files["kl-notebooks/README.md"].decode()
    assert f"pip install {wheel.name}" in readme and readme.count("\n") == 1


def test_the_figures_come_with_readings_and_a_licence():
    files = members(takeaway.FIGURES.file)
    key = [Path(n).name for n in NAMES if re.search(r"/(ch\d\d|bridge)_", n)]
    there = {Path(name).name for name in files}
    drawn = {f"{name}.{end}" for name in key for end in ("svg", "pdf")}
    assert there == drawn | {"readings.txt", "LICENCE.txt"}
    lines = files["kl-figures/readings.txt"].decode().splitlines()
    assert [line.split(":")[0] for line in lines] == sorted(key)
    assert b"creativecommons.org/licenses/by/4.0" in files["kl-figures/LICENCE.txt"]


@pytest.fixture(scope="module")
def pdf():
    if sentence := paper.missing():
        pytest.skip(sentence)
    if not (DOWNLOADS / takeaway.PDF.file).exists():
        pytest.fail("Chromium is here but the PDF is not; run `make books`")
    from pypdf import PdfReader

    return PdfReader(DOWNLOADS / takeaway.PDF.file)


def words(page):
    """The text of a page; its font has one drawing for two kinds of apostrophe."""
    return " ".join(page.extract_text().replace("ʼ", "’").split())


def entries(outline):
    """Every entry of an outline, from the first page to the last."""
    for entry in outline:
        yield from entries(entry) if isinstance(entry, list) else [entry]


def test_the_pdf_has_every_page_where_its_contents_say(pdf):
    assert len(pdf.pages) > 150 and pdf.metadata.title == "KL Divergence in Practice"
    chapters = [o for o in pdf.outline if not isinstance(o, list)][2:]
    first = pdf.get_destination_page_number(chapters[0])
    contents = " ".join(words(page) for page in pdf.pages[1:first])
    for name in NAMES:
        title = heading(name)
        number = re.search(re.escape(title) + r" (\d+)", contents)
        assert number, f"{title!r} does not stand in the contents"
        page = words(pdf.pages[int(number[1]) - 1])
        assert title in page and page.split()[0] and number[1] in page.split(), title
    titles = [" ".join(o.title.split()) for o in chapters]
    assert titles == [heading(name) for name in NAMES]


def test_the_pdf_shows_no_markup(pdf):
    for page in pdf.pages[::7]:
        assert not re.search(r":::|\{[a-z][a-z:+-]*\}`|</?div|katex-error", words(page))


def test_a_reader_on_paper_finds_reasons_and_solutions(pdf):
    first = next(e for e in entries(pdf.outline) if e.title == "Quiz")
    number = pdf.get_destination_page_number(first)
    quiz = " ".join(words(page) for page in pdf.pages[number : number + 2])
    assert "The number is right in nats, not in bits." in quiz


def test_links_of_the_pdf_stay_inside_or_name_another_host(pdf):
    kinds = {"inside": [], "outside": [], "other": []}
    for kind, address in checks.links(pdf):
        kinds[kind].append(address)
    assert not kinds["other"] and len(kinds["inside"]) > 300
    places = {name.lstrip("/") for name in pdf.named_destinations}
    assert set(kinds["inside"]) <= places
    assert all(re.match(r"https?://\w", a) for a in kinds["outside"])


def test_fonts_of_the_pdf_are_inside_and_it_is_tagged(pdf):
    assert checks.fonts_outside(pdf) == []
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] and root["/Lang"] == "en"
