"""The playground and the start page's slider, pressed and pulled in a real Chromium."""

import re

import numpy as np
import pytest
from browser import LAY_OUT, ROOT, axe_script

import kl_helpers as kl
from tools import generated
from tools.start_figure import Hills

pytestmark = [pytest.mark.site, pytest.mark.xdist_group("browser")]
TABS = "discrete", "detour", "gaussians", "fit", "dial", "field", "estimators"
TABS += "temperature", "leash", "target"
HOUSE = [0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.25, 0.125]
WITH_A_FIGURE = [
    name
    for _, part in generated.toc_parts()
    for name in part
    for source in ROOT.glob(f"{name}.*")
    if "kl-embed" in source.read_text()
]
SETTLE = 1200  # milliseconds: address written, numbers read aloud


@pytest.fixture
def open_at(new_page, site):
    def open_at(fragment="", **options):
        page = new_page(f"{site}book/playground.html{fragment}", **options)
        page.wait_for_selector(".kl-panel")
        return page

    return open_at


def panel(page):
    return page.locator("[role=tabpanel]:not([hidden])")


def values(page):
    """The three numbers of the open tab, as shown."""
    cells = panel(page).locator("[data-value]")
    return {
        cell.get_attribute("data-value"): cell.inner_text()
        for cell in cells.element_handles()
    }


def slider(page, control):
    return panel(page).locator(f"[data-control={control}]")


def number(page, control):
    return float(panel(page).locator(f"[data-number={control}]").input_value())


def press(page, control, key, times=1):
    slider(page, control).focus()
    for _ in range(times):
        page.keyboard.press(key)
    frame(page)


def frame(page):
    page.evaluate(
        "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
    )


def assert_quiet(page):
    assert page.outside == [] and page.complaints == []


def distributions(page):
    return [
        np.array([number(page, f"{name}{i}") for i in (1, 2, 3, 4)]) for name in "pq"
    ]


def assert_shows(page, forward, reverse, unit="nats"):
    scale = np.log(2) if unit == "bits" else 1
    shown = values(page)
    for name, value in [("forward", forward), ("reverse", reverse)]:
        text = "∞" if np.isinf(value) else f"{value / scale:.4f}"
        assert shown[name] == text, name


def test_tabs_are_reached_with_the_arrow_keys(open_at):
    page = open_at()
    page.locator("[role=tab][aria-selected=true]").focus()
    seen = []
    for _ in TABS:
        chosen = page.locator("[role=tab][aria-selected=true]")
        assert chosen.count() == 1
        assert chosen.evaluate("tab => tab === document.activeElement")
        assert chosen.get_attribute("tabindex") == "0"
        name = chosen.get_attribute("aria-controls")
        assert page.locator(f"#{name}").is_visible()
        seen.append(name.removeprefix("kl-panel-"))
        page.keyboard.press("ArrowRight")
    assert tuple(seen) == TABS
    assert page.locator("[aria-selected=true]").inner_text() == "Letters"  # around
    page.keyboard.press("End")
    page.wait_for_function("location.hash.includes('tab=target')")
    page.keyboard.press("Home")
    page.wait_for_function("location.hash.includes('tab=discrete')")
    page.go_back()
    page.wait_for_timeout(100)
    assert page.locator("[aria-selected=true]").inner_text() == "Hit the target"
    assert_quiet(page)


def test_two_distributions_by_keyboard(open_at):
    page = open_at()
    assert_shows(page, kl.kl_divergence(*HOUSE), kl.kl_divergence(*HOUSE[::-1]))
    before = values(page)
    press(page, "q2", "ArrowLeft", 7)
    p, q = distributions(page)
    assert q.sum() == pytest.approx(1, abs=1e-9) and q[1] == pytest.approx(0.43)
    assert q[0] / q[3] == pytest.approx(1, abs=0.02)  # the others keep their shares
    assert values(page) != before
    assert_shows(page, kl.kl_divergence(p, q), kl.kl_divergence(q, p))
    js = panel(page).locator("[data-value=js]").inner_text()
    assert js == f"{kl.js_divergence(p, q):.4f}"
    assert_quiet(page)


