"""What a page of the built site loads, and that nothing moves while it arrives."""

import gzip
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
from browser import SITE

from tools import generated, lighthouse

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("pages")]
PAGES = ["index.html", "book/playground.html", "search.html"]
PAGES += [f"{page}.html" for _, part in generated.toc_parts() for page in part]
MOST_BYTES, MOST_FILES = 300_000, 20
LOADED = """() => {
  const below = [...document.images].filter(
    (image) => image.getBoundingClientRect().top > innerHeight,
  ).map((image) => image.currentSrc);
  const loaded = performance.getEntriesByType("resource").map((entry) => entry.name);
  return [location.href, ...loaded].filter((file) => !below.includes(file));
}"""
SHIFTS = """() => {
  window.moved = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      if (!entry.hadRecentInput) window.moved += entry.value;
    }
  }).observe({ type: "layout-shift", buffered: true });
}"""
SCROLL = """async () => {
  for (let y = 0; y < document.documentElement.scrollHeight; y += innerHeight / 2) {
    scrollTo({ top: y, behavior: "instant" });
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 20)));
  }
  return window.moved;
}"""


def weight(path):
    """Bytes on the wire: text compressed, as hosts of static pages send it."""
    data = path.read_bytes()
    return len(gzip.compress(data, 6) if path.suffix in lighthouse.COMPRESSED else data)


def loaded(page, site):
    """The files that a visit loads, without pictures below the first screen."""
    files = page.evaluate(LOADED)
    return {Path(SITE, unquote(urlsplit(f).path.split("/course/")[1])) for f in files}


@pytest.mark.parametrize("name", sorted(set(PAGES)))
def test_page_is_light_and_still(new_page, site, name):
    page = new_page(site + name, width=412, height=823)
    page.wait_for_load_state("networkidle")
    files = loaded(page, site)
    api = name.endswith("api.html") or name.endswith("claims.html")  # long lists
    assert sum(map(weight, files)) <= MOST_BYTES * (1 + api)
    assert len(files) <= MOST_FILES
    assert not {path.name for path in files if "mathjax" in path.name.lower()}
    page.evaluate(SHIFTS)
    assert page.evaluate(SCROLL) < 0.02
    assert page.outside == [] and page.complaints == []
