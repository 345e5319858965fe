"""Drift: PSI against scipy and mpmath, its null against χ², reports against chance."""

import math

import numpy as np
import pandas as pd
import pytest
from oracles import drift as oracle
from scipy import stats

import kl_helpers as kl

EVEN = np.full(10, 0.1)


def rng(seed=0):
    return np.random.default_rng(seed)


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("pseudocount", [0.0, 0.5])
def test_psi_of_samples_is_that_of_their_counts(seed, pseudocount):
    x, y = rng(seed).normal(size=300), rng(seed + 10).normal(0.5, 1.2, size=700)
    inner = np.quantile(x, np.arange(1, 8) / 8)
    e, a = (oracle.counts_of_bins(s, inner) + pseudocount for s in (x, y))
    exact = float(oracle.psi(e / e.sum(), a / a.sum()))
    found = kl.population_stability_index(x, y, bins=inner, pseudocount=pseudocount)
    assert found == pytest.approx(exact, rel=1e-10)
    back = kl.population_stability_index(y, x, bins=inner, pseudocount=pseudocount)
    assert found == pytest.approx(back, rel=1e-12)  # symmetric, given the bins


def test_bins_hold_equal_shares_of_the_expected_sample():
    x = rng().normal(size=1000)
    ((counts, _), labels) = kl.drift._count(x, x, 10)
    assert counts.tolist() == [100] * 10 and len(labels) == 10
    assert kl.population_stability_index(x, x) == 0.0


def test_a_shift_in_many_rows_tends_to_the_exact_value():
    x, y = rng().normal(size=400_000), rng(1).normal(0.5, 1, size=400_000)
    exact = float(oracle.psi_of_a_shift(0.5, 10))
    assert kl.population_stability_index(x, y) == pytest.approx(exact, rel=0.02)


def test_no_row_is_lost_outside_the_expected_range():
    x, y = np.linspace(0, 1, 100), np.linspace(5, 6, 100)
    (e, a), _ = kl.drift._count(x, y, 10)
    assert e.sum() == a.sum() == 100
    assert kl.population_stability_index(x, y) == math.inf
    assert kl.population_stability_index(x, y, pseudocount=0.5) > 1


def test_a_value_that_fills_a_bin_has_one_of_its_own():
    mostly_zero = np.concatenate([np.zeros(600), np.linspace(0.1, 1, 400)])
    (e, _), labels = kl.drift._count(mostly_zero, mostly_zero, 10)
    assert e[1] == 600, (e, labels)
    assert labels[:2] == ("below 0", "0") and labels[2].startswith("above 0 to ")
    _, labels = kl.drift._count([*[9.0] * 9, 1.0], [9.0, 8.0, 7.0, 6.0], [2.0, 9.0])
    assert labels == ("below 2", "2 to 9", "9 or more")
    _, labels = kl.drift._count([1.0, 2.0, *[9.0] * 9], [8.0, 7.0, 6.0, 5.0], 4)
    assert labels == ("below 9", "9", "above 9")
    constant, moved = np.zeros(100), np.linspace(0.0, 1.0, 100)
    report = kl.drift_report(constant, moved)
    assert report[0].moved


def test_missing_values_are_a_category():
    x, lost = np.arange(100.0), np.arange(100.0)
    lost[::3] = np.nan
    report = kl.drift_report({"age": x}, {"age": lost})
    assert report[0].bins[-1] == "missing" and report[0].moved
    assert report[0].actual[-1] == pytest.approx(0.34)
    text = ["a"] * 50 + [None] * 50
    assert kl.population_stability_index(["a"] * 99 + [None], text) > 0.5


def test_categories_count_by_name():
    expected, actual = ["x"] * 30 + ["y"] * 70, ["x"] * 60 + ["y"] * 40
    exact = float(oracle.psi([0.3, 0.7], [0.6, 0.4]))
    assert kl.population_stability_index(expected, actual) == pytest.approx(exact)
    numbers = kl.population_stability_index([0] * 30 + [1] * 70, [0] * 60 + [1] * 40)
    assert numbers == pytest.approx(exact)
    assert kl.population_stability_index(expected, [*actual, "new"]) == math.inf
    assert kl.population_stability_index(expected, actual, bins=[5]) == numbers


def test_the_null_follows_chi_square():
    for n, m, bins in [(1000, 1000, 10), (50_000, 1000, 10), (4000, 900, 5)]:
        shares = np.full(bins, 1 / bins)
        null = kl.psi_null(shares, n, m, draws=40_000, rng=rng())
        mean, top = oracle.chance(n, m, bins, 0.95)
        assert null.mean() == pytest.approx(mean, rel=0.02)
        assert np.quantile(null, 0.95) == pytest.approx(top, rel=0.03)
        scaled = null / (1 / n + 1 / m)
        assert stats.kstest(scaled[:2000], stats.chi2(bins - 1).cdf).pvalue > 1e-3


