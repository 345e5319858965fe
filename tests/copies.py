"""Copies of the project, to be damaged or to be built from nothing."""

import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = "ch01_definition_and_gibbs"


def copy_project(folder, *which):
    """Copy what git lists; `which` are more options of `git ls-files`."""
    listed = subprocess.run(
        ["git", "ls-files", *which],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)


def keep_one_chapter(folder):
    """Shorten the table of contents: a site of two pages is built in a moment.

    Links to the pages that are gone are dead, and `-W` fails on them.
    """
    toc = folder / "_toc.yml"
    (root,) = re.findall(r"^root: .*$", toc.read_text(), re.M)
    part = f"  - caption: The trunk\n    chapters:\n      - file: notebooks/{CHAPTER}\n"
    toc.write_text(f"format: jb-book\n{root}\nparts:\n{part}")