def test_a_missing_possibility_is_infinite_in_numbers_and_words(open_at):
    page = open_at()
    press(page, "q4", "Home")
    assert_shows(page, np.inf, kl.kl_divergence(distributions(page)[1], HOUSE[0]))
    why = panel(page).locator(".kl-why").inner_text()
    assert why == "P draws d, which Q calls impossible: D(P‖Q) is infinite."
    page.wait_for_timeout(SETTLE)
    aloud = page.locator(".kl-playground > [aria-live=polite]").inner_text()
    assert "infinite" in aloud and "calls impossible" in aloud
    typed = panel(page).locator("[data-number=q4]")
    typed.fill("0.2")
    typed.press("Enter")
    frame(page)
    p, q = distributions(page)
    assert q[3] == 0.2
    assert_shows(page, kl.kl_divergence(p, q), kl.kl_divergence(q, p))


def test_bits_are_nats_over_ln_2_on_every_tab(open_at):
    page = open_at()
    page.get_by_role("radio", name="bits").check()
    assert_shows(page, 0.625 * np.log(2), 0.5 * np.log(2), "bits")
    assert panel(page).locator(".kl-numbers").inner_text().count("bits") == 3
    page.get_by_role("tab", name="Bells").click()
    assert_shows(
        page, kl.kl_normal(0, 1, 1.5, 1.5), kl.kl_normal(1.5, 1.5, 0, 1), "bits"
    )


def test_two_bells_by_keyboard_and_mouse(open_at):
    page = open_at("#tab=gaussians")
    press(page, "mq", "ArrowRight", 10)
    assert number(page, "mq") == 2
    assert_shows(page, kl.kl_normal(0, 1, 2, 1.5), kl.kl_normal(2, 1.5, 0, 1))
    drag(page, "mq", dx=-80)
    moved = number(page, "mq")
    assert -3 < moved < 1.5
    assert_shows(page, kl.kl_normal(0, 1, moved, 1.5), kl.kl_normal(moved, 1.5, 0, 1))
    drag(page, "mp", dx=60)
    assert number(page, "mp") > 0.5 and number(page, "mq") == moved
    assert_quiet(page)


def middle(page, handle):
    box = panel(page).locator(f"[data-handle='{handle}']").bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, handle, dx=0, dy=0):
    panel(page).locator(f"[data-handle='{handle}']").scroll_into_view_if_needed()
    x, y = middle(page, handle)
    page.mouse.move(x, y)
    page.mouse.down()
    for part in (0.3, 0.6, 1.0):
        page.mouse.move(x + part * dx, y + part * dy)
        frame(page)
    page.mouse.up()
    frame(page)
    now = middle(page, handle)
    assert now[0] == pytest.approx(x + dx, abs=2) or dx == 0
    assert now[1] == pytest.approx(y + dy, abs=2) or dy == 0


def test_bars_follow_the_mouse(open_at):
    page = open_at()
    drag(page, "q1", dy=-50)
    p, q = distributions(page)
    assert 0.2 < q[0] < 0.6 and q.sum() == pytest.approx(1, abs=1e-9)
    assert_shows(page, kl.kl_divergence(p, q), kl.kl_divergence(q, p))
    drag(page, "p2", dy=20)
    assert distributions(page)[0][1] < 0.25
    assert distributions(page)[1] == pytest.approx(q)


def test_bars_follow_a_finger(open_at):
    page = open_at(width=360, has_touch=True)
    panel(page).locator("[data-handle=q1]").scroll_into_view_if_needed()
    x, y = middle(page, "q1")
    session = page.context.new_cdp_session(page)

    def touch(kind, *points):
        session.send(
            "Input.dispatchTouchEvent",
            {"type": kind, "touchPoints": [{"x": a, "y": b} for a, b in points]},
        )
        frame(page)

    scrolled = page.evaluate("scrollY")
    touch("touchStart", (x, y))
    for step in (10, 25, 40):
        touch("touchMove", (x, y - step))
    touch("touchEnd")
    assert distributions(page)[1][0] > 0.2
    assert page.evaluate("scrollY") == scrolled


