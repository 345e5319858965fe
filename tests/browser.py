"""A real Chromium for tests of the built site: fixtures for pages of any kind.

`browser` starts once a module; `site` serves _build/html in a folder, as a site that
does not stand at the root of its host. `new_page` opens pages that may reach this
machine only, and keeps what went wrong: `page.outside` are requests to other hosts,
none of which is reached, `page.complaints` are errors of scripts and of the console.
"""

import os
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tools import paper, playground
from tools.serve import open_server

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
# Not page.route, which switches the cache off: every page would load everything.
ONLY_THIS_MACHINE = "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"
FLAGS = ["--no-sandbox", "--disable-gpu", ONLY_THIS_MACHINE]
# Sections far below are laid out when somebody comes near: here at once.
LAY_OUT = "* { content-visibility: visible !important; }"
MISSING = (
    "no Chromium was found; install it (Debian: apt-get install chromium) and "
    "playwright (pip install playwright) to run the tests in a browser"
)


def unavailable(sentence):
    """Skip with a sentence; in CI a test that cannot run is a failure."""
    if os.environ.get("CI"):
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)


@pytest.fixture(scope="module")
def browser():
    path = paper.chromium()
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        path = None
    if path is None:
        unavailable(MISSING)
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The address of the start page's folder, which is not the root of the host."""
    if not (SITE / "index.html").exists():
        pytest.fail(f"{SITE} holds no site; `make book` builds it", pytrace=False)
    host = tmp_path_factory.mktemp("host")
    (host / "some" / "folder").mkdir(parents=True)
    (host / "some" / "folder" / "course").symlink_to(SITE, target_is_directory=True)
    server = open_server(host, 8700)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/some/folder/course/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def new_page(browser):
    """new_page(address, width=1280, scheme="light", …) -> a loaded page."""
    contexts = []

    def open_page(address, **options):
        page = blank_page(browser, **options)
        contexts.append(page.context)
        page.goto(address, wait_until="load")
        return page

    yield open_page
    for context in contexts:
        context.close()


def blank_page(browser, *, width=1280, height=900, scheme="light", **options):
    """A page of a reader who was never here, cut off from other hosts."""
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        reduced_motion="reduce",
        **options,
    )
    page = context.new_page()
    page.outside, page.complaints = [], []
    context.on("request", lambda request: keep_outside(request.url, page.outside))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("console", lambda said: keep_complaint(said, page.complaints))
    return page


def keep_outside(url, outside):
    parts = urlsplit(url)
    if parts.scheme not in {"data", "blob"} and parts.hostname != "127.0.0.1":
        outside.append(url)


def keep_complaint(said, complaints):
    if said.type in {"error", "warning"}:
        complaints.append(said.text)


@pytest.fixture
def scrolls_sideways():
    """scrolls_sideways(page) -> whether the page is wider than its window."""
    return lambda page: page.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )


def axe_script():
    """The source of axe-core, which the playground's lock file pins."""
    try:
        playground.install()
    except OSError as reason:
        unavailable(str(reason))
    return (playground.SOURCE / "node_modules" / "axe-core" / "axe.min.js").read_text()
