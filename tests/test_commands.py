"""The commands of the README: what they do, and what they say when they cannot."""

import re
import socket
import subprocess
import threading
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from tools import environment, serve

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def fake_root(tmp_path, monkeypatch):
    """An empty project in which no command really runs; returns the list of calls."""
    calls = []
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(environment, "UNFINISHED", tmp_path / ".venv" / "unfinished")

    def run(*command):
        calls.append(command)
        if "venv" in command:
            (tmp_path / ".venv" / "bin").mkdir()
            (tmp_path / ".venv" / "bin" / "python").touch()

    monkeypatch.setattr(environment, "run", run)
    return tmp_path / ".venv", calls


def test_the_environment_is_made_once_and_marked(fake_root):
    venv, calls = fake_root
    environment.main("site")
    environment.main("test")
    assert all((venv / f"{extra}.ok").exists() for extra in ("site", "test", "run"))
    assert not (venv / "unfinished").exists()
    assert sum("venv" in command for command in calls) == 1
    assert "requirements.txt" in calls[1] and ".[site]" in calls[1]


def test_a_half_made_environment_is_thrown_away(fake_root):
    venv, calls = fake_root
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "python").touch()
    (venv / "leftover").touch()
    (venv / "unfinished").touch()
    environment.main("site")
    assert "venv" in calls[0] and not (venv / "leftover").exists()


@pytest.mark.parametrize("step", ["venv", "pip"])
def test_a_failed_step_stops_with_a_sentence_and_is_remembered(
    fake_root, monkeypatch, step
):
    venv, _ = fake_root
    pretend = environment.run

    def run(*command):
        pretend(*command)
        if step in command:
            environment.stop("this step failed")

    monkeypatch.setattr(environment, "run", run)
    with pytest.raises(SystemExit, match="kl: this step failed"):
        environment.main("site")
    assert (venv / "unfinished").exists() and not (venv / "site.ok").exists()


def test_an_old_python_is_refused(fake_root, monkeypatch):
    monkeypatch.setattr(environment, "OLDEST_PYTHON", (99, 0))
    with pytest.raises(SystemExit, match="is too old"):
        environment.main("site")


def test_serving_takes_the_next_free_port(tmp_path):
    (tmp_path / "index.html").write_text("hello")
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        server = serve.open_server(tmp_path, port)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        assert server.server_port > port
        address = f"http://127.0.0.1:{server.server_port}/"
        assert urllib.request.urlopen(address).read() == b"hello"
        with pytest.raises(urllib.error.HTTPError, match="404") as missing:
            urllib.request.urlopen(address + "none.html")
        missing.value.close()
    finally:
        server.shutdown()
        server.server_close()


def test_serving_a_missing_site_says_how_to_build_it(tmp_path):
    with pytest.raises(SystemExit, match="make book"):
        serve.main(str(tmp_path), "8000")


def test_make_alone_explains_every_command():
    printed = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True).stdout
    text = (ROOT / "Makefile").read_text()
    phony = " ".join(re.findall(r"^\.PHONY: (.+)$", text, re.M))
    for command in set(phony.split()) - {"help"}:
        assert f"make {command} " in printed


def test_make_and_the_readme_build_the_same_site():
    makefile, readme = ((ROOT / name).read_text() for name in ("Makefile", "README.md"))
    (ours,) = re.findall(r"^BUILD_SITE := .*(jupyter-book build .*)$", makefile, re.M)
    assert f".venv/bin/{ours}\n" in readme


def test_the_example_of_the_readme_is_true():
    example = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S)[
        1
    ]
    namespace, checked = {}, 0
    for line in example.splitlines():
        code, _, promise = line.partition("  # ")
        if promise.startswith("ValueError: "):
            with pytest.raises(ValueError) as caught:
                eval(code, namespace)
            for part in promise.removeprefix("ValueError: ").split("…"):
                assert part.strip() in str(caught.value)
        elif "bits:" in promise:
            assert eval(code, namespace) == pytest.approx(float(promise.split()[0]))
        else:
            exec(code, namespace)
            continue
        checked += 1
    assert checked == 4


@pytest.mark.xdist_group("here")
def test_tests_of_one_group_share_a_worker(request):
    """Else each worker trains, or starts a browser, for itself."""
    if not getattr(request.config.option, "loadgroup", False):
        pytest.skip("not run by several workers")
    assert request.node.nodeid.endswith("@here")
