"""Copies of the project, to be damaged or to be built from nothing."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CHAPTER = "ch01_definition_and_gibbs"  # what is damaged


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
