"""The cheat sheet: a table of all uses of KL, and a page of formulas."""

import re
from pathlib import Path

import yaml

DATA = Path(__file__).resolve().parent.parent / "book" / "cheat_sheet.yml"
COLUMNS = {
    "use": "use",
    "first": "first: samples",
    "second": "second",
    "samples": "draws come from",
    "gradient": "who moves",
    "closed": "closed form",
    "failure": "typical failure",
}


def read(path=DATA):
    return yaml.safe_load(Path(path).read_text())


def page(data):
    """Both sides in MyST."""
    heads = [*COLUMNS.values(), "more"]
    rows = [heads, ["---"] * len(heads)]
    rows += [[str(use[key]) for key in COLUMNS] + [link(use["page"])]
             for use in data["uses"]]  # fmt: skip
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    formulas = "\n".join(
        f"| $\\displaystyle {formula['tex']}$ | {formula['says']} |"
        for formula in data["formulas"]
    )
    return (
        "# Cheat sheet\n\n"
        '<div class="cheat-sheet">\n\n'
        "D(A‖B) is paid in A's world for believing B: **the first one samples**. Two "
        "questions before every line of code: who draws, and who moves? And of every "
        "number: nats *per what*?\n\n"
        f"{table}\n\n"
        "## Formulas\n\n"
        "Each is tested against an independent computation on every change.\n\n"
        f"| formula | |\n|---|---|\n{formulas}\n\n</div>\n"
    )


def link(name):
    number = re.match(r"ch(\d+)_", name)
    text = f"ch. {int(number[1])}" if number else "bridge"
    return f"[{text}](../../notebooks/{name}.ipynb)"
