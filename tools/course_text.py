"""The built pages as one text for paper and e-readers: same words, nothing to press.

The site is the one source of the PDF and of the EPUB. Folds stand open, a quiz shows
the reason of every option, and what lives on the site alone becomes a sentence with a
link.
"""

import posixpath
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from bs4 import BeautifulSoup

SITE_ONLY = {"book/take_away", "book/playground"}  # they make sense on the site alone
FOR_TEACHERS = "Teaching"  # a part that readers of the books need not carry
LIVE = "kl-playground", "kl-embed"  # elements or classes that need a browser
# Frames of the theme, and what only a screen can use.
SCREEN_ONLY = (
    ".headerlink, script, style, button, details.hide > summary, .copy-button, "
    ".quiz-verdict, .quiz label, a:has(.viewcode-link), .toctree-wrapper"
)
LETTERS = "abcdefghij"
# Kinds of code that the styles colour; every other piece needs no element of its own.
COLOURED = set(
    "k kn kd kr ow kc s s1 s2 sa sd se sr sb m mi mf mh il nf nc nd fm c c1 cm ch "
    "gp go".split()
)


@dataclass
class Page:
    """One page of the course: where it stands, and its text as a tree to change."""

    name: str  # such as notebooks/ch01_definition_and_gibbs
    caption: str  # the part it belongs to
    text: BeautifulSoup

    @property
    def stem(self):
        return Path(self.name).name

    @property
    def title(self):
        """The first heading, without markup."""
        return " ".join(self.text.h1.get_text().split())

    @property
    def label(self):
        """The title as a table of contents shows it: a chapter has its number."""
        number = re.match(r"ch(\d+)_", self.stem)
        return f"{int(number[1])}. {self.title}" if number else self.title


def read(site, parts, address=""):
    """The pages of `parts`, (caption, names), that can be taken away.

    `address` is where the site is published; without it a link to a part of the site
    that does not travel becomes plain text.
    """
    pages = [
        Page(name, caption, article(Path(site, f"{name}.html").read_text("utf-8")))
        for caption, names in parts
        for name in names
        if travels(caption, name)
    ]
    for page in pages:
        unfold(page.text)
        replace_live(page, address)
    return pages


def travels(caption, name):
    """Whether a page of a part belongs into the books to take away."""
    return caption != FOR_TEACHERS and name not in SITE_ONLY


def article(html):
    """What stands in <main>, without the furniture of a screen."""
    start = html.index(">", html.index("<main")) + 1
    text = BeautifulSoup(html[start : html.index("</main>")], "html.parser")
    for element in text.select(SCREEN_ONLY):
        element.decompose()
    for piece in text.select("pre span, span.pre"):
        if not COLOURED & set(piece.get("class", [])):
            piece.unwrap()
    return text


def unfold(text):
    """Folds as boxes, quizzes as questions with the reason of each option."""
    for legend in text.select("legend"):
        legend.name, legend["class"] = "p", "fold-title"
        for letter, item in zip(LETTERS, legend.parent.select("li"), strict=False):
            item.insert(0, f"{letter}) ")
    for element in text.select("form, fieldset"):
        kind = ["quiz"] if element.name == "form" else ["question"]
        identity = element.get("id")
        element.name, element.attrs = "div", {"class": kind}
        if identity:
            element["id"] = identity
    for fold in text.select("details"):
        title = fold.find("summary", recursive=False)
        if title:
            title.name, title.attrs = "div", {"class": "fold-title"}
        fold.name = "div"
        fold["class"] = ["unfolded", *fold.get("class", [])]
        del fold["open"]
    for cell in text.select("div.tag_hide-input"):
        code = cell.find("div", class_="unfolded", recursive=False)
        if code and cell.find("div", class_="cell_output", recursive=False):
            cell.append(code.extract())  # what it shows first, then how


def replace_live(page, address):
    """A sentence where the site has something to play with."""
    for kind in LIVE:
        for element in page.text.select(f"{kind}, .{kind}"):
            note = page.text.new_tag("p", attrs={"class": "site-only"})
            note.append("Here the site has something to play with: ")
            link = f"{address.rstrip('/')}/{page.name}.html"
            if address:
                note.append(page.text.new_tag("a", href=link, string=link))
            else:
                note.append(f"see the page “{page.title}” there")
            note.append(".")
            element.replace_with(note)


def settle_links(pages, inside, address=""):
    """Point every link at its place in the book, at the published site, or nowhere.

    `inside(page, fragment)` gives the address of a place in the book; for the start
    page, which is not in it, `page` is None.
    """
    known = {page.name: page for page in pages}
    ids = {p.name: {e["id"] for e in p.text.select("[id]")} for p in pages}
    for page in pages:
        for link in page.text.select("a[href]"):
            parts = urlsplit(link["href"])
            if parts.scheme or parts.netloc:
                continue
            target = page.name + ".html"
            if parts.path:
                target = posixpath.normpath(
                    posixpath.join(posixpath.dirname(target), unquote(parts.path))
                )
            name = target.removesuffix(".html")
            if name in known:
                fragment = unquote(parts.fragment)
                fragment = fragment if fragment in ids[name] else ""
                link["href"] = inside(known[name], fragment)
            elif name in {"index", "book/index"}:
                link["href"] = inside(None, "")
            elif address and not target.startswith("_images/"):
                anchor = f"#{parts.fragment}" if parts.fragment else ""
                link["href"] = f"{address.rstrip('/')}/{target}{anchor}"
            else:
                link.unwrap()


def image_sources(page):
    """(image, path in the site) of every picture of a page."""
    folder = posixpath.dirname(page.name)
    return [
        (image, posixpath.normpath(posixpath.join(folder, unquote(image["src"]))))
        for image in page.text.select("img[src]")
    ]
