"""Pages that nobody types: written into book/_generated when a build starts.

The API from docstrings, the myths from book/claims.yml, what libraries do from
book/library_defaults.yml, the list of symptoms from their front matter, and the parts
of the start page.
"""

import json
import re
from pathlib import Path

import yaml

from tools import (
    cheat_sheet,
    claims,
    glossary,
    library_defaults,
    routes,
    start_figure,
    teaching,
)

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "book" / "_generated"
TOC = ROOT / "_toc.yml"
LONGER = """Not there? The [bug clinic](../../notebooks/bug_clinic.ipynb) has twenty
real bugs, from the number on the screen to the repair. And [a dated
table](../library_defaults.md) says what RL libraries do with a KL by default."""
API_MODULES = (
    "discrete",
    "divergences",
    "gaussian",
    "coding",
    "fitting",
    "estimators",
    "embedding",
    "drift",
    "information",
    "leash",
    "datasets",
    "nn.losses",
    "nn.vae",
    "nn.flows",
    "nn.ppo",
    "nn.distillation",
    "nn.name_model",
    "nn.sequences",
    "nn.rlhf",
    "plots",
)

VERSIONS = ("numpy", "matplotlib", "torch", "gymnasium", "scikit-learn", "scipy")


def write(version, changed):
    """All generated pages; an unchanged one keeps its time stamp."""
    GENERATED.mkdir(exist_ok=True)
    rows = claims.read()
    pages = {
        "api.md": api_page(),
        "claims.md": claims.page(rows),
        "symptoms.md": symptoms_page(),
        "glossary.md": glossary.page(glossary.read()),
        "cheat_sheet.md": cheat_sheet.page(cheat_sheet.read()),
        "routes.md": routes_page(),
        **library_tables(),
        "times.html": times_table(),
        "versions.html": versions_table(),
        **teaching.pages(chapters()),
        **start_figure.fragments(toc_parts(), version, changed, claims.counts(rows)),
    }
    for name, text in pages.items():
        write_if_changed(GENERATED / name, text)


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def toc_parts():
    """(caption, page names) of each part of the table of contents."""
    parts = yaml.safe_load(TOC.read_text())["parts"]
    return [(p["caption"], [c["file"] for c in p["chapters"]]) for p in parts]


def front_matter(pagename):
    """What the text of a notebook says about itself; nothing for other pages."""
    text = ROOT / "book" / "chapters" / f"{Path(pagename).name}.md"
    if not pagename.startswith("notebooks/") or not text.exists():
        return {}
    return yaml.safe_load(text.read_text().split("---\n")[1])


def chapters():
    """(page name, front matter) of every listed page that has objectives."""
    listed = [(Path(n).name, front_matter(n)) for _, p in toc_parts() for n in p]
    return [(name, matter) for name, matter in listed if "objectives" in matter]


def api_page():
    """One section a module, from the docstrings."""
    parts = ["# API\n\nEvery function of `kl_helpers`, from its docstring.\n"]
    for name in API_MODULES:
        parts.append(
            f"## `kl_helpers.{name}`\n\n```{{eval-rst}}\n"
            f".. automodule:: kl_helpers.{name}\n   :members:\n```\n"
        )
    return "\n".join(parts)


def times_table():
    """How long each page runs, as it was measured when it was last executed."""
    times = json.loads((ROOT / "book" / "execution_times.json").read_text())
    listed = [Path(p).name for _, pages in toc_parts() for p in pages]
    rows = "".join(
        f"<tr><td>{start_figure.first_heading(name)}</td>"
        f"<td>{times[name]:.0f} s</td></tr>"
        for name in listed
        if name in times
    )
    head = "<tr><th>page</th><th>processor time</th></tr>"
    return f'<div class="table-scroll"><table>{head}{rows}</table></div>\n'


def versions_table():
    """The pins that the stored outputs depend on, and the Python they ran under."""
    pins = (ROOT / "requirements.txt").read_text()
    found = {
        name: re.search(rf"^{name}==(.+)$", pins, re.MULTILINE)[1] for name in VERSIONS
    }
    python = re.search(r"\(Python (\S+), (\w+)\)", pins)
    found = {"Python": f"{python[1]} on {python[2]}", **found}
    rows = "".join(f"<tr><td>{k}</td><td>{v}</td></tr>" for k, v in found.items())
    return f'<div class="table-scroll"><table>{rows}</table></div>\n'


def routes_page():
    """Which page needs which, from what the pages declare, and four ways in."""
    listed = [Path(p).name for _, pages in toc_parts() for p in pages]
    names = {
        name: page["short"]
        for part in start_figure.read_map()
        for name, page in part["pages"].items()
    }
    matters = {
        name: matter
        for name in listed
        if "needs" in (matter := front_matter(f"notebooks/{name}"))
    }
    titles = {name: routes.short(name, names[name]) for name in matters}
    return routes.page(matters, titles, page_link)


def page_link(name):
    """A Markdown link to a page with code, for a generated page."""
    number = re.match(r"ch(\d+)_", name)
    label = f"{int(number[1])}. " if number else ""
    title = start_figure.first_heading(name)
    return f"[{label}{title}](../../notebooks/{name}.ipynb)"


def symptoms_page():
    """Every symptom page with the sentence that describes it."""
    parts = [
        "# Something is wrong with my KL",
        "Each page has the answer in its first lines, in plain PyTorch or numpy.",
    ]
    for page in dict(toc_parts())["Symptoms"]:
        if page.startswith("notebooks/symptom_"):
            about = front_matter(page)["description"]
            parts.append(f"[](../../{page}.ipynb)\\\n{about}")
    return "\n\n".join([*parts, LONGER]) + "\n"


def library_tables():
    """File name -> table of what libraries do, for each kind of KL."""
    rows = library_defaults.read()
    return {
        f"library_defaults_{kind}.md": library_defaults.table(rows, kind)
        for kind in library_defaults.KINDS
    }
