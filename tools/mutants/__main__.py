"""Break kl_helpers on purpose: a test *and* a chapter must notice each break.

    python -m tools.mutants [name …]

Each mutant replaces one piece of text in a copy of the package. Its tests and its
chapter then run against the copy; a mutant that one of them overlooks is an error. A
function that no chapter uses yet has only its test, and the table says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tqdm import tqdm

from tools.mutants import MUTANTS, ROOT, mutate

COPIED = (
    *("kl_helpers", "tests", "tools", "notebooks", "book"),
    *("pyproject.toml", "_config.yml", "_toc.yml"),
)


def breaks(name, scratch, command):
    """Whether a check fails on a copy of the project."""
    environment = {**os.environ, "PYTHONPATH": str(scratch), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-o", "addopts=", *command]
    run = subprocess.run(command, cwd=scratch, env=environment, capture_output=True)
    if run.returncode not in (0, 1, 2):  # 1: some failed; 2: a module would not load
        sys.exit(f"kl: {name}: the check itself broke\n{run.stdout.decode()}")
    return run.returncode != 0


def try_mutant(mutant=None, tests=(), chapters=()):
    """(do the tests fail, do the chapters fail); no mutant breaks nothing."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, scratch / name)
        if mutant:
            file = scratch / "kl_helpers" / mutant.file
            file.write_text(mutate(mutant, file.read_text()))
        name = mutant.name if mutant else "no mutant"
        notebooks = [f"notebooks/{chapter}.ipynb" for chapter in chapters]
        return (
            breaks(name, scratch, [f"tests/{test}" for test in tests]),
            bool(notebooks) and breaks(name, scratch, ["--nbval", *notebooks]),
        )


def main(names):
    known = {mutant.name for mutant in MUTANTS}
    if unknown := set(names) - known:
        sys.exit(f"kl: no mutant {unknown.pop()!r}; there are: {', '.join(known)}")
    chosen = [m for m in MUTANTS if not names or m.name in names]
    tests, chapters = (
        {getattr(m, kind) for m in chosen} for kind in ("test", "chapter")
    )
    if any(try_mutant(None, tests, chapters - {None})):
        sys.exit("kl: a check fails without any mutant; mend that first: make test")
    progress = tqdm(chosen, desc="mutants", leave=False)
    results = [
        (m, *try_mutant(m, [m.test], filter(None, [m.chapter]))) for m in progress
    ]
    print(f"{'mutant':<45} {'test':<24} chapter")
    for mutant, test, chapter in results:
        by_test = mutant.test if test else "OVERLOOKED"
        by_chapter = mutant.chapter if chapter else "OVERLOOKED"
        if not mutant.chapter:
            by_chapter = "(no chapter shows it)"
        print(f"{mutant.name:<45} {by_test:<24} {by_chapter}")
    survivors = [
        m.name
        for m, test, chapter in results
        if not (test and (chapter or not m.chapter))
    ]
    sys.exit(f"kl: overlooked: {', '.join(survivors)}" if survivors else None)


if __name__ == "__main__":
    main(sys.argv[1:])
