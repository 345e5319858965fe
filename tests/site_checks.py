"""Checks of a built site that need no browser.

Each takes the folder of a site and returns sentences about what is wrong with it.
"""

import hashlib
import re
import zipfile
from collections import Counter
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import yaml

LOADING_RELS = {
    "stylesheet",
    "preload",
    "modulepreload",
    "icon",
    "manifest",
    "prefetch",
}
LOADING_RELS |= {"preconnect", "dns-prefetch", "apple-touch-icon"}
LOADED = {"script": "src", "img": "src", "source": "src", "iframe": "src"}
LOADED |= {"video": "src", "audio": "src", "embed": "src", "track": "src"}
LOADED |= {"object": "data", "input": "src", "image": "href", "use": "href"}
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"}
VOID |= {"source", "track", "wbr"}
CODE = {"code", "pre", "script", "style", "kbd", "samp", "math"}
CSS_ADDRESS = re.compile(r"""(?:@import\s+(?:url\()?|url\()\s*["']?([^"')\s;]+)""")
SCRIPT_ADDRESS = re.compile(
    r"""(?:\bfetch|\bimport|\bimportScripts|\bfrom|Worker|WebSocket|\.open|\.src\s*=)"""
    r"""[\s(]*["'`]((?:\w+:)?//[^"'`]+)"""
)
RAW_MARKUP = re.compile(r":::|\{[a-z][a-z:+-]*\}`|\$")


