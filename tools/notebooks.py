"""From text to tested notebook: book/chapters/*.md -> notebooks/*.ipynb.

    python -m tools.notebooks build [name …]   execute what changed, merge the rest
    python -m tools.notebooks merge            carry changes of prose over, no kernel
    python -m tools.notebooks check            say what disagrees, without a kernel
    python -m tools.notebooks sync [name …]    carry edits of an .ipynb back to its .md

A notebook stores one hash of everything its outputs depend on: the code cells, the
kl_helpers files they loaded, and the pins of numpy, matplotlib, torch and gymnasium.
While the hash holds, the stored outputs are kept, so a change of prose needs no kernel.
"""

import argparse
import hashlib
import re
import sys
from copy import deepcopy
from pathlib import Path

import jupytext
import nbformat
import yaml
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parent.parent
PINNED = ("numpy", "matplotlib", "torch", "gymnasium")
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
INSTALL = """# Away from home (Colab, a laptop): install the package of the course.
import importlib.util
import subprocess
import sys

if importlib.util.find_spec("kl_helpers") is None:
    source = "{address}"  # noqa: E501
    subprocess.run([sys.executable, "-m", "pip", "install", "-q", source], check=True)
"""


def sources(root=ROOT):
    return sorted((root / "book" / "chapters").glob("*.md"))


def notebook_path(source):
    return source.parents[2] / "notebooks" / f"{source.stem}.ipynb"


def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def read_source(source):
    """The chapter as a notebook without outputs; same text, same cell ids."""
    nb = jupytext.read(source, fmt="md:myst")
    nb.metadata.pop("jupytext", None)
    nb.metadata.update(kernelspec=KERNELSPEC, language_info={"name": "python"})
    nb.cells[:0] = install_cells(source.parents[2])
    seen = {}
    for cell in nb.cells:
        cell.id = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
        seen[cell.id] = seen.get(cell.id, 0) + 1
        if seen[cell.id] > 1:
            cell.id += f"-{seen[cell.id]}"
    return nb


def install_cells(root):
    """One cell that installs the package, once _config.yml says where it is."""
    config = yaml.safe_load((root / "_config.yml").read_text())
    repository = config.get("repository", {})
    if not repository.get("url"):
        return []
    address = f"git+{repository['url']}@{repository.get('branch', 'main')}"
    if site := config.get("html", {}).get("baseurl"):
        version = re.search(
            r'__version__ = "(.+)"', (root / "kl_helpers" / "__init__.py").read_text()
        )[1]
        wheel = f"kl_helpers-{version}-py3-none-any.whl"
        address = f"{site.rstrip('/')}/wheels/{wheel}"
    cell = new_code_cell(INSTALL.format(address=address).rstrip())
    cell.metadata["tags"] = ["remove-cell"]
    return [cell]


def input_hash(nb, files, root=ROOT):
    """One hash of what the outputs of `nb` depend on."""
    digest = hashlib.sha256()
    for cell in code_cells(nb):
        digest.update(repr((cell.source, cell.metadata.get("tags", []))).encode())
    for name in files:
        path = root / name
        content = path.read_bytes() if path.exists() else b"missing"
        digest.update(repr((name, hashlib.sha256(content).hexdigest())).encode())
    for line in (root / "requirements.txt").read_text().splitlines():
        if line.split("==")[0].lower() in PINNED:
            digest.update(line.encode())
    return digest.hexdigest()


def is_fresh(nb, stored, root=ROOT):
    """Whether the outputs in `stored` still belong to the code in `nb`."""
    inputs = stored.metadata.get("inputs")
    return bool(inputs) and inputs["sha256"] == input_hash(nb, inputs["files"], root)


