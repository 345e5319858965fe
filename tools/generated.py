"""Pages that nobody types: written into book/_generated when a build starts.

The API from docstrings, the myths from book/claims.yml, the list of symptoms from their
front matter, and the parts of the start page.
"""

import json
from pathlib import Path

import yaml

from tools import claims, start_figure, teaching

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "book" / "_generated"
TOC = ROOT / "_toc.yml"
API_MODULES = (
    "discrete",
    "gaussian",
    "coding",
    "fitting",
    "estimators",
    "embedding",
    "datasets",
    "nn.losses",
    "nn.vae",
    "nn.ppo",
    "nn.distillation",
    "plots",
)


def write(version, changed):
    """All generated pages; an unchanged one keeps its time stamp."""
    GENERATED.mkdir(exist_ok=True)
    rows = claims.read()
    pages = {
        "api.md": api_page(),
        "claims.md": claims.page(rows),
        "symptoms.md": symptoms_page(),
        "times.html": times_table(),
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


def symptoms_page():
    """Every symptom page with the sentence that describes it."""
    parts = [
        "# Something is wrong with my KL",
        "Each page has the answer in its first lines, in plain PyTorch or numpy.",
    ]
    for page in dict(toc_parts())["Symptoms"][1:]:
        about = front_matter(page)["description"]
        parts.append(f"[](../../{page}.ipynb)\\\n{about}")
    return "\n\n".join(parts) + "\n"
