"""From text to tested notebook: book/chapters/*.md -> notebooks/*.ipynb.

    python -m tools.notebooks build [name …]   execute what changed, merge the rest
    python -m tools.notebooks check            say what disagrees, without a kernel
    python -m tools.notebooks sync [name …]    carry edits of an .ipynb back to its .md

A notebook stores one hash of everything its outputs depend on: the code cells, the
kl_helpers files they loaded, and the pins of numpy, matplotlib and torch. While the
hash holds, the stored outputs are kept, so a change of prose needs no kernel.
"""

import argparse
import hashlib
import os
import re
import sys
from copy import deepcopy
from pathlib import Path

import jupytext
import nbformat
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parent.parent
PINNED = ("numpy", "matplotlib", "torch")
KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
KERNEL_ENVIRONMENT = {
    "TQDM_DISABLE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
CELL_TIMEOUT = 120
PROBE = """import sys
for _module in list(sys.modules.values()):
    if _module.__name__.split(".")[0] == "kl_helpers" and _module.__file__:
        print(_module.__file__)
"""


class ChapterError(Exception):
    """A chapter whose code failed; the message names chapter, cell and error."""


def sources(root=ROOT):
    return sorted((root / "book" / "chapters").glob("*.md"))


def notebook_path(source):
    return source.parents[2] / "notebooks" / f"{source.stem}.ipynb"


def read_source(source):
    """The chapter as a notebook without outputs; same text, same cell ids."""
    nb = jupytext.read(source, fmt="md:myst")
    nb.metadata.pop("jupytext", None)
    nb.metadata.update(kernelspec=KERNELSPEC, language_info={"name": "python"})
    seen = {}
    for cell in nb.cells:
        cell.id = hashlib.sha1(cell.source.encode()).hexdigest()[:8]
        seen[cell.id] = seen.get(cell.id, 0) + 1
        if seen[cell.id] > 1:
            cell.id += f"-{seen[cell.id]}"
    return nb


def code_cells(nb):
    return [cell for cell in nb.cells if cell.cell_type == "code"]


def package_data(root):
    """Files of the package that are read, not imported: styles and data."""
    files = (root / "kl_helpers").rglob("*")
    return [f for f in files if f.suffix in {".mplstyle", ".npz", ".gz", ".json"}]


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


def merge(nb, stored):
    """`nb` with the outputs of `stored`, whose code cells are the same."""
    for cell, old in zip(code_cells(nb), code_cells(stored), strict=True):
        cell.outputs, cell.execution_count = old.outputs, old.execution_count
    nb.metadata["inputs"] = stored.metadata["inputs"]
    return nb


def tidy(output):
    """An output without anything that differs from one run to the next."""
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {output.evalue}"]
    if output.output_type == "execute_result":
        output.execution_count = None
    return output


def join_streams(outputs):
    """Neighbouring pieces of one stream as one output: how they split is chance."""
    joined = []
    for output in outputs:
        last = joined[-1] if joined else None
        if last and output.output_type == last.output_type == "stream":
            if output.name == last.name:
                last.text += output.text
                continue
        joined.append(output)
    return joined


def execute(nb, name, source, progress=lambda done: None, root=ROOT):
    """Run `nb` in a fresh kernel and store outputs and input hash in it."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError

    os.environ.update(KERNEL_ENVIRONMENT)
    nb.cells.append(new_code_cell(PROBE))
    client = NotebookClient(
        nb,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        record_timing=False,
        extra_arguments=["--log-level=ERROR"],
        resources={"metadata": {"path": str(root / "notebooks")}},
    )
    client.on_cell_executed = lambda cell, cell_index, execute_reply: progress(1)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as error:
        raise ChapterError(describe_failure(nb, name, source, error)) from None
    files = loaded_files(nb.cells.pop(), root)
    for count, cell in enumerate(code_cells(nb), start=1):
        cell.execution_count = count
        cell.outputs = join_streams([tidy(output) for output in cell.outputs])
        for output in cell.outputs:
            if output.output_type == "execute_result":
                output.execution_count = count
        cell.metadata.pop("execution", None)
    nb.metadata["language_info"] = {"name": "python"}
    nb.metadata["inputs"] = {"sha256": input_hash(nb, files, root), "files": files}
    return nb


def loaded_files(probe, root):
    """Paths, relative to the root, of the package files the chapter used."""
    printed = "".join(output.get("text", "") for output in probe.outputs)
    modules = [Path(line) for line in printed.splitlines()]
    package = root / "kl_helpers"
    inside = [m for m in modules if m.is_relative_to(package)]
    if len(inside) < len(modules):
        raise ChapterError(f"kl_helpers was imported from outside {package}")
    return sorted({f.relative_to(root).as_posix() for f in inside + package_data(root)})


def describe_failure(nb, name, source, error):
    number, cell = next(
        (i, c)
        for i, c in reversed(list(enumerate(nb.cells, start=1)))
        if c.cell_type == "code" and c.get("execution_count")
    )
    first = cell.source.splitlines()[0]
    lines = source.read_text().splitlines()
    line = lines.index(first) + 1 if first in lines else "?"
    what = f"{getattr(error, 'ename', 'timeout')}: {getattr(error, 'evalue', error)}"
    return f"{name}, cell {number} (line {line} of {source.name}, `{first}`): {what}"


def build_one(source, progress):
    """Write the notebook of `source`; say whether it was executed."""
    nb, path = read_source(source), notebook_path(source)
    stored = nbformat.read(path, as_version=4) if path.exists() else None
    executed = not (stored and is_fresh(nb, stored))
    nb = execute(nb, source.stem, source, progress) if executed else merge(nb, stored)
    text = nbformat.writes(nb, version=4, indent=1) + "\n"
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return executed


def chosen(names):
    found = {source.stem: source for source in sources()}
    for name in names:
        if name not in found:
            sys.exit(f"kl: no chapter {name!r}; there are {', '.join(found)}")
    return [found[name] for name in names or found]


def build(names):
    from tqdm import tqdm

    failures = []
    for source in chosen(names):
        total = len(read_source(source).cells) + 1
        with tqdm(total=total, desc=source.stem, leave=False, unit="cell") as bar:
            try:
                executed = build_one(source, bar.update)
                print(f"{source.stem}: {'executed' if executed else 'kept'}")
            except ChapterError as error:
                failures.append(str(error))
    for stale in set((ROOT / "notebooks").glob("*.ipynb")):
        if stale.stem not in {source.stem for source in sources()}:
            failures.append(f"notebooks/{stale.name} has no source; delete it")
    if failures:
        sys.exit("kl: " + "\nkl: ".join(failures) + "\nkl: the old notebooks stay.")


def as_text(nb, source):
    """A notebook as MyST text, under the untouched header of its source."""
    header = re.match(r"---\n.*?\n---\n", source.read_text(), re.DOTALL).group()
    nb = deepcopy(nb)
    nb.metadata = nbformat.NotebookNode()
    for cell in nb.cells:
        cell.metadata = {key: cell.metadata[key] for key in cell.metadata.keys() & {"tags"}}
    body = jupytext.writes(nb, fmt="md:myst")
    body = re.sub(r"\A---\n.*?\n---\n", "", body, flags=re.DOTALL)
    return header + "\n" + body.lstrip("\n")


def sync(names):
    """Write what was edited in a notebook back into its text."""
    for source in chosen(names):
        nb = nbformat.read(notebook_path(source), as_version=4)
        source.write_text(as_text(nb, source))
        print(f"{source.stem}: text written")


def problems(source):
    """What a kernel is not needed to see: text, notebook and hash must agree."""
    path, name = notebook_path(source), source.stem
    if not path.exists():
        return [f"{name}: notebooks/{name}.ipynb is missing; run `make notebooks`"]
    nb, stored = read_source(source), nbformat.read(path, as_version=4)
    found = []
    pairs = [
        [(c.cell_type, c.id, c.source, c.metadata) for c in n.cells]
        for n in (nb, stored)
    ]
    if pairs[0] != pairs[1]:
        found.append("text and notebook disagree; run `make notebooks`")
    counts = [cell.execution_count for cell in code_cells(stored)]
    if counts != list(range(1, len(counts) + 1)):
        found.append("was not run from top to bottom; run `make notebooks`")
    if not is_fresh(nb, stored):
        found.append(
            "is stale: code, kl_helpers or pins changed since it ran; "
            "run `make notebooks`"
        )
    return [f"{name}: {problem}" for problem in found]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("verb", choices=["build", "check", "sync"])
    parser.add_argument("names", nargs="*", help="chapters, e.g. ch01_…; default: all")
    arguments = parser.parse_args()
    if arguments.verb == "check":
        found = [p for source in chosen(arguments.names) for p in problems(source)]
        sys.exit("\n".join(found) or None)
    {"build": build, "sync": sync}[arguments.verb](arguments.names)


if __name__ == "__main__":
    main()
