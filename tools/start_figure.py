"""What the start page shows and nobody types: the hills, the strip, the map.

Every number comes from `kl_helpers` or from the stored outputs of the notebooks.
"""

import json
import re
from pathlib import Path

import numpy as np
import yaml

from kl_helpers.fitting import fit_reverse_kl, reverse_kl

ROOT = Path(__file__).resolve().parent.parent
MAP = ROOT / "book" / "map.yml"
NOTEBOOKS = ROOT / "notebooks"
SHOWN, FRAMES = 4, (2, 4, 5.6)  # distances of the hills, in standard deviations
SIZE, HALF_SPAN, TOP = (720, 264), 6.6, 0.43  # pixels; x in sigmas; highest density
PRICES_MEET_BETWEEN = (5.5, 5.7)


def fragments(toc_parts, version, changed, claims):
    """File name -> text of each generated piece of the start page and of how_to."""
    hills = {distance: Hills(distance) for distance in FRAMES}
    meet = round(where_prices_meet(), 1)
    if meet != FRAMES[-1]:
        raise ValueError(f"the two prices meet at {meet}, not at {FRAMES[-1]} sigmas")
    ready = {Path(p).name for _, pages in toc_parts for p in pages}
    return {
        "hills.html": figure(hills[SHOWN]),
        "hills_answer.html": answer(list(hills.values()), meet),
        "strip.html": strip(ready, claims, f"version {version}, {changed}"),
        "map.html": course_map(ready),
        "install.html": install(version),
    }


class Hills:
    """Two equal hills, and what one Gaussian costs that covers both or takes one."""

    def __init__(self, distance):
        half = distance / 2
        self.distance = distance
        self.target = ([0.5, 0.5], [-half, half], [1, 1])
        fits = fit_reverse_kl(self.target)
        self.cover = min(fits, key=lambda fit: abs(fit.mu))
        beside = [fit for fit in fits if fit.mu > half / 2]
        # Close together, no optimum sits on one hill: then it is the hill itself.
        self.take = (
            beside[0]
            if beside
            else self.cover._replace(
                mu=half, cov=1.0, kl=reverse_kl(half, 1, self.target)
            )
        )

    @property
    def prices(self):
        return f"{self.cover.kl:.2f}", f"{self.take.kl:.2f}"

    def densities(self, x):
        """Height of the target, of the cover fit and of the one-hill fit at x."""
        weights, means, sigmas = self.target
        parts = zip(weights, means, sigmas, strict=True)
        target = sum(w * normal(x, mean, sigma**2) for w, mean, sigma in parts)
        fits = [normal(x, fit.mu, fit.cov) for fit in (self.cover, self.take)]
        return [target, *fits]


def normal(x, mean, variance):
    return np.exp(-((x - mean) ** 2) / (2 * variance)) / np.sqrt(2 * np.pi * variance)


def where_prices_meet():
    """The distance at which covering stops being cheaper, between two that we try."""
    low, high = PRICES_MEET_BETWEEN
    gap = [(h := Hills(d)).cover.kl - h.take.kl for d in (low, high)]
    return low - gap[0] * (high - low) / (gap[1] - gap[0])


def drawing(hills, name, ruler=True):
    """The three curves as SVG whose colours the style sheet decides."""
    width, height = SIZE
    base = height - 6
    x = np.linspace(-HALF_SPAN, HALF_SPAN, 133)
    across = (x + HALF_SPAN) / (2 * HALF_SPAN) * width
    paths = [
        "M" + "L".join(f"{a:.0f} {base - base * y / TOP:.1f}" for a, y in pairs)
        for pairs in (zip(across, d, strict=True) for d in hills.densities(x))
    ]
    cover, take = hills.prices
    return (
        f'<svg class="hills" viewBox="0 0 {width} {height + 28 * ruler}" role="img" '
        f"{for_the_script(hills, base) if ruler else ''}"
        f'aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">Two hills {hills.distance:g} standard deviations '
        "apart, and two bell curves that stand in for them</title>"
        f'<desc id="{name}-desc">The wide dashed curve covers both hills and costs '
        f"{cover} nats; the narrow one takes one hill and costs {take} nats.</desc>"
        f'<path class="target" d="{paths[0]}"/>'
        f'<path class="take" d="{paths[2]}"/><path class="cover" d="{paths[1]}"/>'
        f"{distance_ruler(hills, base) if ruler else ''}</svg>"
    )


def for_the_script(hills, base):
    """What the slider of the start page must know of the drawing."""
    frame = f"{SIZE[0]} {base} {HALF_SPAN} {TOP}"
    return f'data-frame="{frame}" data-distance="{hills.distance}" '