def fits_shown(page):
    items = panel(page).locator(".kl-optima li").all_inner_texts()
    pattern = r"mean (-?[\d.]+), standard deviation ([\d.]+), ([\d.]+) nats"
    return [tuple(map(float, re.search(pattern, item).groups())) for item in items]


@pytest.mark.parametrize(("d", "w"), [(4, 0.5), (5.5, 0.5), (6, 0.7)])
def test_all_reverse_optima_are_listed_with_their_price(open_at, d, w):
    page = open_at(f"#tab=fit&d={d}&w={w}")
    expected = kl.fit_reverse_kl(([w, 1 - w], [-d / 2, d / 2], [1, 1]))
    shown = sorted(fits_shown(page))
    assert len(shown) == len(expected)
    for one, other in zip(shown, sorted(expected), strict=True):
        assert one[:2] == pytest.approx((other.mu, other.cov**0.5), abs=0.006)
        assert one[2] == pytest.approx(other.kl, abs=6e-5)


def test_fitting_by_keyboard(open_at):
    page = open_at("#tab=fit&d=6")
    target = ([0.5, 0.5], [-3, 3], [1, 1])
    for name, fits, cost in [
        ("Fit forward", kl.fit_forward_kl(target), "forward"),
        ("Fit reverse", kl.fit_reverse_kl(target), "reverse"),
    ]:
        page.get_by_role("button", name=name).focus()
        page.keyboard.press("Enter")
        frame(page)
        assert abs(number(page, "mu")) == pytest.approx(abs(fits[0].mu), abs=1e-3)
        assert number(page, "sigma") == pytest.approx(fits[0].cov ** 0.5, abs=1e-3)
        assert float(values(page)[cost]) == pytest.approx(fits[0].kl, abs=6e-5)
    panel(page).get_by_role("button", name="Put Q there").nth(2).press("Enter")
    frame(page)
    assert number(page, "mu") == pytest.approx(0, abs=1e-3)
    assert_quiet(page)


def test_the_prices_cross_at_2_800(open_at):
    page = open_at("#tab=fit&d=5.5")
    verdict = panel(page).locator(".kl-verdict")
    assert "Covering is still the cheaper one" in verdict.inner_text()
    assert "m = 2.800, a distance of 5.60 widths" in verdict.inner_text()
    press(page, "d", "ArrowRight", 2)
    assert number(page, "d") == 5.7
    assert verdict.inner_text().startswith("From m = 2.800")
    assert abs(fits_shown(page)[0][0]) > 2.7
    drag(page, "d1", dx=40)
    assert number(page, "d") > 5.9


def test_estimators_say_which_gradient_each_has(open_at):
    page = open_at("#tab=estimators")
    assert "Samples come from Q" in panel(page).inner_text()
    press(page, "t", "ArrowLeft", 5)
    t = number(page, "t")
    assert t == 0.75
    p = np.array(HOUSE[0])
    q = p ** (1 - t) * np.array(HOUSE[1]) ** t
    q /= q.sum()
    assert_shows(page, kl.kl_divergence(p, q), kl.kl_divergence(q, p))
    rows = panel(page).locator("tbody tr").all()
    for row, estimate in zip(rows, (kl.kl_k1, kl.kl_k2, kl.kl_k3), strict=True):
        each = estimate(np.log(q), np.log(p))
        cells = row.locator("td").all_inner_texts()
        mean, sd = q @ each, np.sqrt(q @ (each - q @ each) ** 2)
        bias = mean - kl.kl_divergence(q, p)
        found = [float(cell) for cell in cells[:3]]
        assert found == pytest.approx([mean, bias, sd], abs=6e-5)
        assert float(cells[4]) == pytest.approx(sd / 10, abs=6e-5)
        assert abs(float(cells[3]) - mean) < 5 * sd / 10
    before = rows[0].inner_text()
    press(page, "seed", "ArrowRight")
    assert rows[0].inner_text() != before
    press(page, "seed", "ArrowLeft")
    assert rows[0].inner_text() == before  # the same seed, the same samples