def merged(nb, stored):
    """`nb` with the outputs of `stored`, whose code cells are the same."""
    for cell, old in zip(code_cells(nb), code_cells(stored), strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    nb.metadata["inputs"] = stored.metadata["inputs"]
    return nb


def merge_one(source):
    """Carry the prose of `source` into its notebook; False if it must be executed."""
    path, nb = notebook_path(source), read_source(source)
    stored = nbformat.read(path, as_version=4) if path.exists() else None
    if not (stored and was_run(stored) and is_fresh(nb, stored, source.parents[2])):
        return False
    write(merged(nb, stored), path)
    return True


def build_one(source, progress=lambda done: None):
    """Write the notebook of `source`; say whether it was executed."""
    if merge_one(source):
        return False
    from tools.execution import execute

    root, nb = source.parents[2], read_source(source)
    files = execute(nb, source, root, progress)
    nb.metadata["inputs"] = {"sha256": input_hash(nb, files, root), "files": files}
    write(nb, notebook_path(source))
    return True


def write(nb, path):
    text = nbformat.writes(nb, version=4, indent=1) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def was_run(nb):
    counts = [cell.execution_count for cell in code_cells(nb)]
    return counts == list(range(1, len(counts) + 1))


def chosen(names):
    found = {source.stem: source for source in sources()}
    for name in names:
        if name not in found:
            sys.exit(f"kl: no chapter {name!r}; there are {', '.join(found)}")
    return [found[name] for name in names or found]


def build(names):
    """Build the notebooks, show how far it is, and name every chapter that failed."""
    from tqdm import tqdm

    from tools.execution import ChapterError

    failures = []
    for source in chosen(names):
        total = len(read_source(source).cells) + 1
        try:
            with tqdm(total=total, desc=source.stem, leave=False, unit="cell") as bar:
                executed = build_one(source, bar.update)
            print(f"{source.stem}: {'executed' if executed else 'kept'}")
        except ChapterError as error:
            failures.append(str(error))
    if failures:
        sys.exit("kl: " + "\nkl: ".join([*failures, "the old notebooks stay."]))


def merge(names):
    """Carry changes of prose over; say which chapters need more than that."""
    for source in chosen(names):
        if not merge_one(source):
            print(f"{source.stem}: its code changed; `make notebooks` runs it")


def as_text(nb, source):
    """A notebook as MyST text, under the untouched header of its source."""
    header = re.match(r"---\n.*?\n---\n", source.read_text(), re.DOTALL).group()
    nb = deepcopy(nb)
    nb.metadata = nbformat.NotebookNode()
    nb.cells = nb.cells[len(install_cells(source.parents[2])) :]
    for cell in nb.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.NotebookNode({"tags": tags} if tags else {})
    body = jupytext.writes(nb, fmt="md:myst")
    body = re.sub(r"\A---\n.*?\n---\n", "", body, flags=re.DOTALL)
    return header + "\n" + body.lstrip("\n")


def sync(names):
    """Write what was edited in a notebook back into its text."""
    texts = {}
    for source in chosen(names):
        text = as_text(nbformat.read(notebook_path(source), as_version=4), source)
        if text != source.read_text():
            texts[source] = text
    for source in texts:
        if source.stat().st_mtime > notebook_path(source).stat().st_mtime:
            raise SystemExit(
                f"kl: book/chapters/{source.name} was edited after its notebook, and "
                "would be overwritten; nothing was written. Run `make notebooks` to "
                f"keep the text, or `touch notebooks/{source.stem}.ipynb` first to "
                "keep the notebook."
            )
    for source, text in texts.items():
        source.write_text(text)
        print(f"{source.stem}: text written; `make notebooks` runs what changed")


def problems(source):
    """What no kernel is needed to see: text, notebook and hash must agree."""
    path, name = notebook_path(source), source.stem
    if not path.exists():
        return [f"{name}: notebooks/{name}.ipynb is missing; run `make notebooks`"]
    nb, stored = read_source(source), nbformat.read(path, as_version=4)
    found = []
    if _content(nb) != _content(stored):
        found.append("text and notebook disagree")
    if not was_run(stored):
        found.append("was not run from top to bottom")
    if not is_fresh(nb, stored, source.parents[2]):
        found.append("is stale: its code, kl_helpers or a pin changed since it ran")
    return [f"{name}: {problem}; run `make notebooks`" for problem in found]


def _content(nb):
    metadata = {key: value for key, value in nb.metadata.items() if key != "inputs"}
    return metadata, [(c.cell_type, c.id, c.source, c.metadata) for c in nb.cells]


def orphans(root=ROOT):
    """Notebooks without a text: nobody could review or rebuild them."""
    known = {source.stem for source in sources(root)}
    found = sorted((root / "notebooks").glob("*.ipynb"))
    return [
        f"notebooks/{path.name} has no text in book/chapters; delete or add it"
        for path in found
        if path.stem not in known
    ]


def check(names):
    found = orphans() + [p for source in chosen(names) for p in problems(source)]
    sys.exit("\n".join(found) or None)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["build", "merge", "check", "sync"])
    parser.add_argument("names", nargs="*", help="chapters, e.g. ch01_…; default: all")
    arguments = parser.parse_args()
    verbs = {"build": build, "merge": merge, "check": check, "sync": sync}
    verbs[arguments.verb](arguments.names)


if __name__ == "__main__":
    main()
