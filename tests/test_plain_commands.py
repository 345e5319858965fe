"""The README's commands without make, from an empty folder, and a link they refuse."""

import os
import re
import subprocess
import sys

import pytest
from copies import CHAPTER, ROOT, copy_project

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("plain commands")]


def plain_commands():
    """The two blocks of commands under "Without make" in the README."""
    text = (ROOT / "README.md").read_text().split("## Without make")[1]
    site, tests = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)[:2]
    return site.splitlines(), tests.splitlines()


def index_answers(folder):
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "-q", "flit_core"]
    return subprocess.run([*command, "-d", folder], capture_output=True).returncode == 0


def sh(project, command):
    """Run a line as somebody without our environment; its exit code and all it said."""
    clean = {
        k: v for k, v in os.environ.items() if k not in {"PYTHONPATH", "VIRTUAL_ENV"}
    }
    path = [p for p in clean["PATH"].split(":") if not p.startswith(str(ROOT))]
    clean.update(PATH=":".join(path), PYTEST_ADDOPTS="")
    run = subprocess.run(
        command, shell=True, cwd=project, env=clean, capture_output=True, text=True
    )
    return run.returncode, run.stdout + run.stderr


def must(project, command):
    code, said = sh(project, command)
    assert code == 0, f"{command}\n{said[-6000:]}"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy of the project in which the site was built by the README's commands."""
    folder = tmp_path_factory.mktemp("plain")
    copy_project(folder)
    if not os.environ.get("CI") and not index_answers(folder):
        pytest.skip("no package index can be reached")
    *make_site, serve_site = plain_commands()[0]
    for command in make_site:
        must(folder, command)
    assert "tools/serve.py _build/html" in serve_site
    return folder


def test_they_build_the_site(project):
    assert (project / "_build" / "html" / "index.html").exists()


def test_they_refuse_a_dead_link(project):
    """The command of the README, on the one page that changed."""
    text = project / "book" / "chapters" / f"{CHAPTER}.md"
    before = text.read_text()
    assert "(#the-bill-measured)" in before
    text.write_text(before.replace("(#the-bill-measured)", "(#the-bill-unpaid)", 1))
    must(project, f".venv/bin/python -m tools.notebooks merge {CHAPTER}")
    (build,) = [line for line in plain_commands()[0] if "jupyter-book build" in line]
    code, said = sh(project, build.replace(" --all", ""))
    text.write_text(before)
    assert code != 0 and "the-bill-unpaid" in said


def test_they_collect_the_tests(project):
    """The suite itself is not run twice."""
    install, *check = plain_commands()[1]
    must(project, install)
    for command in check:
        must(project, f"{command} --collect-only")
