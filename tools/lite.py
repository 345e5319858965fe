"""The chapters in JupyterLite: notebooks that run in the reader's browser.

Everything stands in the folder lite/ of the site: the notebook interface, Pyodide, the
package and the chapters that need no more than it. No other host is asked.
"""

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
from nbformat.v4 import new_markdown_cell

from tools import generated, pyodide

ROOT = Path(__file__).resolve().parent.parent
STAGE = ROOT / "_build" / "lite"
KERNEL = "@jupyterlite/pyodide-kernel-extension"
ENTRY = "lite/notebooks/index.html?path={}.ipynb"
ICON = '<link rel="icon" type="image/svg+xml" href="../../_static/icon.svg">'
DOWNLOAD_MB = 44  # until the first cell has run; a test measures it
LOCAL_ONLY = (
    "**The next cell is not for the browser:** it needs a library that is missing "
    "here. Its output is the stored one. On your own machine the notebook runs it."
)
WELCOME = (
    "*This notebook runs in your browser; nothing is sent anywhere. Run a cell with "
    "Shift and Enter: the first one waits until Python has arrived. Your changes are "
    "kept in this browser only; File → Download takes a copy away.*"
)
LINK = re.compile(r"\[([^\]]*)\]\((\w+)\.ipynb(?:#[^)]*)?\)")
# Work is kept in the browser under this name, apart from other sites of the same host.
STORAGE = "kl-divergence-in-practice"


def pages():
    """Names of the pages that run in the browser, in the order of the course."""
    listed = [page for _, part in generated.toc_parts() for page in part]
    return [
        Path(page).name
        for page in listed
        if generated.front_matter(page).get("runs") == "browser"
    ]


def build(site, wheel, source):
    """Put lite/ into `site`, with the Pyodide that stands in the folder `source`."""
    shutil.rmtree(STAGE, ignore_errors=True)
    stage(source, wheel)
    command = [sys.executable, "-m", "jupyter", "lite", "build"]
    run = subprocess.run(
        [*command, f"--output-dir={site / 'lite'}"],
        cwd=STAGE,
        capture_output=True,
        text=True,
    )
    if run.returncode:
        raise RuntimeError(f"jupyter lite build failed:\n{run.stdout}{run.stderr}")
    for page in (site / "lite").glob("*/index.html"):
        page.write_text(page.read_text().replace("<head>", f"<head>{ICON}", 1))


def stage(source, wheel):
    """What `jupyter lite build` reads: settings, notebooks, Pyodide with our wheel."""
    own = {"kl-helpers": (wheel, ["kl_helpers"], ["numpy", "matplotlib"])}
    pyodide.assemble(source, STAGE / "static" / "pyodide", own)
    wheel_of_installed("comm", STAGE / "pypi")
    contents = STAGE / "files"
    contents.mkdir()
    for name in pages():
        nb = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", as_version=4)
        # With whole strings: no server stands here to join the lines of a cell.
        (contents / f"{name}.ipynb").write_text(json.dumps(for_browser(nb)))
    for name, text in settings().items():
        (STAGE / name).write_text(json.dumps(text, indent=1))


def settings():
    """Text of the two files that configure the build and the page."""
    extension = Path(sys.prefix) / "share" / "jupyter" / "labextensions" / KERNEL
    return {
        "jupyter_lite_config.json": {
            "LiteBuildConfig": {
                "apps": ["notebooks", "tree"],
                "contents": ["files"],
                "no_sourcemaps": True,
                "no_unused_shared_packages": True,
                # Other tools of this environment bring extensions that break the page.
                "ignore_sys_prefix": ["federated_extensions"],
                "federated_extensions": [str(extension)],
            }
        },
        "jupyter-lite.json": {
            "jupyter-lite-schema-version": 0,
            "jupyter-config-data": {
                "appUrl": "./tree",
                "appName": "KL Divergence in Practice",
                "exposeAppInBrowser": True,  # so that tests can ask how far it is
                "contentsStorageName": STORAGE,
                "settingsStorageName": STORAGE,
                "workspacesStorageName": STORAGE,
                "litePluginSettings": {
                    f"{KERNEL}:kernel": {
                        "disablePyPIFallback": True,
                        "loadPyodideOptions": {"packages": ["numpy"]},
                    }
                },
            },
        },
    }


def for_browser(nb):
    """The notebook for the browser's kernel; cells that need more become text."""
    nb.metadata["kernelspec"] = {
        "name": "python",
        "display_name": "Python (in this browser)",
        "language": "python",
    }
    nb.metadata["language_info"] = {"name": "python"}
    cells = [new_markdown_cell(WELCOME)]
    for cell in nb.cells:
        tags = cell.metadata.get("tags", [])
        if "remove-cell" in tags:
            continue  # it installs the package, which is here already
        if cell.cell_type == "code":
            cell.execution_count = None  # it has not run here yet
        else:
            cell.source = LINK.sub(keep_link, cell.source)
        cells.append(as_text(cell) if "local-only" in tags else cell)
    nb.cells = cells
    return nb


def keep_link(match):
    """A link to a page that is here too; of any other the words only."""
    words, name = match.groups()
    return match[0] if name in pages() else words


def as_text(cell):
    """A cell that this kernel cannot run, as text: a sentence, its code, its output."""
    parts = [LOCAL_ONLY, f"```python\n{cell.source}\n```"]
    for output in cell.outputs:
        data = output.get("data", {})
        if picture := data.get("image/png"):
            words = data.get("text/plain", "figure")
            parts.append(f"![{words}](data:image/png;base64,{picture.strip()})")
        elif text := output.get("text") or data.get("text/plain"):
            parts.append(f"Stored output:\n\n```text\n{text.rstrip()}\n```")
    return new_markdown_cell("\n\n".join(parts))


def wheel_of_installed(name, folder):
    """A wheel of an installed package in pure Python, as pip unpacked it."""
    package = importlib.metadata.distribution(name)
    folder.mkdir()
    wheel = folder / f"{name}-{package.version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in package.files:
            if "__pycache__" not in file.parts and ".." not in file.parts:
                archive.write(package.locate_file(file), str(file))
    return wheel
