"""The whole course as one PDF: the pages of the site, printed by Chromium.

The first print tells on which page each chapter begins, the second has these numbers in
its table of contents. Later one print is enough, as long as no chapter moves.
"""

import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from itertools import groupby
from pathlib import Path

from bs4 import BeautifulSoup

from tools import course_text

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NBSP = "\u00a0"
SHORT_CODE = 24  # lines; a listing this long or shorter is not split between pages
PRINTING_TIME = 300  # seconds


class PrintError(Exception):
    """Chromium did not print the course; the message says why."""


def missing():
    """One sentence for what is missing to make the PDF; empty if nothing is."""
    if not chromium():
        return (
            "the PDF needs Chromium: install the package chromium of your system, or "
            "set CHROMIUM to the path of a Chrome or Chromium"
        )
    try:
        import pypdf  # noqa: F401
    except ImportError:
        return "the PDF needs pypdf: pip install -c requirements.txt -e '.[site]'"
    return ""


def chromium():
    """The browser that prints: CHROMIUM names one, else the first on the path."""
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else NAMES
    return next((found for name in names if (found := shutil.which(name))), None)


def write(site, parts, facts, target, work):
    """Print the course into `target`; an unchanged one is taken from `work`.

    Args:
        site: Folder of the built site.
        parts: (caption, page names) of the table of contents.
        facts: See `tools.takeaway.course_facts`.
        target: The PDF.
        work: Folder that keeps the last print and the page it was made from.
    """
    work.mkdir(parents=True, exist_ok=True)
    source, printed, known = (work / f"course.{end}" for end in ("html", "pdf", "json"))
    pages = course_text.read(site, parts, facts["address"])
    prepare(pages, os.path.relpath(site, work), facts["address"])
    digest = fingerprint(assembled(pages, facts, {}), site)
    last = json.loads(known.read_text()) if known.exists() else {}
    if not (printed.exists() and last.get("sha256") == digest):
        known.unlink(missing_ok=True)
        numbers, found = None, last.get("pages", {})
        while numbers != found:  # once more when a chapter begins on another page
            numbers = found
            source.write_text(document(pages, facts, numbers, site, work), "utf-8")
            print_page(source, printed)
            found = page_numbers(printed, pages)
        known.write_text(json.dumps({"sha256": digest, "pages": found}))
    shutil.copyfile(printed, target)


def fingerprint(body, site):
    """Changes when the text, a style or a font does; pictures are named by content."""
    digest = hashlib.sha256(body.encode())
    for path in [Path(__file__), *stylesheets(site)]:
        digest.update(path.read_bytes())
    return digest.hexdigest()


def stylesheets(site):
    static, book = Path(site, "_static"), Path(__file__).parent.parent / "book"
    return [
        static / "house.css",
        static / "katex" / "katex.min.css",
        book / "paper.css",
    ]


def prepare(pages, site, address):
    """Ids that are unique in one document, and links that jump inside it."""

    def inside(page, fragment):
        if page is None:
            return "#contents"
        return f"#{page.stem}" + (f"--{fragment}" if fragment else "")

    course_text.settle_links(pages, inside, address)
    for page in pages:
        for heading in page.text.select("h1, h2, h3, h4"):
            keep_spaces(heading)
        for element in page.text.select("[id]"):
            element["id"] = f"{page.stem}--{element['id']}"
        for image, path in course_text.image_sources(page):
            image["src"] = f"{site}/{path}"
            for name in ("loading", "decoding"):
                del image[name]
        for listing in page.text.select("pre"):
            if listing.get_text().count("\n") <= SHORT_CODE:
                listing.parent["class"] = [*listing.parent.get("class", []), "short"]


def keep_spaces(heading):
    """Spaces that survive the end of a line.

    Else the outline of the PDF joins the words around it.
    """
    for text in heading.find_all(string=re.compile(r"\s")):
        if not text.find_parent(class_="katex"):
            pieces = html.escape(text).split()
            lead, trail = text[0].isspace(), text[-1].isspace()
            joined = f"{NBSP}<wbr>".join([""] * lead + pieces + [""] * trail)
            text.replace_with(BeautifulSoup(joined, "html.parser"))


