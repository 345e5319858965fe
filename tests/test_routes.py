"""The map: what needs what has no circle, and the routes keep to it."""

import pytest

from tools import generated, notebooks, routes

MATTERS = {
    source.stem: matter
    for source in notebooks.sources()
    if "needs" in (matter := generated.front_matter(f"notebooks/{source.stem}"))
}
GRAPH = routes.needs(MATTERS)


def test_no_page_needs_itself_in_a_circle():
    order = routes.order(GRAPH)
    assert set(order) == set(MATTERS)
    for name, needed in GRAPH.items():
        assert all(order.index(need) < order.index(name) for need in needed)


def test_a_circle_is_named():
    with pytest.raises(ValueError) as error:
        routes.order({"a": ["b"], "b": ["c"], "c": ["a"]})
    assert all(name in str(error.value) for name in "abc")


@pytest.mark.parametrize("route", routes.read(), ids=lambda route: route["name"])
def test_a_route_meets_nothing_before_what_it_needs(route):
    known = {source.stem for source in notebooks.sources()}
    assert set(route["pages"]) <= known
    assert list(routes.broken(route, GRAPH)) == []


def test_a_broken_route_is_named():
    route = {"name": "shortcut", "pages": ["ch04_vae"]}
    assert "ch04_vae needs" in next(routes.broken(route, GRAPH))


def test_the_drawing_has_every_page_and_every_need():
    titles = {name: name for name in GRAPH}
    svg = routes.drawing(GRAPH, titles)
    assert all(f"{name}.html" in svg for name in GRAPH)
    assert svg.count("<path") == sum(map(len, GRAPH.values()))
    depths = routes.depths(GRAPH)
    for name, needed in GRAPH.items():
        assert all(depths[need] < depths[name] for need in needed)