def test_temperature_by_keyboard(open_at):
    page = open_at("#tab=temperature")
    press(page, "T", "ArrowRight", 30)
    t = number(page, "T")
    assert t > 6
    teacher, student = [np.array(z) / t for z in ([5, 3, 0, -1], [2, 2.5, 0.5, 0])]
    assert_shows(
        page, kl.kl_from_logits(teacher, student), kl.kl_from_logits(student, teacher)
    )
    p, q = (np.exp(z) / np.exp(z).sum() for z in (teacher, student))
    size = np.linalg.norm(q - p) / t
    text = panel(page).locator(".kl-verdict").inner_text()
    assert f"size {size:.4f} without T², {size * t * t:.4f} with it" in text


def test_a_leash_by_keyboard(open_at):
    page = open_at("#tab=leash")
    press(page, "beta", "ArrowLeft", 40)
    beta = number(page, "beta")
    assert beta < 0.5
    ref, rewards = np.array([0.5, 0.25, 0.2, 0.05]), np.array([0, 1, 0.5, 3])
    policy = kl.leash_optimum(ref, rewards, beta=beta)
    spent = kl.kl_divergence(policy, ref)
    assert_shows(page, kl.kl_divergence(ref, policy), spent)
    text = panel(page).locator(".kl-verdict").inner_text()
    assert f"average reward is {policy @ rewards:.4f}" in text
    assert f"times the KL in nats is {policy @ rewards - beta * spent:.4f}" in text


def test_a_detour_by_keyboard_and_mouse(open_at):
    page = open_at("#tab=detour")
    verdict = panel(page).locator(".kl-verdict")
    p, q = [0.5, 0.5], [0.1, 0.9]
    assert_shows(page, kl.kl_divergence(p, q), kl.kl_divergence(q, p))
    for m, says in [(0.6, "at least as much as"), (0.3, "less than")]:
        press(page, "m", "Home")
        press(page, "m", "ArrowRight", round(200 * m) - 2)
        assert number(page, "m") == m
        stop = [m, 1 - m]
        through = kl.kl_divergence(p, stop) + kl.kl_divergence(stop, q)
        text = (
            f"D(P‖M) + D(M‖Q) = {through:.4f} nats per draw, {says} D(P‖Q) = 0.5108 n"
        )
        assert verdict.inner_text().startswith(text)
    roots = [
        np.sqrt(kl.js_divergence(*pair)) for pair in [(p, q), (p, stop), (stop, q)]
    ]
    assert (
        f"{roots[0]:.4f} straight, {roots[1] + roots[2]:.4f} t" in verdict.inner_text()
    )
    drag(page, "m", dx=-40)
    assert number(page, "m") < 0.29


def test_a_dial_by_keyboard(open_at):
    page = open_at("#tab=dial&alpha=0.1")
    listed = panel(page).locator(".kl-optima li")
    assert listed.first.inner_text().startswith("mean -2.98")
    press(page, "alpha", "ArrowRight", 2)
    assert listed.first.inner_text().startswith("mean 0.00, standard deviation 2.8")
    press(page, "alpha", "End")
    target = ([0.5, 0.5], [-3, 3], [1, 1])
    (forward,) = kl.fit_forward_kl(target)
    reverse = kl.reverse_kl(forward.mu, forward.cov**0.5, target)
    assert_shows(page, forward.kl, reverse)
    press(page, "alpha", "Home")
    assert values(page)["reverse"] == f"{kl.fit_reverse_kl(target)[0].kl:.4f}"


