"""The whole course as one EPUB 3, from the pages of the site.

Equations are the MathML that KaTeX wrote beside its HTML: it grows with the type, can
be read aloud, and needs no picture of each equation. Sphinx's own builder would need a
second template for every page, and leaves raw HTML as it is; e-readers want XML.
"""

import html
import mimetypes
import posixpath
import re
import uuid
import zipfile
from itertools import groupby
from pathlib import Path

from tools import course_text

STYLE = Path(__file__).resolve().parent.parent / "book" / "ebook.css"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same text gives the same bytes
# Names that an HTML parser writes small and XML does not forgive.
SVG_NAMES = {"viewbox": "viewBox", "preserveaspectratio": "preserveAspectRatio"}
# Presentation that HTML 5 no longer knows.
OBSOLETE = "border", "valign", "align", "loading", "decoding"
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles><rootfile full-path="EPUB/package.opf"
media-type="application/oebps-package+xml"/></rootfiles></container>
"""


def write(site, parts, facts, target):
    """Write the EPUB of the pages of `parts` to `target`; see `tools.paper.write`."""
    pages = course_text.read(site, parts, facts["address"])
    course_text.settle_links(pages, inside, facts["address"])
    texts = {"title.xhtml": title_page(facts), "nav.xhtml": navigation(pages)}
    pictures = {}
    for page in pages:
        pictures |= carry_pictures(page)
        readable(page.text)
        texts[f"{page.stem}.xhtml"] = document(page.title, str(page.text))
    files = {"style.css": STYLE.read_bytes()}
    files |= {name: Path(site, path).read_bytes() for name, path in pictures.items()}
    files |= {name: text.encode() for name, text in texts.items()}
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        add(book, "mimetype", b"application/epub+zip", zipfile.ZIP_STORED)
        add(book, "META-INF/container.xml", CONTAINER.encode())
        add(book, "EPUB/package.opf", package(files, pages, facts).encode())
        for name, content in files.items():
            add(book, f"EPUB/{name}", content)


def add(book, name, content, method=zipfile.ZIP_DEFLATED):
    entry = zipfile.ZipInfo(name, LONG_AGO)
    entry.compress_type = method
    book.writestr(entry, content)


def inside(page, fragment):
    if page is None:
        return "title.xhtml"
    return f"{page.stem}.xhtml" + (f"#{fragment}" if fragment else "")


def carry_pictures(page):
    """Name in the book -> path in the site, of every picture of a page."""
    carried = {}
    for image, path in course_text.image_sources(page):
        name = f"images/{posixpath.basename(path)}"
        carried[name], image["src"] = path, name
    return carried


def readable(text):
    """Equations as MathML alone, and nothing that XML or HTML 5 refuses."""
    for equation in text.select(".katex"):
        equation.replace_with(equation.find("math").extract())
    for element in text.find_all(True):
        for name in OBSOLETE:
            del element[name]
        for small, name in SVG_NAMES.items():
            if small in element.attrs:
                element[name] = element.attrs.pop(small)
    for drawing in text.find_all("svg"):
        drawing["xmlns"] = "http://www.w3.org/2000/svg"


def document(title, body):
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" '
        'xmlns:epub="http://www.idpf.org/2007/ops" lang="en" xml:lang="en">\n'
        f'<head><meta charset="utf-8"/><title>{html.escape(title)}</title>'
        '<link rel="stylesheet" href="style.css"/></head>\n'
        f"<body>\n{body}\n</body></html>\n"
    )


def title_page(facts):
    hills = course_text.BeautifulSoup(facts["hills"], "html.parser")
    readable(hills)
    return document(
        facts["title"],
        f"<h1>{html.escape(facts['title'])}</h1><p>{html.escape(facts['summary'])}</p>"
        f"{hills}<p>{html.escape(facts['stamp'])}<br/>{html.escape(facts['rights'])}</p>",
    )


def navigation(pages):
    parts = []
    for caption, group in groupby(pages, key=lambda page: page.caption):
        rows = "".join(
            f'<li><a href="{page.stem}.xhtml">{html.escape(page.label)}</a></li>'
            for page in group
        )
        parts.append(f"<li><span>{html.escape(caption)}</span><ol>{rows}</ol></li>")
    listed = f"<h1>Contents</h1><ol>{''.join(parts)}</ol>"
    return document("Contents", f'<nav epub:type="toc" id="toc">{listed}</nav>')


def package(files, pages, facts):
    """What is in the book, in which order, and what it is."""
    title, day = html.escape(facts["title"]), facts["day"]
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{facts['title']} {facts['stamp']}")
    items = "".join(item(name, content) for name, content in files.items())
    order = ["title.xhtml", "nav.xhtml", *(f"{page.stem}.xhtml" for page in pages)]
    spine = "".join(f'<itemref idref="{identifier(name)}"/>\n' for name in order)
    return f"""<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="id"
xml:lang="en">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{identity}</dc:identifier>
<dc:title>{title}</dc:title><dc:language>en</dc:language>
<dc:creator>{html.escape(facts["author"])}</dc:creator>
<dc:date>{day}</dc:date><dc:rights>{html.escape(facts["rights"])}</dc:rights>
<meta property="dcterms:modified">{day}T00:00:00Z</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
</metadata>
<manifest>
{items}</manifest>
<spine>
{spine}</spine>
</package>
"""


def identifier(name):
    return "x-" + re.sub(r"\W", "-", name)


def item(name, content):
    kind = mimetypes.guess_type(name)[0] or "application/xhtml+xml"
    kinds = {".xhtml": "application/xhtml+xml", ".css": "text/css"}
    kind = kinds.get(Path(name).suffix, kind)
    marks = ["nav"] * (name == "nav.xhtml")
    if name.endswith(".xhtml"):
        marks += ["mathml"] * (b"<math" in content) + ["svg"] * (b"<svg" in content)
    properties = f' properties="{" ".join(marks)}"' if marks else ""
    return (
        f'<item id="{identifier(name)}" href="{name}" media-type="{kind}"'
        f"{properties}/>\n"
    )
