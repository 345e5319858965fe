"""Each check of the site turns red for its own reason, and only for that."""

import hashlib
import zipfile

import pytest
import site_checks as checks

GOOD = """<!DOCTYPE html><html lang="en"><head><title>{title}</title>
<meta name="description" content="A page."><link rel="stylesheet" href="a.css">
<link rel="canonical" href="https://example.org/"></head><body><h1 id="top">A</h1>
<p><a href="b.html#there">b</a> <a href="https://example.org">outside</a>
<img src="a.png" alt="a bar of 0.5"> <code>$x$ :::</code> {extra}</p>
<svg role="img"><title>hills</title><path d="M0 0"/></svg><p id="there"></p>
<footer>version 0.1.0, <time datetime="2025-01-31">2025-01-31</time></footer>
<script>fetch("data.json")</script></body></html>"""
CHECKS = [
    checks.dead_links,
    checks.images_without_words,
    checks.outside_requests,
    checks.raw_markup,
    checks.mathjax_scripts,
    checks.page_heads,
]


@pytest.fixture
def site(tmp_path):
    """A small site on which nothing is wrong; call it to put something on a page."""

    def build(extra="", css="p { color: red }"):
        for name in ("a", "b"):
            text = GOOD.format(title=name, extra=extra if name == "a" else "")
            (tmp_path / f"{name}.html").write_text(text)
        (tmp_path / "a.css").write_text(css)
        (tmp_path / "a.png").write_bytes(b"png")
        checks.read_page.cache_clear()
        return tmp_path

    return build


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_good_site_passes(site, check):
    assert check(site()) == []


@pytest.mark.parametrize(
    ("extra", "check", "words"),
    [
        ('<a href="c.html">c</a>', checks.dead_links, "c.html: no such file"),
        ('<a href="b.html#no">b</a>', checks.dead_links, "b.html#no: no such anchor"),
        ('<a href="#no">here</a>', checks.dead_links, "#no: no such anchor"),
        ('<a href="/b.html">b</a>', checks.dead_links, "root of the host"),
        ('<img src="a.png" alt="">', checks.images_without_words, "no alt text"),
        ('<svg role="img"></svg>', checks.images_without_words, "no title"),
        (
            '<script src="https://cdn.example.org/x.js"></script>',
            checks.outside_requests,
            "https://cdn.example.org/x.js",
        ),
        (
            '<link rel="preload" href="//cdn.example.org/x.css">',
            checks.outside_requests,
            "//cdn.example.org/x.css",
        ),
        (
            '<i style="background: url(https://example.org/x.png)"></i>',
            checks.outside_requests,
            "https://example.org/x.png",
        ),
        (
            "<script>fetch('https://example.org/x.json')</script>",
            checks.outside_requests,
            "https://example.org/x.json",
        ),
        (":::{note} text", checks.raw_markup, "':::{note} text'"),
        ("{doc}`there`", checks.raw_markup, "{doc}`"),
        ("costs $x$ nats", checks.raw_markup, "$x$"),
        ('<b class="katex-error">x</b>', checks.raw_markup, "not be rendered"),
        ('<script src="MathJax.js"></script>', checks.mathjax_scripts, "MathJax"),
        ("<h1>B</h1>", checks.page_heads, "2 first headings"),
        ('<b id="top"></b>', checks.page_heads, "the id top"),
    ],
)
def test_each_check_finds_its_fault(site, extra, check, words):
    (problem,) = check(site(extra))
    assert problem.startswith("a.html") and words in problem


@pytest.mark.parametrize(
    "css",
    [
        "p { background: url('https://example.org/x.png') }",
        '@import "https://example.org/x.css";',
        "@import url(//example.org/x.css);",
    ],
)
def test_style_sheets_may_not_load_from_outside(site, css):
    (problem,) = checks.outside_requests(site(css=css))
    assert problem.startswith("a.css") and "example.org" in problem


def test_pages_need_a_title_of_their_own(site):
    folder = site()
    text = (folder / "b.html").read_text()
    (folder / "b.html").write_text(text.replace("<title>b<", "<title>a<"))
    checks.read_page.cache_clear()
    assert checks.page_heads(folder) == ["2 pages are called 'a'"]


def test_missing_page_of_the_toc(site):
    folder = site()
    toc = folder / "toc.yml"
    toc.write_text("root: a\nparts:\n  - chapters: [{file: b}, {file: c}]\n")
    assert checks.missing_pages(folder, toc) == ["c stands in toc.yml but has no page"]


def test_missing_version_and_date(site):
    folder = site()
    assert checks.missing_stamps(folder, "0.1.0") == []
    assert len(checks.missing_stamps(folder, "0.2.0")) == 2
    text = (folder / "a.html").read_text()
    (folder / "a.html").write_text(text.replace('datetime="2025-01-31"', ""))
    checks.read_page.cache_clear()
    assert checks.missing_stamps(folder, "0.1.0") == ["a.html: has no date"]


def test_vendor_checksums(tmp_path):
    (tmp_path / "a.css").write_text("a")
    digest = hashlib.sha256(b"a").hexdigest()
    (tmp_path / "README.md").write_text(f"| `a.css` | {digest} |\n")
    assert checks.vendor_changes(tmp_path) == []
    (tmp_path / "a.css").write_text("b")
    (tmp_path / "new.css").write_text("n")
    assert checks.vendor_changes(tmp_path) == [
        "a.css: its checksum changed",
        "new.css: has no checksum",
    ]
    (tmp_path / "a.css").unlink()
    (tmp_path / "new.css").unlink()
    assert checks.vendor_changes(tmp_path) == ["a.css: listed but missing"]


def test_wheel_must_carry_everything(tmp_path):
    package = tmp_path / "package"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "data.npz").write_bytes(b"data")
    assert "0 wheels" in checks.wheel_problems(tmp_path, package)[0]
    (tmp_path / "wheels").mkdir()
    with zipfile.ZipFile(tmp_path / "wheels" / "p.whl", "w") as wheel:
        wheel.writestr("package/__init__.py", "old")
    assert checks.wheel_problems(tmp_path, package) == [
        "p.whl: has an old package/__init__.py",
        "p.whl: lacks package/data.npz",
    ]