def test_a_mean_field_by_keyboard_and_mouse(open_at):
    page = open_at("#tab=field")
    origin, cov = np.zeros(2), np.array([[1, 0.6], [0.6, 1]])
    press(page, "rho", "ArrowLeft", 30)
    drag(page, "s", dx=-20)
    width = number(page, "s")
    assert 0.2 < width < 1
    q = origin, width**2 * np.eye(2)
    assert_shows(page, kl.kl_mvn(origin, cov, *q), kl.kl_mvn(*q, origin, cov))
    text = panel(page).locator(".kl-verdict").inner_text()
    least = -np.log(1 - 0.6**2) / 2
    assert "D(Q‖P) at σ = 0.8000, variance 1 − ρ² = 0.6400" in text
    assert f"Each then pays {least:.4f} nats per draw" in text


def test_hitting_the_target(open_at):
    page = open_at("#tab=target&goal=0.17")
    press(page, "q1", "ArrowRight")
    press(page, "q1", "ArrowLeft")
    assert panel(page).locator(".kl-verdict").inner_text().startswith("Hit: ")
    q = [number(page, f"q{i}") for i in (1, 2, 3, 4)]
    assert_shows(page, kl.kl_divergence(HOUSE[0], q), kl.kl_divergence(q, HOUSE[0]))
    goal = panel(page).locator(".kl-goal").inner_text()
    page.get_by_role("button", name="New target").press("Enter")
    frame(page)
    assert panel(page).locator(".kl-goal").inner_text() != goal


@pytest.mark.parametrize(
    ("tab", "control"),
    list(
        zip(
            TABS,
            ("q1", "m", "sq", "d", "alpha", "s", "n", "v2", "r2", "q3"),
            strict=True,
        )
    ),
)
def test_the_address_brings_the_picture_back(open_at, tab, control):
    page = open_at(f"#tab={tab}&unit=bits")
    press(page, control, "ArrowRight", 3)
    shown, set_to = values(page), number(page, control)
    page.wait_for_timeout(SETTLE)
    assert f"tab={tab}" in page.url
    page.reload()
    page.wait_for_selector(".kl-panel")
    assert page.locator("[aria-selected=true]").get_attribute("id") == f"kl-tab-{tab}"
    assert values(page) == shown and number(page, control) == set_to
    assert page.get_by_role("radio", name="bits").is_checked()
    assert_quiet(page)


def test_an_address_that_cannot_be_read_is_named(open_at):
    page = open_at("#tab=fit&d=zz&w=0.7")
    alert = page.locator("[role=alert]")
    assert alert.is_visible() and "d=zz: is not a number" in alert.inner_text()
    assert (number(page, "d"), number(page, "w")) == (4, 0.7)
    press(page, "d", "ArrowRight")
    assert not alert.is_visible()


def test_pictures_of_the_chapters_open(open_at):
    page = open_at("#the-jump")
    assert number(page, "d") == 5.6
    page.wait_for_timeout(100)
    assert page.locator(".kl-playground").bounding_box()["y"] < 200
    page.get_by_role("link", name="Show it above").first.click()
    page.wait_for_timeout(100)
    assert_shows(page, 0.625 * np.log(2), 0.5 * np.log(2), "bits")
    page.go_back()
    page.wait_for_timeout(100)
    assert number(page, "d") == 5.6


