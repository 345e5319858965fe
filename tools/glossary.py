"""The glossary: its page, and a link from the first use of each word on a page."""

import re
from pathlib import Path

import yaml
from docutils import nodes

DATA = Path(__file__).resolve().parent.parent / "book" / "glossary.yml"
PAGE = "book/_generated/glossary"
# Where a link would be in the way: it has one already, or it is no running text.
NO_LINKS_IN = (
    nodes.reference,
    nodes.title,
    nodes.literal,
    nodes.literal_block,
    nodes.math,
    nodes.math_block,
    nodes.raw,
    nodes.caption,
    nodes.thead,
    nodes.footnote,
)


def read(path=DATA):
    return yaml.safe_load(Path(path).read_text())


def anchor(entry):
    return "term-" + re.sub(r"[^a-z0-9]+", "-", entry["term"].lower()).strip("-")


def pattern(entry):
    """What counts as a use of the word in a text."""
    return re.compile(entry.get("find") or rf"\b{re.escape(entry['term'])}s?\b")


def page(entries):
    """All words in alphabetical order, in MyST."""
    parts = [
        "# Glossary",
        "The words of the course, what else people call them, and where each is shown. "
        "On the other pages the first use of a word leads here.",
    ]
    for entry in sorted(entries, key=lambda entry: entry["term"].lower()):
        also = f" Also: {', '.join(entry['also'])}." if "also" in entry else ""
        name, _, section = entry["shown"].partition("#")
        target = f"../../notebooks/{name}.ipynb" + (f"#{section}" if section else "")
        number = re.match(r"ch(\d+)_", name)
        where = f"chapter {int(number[1])}" if number else ""
        parts.append(
            f"({anchor(entry)})=\n\n**{entry['term']}**\\\n"
            f"{entry['means']}{also}\\\n→ [{where}]({target})"
        )
    return "\n\n".join(parts) + "\n"


def link_first_uses(doctree, entries, address):
    """Turn the first use of each word into a link; `address` is that of the page."""
    waiting = {anchor(entry): pattern(entry) for entry in entries}
    for text in list(doctree.findall(nodes.Text)):
        if waiting and not is_inside(text, NO_LINKS_IN):
            link_in(text, waiting, address)


def is_inside(node, kinds):
    while node is not None:
        if isinstance(node, kinds):
            return True
        node = node.parent
    return False


def link_in(text, waiting, address):
    """Link what this piece of text uses first, from left to right, without overlaps."""
    found = [
        (m.start(), m.end(), a) for a, p in waiting.items() if (m := p.search(text))
    ]
    pieces, end = [], 0
    for start, stop, where in sorted(found):
        if start < end:
            continue
        link = nodes.reference("", text[start:stop], refuri=f"{address}#{where}")
        link["classes"].append("term")
        link["internal"] = True
        pieces += [nodes.Text(text[end:start]), link]
        end = stop
        del waiting[where]
    if pieces:
        text.parent.replace(text, [*pieces, nodes.Text(text[end:])])
