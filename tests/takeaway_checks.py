"""Checks of the downloads that know nothing of how they were made.

Each returns sentences about what is wrong.
"""

import io
import posixpath
import zipfile
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"
CONTAINER = "{urn:oasis:names:tc:opendocument:xmlns:container}"
MATHML = "{http://www.w3.org/1998/Math/MathML}"
SVG = "{http://www.w3.org/2000/svg}"
INTERACTIVE = {"form", "input", "button", "script", "details", "iframe", "label"}


def epub_problems(content):
    """What a strict reader of EPUB 3 would refuse in these bytes."""
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        entries = book.infolist()
        files = {entry.filename: book.read(entry) for entry in entries}
    problems = []
    first = entries[0]
    if (first.filename, first.compress_type) != ("mimetype", zipfile.ZIP_STORED):
        problems.append("mimetype is not the first entry, stored without compression")
    if files.get("mimetype") != b"application/epub+zip":
        problems.append("mimetype does not say application/epub+zip")
    if len(files) != len(entries):
        problems.append("a name stands in the archive twice")
    container = parsed("META-INF/container.xml", files, problems)
    if container is None:
        return problems
    root = container.find(f".//{CONTAINER}rootfile").get("full-path")
    package = parsed(root, files, problems)
    if package is None:
        return problems
    return problems + package_problems(root, package, files)


def parsed(name, files, problems):
    if name not in files:
        problems.append(f"{name} is missing")
        return None
    try:
        return ElementTree.fromstring(files[name])
    except ElementTree.ParseError as error:
        problems.append(f"{name} is no XML: {error}")
        return None


def package_problems(root, package, files):
    folder, problems = posixpath.dirname(root), []
    items = {item.get("id"): item for item in package.iter(f"{OPF}item")}
    names = [posixpath.join(folder, i.get("href")) for i in items.values()]
    problems += [
        f"{n}: in the manifest, not in the book" for n in names if n not in files
    ]
    known = {*names, root, "mimetype", "META-INF/container.xml"}
    problems += [f"{n}: in the book, not in the manifest" for n in files.keys() - known]
    spine = [ref.get("idref") for ref in package.iter(f"{OPF}itemref")]
    problems += [
        f"{i}: in the spine, not in the manifest" for i in spine if i not in items
    ]
    if sum("nav" in (i.get("properties") or "").split() for i in items.values()) != 1:
        problems.append("the manifest must have one navigation document")
    pages = {}
    for item in items.values():
        name = posixpath.join(folder, item.get("href"))
        if item.get("media-type") == "application/xhtml+xml" and name in files:
            pages[name] = parsed(name, files, problems)
            if pages[name] is not None:
                problems += promises_broken(name, pages[name], item)
    for name, page in pages.items():
        if page is not None:
            problems += page_problems(name, page, pages, files)
    return problems


def promises_broken(name, page, item):
    """MathML and SVG must be announced, and announced only when they are there."""
    announced = set((item.get("properties") or "").split()) - {"nav"}
    there = {
        word
        for word, tag in (("mathml", f"{MATHML}math"), ("svg", f"{SVG}svg"))
        if page.find(f".//{tag}") is not None
    }
    return [f"{name}: has {there}, announces {announced}"] if there != announced else []


def page_problems(name, page, pages, files):
    ids = {
        n: {e.get("id") for e in p.iter()} for n, p in pages.items() if p is not None
    }
    own = [e.get("id") for e in page.iter() if e.get("id")]
    for identity in {i for i in own if own.count(i) > 1}:
        yield f"{name}: the id {identity} stands there twice"
    for element in page.iter():
        tag = element.tag.removeprefix(XHTML)
        if tag in INTERACTIVE:
            yield f"{name}: <{tag}> cannot be pressed in a book"
        if tag == "img" and not (element.get("alt") or "").strip():
            yield f"{name}: {element.get('src')} has no alt text"
        for key in ("href", "src"):
            address = urlsplit(element.get(key) or "")
            if not element.get(key) or address.scheme or address.netloc:
                continue
            target = posixpath.normpath(
                posixpath.join(posixpath.dirname(name), unquote(address.path))
            )
            target = target if address.path else name
            if target not in files:
                yield f"{name}: {element.get(key)}: no such file"
            elif address.fragment and unquote(address.fragment) not in ids.get(
                target, {unquote(address.fragment)}
            ):
                yield f"{name}: {element.get(key)}: no such anchor"


def fonts_outside(reader):
    """Fonts of a PDF that its reader must have; a Type 3 font carries its drawings."""
    outside = set()
    for page in reader.pages:
        for font in (page["/Resources"].get("/Font") or {}).values():
            font = font.get_object()
            if font["/Subtype"] == "/Type3":
                continue
            inner = font["/DescendantFonts"][0].get_object()
            description = inner["/FontDescriptor"].get_object()
            if not any(str(key).startswith("/FontFile") for key in description):
                outside.add(str(font["/BaseFont"]))
    return sorted(outside)


def links(reader):
    """(kind, address) of every link of a PDF; kind is inside, outside or other."""
    for page in reader.pages:
        for note in page.get("/Annots") or []:
            note = note.get_object()
            action = note.get("/A")
            if note.get("/Subtype") != "/Link":
                continue
            if "/Dest" in note:
                yield "inside", str(note["/Dest"]).lstrip("/")
            elif action and action.get_object().get("/S") == "/URI":
                yield "outside", str(action.get_object()["/URI"])
            else:
                yield "other", str(action)