def test_the_null_with_few_rows_is_that_of_real_samples():
    real = [
        kl.population_stability_index(
            rng(s).normal(size=200), rng(s + 5000).normal(size=60), pseudocount=0.5
        )
        for s in range(1000)
    ]
    null = kl.psi_null(EVEN, 200, 60, draws=20_000, pseudocount=0.5, rng=rng())
    assert np.mean(real > np.quantile(null, 0.95)) == pytest.approx(0.05, abs=0.025)


def test_a_report_on_an_unmoved_world_is_mostly_silent():
    alarms = 0
    for seed in range(60):
        draw = rng(seed)
        report = kl.drift_report(
            draw.normal(size=(400, 4)),
            draw.normal(size=(150, 4)),
            false_alarm_rate=0.05,
        )
        alarms += any(row.moved for row in report)
    assert alarms <= 9  # 3 expected; more than 9 has a chance of 1 in 1,000


def test_a_moved_feature_is_found_and_the_others_are_not():
    x, y = rng().normal(size=(1000, 5)), rng(1).normal(size=(1000, 5))
    y[:, 3] += 0.4
    report = kl.drift_report(x, y)
    assert [row.moved for row in report] == [False, False, False, True, False]
    assert report[3].p_value < 0.01 < report[0].p_value
    again = kl.drift_report(x, y)
    assert [row[:6] for row in report] == [row[:6] for row in again]


@pytest.mark.parametrize(
    ("chances", "n", "m"),
    [
        (np.full(300, 1 / 300), 300, 300),
        (np.arange(1, 201) ** -1.5 / np.sum(np.arange(1, 201) ** -1.5), 1000, 300),
    ],
    ids=["one row each", "many rare ones"],
)
def test_many_rare_values_raise_no_false_alarms(chances, n, m):
    """Shares that were seen say nothing of values that were not: the rows are dealt."""
    draw, names = rng(4), np.arange(len(chances)).astype(str)
    alarms = [
        kl.drift_report(
            *(draw.choice(names, size, p=chances) for size in (n, m)),
            false_alarm_rate=0.05,
        )[0].moved
        for _ in range(120)
    ]
    assert np.mean(alarms) < 0.05 + 3 * np.sqrt(0.05 * 0.95 / 120)


def test_a_shuffle_gives_the_same_threshold():
    """Against a permutation of the rows, one by one."""
    first, second = (rng(s).choice(list("abcde"), 60) for s in (7, 8))
    (row,) = kl.drift_report(first, second, false_alarm_rate=0.05)
    deal, both = rng(9), np.concatenate([first, second])

    def psi_of_a_deal():
        a, b = np.split(deal.permutation(both), [60])
        return kl.population_stability_index(a, b, pseudocount=0.5)

    null = [psi_of_a_deal() for _ in range(3000)]
    assert row.threshold == pytest.approx(np.quantile(null, 0.95), rel=0.08)
    assert row.p_value == pytest.approx(np.mean(np.array(null) >= row.psi), abs=0.05)


def test_a_threshold_is_passed_by_its_share_of_the_null():
    (row,) = kl.drift_report(rng().normal(size=500), rng(1).normal(size=500))
    null = kl.psi_null(EVEN, 500, 500, draws=50_000, pseudocount=0.5, rng=rng(3))
    assert np.mean(null > row.threshold) == pytest.approx(0.01, abs=0.004)
    assert row.p_value == pytest.approx(np.mean(null >= row.psi), abs=0.02)


def frame(seed, rows):
    draw = rng(seed)
    return {
        "age": draw.normal(40, 9, size=rows).round(),
        "city": draw.choice(["Bern", "Kyiv", "Lima"], size=rows),
        "flag": draw.random(rows) < 0.1,
    }


def test_data_frames_arrays_and_dicts_agree():
    before, now = frame(0, 400), frame(1, 300)
    by_dict = kl.drift_report(before, now)
    by_pandas = kl.drift_report(pd.DataFrame(before), pd.DataFrame(now))
    for one, other in zip(by_dict, by_pandas, strict=True):
        assert one[:6] == other[:6]
    ages = kl.drift_report(before["age"][:, None], now["age"][:, None])
    assert ages[0].psi == by_dict[0].psi


