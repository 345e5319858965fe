"""The figure pack: the key figure of every chapter as SVG and PDF, for slides.

    python -m tools.figures build    draw what is stale into book/figures
    python -m tools.figures check    say what is stale, without drawing

The key figure of a chapter or bridge is its first `plots.show`; its own cells up to
that one draw it. The pack is committed, because chapters 4 to 6 need torch and the site
is built without it. `inputs.json` has the hash of what each figure was drawn from.
"""

import json
import os
import sys
from pathlib import Path

from tools import notebooks

ROOT = Path(__file__).resolve().parent.parent
PACK = ROOT / "book" / "figures"
INPUTS = "inputs.json"
KEY_PAGES = "ch*.md", "bridge_*.md"
SHOWS = "plots.show("
# The same figure gives the same bytes: no date, and ids that do not come from chance.
SVG = {"format": "svg", "metadata": {"Date": None, "Creator": None}}
PDF = {"format": "pdf", "metadata": {"CreationDate": None, "Producer": None}}
SETTINGS = {"svg.hashsalt": "kl", "svg.fonttype": "path", "pdf.fonttype": 42}


class KeyFigure(Exception):
    """Carries the figure and its reading out of the cell that shows it."""

    def __init__(self, figure, reading):
        super().__init__(reading)
        self.figure, self.reading = figure, reading


def sources(root=ROOT):
    folder = root / "book" / "chapters"
    return sorted(path for kind in KEY_PAGES for path in folder.glob(kind))


def up_to_figure(source):
    """The notebook of a chapter as far as its first figure; None if it has none."""
    nb = notebooks.read_source(source)
    for number, cell in enumerate(nb.cells, start=1):
        if cell.cell_type == "code" and SHOWS in cell.source:
            nb.cells = nb.cells[:number]
            return nb
    return None


def stale(source, root=ROOT, pack=PACK):
    """Why the figure of a chapter must be drawn again, in one sentence, or None."""
    recorded = read_inputs(pack).get(source.stem)
    if not recorded:
        return f"{source.stem}: the pack has no figure of it; run `make figures`"
    if any(not (pack / f"{source.stem}.{end}").exists() for end in ("svg", "pdf")):
        return f"{source.stem}: a file of its figure is missing; run `make figures`"
    digest = notebooks.input_hash(up_to_figure(source), recorded["files"], root)
    if recorded["sha256"] != digest:
        return f"{source.stem}: its figure is stale; run `make figures`"
    return None


def read_inputs(pack=PACK):
    path = pack / INPUTS
    return json.loads(path.read_text()) if path.exists() else {}


def problems(root=ROOT, pack=PACK):
    """What no drawing is needed to see: stale figures, and files of no chapter."""
    pages = [source for source in sources(root) if up_to_figure(source)]
    found = [problem for page in pages if (problem := stale(page, root, pack))]
    known = {f"{page.stem}.{end}" for page in pages for end in ("svg", "pdf")}
    found += [
        f"{path.name}: no chapter has this figure; delete it"
        for path in sorted(pack.iterdir())
        if path.name not in known | {INPUTS}
    ]
    return found


def draw(nb):
    """The figure and its reading: run the cells in this process until one shows it."""
    from kl_helpers import plots

    def catch(fig, *, alt):
        raise KeyFigure(fig, alt)

    shown, plots.show = plots.show, catch
    names = {"__name__": "__main__"}
    try:
        for cell in notebooks.code_cells(nb):
            exec(compile(cell.source, f"cell {cell.id}", "exec"), names)
    except KeyFigure as found:
        return found
    finally:
        plots.show = shown
    raise ValueError("the last cell shows no figure")


def build_one(source, root=ROOT, pack=PACK):
    """Draw the figure of one chapter into the pack; return its reading."""
    import matplotlib

    matplotlib.use("agg")
    nb = up_to_figure(source)
    found = draw(nb)
    with matplotlib.rc_context(SETTINGS):
        found.figure.savefig(pack / f"{source.stem}.svg", **SVG)
        found.figure.savefig(pack / f"{source.stem}.pdf", **PDF)
    files = package_files(root)
    inputs = read_inputs(pack)
    digest = notebooks.input_hash(nb, files, root)
    inputs[source.stem] = {"sha256": digest, "files": files, "reading": found.reading}
    (pack / INPUTS).write_text(json.dumps(inputs, indent=1, sort_keys=True) + "\n")


def package_files(root):
    """Files of the package that are loaded now: modules, styles, data."""
    loaded = [getattr(module, "__file__", None) for module in sys.modules.values()]
    package = root / "kl_helpers"
    modules = [Path(f) for f in loaded if f and Path(f).is_relative_to(package)]
    read = [f for f in package.rglob("*") if f.suffix in {".mplstyle", ".npz"}]
    return sorted({f.relative_to(root).as_posix() for f in [*modules, *read]})


def readings(pack=PACK):
    """One line a figure: its name, and what there is to see."""
    inputs = sorted(read_inputs(pack).items())
    return "".join(f"{name}: {entry['reading']}\n" for name, entry in inputs)


def build():
    """Draw every stale figure, each in a process that loads only its modules."""
    import subprocess

    from tqdm import tqdm

    PACK.mkdir(exist_ok=True)
    pages = [s for s in sources() if up_to_figure(s) and stale(s)]
    failed = []
    for source in tqdm(pages, desc="figures", leave=False, unit="figure"):
        command = [sys.executable, "-m", "tools.figures", "one", source.stem]
        environment = {**os.environ, "TQDM_DISABLE": "1", "PYTHONHASHSEED": "0"}
        if subprocess.run(command, cwd=ROOT, env=environment).returncode:
            failed.append(source.stem)
    print(f"{len(pages) - len(failed)} figures drawn, the others are fresh")
    if failed:
        sys.exit(f"kl: not drawn, its message stands above: {', '.join(failed)}")


def main(verb="check", *names):
    if verb == "one":
        return build_one(ROOT / "book" / "chapters" / f"{names[0]}.md")
    if verb == "build":
        return build()
    if verb == "check":
        sys.exit("\n".join(problems()) or None)
    sys.exit(f"kl: no verb {verb!r}; there are build and check")


if __name__ == "__main__":
    main(*sys.argv[1:])
