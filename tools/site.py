"""The Sphinx extension of the course: what the site adds to text and notebooks.

* generated pages in book/_generated (API, myths, symptoms, matrix, assignments …),
* alt text of computed figures, read from the notebook's own outputs,
* equations rendered at build time; a mistake in one is a warning,
* on every page only the styles and scripts it uses, and nothing from another host,
* the package's wheel, version and date,
* JupyterLite with the chapters that run in the browser.
"""

import inspect
import json
import os
import re
import shutil
import subprocess
from datetime import date
from pathlib import Path

from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinxcontrib import katex

import kl_helpers
from tools import (
    announce,
    equations,
    generated,
    glossary,
    lite,
    page_text,
    pyodide,
    takeaway,
)

ROOT = Path(__file__).resolve().parent.parent
BAR = (
    ("Playground", "book/playground"),
    ("Symptoms", "book/_generated/symptoms"),
    ("Myths", "book/_generated/claims"),
    ("API", "book/_generated/api"),
    ("How to", "book/how_to"),
)
# Name in _static, without its ending -> what a page that needs it has in its body.
ON_DEMAND = {
    "playground": 'class="kl-playground"',  # site.js loads it for small figures
    "hills": 'class="hills"',
    "cheat_sheet": 'class="cheat-sheet"',
}
ASSIGNMENTS = "book/_generated/assignment_"
SEARCH_SCRIPTS = ("documentation_options.js", "doctools.js", "sphinx_highlight.js")
logger = logging.getLogger(__name__)
DESCRIPTION = (
    "KL divergence from its definition to VAEs, PPO, RLHF, distillation and t-SNE. "
    "Every number is computed by the code beside it and checked on every change."
)
# What the theme and Jupyter Book bring along and no page of this site asks for.
UNUSED = (
    *("scripts", "styles", "vendor", "locales", "images", "webpack-macros.html"),
    *("sbt-webpack-macros.html", "togglebutton.js", "togglebutton.css", "pygments.css"),
    *("copybutton.js", "copybutton.css", "copybutton_funcs.js", "clipboard.min.js"),
    *("copy-button.svg", "check-solid.svg", "katex-math.css", "design-tabs.js"),
    *("basic.css", "sphinx-thebe.js", "sphinx-thebe.css", "__init__.py", "__pycache__"),
    *("file.png", "plus.png", "minus.png", "play-solid.svg", "mystnb.*.css"),
    *("jupyterbook*", "sphinx_design_static", "tabs", "underscore.js"),
)


