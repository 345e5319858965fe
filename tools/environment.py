"""Make the environment in .venv with one extra of pyproject.toml, such as test.

    python3 tools/environment.py site

An interrupted install leaves a marker, and the next call starts from an empty
folder instead of trusting what is there. Needs nothing but the standard library.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
UNFINISHED = VENV / "unfinished"
OLDEST_PYTHON = (3, 11)
CONTAINS = {
    "coursework": ("run",),
    "test": ("site", "run", "coursework"),
    "bench": ("site", "run", "coursework", "test"),
}  # extras that come along with another


def stop(sentence):
    sys.exit(f"kl: {sentence}")


def run(*command):
    if subprocess.run(command, cwd=ROOT).returncode:
        stop(f"this step failed, its messages stand above: {' '.join(command)}")


def main(extra):
    if sys.version_info < OLDEST_PYTHON:
        stop(
            f"Python {sys.version.split()[0]} is too old, the course needs 3.11 or "
            "newer: make PYTHON=/path/to/python3.11 …"
        )
    python = VENV / "bin" / "python"
    if UNFINISHED.exists() or not python.exists():
        shutil.rmtree(VENV, ignore_errors=True)
        VENV.mkdir()
        UNFINISHED.touch()
        print(f"Making .venv with Python {sys.version.split()[0]}", flush=True)
        run(sys.executable, "-m", "venv", str(VENV))
    UNFINISHED.touch()
    print(f"Installing what '{extra}' needs into .venv", flush=True)
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "-q"]
    run(*pip, "-c", "requirements.txt", "-e", f".[{extra}]")
    UNFINISHED.unlink()
    for made in (extra, *CONTAINS.get(extra, ())):
        (VENV / f"{made}.ok").touch()


if __name__ == "__main__":
    main(sys.argv[1])