class Page(HTMLParser):
    """The parts of a page that the checks look at."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.text, self.inside = [], [], [], []
        self.scripts, self.styles, self.untitled = [], [], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        names = [attributes.get("id"), attributes.get("name") if tag == "a" else None]
        self.ids += [name for name in names if name]
        if "style" in attributes:
            self.styles.append(attributes["style"] or "")
        if tag == "svg" and attributes.get("role") == "img":
            self.untitled += 1
        if tag not in VOID:
            self.inside.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.inside.pop()

    def handle_endtag(self, tag):
        while tag in self.inside and self.inside.pop() != tag:
            pass

    def handle_data(self, data):
        if self.inside[-1:] == ["script"]:
            self.scripts.append(data)
        elif self.inside[-1:] == ["style"]:
            self.styles.append(data)
        if self.inside[-1:] == ["title"] and "svg" in self.inside and data.strip():
            self.untitled -= 1
        if not CODE & set(self.inside):
            self.text.append(data)


# The notebook interface is not ours: tests/test_lite.py drives it instead.
NOT_OURS = {"_static", "lite"}


@cache
def read_page(path):
    return Page(path.read_text(encoding="utf-8"))


def pages(folder):
    """(name, page) of every page of the site."""
    found = sorted(Path(folder).rglob("*.html"))
    names = [p.relative_to(folder) for p in found]
    ours = [n for n in names if not NOT_OURS & set(n.parts)]
    return [(n.as_posix(), read_page(Path(folder) / n)) for n in ours]


def is_outside(address):
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in {"http", "https", "ws", "wss", "ftp"}


def dead_links(folder):
    """Links, sources and anchors that lead nowhere inside the site."""
    problems = []
    for name, page in pages(folder):
        for tag, attributes in page.tags:
            for key in ("href", "src", "action"):
                address = attributes.get(key)
                if address and not is_outside(address):
                    reason = where_it_breaks(Path(folder), name, address)
                    if reason:
                        problems.append(f"{name}: <{tag}> {address}: {reason}")
    return problems


def where_it_breaks(folder, name, address):
    """Why an address on page `name` leads nowhere, or None."""
    parts = urlsplit(address)
    if parts.scheme:  # data:, mailto:
        return None
    if parts.path.startswith("/"):
        return "starts at the root of the host; the site may live in a folder"
    target = folder / name
    if parts.path:
        target = (folder / name).parent / unquote(parts.path)
    if target.is_dir():
        target /= "index.html"
    if not target.exists():
        return "no such file"
    if parts.fragment and target.suffix == ".html":
        if unquote(parts.fragment) not in read_page(target.resolve()).ids:
            return "no such anchor"
    return None


def images_without_words(folder):
    """Images without alt text, and drawings that are images but have no title."""
    problems = []
    for name, page in pages(folder):
        for tag, attributes in page.tags:
            if tag == "img" and not (attributes.get("alt") or "").strip():
                problems.append(f"{name}: {attributes.get('src')} has no alt text")
        if page.untitled > 0:
            problems.append(f"{name}: a drawing with role img has no title")
    return problems


def outside_requests(folder):
    """Everything a browser would load from another host without being asked."""
    problems = []
    for name, page in pages(folder):
        addresses = [
            attributes.get(LOADED[t]) for t, attributes in page.tags if t in LOADED
        ]
        for tag, attributes in page.tags:
            addresses += re.findall(r"[^\s,]+", attributes.get("srcset") or "")
            rels = set((attributes.get("rel") or "").split())
            if tag == "link" and rels & LOADING_RELS:
                addresses.append(attributes.get("href"))
        for style in page.styles:
            addresses += CSS_ADDRESS.findall(style)
        for script in page.scripts:
            addresses += SCRIPT_ADDRESS.findall(script)
        problems += [f"{name}: loads {a}" for a in addresses if a and is_outside(a)]
    patterns = {".css": CSS_ADDRESS, ".js": SCRIPT_ADDRESS, ".mjs": SCRIPT_ADDRESS}
    for path in sorted(Path(folder).rglob("*")):
        if path.suffix in patterns and path.relative_to(folder).parts[0] != "lite":
            found = patterns[path.suffix].findall(path.read_text(encoding="utf-8"))
            name = path.relative_to(folder).as_posix()
            problems += [f"{name}: loads {a}" for a in found if is_outside(a)]
    return problems


def missing_pages(folder, toc):
    """Files of the table of contents without a page."""
    listed = yaml.safe_load(Path(toc).read_text())
    names = [listed["root"]]
    for part in listed.get("parts", [listed]):
        names += [chapter["file"] for chapter in part["chapters"]]
    return [
        f"{name} stands in {Path(toc).name} but has no page"
        for name in names
        if not (Path(folder) / f"{name}.html").exists()
    ]


def raw_markup(folder):
    """Markup that a reader sees because nothing understood it."""
    problems = []
    for name, page in pages(folder):
        for data in page.text:
            if found := RAW_MARKUP.search(data):
                around = data[max(0, found.start() - 20) : found.end() + 20]
                problems.append(f"{name}: raw markup in {' '.join(around.split())!r}")
        classes = [attributes.get("class") or "" for _, attributes in page.tags]
        if any("katex-error" in c or "problematic" in c for c in classes):
            problems.append(f"{name}: something could not be rendered")
    return problems


def missing_stamps(folder, version):
    """Pages that do not say of which version and day they are."""
    problems = []
    for name, page in pages(folder):
        days = [a.get("datetime") or "" for tag, a in page.tags if tag == "time"]
        if f"version {version}" not in " ".join(" ".join(page.text).split()):
            problems.append(f"{name}: does not say version {version}")
        if not any(re.fullmatch(r"\d{4}-\d\d-\d\d", day) for day in days):
            problems.append(f"{name}: has no date")
    return problems


def mathjax_scripts(folder):
    """Pages that load MathJax although their equations are rendered already."""
    problems = []
    for name, page in pages(folder):
        sources = [a.get("src") or "" for tag, a in page.tags if tag == "script"]
        if any("mathjax" in text.lower() for text in sources + page.scripts):
            problems.append(f"{name}: loads MathJax")
    return problems


def page_heads(folder):
    """Pages without language, title or description, or with a title used twice."""
    problems, titles = [], Counter()
    for name, page in pages(folder):
        tags = [tag for tag, _ in page.tags]
        metas = {a.get("name"): a.get("content") for t, a in page.tags if t == "meta"}
        if not dict(page.tags[0][1]).get("lang"):
            problems.append(f"{name}: <html> has no lang")
        if not metas.get("description"):
            problems.append(f"{name}: has no description")
        if tags.count("h1") != 1:
            problems.append(f"{name}: has {tags.count('h1')} first headings")
        for identity, count in Counter(page.ids).items():
            if count > 1:
                problems.append(f"{name}: the id {identity} stands there {count} times")
        text = (Path(folder) / name).read_text(encoding="utf-8")
        title = re.search(r"<title>(.*?)</title>", text, re.DOTALL)
        if not title or not title.group(1).strip():
            problems.append(f"{name}: has no title")
        elif name != "index.html":  # the start page stands at the root once more
            titles[title.group(1).strip()] += 1
    return problems + [
        f"{n} pages are called {t!r}" for t, n in titles.items() if n > 1
    ]


def vendor_changes(folder):
    """Third-party files that differ from the checksums in their README, either way."""
    folder = Path(folder)
    rows = re.findall(
        r"^\| `([^`]+)` \| ([0-9a-f]{64}) \|$",
        (folder / "README.md").read_text(),
        re.MULTILINE,
    )
    problems = []
    for name, expected in rows:
        path = folder / name
        if not path.exists():
            problems.append(f"{name}: listed but missing")
        elif hashlib.sha256(path.read_bytes()).hexdigest() != expected:
            problems.append(f"{name}: its checksum changed")
    present = {
        p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()
    }
    unlisted = present - {name for name, _ in rows} - {"README.md"}
    return problems + [f"{name}: has no checksum" for name in sorted(unlisted)]


def wheel_problems(folder, package):
    """Files of the package that the wheel on the site does not carry."""
    wheels = sorted((Path(folder) / "wheels").glob("*.whl"))
    if len(wheels) != 1:
        return [f"{len(wheels)} wheels in wheels/, one is needed"]
    with zipfile.ZipFile(wheels[0]) as wheel:
        carried = {n: wheel.read(n) for n in wheel.namelist()}
    problems = []
    for path in sorted(Path(package).rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            name = path.relative_to(Path(package).parent).as_posix()
            if name not in carried:
                problems.append(f"{wheels[0].name}: lacks {name}")
            elif carried[name] != path.read_bytes():
                problems.append(f"{wheels[0].name}: has an old {name}")
    return problems
