"""Every page of the built site can be used by everyone, in a real Chromium."""

import io

import numpy as np
import pytest
import site_checks
from browser import LAY_OUT, SITE, axe_script
from PIL import Image

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("pages")]
CHAPTER = "notebooks/ch01_definition_and_gibbs.html"
AXE = """async () => (await axe.run({ resultTypes: ["violations"] })).violations.map(
  (found) => `${found.id} (${found.impact}): ${found.nodes[0].target.join(" ")}`
)"""
# What can be pressed, is drawn, and is not inside something closed: how many there are,
# and those of them where the Tab key has not been.
REACHABLE = """() => {
  const named = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const reachable = [...document.querySelectorAll(named)].filter(
    (e) => e.checkVisibility({ checkVisibilityCSS: true }) && !e.disabled
      && !(e.type === "radio" && !isFirstOfItsGroup(e)) && e.tabIndex >= 0,
  );
  const missed = reachable.filter((e) => !e.dataset.visited);
  return { all: reachable.length, missed: missed.map((e) => e.outerHTML.slice(0, 80)) };
  function isFirstOfItsGroup(e) {
    return document.querySelector(`input[name="${e.name}"]`) === e;
  }
}"""
FOCUSED = """() => {
  const e = document.activeElement;
  const ring = getComputedStyle(e);
  e.dataset.visited = "yes";
  return { body: e === document.body, tag: e.outerHTML.slice(0, 80),
    ring: ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2 };
}"""


@pytest.fixture(scope="module")
def names():
    return [name for name, _ in site_checks.pages(SITE)]


def visit(page, site, name):
    page.goto(site + name, wait_until="load")
    page.add_style_tag(content=LAY_OUT)
    return page


@pytest.mark.parametrize(("scheme", "width"), [("light", 360), ("dark", 1280)])
def test_axe_finds_nothing(new_page, site, names, scheme, width):
    script, problems = axe_script(), []
    page = new_page(site, scheme=scheme, width=width)
    for name in names:
        visit(page, site, name).evaluate(script)
        page.wait_for_selector("html[data-measured=all]")
        page.evaluate("() => document.fonts.ready.then(() => {})")
        problems += [f"{name}: {found}" for found in page.evaluate(AXE)]
    assert problems == []
    assert page.complaints == [] and page.outside == []


def test_nothing_scrolls_sideways(new_page, site, names, scrolls_sideways):
    page = new_page(site, width=360, height=740)
    wide = [name for name in names if scrolls_sideways(visit(page, site, name))]
    assert wide == []


@pytest.mark.parametrize("name", ["index.html", CHAPTER])
def test_the_bar_fits_at_every_width(new_page, site, name, scrolls_sideways):
    page = new_page(site + name)
    for width in range(320, 1300, 20):
        page.set_viewport_size({"width": width, "height": 800})
        assert not scrolls_sideways(page), width
        search = page.get_by_role("searchbox").first
        search.focus()
        box = search.bounding_box()
        assert box["width"] > 150 and box["x"] >= 0, width
        assert box["x"] + box["width"] <= width
        page.evaluate("document.activeElement.blur()")


@pytest.mark.parametrize("name", ["index.html", CHAPTER, "book/how_to.html"])
def test_everything_is_reached_with_the_tab_key_and_shows_it(new_page, site, name):
    page = new_page(site + name)
    page.wait_for_selector("html[data-measured=all]")
    for figure in page.locator(".kl-embed").all():  # it is there when somebody is near
        figure.scroll_into_view_if_needed()
        figure.locator("input").first.wait_for()
    page.evaluate("scrollTo(0, 0)")
    for _ in range(500):
        page.keyboard.press("Tab")
        state = page.evaluate(FOCUSED)
        if state["body"]:
            break
        assert state["ring"], state["tag"]
    assert state["body"], "the Tab key does not come to an end"
    # Counted afterwards: a font that comes late takes the stop of a box that now fits.
    reachable = page.evaluate(REACHABLE)
    assert reachable["missed"] == []
    assert reachable["all"] > 20


def test_folds_and_quizzes_answer_to_the_keyboard(new_page, site):
    page = new_page(site + CHAPTER)
    option = page.locator(".predict-options button").first
    option.press("Enter")
    assert option.get_attribute("aria-pressed") == "true"
    assert page.locator("div.predict [role=status]").first.inner_text()
    fold = page.locator("details.hide").first
    fold.locator("summary").press("Enter")
    assert fold.evaluate("fold => fold.open")
    field = page.locator("form.quiz fieldset").first
    field.locator("input").first.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    assert field.locator("[role=status]").inner_text()


def test_pages_are_complete_without_a_script(new_page, site, names):
    """The same words, but for those of buttons, and every fold opens."""
    page = new_page(site, java_script_enabled=False)
    for name in names:
        page.goto(site + name)
        assert page.locator("main h1").is_visible(), name
        assert len(page.locator("main").inner_text()) > 60, name
        hidden = page.locator("main [hidden]")
        assert hidden.count() == 0, f"{name}: {hidden.first.inner_text()[:60]}"
    page.goto(site + CHAPTER)
    fold = page.locator("details.predict").first
    fold.locator("summary").press("Enter")
    assert fold.locator("li").first.is_visible()


def luminance(picture):
    """Relative luminance of each pixel, as in WCAG."""
    channel = np.asarray(picture.convert("RGB")) / 255
    linear = np.where(
        channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4
    )
    return linear @ [0.2126, 0.7152, 0.0722]


@pytest.mark.parametrize("name", [CHAPTER, "notebooks/ch03_forward_and_reverse.html"])
def test_figures_are_legible_in_the_dark(new_page, site, name):
    """Their ground is as dark as the page, and their letters stand out from it."""
    page = new_page(site + name, scheme="dark")
    figure = page.locator(".cell_output img").first
    figure.scroll_into_view_if_needed()
    light = luminance(Image.open(io.BytesIO(figure.screenshot())))
    ground, letters = np.median(light), np.quantile(light, 0.995)
    assert ground < 0.03
    assert (letters + 0.05) / (ground + 0.05) > 7
