"""The page "Find your way": which chapter needs which, four routes, five questions.

The graph is drawn from what the chapters declare in their front matter.
"""

import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import yaml

from kl_helpers.exercises.placement import quiz

ROOT = Path(__file__).resolve().parent.parent
ROUTES = ROOT / "book" / "routes.yml"
BOX, GAP = (140, 44), (14, 34)  # width and height of a box, and between boxes


def read(path=ROUTES):
    return yaml.safe_load(Path(path).read_text())


def needs(matters):
    """{page: the pages it needs}, of all pages that other pages can need."""
    return {name: matter["needs"] for name, matter in matters.items()}


def order(graph):
    """The pages, each after what it needs.

    Raises:
        ValueError: If pages need each other in a circle.
    """
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        circle = " → ".join(error.args[1])
        raise ValueError(f"kl: these pages need each other: {circle}") from None


def depths(graph):
    """How many pages stand before each one, on its longest way."""
    found = {}
    for name in order(graph):
        found[name] = 1 + max((found[need] for need in graph.get(name, [])), default=-1)
    return found


def broken(route, graph):
    """One sentence for each page of a route that comes before what it needs."""
    seen = set()
    for name in route["pages"]:
        for need in graph.get(name, []):
            if need not in seen:
                yield f"{route['name']}: {name} needs {need}, which is not before it"
        seen.add(name)


def drawing(graph, titles):
    """The graph as SVG: one row a depth, a line from each page to what it needs."""
    rows = {}
    for name, depth in depths(graph).items():
        rows.setdefault(depth, []).append(name)
    most = max(map(len, rows.values()))
    width, height = most * (BOX[0] + GAP[0]) - GAP[0], len(rows) * (BOX[1] + GAP[1])
    place = {}
    for depth, names in rows.items():
        start = (width - len(names) * (BOX[0] + GAP[0]) + GAP[0]) / 2
        for k, name in enumerate(sorted(names)):
            place[name] = start + k * (BOX[0] + GAP[0]), depth * (BOX[1] + GAP[1])
    lines = "".join(
        f'<path d="{line(place[need], place[name])}"/>'
        for name in sorted(graph)
        for need in graph[name]
    )
    boxes = "".join(box(name, titles[name], *place[name]) for name in sorted(place))
    return (
        f'<svg class="needs-graph" viewBox="-2 -2 {width + 4} {height - GAP[1] + 4}" '
        'role="group" aria-labelledby="needs-title">'
        f'<title id="needs-title">{len(place)} pages in {len(rows)} rows; a line leads '
        f"from each page up to what it needs</title>{lines}{boxes}</svg>"
    )


def line(upper, lower):
    x0, y0 = upper[0] + BOX[0] / 2, upper[1] + BOX[1]
    x1, y1 = lower[0] + BOX[0] / 2, lower[1]
    middle = (y0 + y1) / 2
    curve = f"C{x0:.0f} {middle:.0f} {x1:.0f} {middle:.0f} {x1:.0f} {y1:.0f}"
    return f"M{x0:.0f} {y0:.0f}{curve}"


def box(name, title, x, y):
    return (
        f'<a href="../../notebooks/{name}.html"><rect x="{x:.0f}" y="{y:.0f}" '
        f'width="{BOX[0]}" height="{BOX[1]}" rx="6"/>'
        f'<text x="{x + BOX[0] / 2:.0f}" y="{y + BOX[1] / 2 + 5:.0f}">'
        f"{title}</text></a>"
    )


def page(matters, titles, label):
    """The page in MyST; `titles` are short, `label` gives the link of a page."""
    graph = needs(matters)
    parts = [
        "# Find your way",
        "A line leads from each page up to the pages it needs. Nothing else is needed, "
        "whatever its number.",
        f"```{{raw}} html\n{drawing(graph, titles)}\n```",
        "## Four ways in",
    ]
    for route in read():
        minutes = sum(matters.get(p, {}).get("minutes", {}).get("read", 3)
                      for p in route["pages"])  # fmt: skip
        steps = "\n".join(f"1. {label(name)}" for name in route["pages"])
        parts += [
            f"### {route['name']}",
            f"{route['for']} About {minutes} minutes of reading.",
            steps,
            route["then"],
        ]
    parts += [
        "## Where to begin: five questions",
        "Answer without looking anything up. The reason of each option says where to "
        "begin if it was a guess. Of several such places take the one that comes first "
        "in the map.",
        f"```{{raw}} html\n{quiz._repr_html_()}\n```",
        "## What each chapter teaches",
    ]
    for name in order(graph):
        goals = "\n".join(
            f"- [{goal['sentence']}](../../notebooks/{name}.ipynb#{goal['section']})"
            for goal in matters[name].get("objectives", [])
        )
        if goals:
            parts += [label(name), goals]
    return "\n\n".join(parts) + "\n"


def short(name, known):
    """The label of a box: the number, and the short name in book/map.yml."""
    number = re.match(r"ch(\d+)_", name)
    return f"{int(number[1])} {known}" if number else known