def test_copied_python_is_the_python_shown(open_at):
    page = open_at("", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy as Python").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    panel(page).locator("summary").click()
    assert copied == panel(page).locator(".kl-python code").inner_text()
    names = {}
    exec(copied, names)
    assert values(page)["forward"] == f"{names['forward']:.4f}"


@pytest.mark.parametrize("tab", TABS)
def test_an_update_takes_less_than_50_milliseconds(open_at, tab):
    page = open_at(f"#tab={tab}")
    first = page.locator("[role=tabpanel]:not([hidden]) [data-control]").first
    first.focus()
    taken = []
    for _ in range(15):
        page.keyboard.press("ArrowRight")
        frame(page)
        root = page.locator(".kl-playground")
        taken.append(float(root.get_attribute("data-milliseconds")))
    assert sorted(taken)[len(taken) // 4] < 50  # a busy machine slows some


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", TABS)
def test_axe_finds_nothing_serious(open_at, tab, scheme):
    axe = axe_script()
    page = open_at(f"#tab={tab}", scheme=scheme)
    panel(page).locator("summary").click()
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    serious = [
        (rule["id"], [node["html"][:120] for node in rule["nodes"]])
        for rule in found
        if rule["impact"] in {"serious", "critical"}
    ]
    assert serious == []


@pytest.mark.parametrize("tab", TABS)
def test_nothing_overflows_on_a_phone(open_at, scrolls_sideways, tab):
    page = open_at(f"#tab={tab}", width=360)
    panel(page).locator("summary").click()
    assert not scrolls_sideways(page)
    for plot in panel(page).locator("svg").all():
        box = plot.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 360
        assert plot.get_attribute("role") == "img"
        assert re.search(r"\d|letters", plot.get_attribute("aria-label"))
    assert_quiet(page)


def test_without_scripts_the_page_says_where_the_figures_are(new_page, site):
    page = new_page(f"{site}book/playground.html", java_script_enabled=False)
    text = page.locator(".kl-playground").inner_text()
    assert "need JavaScript" in text
    links = page.locator(".kl-playground a").all()
    assert [link.inner_text() for link in links] == ["chapter 1", "chapter 3"]


def test_a_small_figure_inside_a_text(new_page, site, scrolls_sideways):
    page = new_page(f"{site}book/how_to.html", width=360)
    figure = page.locator(".kl-embed")
    figure.scroll_into_view_if_needed()  # then site.js brings the script
    page.wait_for_selector(".kl-embed input[type=range]")
    assert figure.locator("input[type=range]").count() == 1
    assert "twice as wide as P" in figure.locator(".kl-prompt").inner_text()
    bar = figure.locator("input[type=range]")
    bar.focus()
    for _ in range(30):
        page.keyboard.press("ArrowLeft")
    frame(page)
    assert bar.input_value() == "0.5"
    shown = figure.locator("[data-value=forward]").inner_text()
    assert shown == f"{kl.kl_normal(0, 1, 0, 0.5):.4f}"
    assert not scrolls_sideways(page)
    figure.get_by_role("link", name="Open in the playground").click()
    page.wait_for_selector(".kl-panel")
    assert number(page, "sq") == 0.5 and values(page)["forward"] == shown
    assert_quiet(page)


@pytest.mark.parametrize("name", WITH_A_FIGURE)
def test_a_small_figure_waits_for_its_style_in_room_kept_free(new_page, site, name):
    page = new_page(f"{site}{name}.html", width=360)
    page.add_style_tag(content=LAY_OUT)
    held = []
    page.route("**/playground.css", lambda route: held.append(route))
    figures = page.locator(".kl-embed").all()
    with page.expect_response("**/playground.js"):
        figures[0].scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # longer than a figure takes to be drawn
    assert held and not page.locator(".kl-embed input").count()
    kept_free = [figure.bounding_box()["height"] for figure in figures]
    held[0].continue_()
    for figure in figures:
        bars = figure.locator("input[type=range]")
        bars.first.wait_for()
        assert bars.count() == len(figure.get_attribute("data-slider").split())
    assert [figure.bounding_box()["height"] for figure in figures] == kept_free
    assert_quiet(page)


@pytest.mark.parametrize(
    ("name", "value"), [("slider", "sq wdth"), ("chart", "7"), ("tab", "bels")]
)
def test_a_small_figure_that_cannot_be_shown_leaves_its_text(
    new_page, site, name, value
):
    page = new_page(f"{site}book/how_to.html")
    figure = page.locator(".kl-embed")
    figure.evaluate(f"figure => {{ figure.dataset.{name} = '{value}' }}")
    with page.expect_response("**/playground.js"):
        figure.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # longer than a figure takes to be drawn
    assert figure.inner_text().startswith("With JavaScript a figure")
    assert_quiet(page)


@pytest.mark.parametrize(
    ("chapter", "text", "place", "control", "value"),
    [
        ("ch01_definition_and_gibbs", "Open in the playground", 0, "p1", 0.5),
        ("ch03_forward_and_reverse", "Open in the playground", 0, "d", 4),
        ("ch01_definition_and_gibbs", "Open in the playground", 1, "m", 0.25),
        ("ch03_forward_and_reverse", "Open in the playground", 1, "rho", 0.9),
        ("ch05_ppo", "k1, k2 and k3 side by side", 0, "n", 100),
        ("ch04_vae", "Open in the playground", 0, "sp", 1),
        ("ch06_distillation", "Open in the playground", 0, "T", 8),
        ("ch09_divergence_family", "Open in the playground", 0, "alpha", 0.05),
        ("ch11_rlhf", "Open in the playground", 0, "beta", 1),
    ],
)
def test_chapters_link_to_the_picture_they_discuss(
    new_page, site, chapter, text, place, control, value
):
    page = new_page(f"{site}notebooks/{chapter}.html")
    page.add_style_tag(content=LAY_OUT)
    if page.locator(".kl-embed").count():
        page.locator(".kl-embed").nth(place).scroll_into_view_if_needed()
    page.get_by_role("link", name=text).nth(place).click()
    page.wait_for_selector(".kl-panel")
    assert number(page, control) == value
    assert_quiet(page)


def test_only_pages_that_use_it_load_the_playground(new_page, site):
    def loaded(path):
        page = new_page(site + path)
        names = page.evaluate(
            "performance.getEntriesByType('resource')"
            ".map(entry => new URL(entry.name).pathname)"
        )
        assert_quiet(page)
        return {name.split("/")[-1] for name in names}

    start = loaded("index.html")
    assert "hills.js" in start and not start & {"playground.js", "playground.css"}
    chapter = loaded("notebooks/ch01_definition_and_gibbs.html")
    assert not chapter & {"hills.js", "playground.js", "playground.css"}


def test_the_hills_of_the_start_page(new_page, site):
    page = new_page(f"{site}index.html")
    bar = page.get_by_label("Distance of the hills")
    live, verdict = page.locator(".hills-panel .live"), page.locator(".hills-verdict")

    def assert_prices(distance):
        cover, take = Hills(distance).prices
        assert " ".join(live.inner_text().split()) == (
            f"cover both {cover} nats take one {take} nats"
        )

    assert bar.input_value() == "4"
    assert_prices(4)
    assert verdict.inner_text() == ""
    bar.focus()
    for distance, key, times in [(5.5, "ArrowRight", 15), (5.7, "ArrowRight", 2)]:
        for _ in range(times):
            page.keyboard.press(key)
        frame(page)
        assert float(bar.input_value()) == distance
        assert_prices(distance)
        shown = "From here on covering costs more than losing a hill, about ln 2."
        assert verdict.inner_text() == (shown if distance > 5.6 else "")
    page.wait_for_timeout(SETTLE)
    aloud = page.locator(".hills-panel [aria-live=polite]").inner_text()
    assert "cover both" in aloud and "From here on" in aloud
    assert "5.7σ" in page.locator(".hills-panel .hills").first.text_content()
    box = page.locator(".hills-panel .hills").first.bounding_box()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.65 * box["width"], box["y"] + 50)
    page.mouse.up()
    frame(page)
    assert_prices(float(bar.input_value()))
    assert 3.5 < float(bar.input_value()) < 4.5
    assert_quiet(page)


def test_a_guess_on_the_start_page_gets_a_reason(new_page, site):
    page = new_page(f"{site}index.html")
    options = page.locator(".hills-panel .predict-options button")
    assert options.all_inner_texts() == ["At 2σ.", "At 4σ.", "At 5.6σ.", "Never."]
    verdict = page.locator(".hills-panel .verdict")
    options.nth(1).press("Enter")
    cover, take = Hills(4).prices
    assert verdict.inner_text().startswith("No. There covering costs " + cover)
    assert take in verdict.inner_text()
    options.nth(2).press("Enter")
    assert verdict.inner_text().startswith("Right. From there on covering costs more")


def test_the_start_page_on_a_phone(new_page, site, scrolls_sideways):
    page = new_page(f"{site}index.html", width=360)
    assert not scrolls_sideways(page)
    assert page.get_by_label("Distance of the hills").is_visible()
