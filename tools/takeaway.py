"""The course to take away: what the site offers for download, and the list of it.

    python -m tools.takeaway         make what can be made here, say what is missing
    python -m tools.takeaway all     the same, but something missing is an error

Everything is made from the built site, into its folder downloads. What needs no browser
is made with the site; the PDF is printed afterwards, because Chromium is not in
requirements.txt. The page of downloads lists the files that are there.
"""

import html
import json
import re
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from tools import announce, cards, ebook, figures, generated, paper

ROOT = Path(__file__).resolve().parent.parent
SITE, WORK = ROOT / "_build" / "html", ROOT / "_build" / "takeaway"
FACTS = "facts.json"
PAGE = "book/take_away.html"
SLOT = re.compile(r"(<!-- downloads -->).*?(<!-- end of downloads -->)", re.DOTALL)
LICENCE = "CC BY 4.0, https://creativecommons.org/licenses/by/4.0/"
BOTH = "Text and figures: CC BY 4.0; code: MIT"


@dataclass(frozen=True)
class Download:
    """One file of the folder downloads, and what a reader wants to know of it."""

    file: str
    what: str
    needs: str
    licence: str = BOTH


PDF = Download(
    "kl-divergence-in-practice.pdf",
    "The whole course for paper, A4, with outline and page numbers.",
    "a PDF reader or a printer",
)
EPUB = Download(
    "kl-divergence-in-practice.epub",
    "The whole course for e-readers.",
    "a reader of EPUB 3 that shows MathML",
)
NOTEBOOKS = Download(
    "kl-notebooks.zip",
    "Every notebook with its outputs, and the package they import.",
    "Python 3.11 and JupyterLab",
)
FIGURES = Download(
    "kl-figures.zip",
    "The key figure of each chapter as SVG and PDF, with a sentence that reads it.",
    "a program for slides or papers that takes SVG or PDF",
    "CC BY 4.0",
)
CARDS = Download(
    cards.FILE,
    "The interview questions as cards: question and answer, one line each.",
    "Anki, or a spreadsheet",
    "CC BY 4.0",
)
DOWNLOADS = PDF, EPUB, NOTEBOOKS, FIGURES, CARDS


def with_the_site(site, summary, config):
    """Make what needs no browser: called when Sphinx has built the site."""
    folder, parts = Path(site, "downloads"), generated.toc_parts()
    facts = course_facts(summary, config)
    folder.mkdir(exist_ok=True)
    announce.write(site, parts, facts)
    ebook.write(site, parts, facts, folder / EPUB.file)
    pack_notebooks(Path(site, "wheels"), ROOT / "notebooks", folder / NOTEBOOKS.file)
    pack_figures(figures.PACK, folder / FIGURES.file, facts)
    (folder / CARDS.file).write_text(cards.table(cards.read()))
    WORK.mkdir(parents=True, exist_ok=True)
    (WORK / FACTS).write_text(json.dumps({"facts": facts, "parts": parts}))
    list_downloads(site)


def pack_notebooks(wheels, notebooks, target):
    """The notebooks, the wheel, and one line that says what to do with them."""
    (wheel,) = sorted(wheels.glob("*.whl"))
    readme = (
        f"Run `pip install {wheel.name} jupyterlab`, then `jupyter lab`, and open a "
        "notebook; each page says at its top what else it needs, such as torch or "
        "scikit-learn.\n"
    )
    files = {"README.md": readme.encode(), wheel.name: wheel.read_bytes()}
    files |= {p.name: p.read_bytes() for p in sorted(notebooks.glob("*.ipynb"))}
    write_zip(target, "kl-notebooks", files | {"LICENSE": licence_text()})


def pack_figures(pack, target, facts):
    about = (
        f"Key figures of “{facts['title']}”, {facts['stamp']}.\n"
        f"By {facts['author']}. Licence: {LICENCE}\n"
    )
    files = {"LICENCE.txt": about.encode(), "readings.txt": figures.readings().encode()}
    files |= {
        p.name: p.read_bytes()
        for p in sorted(pack.iterdir())
        if p.suffix in {".svg", ".pdf"}
    }
    write_zip(target, "kl-figures", files)


def licence_text():
    return (ROOT / "LICENSE").read_bytes()


def write_zip(target, folder, files):
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in files.items():
            ebook.add(archive, f"{folder}/{name}", content)


def list_downloads(site):
    """Write the list of what is there into the page of downloads."""
    page = Path(site, PAGE)
    if page.exists():
        text = page.read_text("utf-8")
        listed = downloads_html(Path(site, "downloads"))
        page.write_text(SLOT.sub(lambda m: m[1] + listed + m[2], text), "utf-8")


def downloads_html(folder):
    items = "".join(
        f'<dt><a href="../downloads/{d.file}" download>{d.file}</a>, '
        f"{size((folder / d.file).stat().st_size)}</dt>"
        f"<dd><p>{html.escape(d.what)} It needs {html.escape(d.needs)}. "
        f"{html.escape(d.licence)}.</p></dd>"
        for d in DOWNLOADS
        if (folder / d.file).exists()
    )
    return f"<dl>{items}</dl>"


def size(count):
    """Bytes as people say them."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"


def course_facts(summary, config):
    """What title pages, archives and programs are told about the course."""
    context, rights = config.html_context, f"Text and figures: {LICENCE}. Code: MIT."
    version, day = context["course_version"], context["course_date"]
    return {
        "title": config.html_title,
        "author": config.author,
        "summary": summary,
        "stamp": f"version {version}, {day}",
        "day": day,
        "address": config.html_baseurl,
        "rights": rights,
        "hills": (generated.GENERATED / "hills.html").read_text(),
    }


def print_course(site=SITE, work=WORK):
    """The PDF into the site; a sentence if something for it is missing, else None."""
    if not (work / FACTS).exists() or not Path(site, "downloads").exists():
        return "there is no site to print: `make book` builds it"
    if sentence := paper.missing():
        return sentence
    told = json.loads((work / FACTS).read_text())
    print("Printing the course as a PDF", flush=True)
    try:
        paper.write(
            site, told["parts"], told["facts"], Path(site, "downloads", PDF.file), work
        )
    except paper.PrintError as error:
        return str(error)
    list_downloads(site)
    return None


def main(strict):
    if sentence := print_course():
        sys.exit(f"kl: {sentence}") if strict else print(f"Left out: {sentence}.")
    for path in sorted((SITE / "downloads").glob("*")):
        print(f"  {size(path.stat().st_size):>8}  {path.relative_to(ROOT)}")


if __name__ == "__main__":
    main("all" in sys.argv[1:])
