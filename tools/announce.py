"""What the site says to programs: llms.txt, and with a known address the rest.

A sitemap, a preview picture and the tags that name it need absolute addresses. So they
exist only when `html.baseurl` is set in _config.yml; without it llms.txt has relative
links.
"""

import html
import re
from pathlib import Path
from urllib.parse import urlsplit

from tools import generated

PREVIEW = "preview.png"
PREVIEW_SIZE = 1200, 630  # pixels, as the large previews want them
ABOUT = (
    "D(P‖Q) is the average extra cost of believing Q while P writes: the first "
    "argument samples. Numbers are in nats unless a page says bits. Every page under "
    "notebooks/ is an executed notebook, whose source stands under _sources/notebooks/."
)
PREVIEW_ALT = (
    "Two hills, and two bell curves that stand in for them: one covers both, one takes "
    "one."
)


def write(site, parts, facts):
    """Write the files into the built site; see `tools.takeaway.course_facts`."""
    site, address = Path(site), facts["address"].rstrip("/")
    (site / "llms.txt").write_text(llms(site, parts, facts), "utf-8")
    if not address:
        return
    names = ["book/index", *(name for _, listed in parts for name in listed)]
    (site / "sitemap.xml").write_text(sitemap(names, address, facts["day"]), "utf-8")
    if urlsplit(address).path in {"", "/"}:  # elsewhere nobody reads it
        (site / "robots.txt").write_text(
            f"User-agent: *\nAllow: /\nSitemap: {address}/sitemap.xml\n"
        )
    preview(site / PREVIEW, facts["title"])


def llms(site, parts, facts):
    """The course as llmstxt.org wants it: title, summary, sections of links."""
    address = facts["address"].rstrip("/")
    prefix = f"{address}/" if address else ""
    lines = [f"# {facts['title']}", f"> {facts['summary']}", ABOUT]
    for caption, names in parts:
        rows = []
        for name in names:
            title, said = heading_and_sentence(Path(site, f"{name}.html"))
            rows.append(f"- [{title}]({prefix}{name}.html): {aim(name) or said}")
        lines.append(f"## {caption}\n\n" + "\n".join(rows))
    return "\n\n".join(lines) + "\n"


def aim(name):
    """What a chapter is for: the first of its objectives; empty for other pages."""
    objectives = generated.front_matter(name).get("objectives")
    return objectives[0]["sentence"] if objectives else ""


def heading_and_sentence(page):
    """The title of a built page, and the first sentence of its description."""
    text = page.read_text("utf-8")
    heading = re.search(r"<h1>(.*?)(<a class=\"headerlink|</h1>)", text, re.DOTALL)[1]
    said = re.search(r'<meta name="description" content="(.*?)">', text, re.DOTALL)[1]
    plain = html.unescape(re.sub(r"<[^>]+>", "", heading))
    sentence = re.match(r"(.*?[^.]\.)( |$)", said) or [said, said]
    return " ".join(plain.split()), html.unescape(sentence[1])


def sitemap(names, address, day):
    rows = "".join(
        f"<url><loc>{html.escape(f'{address}/{name}.html')}</loc>"
        f"<lastmod>{day}</lastmod></url>\n"
        for name in names
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
        f"{rows}</urlset>\n"
    )


def tags(pagename, context, address):
    """Tags for the preview of a link; picture and address need to be absolute."""
    address = (address or "").rstrip("/")
    said = {
        "og:type": "article",
        "og:site_name": context["docstitle"],
        "og:title": html.unescape(re.sub(r"<[^>]+>", "", context.get("title") or "")),
        "og:description": context["course_description"],
    }
    if address:
        said["og:url"] = f"{address}/{pagename}.html"
        said["og:image"] = f"{address}/{PREVIEW}"
        said["og:image:width"], said["og:image:height"] = map(str, PREVIEW_SIZE)
        said["og:image:alt"] = PREVIEW_ALT
    named = [("property", name, text) for name, text in said.items()]
    card = "summary_large_image" if address else "summary"
    named.append(("name", "twitter:card", card))
    return "\n".join(
        f'<meta {kind}="{name}" content="{html.escape(text)}">'
        for kind, name, text in named
    )


def preview(target, title):
    """The hills of the start page with the title of the course, as one picture."""
    import matplotlib.pyplot as plt
    import numpy as np

    from kl_helpers import plots
    from tools import start_figure

    hills = start_figure.Hills(start_figure.SHOWN)
    x = np.linspace(-start_figure.HALF_SPAN, start_figure.HALF_SPAN, 400)
    target_curve, cover, take = hills.densities(x)
    width, height = PREVIEW_SIZE
    with plt.rc_context({"font.family": "DejaVu Serif"}):
        fig = plt.figure(figsize=(width / 100, height / 100), dpi=100)
        ax = fig.add_axes([0, 0.06, 1, 0.6])
        blue, orange = plots.COLORS["fixed"], plots.COLORS["moving"]
        ax.fill_between(x, target_curve, color=blue, alpha=0.14, lw=0)
        ax.plot(x, target_curve, color=blue, lw=4)
        ax.plot(x, cover, color=orange, lw=4, ls="--")
        ax.plot(x, take, color=plots.COLORS["second"], lw=4, ls=":")
        ax.set(xlim=(x[0], x[-1]), ylim=(-0.01, start_figure.TOP))
        ax.axis("off")
        fig.text(0.05, 0.85, title, size=36, color=plots.COLORS["ink"])
        told = "cover both {} nats, take one {} nats".format(*hills.prices)
        fig.text(0.05, 0.76, told, size=20, color=plots.COLORS["ink"])
        fig.savefig(target, metadata={"Software": None})
        plt.close(fig)