def distance_ruler(hills, base):
    middle = SIZE[0] / 2
    left, right = (middle * (1 + s * hills.distance / 2 / HALF_SPAN) for s in (-1, 1))
    return (
        f'<path class="ruler" d="M{left:.0f} {base + 9}v14M{left:.0f} {base + 16}'
        f'H{right:.0f}M{right:.0f} {base + 9}v14"/>'
        f'<text x="{middle:.0f}" y="{base + 23}">{hills.distance:g}σ</text>'
    )


def prices(hills):
    cover, take = hills.prices
    return (
        f'<span class="price cover">cover both <b>{cover} nats</b></span> '
        f'<span class="price take">take one <b>{take} nats</b></span>'
    )


def figure(hills):
    return f'{drawing(hills, "hills")}\n<p class="live">{prices(hills)}</p>\n'


def answer(all_hills, meet):
    frames = "".join(
        f"<li>{drawing(hills, f'frame{number}', ruler=False)}"
        f"<b>{hills.distance:g}σ</b> {prices(hills)}</li>"
        for number, hills in enumerate(all_hills)
    )
    return f'{options(all_hills, meet)}<div><ul class="frames">{frames}</ul></div>\n'


def options(all_hills, meet):
    """What a reader may have guessed, each with its reason; the right one is strong."""
    limit = f"ln 2 = {np.log(2):.2f} nats, however far away it is"
    early = [
        f"<li><em>At {hills.distance:g}σ.</em> There covering costs {hills.prices[0]} "
        f"nats and taking one hill {hills.prices[1]}: covering is cheaper.</li>"
        for hills in all_hills
        if hills.distance < meet
    ]
    right = (
        f"<li><strong>At {meet}σ.</strong> From there on covering costs more than "
        f"losing a hill, and losing one never costs more than {limit}.</li>"
    )
    never = (
        "<li><em>Never.</em> Covering costs more and more, and losing a hill never "
        f"more than {limit}.</li>"
    )
    return f"<ul>{''.join(early)}{right}{never}</ul>\n"


def strip(ready, claims, stamp):
    """How much is checked, how much is there, and of when it is."""
    numbers = sum(count_decimals(path) for path in NOTEBOOKS.glob("*.ipynb"))
    known = [name for part in read_map() for name in part["pages"]]
    chapters = [name for name in known if name.startswith("ch")]
    done = sum(name in ready for name in chapters)
    facts = (
        f"<b>{numbers:,}</b> numbers recomputed on every change",
        f"<b>{claims['checked']}</b> claims about KL checked: {claims['true']} hold as "
        "they stand",
        f"<b>{done}</b> of {len(chapters)} chapters ready",
        stamp,
    )
    return '<p class="strip">' + "".join(f"<span>{f}</span>" for f in facts) + "</p>\n"


def install(version):
    wheel = f"kl_helpers-{version}-py3-none-any.whl"
    return (
        f'<p class="wheel"><a href="../wheels/{wheel}" download>{wheel}</a></p>\n'
        '<div class="highlight-console copyable"><div class="highlight">'
        f"<pre>pip install {wheel}</pre></div></div>\n"
    )


def count_decimals(path):
    """Decimal numbers in the stored text outputs of a notebook."""
    count = 0
    for cell in json.loads(path.read_text())["cells"]:
        for output in cell.get("outputs", []):
            data = output.get("data", {})
            if "text/markdown" in data or "text/html" in data:
                continue  # listings and quizzes
            text = output.get("text") or data.get("text/plain", "")
            count += len(re.findall(r"\d\.\d", "".join(text)))
    return count


def read_map():
    return yaml.safe_load(MAP.read_text())


def course_map(ready):
    """The trunk and its branches; a page is ready when the table of contents has it."""
    parts = []
    for part in read_map():
        pages = "".join(map_entry(n, p, ready) for n, p in part["pages"].items())
        parts.append(
            f'<div class="map-part {part["kind"]}"><h3>{part["name"]}</h3>'
            f"<p>{part['note']}</p><ol>{pages}</ol></div>"
        )
    return f'<div class="map">{"".join(parts)}</div>\n'


def map_entry(name, page, ready):
    number = re.match(r"ch(\d+)_", name)
    label = f'<span class="nav-number">{int(number.group(1)) if number else "–"}</span>'
    if name in ready:
        text = f'<a href="../notebooks/{name}.html">{first_heading(name)}</a>'
        return f'<li class="ready">{label}<span>{text}{topic(page)}</span></li>'
    text = f"{page['question']}{topic(page)}"
    return f'<li class="planned">{label}<span>{text}</span></li>'


def topic(page):
    return f' <span class="topic">{page["topic"]}</span>' if "topic" in page else ""


def first_heading(name):
    cells = json.loads((NOTEBOOKS / f"{name}.ipynb").read_text())["cells"]
    text = "".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    return re.search(r"^# (.+)$", text, re.MULTILINE).group(1)