def document(pages, facts, numbers, site, work):
    links = "".join(
        f'<link rel="stylesheet" href="{os.path.relpath(path, work)}">'
        for path in stylesheets(site)
    )
    return (
        f'<!doctype html><html lang="en" data-theme="light"><head>'
        f'<meta charset="utf-8"><title>{html.escape(facts["title"])}</title>{links}'
        f"<style>{running_heads(pages)}</style></head><body>"
        f"{assembled(pages, facts, numbers)}</body></html>"
    )


def running_heads(pages):
    """A named page for each chapter: its title stands above the text."""
    return "".join(
        f"@page {page.stem} {{ @top-right {{ content: {css_string(page.label)}; "
        'color: #5d5a55; font: 9pt "Source Serif 4", serif }}'
        f" #{page.stem} {{ page: {page.stem} }}\n"
        for page in pages
    )


def css_string(text):
    return '"' + re.sub(r'[\\"<]', lambda m: f"\\{ord(m[0]):x} ", text) + '"'


def assembled(pages, facts, numbers):
    """Title page, table of contents with these page numbers, and every page."""
    chapters = "".join(
        f'<article id="{page.stem}">{page.text}</article>' for page in pages
    )
    return (
        f'<main class="bd-article"><header class="title-page">'
        f"<h1>{html.escape(facts['title'])}</h1>"
        f"<p>{unbroken(facts['summary'])}</p>{facts['hills']}"
        f'<p class="stamp">{html.escape(facts["stamp"].capitalize())}<br>'
        f"{html.escape(facts['rights'])}</p></header>"
        f"{contents(pages, numbers)}{chapters}</main>"
    )


def unbroken(text):
    """Text in which no line ends inside a hyphenated name."""
    return re.sub(
        r"\b\w-\w+", r'<span class="unbroken">\g<0></span>', html.escape(text)
    )


def contents(pages, numbers):
    parts = []
    for caption, group in groupby(pages, key=lambda page: page.caption):
        rows = "".join(
            f'<li><a href="#{page.stem}"><span>{html.escape(page.label)}</span>'
            f'<span class="page-number">{numbers.get(page.stem, "")}</span></a></li>'
            for page in group
        )
        parts.append(f"<h2>{html.escape(caption)}</h2><ol>{rows}</ol>")
    return (
        f'<article id="contents" class="contents"><h1>Contents</h1>{"".join(parts)}'
        "</article>"
    )


def print_page(source, target):
    """One run of Chromium, which may ask no host for anything."""
    with tempfile.TemporaryDirectory() as profile:
        command = [
            chromium(),
            "--headless=new",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            f"--user-data-dir={profile}",
            "--host-resolver-rules=MAP * ~NOTFOUND",
            "--no-pdf-header-footer",
            "--generate-pdf-document-outline",
            f"--print-to-pdf={target}",
            source.resolve().as_uri(),
        ]
        if os.geteuid() == 0:  # Chromium's sandbox refuses to run as root
            command.insert(1, "--no-sandbox")
        target.unlink(missing_ok=True)
        try:
            run = subprocess.run(
                command, capture_output=True, text=True, timeout=PRINTING_TIME
            )
        except subprocess.TimeoutExpired:
            raise PrintError(f"Chromium took over {PRINTING_TIME} s") from None
    if run.returncode or not target.exists():
        last = (run.stderr.strip().splitlines() or ["no message"])[-1]
        raise PrintError(f"Chromium did not print the course: {last}")


def page_numbers(pdf, pages):
    """The page on which each chapter begins, by the places that links jump to."""
    from pypdf import PdfReader

    reader = PdfReader(pdf)
    places = {name.lstrip("/"): d for name, d in reader.named_destinations.items()}
    lost = [page.stem for page in pages if page.stem not in places]
    if lost:
        raise PrintError(f"the PDF has no place called {lost[0]}")
    return {
        page.stem: reader.get_destination_page_number(places[page.stem]) + 1
        for page in pages
    }
