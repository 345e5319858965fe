"""Run a chapter in a fresh kernel, so that a second run gives the same bytes."""

import json
import os
from pathlib import Path

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError
from nbformat.v4 import new_code_cell

KERNEL_ENVIRONMENT = {
    "TQDM_DISABLE": "1",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
}
CELL_TIMEOUT = 120
# Runs after the last cell and is thrown away: how much processor time was used, and
# which files of the package were loaded?
PROBE = """import sys, time
print(time.process_time())
for _module in list(sys.modules.values()):
    if _module.__name__.split(".")[0] == "kl_helpers" and _module.__file__:
        print(_module.__file__)
"""


class ChapterError(Exception):
    """A chapter whose code failed; the message names chapter, cell and error."""


def execute(nb, source, root, progress=lambda done: None):
    """Run `nb`, store its outputs in it, and return the package files it loaded."""
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
    client.on_cell_executed = lambda **_: progress(1)
    try:
        client.execute()
    except (CellExecutionError, CellTimeoutError) as error:
        raise ChapterError(describe_failure(nb, source, error)) from None
    seconds, *modules = printed_by(nb.cells.pop())
    record_time(root / "book" / "execution_times.json", source.stem, float(seconds))
    files = loaded_files(modules, root)
    nb.metadata["language_info"] = {"name": "python"}  # the kernel added its version
    cells = [cell for cell in nb.cells if cell.cell_type == "code"]
    for count, cell in enumerate(cells, start=1):
        cell.execution_count = count
        cell.outputs = join_streams([tidy(output, count) for output in cell.outputs])
    return files


def tidy(output, count):
    """An output without anything that differs from one run or machine to the next."""
    if output.output_type == "error":
        output.traceback = [f"{output.ename}: {output.evalue}"]
    if output.output_type == "execute_result":
        output.execution_count = count
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


def printed_by(cell):
    return "".join(output.get("text", "") for output in cell.outputs).splitlines()


def record_time(file, name, seconds):
    """The least processor time of a chapter so far, in seconds, imports included.

    A busy machine only adds. After a change that makes a chapter slower, delete its
    line: the next run writes it anew.
    """
    times = json.loads(file.read_text()) if file.exists() else {}
    times[name] = round(min(seconds, times.get(name, seconds)), 1)
    file.write_text(json.dumps(times, indent=1, sort_keys=True) + "\n")


def loaded_files(modules, root):
    """Package files the chapter used, relative to the root: modules, styles, data."""
    modules = [Path(line) for line in modules]
    package = root / "kl_helpers"
    strangers = [m for m in modules if not m.is_relative_to(package)]
    if strangers:
        raise ChapterError(f"kl_helpers was imported from {strangers[0].parent}")
    read = [f for f in package.rglob("*") if f.suffix in {".mplstyle", ".npz"}]
    return sorted({f.relative_to(root).as_posix() for f in [*modules, *read]})


def describe_failure(nb, source, error):
    """Chapter, cell and error in one line."""
    ran = [(i, c) for i, c in enumerate(nb.cells, 1) if c.get("execution_count")]
    number, cell = ran[-1] if ran else (1, nb.cells[0])
    first = cell.source.splitlines()[0]
    lines = source.read_text().splitlines()
    line = lines.index(first) + 1 if first in lines else "?"
    name = getattr(error, "ename", "") or "CellTimeoutError"
    value = getattr(error, "evalue", "") or f"took over {CELL_TIMEOUT} s"
    return (
        f"{source.stem}, cell {number} (line {line} of {source.name}, `{first}`): "
        f"{name}: {value}"
    )
