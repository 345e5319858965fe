"""A real Chromium on the built site, cut off from every other host."""

import functools
import http.server
import os
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
PREFIX = "/some/path"  # a site may stand in any folder of its host
NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
HOW = "no Chromium on this machine (Debian: apt-get install chromium)"


class UnderPrefix(http.server.SimpleHTTPRequestHandler):
    """Serves the site below PREFIX and nothing above it."""

    def translate_path(self, path):
        if not path.startswith(f"{PREFIX}/"):
            return "/no-such-file"
        return super().translate_path(path.removeprefix(PREFIX))

    def log_message(self, *args):
        pass


@contextmanager
def served(folder=SITE):
    """Address of the site, as long as the block runs."""
    handler = functools.partial(UnderPrefix, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{PREFIX}/"
    finally:
        server.shutdown()
        server.server_close()


def chromium():
    """Path of the system's Chromium; without one the test skips, but not in CI."""
    if found := next(filter(None, map(shutil.which, NAMES)), None):
        return found
    if os.environ.get("CI"):
        pytest.fail(HOW, pytrace=False)
    return pytest.skip(HOW)


@contextmanager
def browser():
    path = chromium()
    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=path, args=list(OPTIONS))
        try:
            yield running
        finally:
            running.close()


class Visit:
    """One page, with what it asked of other hosts and what it complained about."""

    def __init__(self, running, base, **options):
        options = {"viewport": {"width": 1280, "height": 800}, **options}
        self.base, self.outside, self.complaints = base, [], []
        self.context = running.new_context(**options)
        self.context.route("**/*", self.guard)
        self.page = self.context.new_page()
        self.page.on("console", self.note)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def guard(self, route):
        url = route.request.url
        if url.startswith((self.base, "data:", "blob:")):
            route.continue_()
        else:
            self.outside.append(url)
            route.abort()

    def note(self, message):
        if message.type == "error":
            self.complaints.append(f"{message.text} {message.location.get('url', '')}")

    def open(self, name):
        self.page.goto(self.base + name)
        return self.page

    def close(self):
        self.context.close()