def setup(app):
    app.connect("autodoc-process-signature", own_signature)
    app.connect("config-inited", prepare)
    app.connect("source-read", decorate_notebook)
    app.connect("doctree-resolved", link_words)
    app.connect("html-page-context", finish_page_context, priority=900)
    app.connect("build-finished", finish_site, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def prepare(app, config):
    """Everything that must stand before the first page is read."""
    katex.render_latex = equations.render
    clear(Path(app.outdir))
    show_buttons_only_with_a_repository(config)
    version, changed = kl_helpers.__version__, last_change()
    config.html_context.update(course_version=version, course_date=changed)
    config.html_context["course_pyodide"] = find_pyodide()
    config.html_static_path = [*config.html_static_path, str(ROOT / "book" / "vendor")]
    generated.write(version, changed)


def find_pyodide():
    """Where Python for the browser is; None leaves the links to it out."""
    try:
        folder = pyodide.find(say=logger.info)
    except pyodide.BadFile as error:
        raise ExtensionError(f"kl: {error}") from None
    if folder is None:
        logger.info(
            "kl: no chapter links to its browser version: no source has Pyodide"
        )
    return folder


def clear(site):
    """Remove the last site: no page of it may outlive its text or its frame."""
    if (site / ".buildinfo").exists():  # then Sphinx wrote it, as HTML
        for path in site.iterdir():
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def show_buttons_only_with_a_repository(config):
    """One address in _config.yml switches all buttons; without it there is none."""
    options = config.html_theme_options
    configured = bool(options.get("repository_url"))
    for name in ("use_repository_button", "use_issues_button", "use_edit_page_button"):
        options[name] = configured
    if not configured:
        options["launch_buttons"] = {}


def last_change():
    """Date of the last commit; of the build where there is no history."""
    command = ["git", "log", "-1", "--format=%cs"]
    try:
        log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        return date.today().isoformat()
    return log.stdout.strip() or date.today().isoformat()


def own_signature(app, what, name, obj, options, signature, returns):
    """A class's own parameters; a base that stands in for torch hides them."""
    if what == "class" and "__init__" in vars(obj):
        first, *others = inspect.signature(obj.__init__).parameters.values()
        return str(inspect.Signature(others)), returns
    return None


def decorate_notebook(app, docname, source):
    """Give the computed figures of a notebook the alt text their cell computed."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    nb = json.loads(source[0])
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/plain" in data:
                alt = "".join(data["text/plain"])
                cell["metadata"]["mystnb"] = {"image": {"alt": alt}}
    source[0] = json.dumps(nb)


def link_words(app, doctree, docname):
    """The first use of a word of the glossary leads there, on pages of the course."""
    if docname.startswith("notebooks/"):
        address = app.builder.get_relative_uri(docname, glossary.PAGE)
        glossary.link_first_uses(doctree, glossary.read(), address)


def finish_page_context(app, pagename, templatename, context, doctree):
    """What the templates need, and on each page only the files it uses."""
    titles = app.env.titles
    context["course_nav"] = [
        (caption, [(p, chapter_number(p), titles[p].astext()) for p in pages])
        for caption, pages in generated.toc_parts()
    ]
    context["course_repository"] = app.config.html_theme_options.get("repository_url")
    context["course_bar"] = BAR
    context["course_eyebrow"] = (
        f"Chapter {n}" if (n := chapter_number(pagename)) else ""
    ) or "Symptom" * pagename.startswith("notebooks/symptom_")
    context["course_claims"] = [
        (claim, f"{context['pathto']('book/_generated/claims')}#claim-{claim.lower()}")
        for claim in generated.front_matter(pagename).get("claims", [])
    ]
    context["course_description"] = description(app, pagename, doctree)
    context["course_preview"] = announce.tags(
        pagename, context, app.config.html_baseurl
    )
    context["page_links"] = page_links(pagename, context)
    context["course_browser"] = browser_link(pagename, context)
    context["metatags"] = ""
    context["body"] = body = page_text.tidy_body(context.get("body") or "")
    styles = ["house.css"] + ["katex/katex.min.css"] * ('class="katex' in body)
    styles += ["sphinx-design.min.css"] * (" sd-" in body or '"sd-' in body)
    wanted = [name for name, mark in ON_DEMAND.items() if mark in body]
    styles += [f"{name}.css" for name in wanted]
    scripts = ["site.js", *(f"{name}.js" for name in wanted)]
    scripts += SEARCH_SCRIPTS if templatename == "search.html" else ()
    context["css_files"] = [f for f in context["css_files"] if is_named(f, styles)]
    context["script_files"] = [
        f for f in context["script_files"] if is_named(f, scripts)
    ]


def is_named(file, names):
    """Whether a style or script of a page is one of `names`; inline ones never are."""
    path = str(getattr(file, "filename", file) or "").split("?")[0]
    return path.removeprefix("_static/") in names


def chapter_number(pagename):
    found = re.match(r"notebooks/ch(\d+)_", pagename)
    return int(found.group(1)) if found else None


def description(app, pagename, doctree):
    """For search engines: what the page says of itself, or its first paragraph."""
    if own := generated.front_matter(pagename).get("description"):
        return own
    paragraphs = doctree.findall(lambda n: n.tagname == "paragraph") if doctree else ()
    first = next((p.astext() for p in paragraphs), "")
    if pagename == app.config.root_doc or not first:
        return DESCRIPTION
    first = " ".join(first.split())
    return first if len(first) <= 160 else first[:160].rsplit(" ", 1)[0] + " …"


def page_links(pagename, context):
    """(name, address) of the notebook of a page and of the theme's buttons."""
    links = []
    if pagename.startswith(("notebooks/", ASSIGNMENTS)):
        source = context["pathto"](f"_sources/{context['sourcename']}", 1)
        links.append(("Notebook", source))
    for group in context.get("header_buttons", []):
        for button in group.get("buttons", [group]):
            name, url = button.get("text"), button.get("url")
            if name == "Suggest edit":
                url = address_of_text(url)
            if name and url and name != "Repository":  # that one stands in the bar
                links.append((name, url))
    return links


def browser_link(pagename, context):
    """(address or None, what to know before the click) for a page with code."""
    runs = generated.front_matter(pagename).get("runs")
    if runs == "local":
        return None, "Needs PyTorch, which browsers cannot run: take the notebook"
    if runs != "browser" or not context["course_pyodide"]:
        return None
    address = context["content_root"] + lite.ENTRY.format(Path(pagename).name)
    return address, f"loads {lite.DOWNLOAD_MB} MB once"


def address_of_text(url):
    """Where a page is edited: a notebook in its chapter, a generated page nowhere."""
    url = re.sub(r"/notebooks/(\w+)\.ipynb$", r"/book/chapters/\1.md", url)
    return None if "/_generated/" in url else url


def finish_site(app, exception):
    """The wheel, a front door at the root, and no file that nothing asks for."""
    if exception or app.builder.name != "html":
        return
    site = Path(app.outdir)
    wheel = build_wheel(site / "wheels")
    if folder := app.config.html_context["course_pyodide"]:
        lite.build(site, wheel, folder)
    start = (site / f"{app.config.root_doc}.html").read_text()
    (site / "index.html").write_text(
        page_text.at_root(start, Path(app.config.root_doc).parent)
    )
    for pattern in UNUSED:
        for path in (site / "_static").glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    takeaway.with_the_site(site, DESCRIPTION, app.config)


def build_wheel(folder):
    """Serve the package: a notebook that has left home can install it."""
    from flit_core import buildapi

    folder.mkdir(exist_ok=True)
    here = Path.cwd()
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1577836800")
    os.chdir(ROOT)
    try:
        return folder / buildapi.build_wheel(str(folder))
    finally:
        os.chdir(here)
