"""Which printed numbers differ between two versions of the course.

    python -m tools.changes v0.1.0          against what stands here
    python -m tools.changes v0.1.0 v0.2.0   between two releases

The list belongs into CHANGELOG.md: who quotes a number wants to know that it moved.
"""

import difflib
import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NUMBER = re.compile(r"\d+(?:[.,]\d+)*%?")


def notebooks(version=None):
    """{name: notebook} of a version that git knows, or of the files here."""
    if version is None:
        paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
        return {path.stem: json.loads(path.read_text()) for path in paths}
    names = git("ls-tree", "--name-only", version, "notebooks/").split()
    return {
        Path(name).stem: json.loads(git("show", f"{version}:{name}"))
        for name in names
        if name.endswith(".ipynb")
    }


def git(*command):
    run = subprocess.run(["git", *command], cwd=ROOT, capture_output=True, text=True)
    if run.returncode:
        sys.exit(f"kl: git {' '.join(command)}: {run.stderr.strip()}")
    return run.stdout


def printed(nb):
    """The lines with a number that the cells of a notebook print."""
    lines = []
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/markdown" in data or "text/html" in data:
                continue  # listings and quizzes
            text = "".join(output.get("text") or data.get("text/plain", ""))
            lines += [line for line in text.splitlines() if NUMBER.search(line)]
    return lines


def differences(before, after):
    """Markdown: new pages, pages that are gone, and lines whose numbers moved."""
    for name in sorted(before.keys() | after.keys()):
        if name not in before:
            yield f"- `{name}`: new."
        elif name not in after:
            yield f"- `{name}`: gone."
        elif moved := list(moves(printed(before[name]), printed(after[name]))):
            yield f"- `{name}`:"
            yield from moved


def moves(old, new):
    """Lines of which only the numbers changed; other lines are other text."""
    matcher = difflib.SequenceMatcher(
        a=[NUMBER.sub("#", line) for line in old],
        b=[NUMBER.sub("#", line) for line in new],
        autojunk=False,
    )
    for i, j, size in matcher.get_matching_blocks():
        for was, now in zip(old[i : i + size], new[j : j + size], strict=True):
            if was != now:
                yield f"  - `{was.strip()}` → `{now.strip()}`"


def main(versions):
    if not 1 <= len(versions) <= 2:
        sys.exit(__doc__)
    lines = list(differences(*map(notebooks, (*versions, None)[:2])))
    print("\n".join(lines) or "No printed number differs.")


if __name__ == "__main__":
    main(sys.argv[1:])