def test_missing_values_of_pandas_are_missing():
    table = pd.DataFrame(
        {
            "whole": pd.array([1, 2, None, 4] * 50, dtype="Int64"),
            "kind": pd.Categorical(["a", "b", None, "a"] * 50),
            "text": pd.array(["a", "b", None, "a"] * 50, dtype="string"),
        }
    )
    for row in kl.drift_report(table, table):
        assert row.bins[-1] == "missing" and row.expected[-1] == 0.25
        assert row.psi == 0 and not row.moved


def test_a_walk_that_starts_again_is_slower_to_lie_than_promised():
    """Between two false alarms of Page's walk lie at least 1/α rows on average."""
    before, after, line = 0.01, 0.02, math.log(30)
    assert oracle.page_bound(before, after) == pytest.approx(1)
    draw, level, arrived = rng(), np.zeros(300), np.full(300, np.nan)
    step = np.log([(1 - after) / (1 - before), after / before])
    for row in range(1, 6000):
        level = np.maximum(level + step[(draw.random(300) < before).astype(int)], 0)
        arrived[(level >= line) & np.isnan(arrived)] = row
    assert np.nanmean(np.nan_to_num(arrived, nan=6000)) > 30


def test_river_hears_the_same_change():
    """A detector of a well-kept library, beside the walk of the chapter."""
    from river import drift as detectors

    draw, found = rng(), []
    flags = np.concatenate([draw.random(3000) < 0.01, draw.random(3000) < 0.08])
    adwin = detectors.ADWIN(delta=0.002)
    for row, flag in enumerate(flags):
        adwin.update(float(flag))
        if adwin.drift_detected:
            found.append(row)
    step = np.log([0.92 / 0.99, 0.08 / 0.01])
    level, walk = 0.0, []
    for row, flag in enumerate(flags):
        level = max(level + step[int(flag)], 0.0)
        if level > math.log(1000):
            walk.append(row)
    assert min(found) >= 3000 and min(walk) >= 3000
    assert min(walk) <= min(found) < 4500  # who can name the change hears it first


def test_new_writers_are_new_in_nine_of_ten_splits():
    """What chapter 13 reads off the digits does not hang on its shuffle."""
    images, _ = kl.load_digits()
    ink, place = images / 16, np.arange(8)
    total = ink.sum(axis=(1, 2))
    across, down = ink.sum(axis=1) / total[:, None], ink.sum(axis=2) / total[:, None]
    features = {
        "ink": total,
        "left to right": across @ place,
        "top to bottom": down @ place,
        "width": np.sqrt(across @ place**2 - (across @ place) ** 2),
    }

    def moved(reference, week):
        tables = ({k: v[w] for k, v in features.items()} for w in (reference, week))
        return any(row.moved for row in kl.drift_report(*tables))

    first_week, all_weeks, false_alarms = 0, 0, 0
    for seed in range(10):
        _, reference, same = np.split(rng(seed).permutation(900), [300, 600])
        first_week += moved(reference, np.arange(900, 1000))
        all_weeks += moved(reference, np.arange(900, 1700))
        false_alarms += sum(moved(reference, week) for week in np.split(same, 3))
    assert first_week >= 9 and all_weeks >= 8 and false_alarms <= 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: kl.population_stability_index([], [1.0]), "expected"),
        (lambda: kl.population_stability_index([[1.0]], [1.0]), "drift_report"),
        (lambda: kl.population_stability_index([1.0, np.inf], [1.0]), "inf"),
        (lambda: kl.population_stability_index([1.0], ["a"]), "text"),
        (lambda: kl.population_stability_index([1.0], [2.0], bins=1), "bins"),
        (lambda: kl.population_stability_index([1.0], [2.0], bins=[2, 1]), "rising"),
        (
            lambda: kl.population_stability_index([1.0], [2.0], pseudocount=-1),
            "pseudocount",
        ),
        (
            lambda: kl.population_stability_index(
                np.array(["2026-01-01"], dtype="datetime64[D]"), [1.0]
            ),
            "dates",
        ),
        (
            lambda: kl.population_stability_index([np.nan] * 20, np.arange(20.0)),
            "missing",
        ),
        (lambda: kl.psi_null([0.5, 0.6], 10, 10, rng=rng()), "sums to"),
        (lambda: kl.psi_null(EVEN, 0, 10, rng=rng()), "`n`"),
        (lambda: kl.psi_null(EVEN, 10, 10, draws=2.5, rng=rng()), "`draws`"),
        (lambda: kl.drift_report({"a": [1]}, {"b": [1]}), "a, b"),
        (lambda: kl.drift_report({}, {}), "columns"),
        (lambda: kl.drift_report(np.zeros((2, 2, 2)), np.zeros(2)), "shape"),
        (lambda: kl.drift_report([1.0], [1.0], false_alarm_rate=5), "rate"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert words in str(error.value)
