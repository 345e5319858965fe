"""Has the world moved? Two samples in shared bins, and what chance alone would show.

The population stability index of credit scoring is the sum of both KL divergences of
the binned shares. A value of it means nothing without the number of rows: `psi_null`
says which values come from two samples of one and the same law.
"""

from typing import Any, NamedTuple

import numpy as np

from ._validate import read_finite, read_probabilities
from .divergences import jeffreys_divergence

__all__ = ["Drift", "drift_report", "population_stability_index", "psi_null"]

MISSING = "missing"
MOST_DRAWS = 200_000
BLOCK = 1_000_000  # numbers held at once


class Drift(NamedTuple):
    """What `drift_report` says about one feature."""

    feature: str
    psi: float
    threshold: float
    p_value: float
    moved: bool
    bins: tuple
    expected: Any
    actual: Any


def population_stability_index(expected, actual, *, bins=10, pseudocount=0.0):
    r"""PSI of two samples: both KL divergences of their binned shares, added.

    .. math:: \sum_j (a_j - e_j) \log \frac{a_j}{e_j}
              = D_{\mathrm{KL}}(A \| E) + D_{\mathrm{KL}}(E \| A)

    Symmetric; also called Jeffreys divergence. Numbers are binned at quantiles of
    `expected`, with open ends, so that no row is lost; a number that is repeated so
    often that it fills a bin gets one of its own. Text counts as categories, and so do
    numbers if there are no more than `bins` different ones; missing values (nan, None)
    are a category too. By chance alone two samples of n and m rows of the same law
    show about (k - 1)(1/n + 1/m) nats in k bins.

    Args:
        expected: The sample that is compared with, shape (n,): training, last year.
        actual: The new sample, shape (m,).
        bins: How many bins, or the inner edges in rising order; a number on an edge
            belongs to the bin above it.
        pseudocount: Added to every count. With 0 a bin that only one of the samples
            hits makes the result `inf`; 0.5 keeps it finite and moves all shares a
            little towards each other.

    Returns:
        A float in nats per row, at least 0.

    Raises:
        ValueError: If a sample is empty, has more than one column, mixes numbers with
            categories or holds an infinite number, or if `bins` or `pseudocount` make
            no sense.

    References:
        | Statistical Properties of Population Stability Index
        | (Yurdakul & Naranjo, 2020)
        | https://doi.org/10.21314/JRMV.2020.227

    Example:
        >>> psi = population_stability_index([0, 0, 1, 1], [0, 1, 1, 1])
        >>> round(psi, 4)
        0.2747

    Introduced in chapter 13.
    """
    counts, _ = _count(expected, actual, bins)
    return float(_psi(*counts, _read_pseudocount(pseudocount)))


def psi_null(shares, n, m, *, draws=10_000, pseudocount=0.0, rng):
    r"""PSI of two samples of the same law, over and over: what chance alone shows.

    Their quantile at 1 - a is a threshold that a stable world passes with probability
    a. For many rows in every bin the values follow :math:`(1/n + 1/m)\,\chi^2_{k-1}`.

    Args:
        shares: Probabilities of the k bins, shape (k,).
        n: Rows of the first sample.
        m: Rows of the second sample.
        draws: How many pairs of samples.
        pseudocount: Added to every count, as in `population_stability_index`.
        rng: numpy Generator that draws the samples.

    Returns:
        Array of shape (draws,), in nats per row; `inf` where only one sample hits a
        bin and there is no pseudocount.

    Raises:
        ValueError: If `shares` are no probabilities, or a number of rows or draws is
            no whole number above 0.

    References:
        | Statistical Properties of Population Stability Index
        | (Yurdakul & Naranjo, 2020)
        | https://doi.org/10.21314/JRMV.2020.227

    Example:
        >>> rng = np.random.default_rng(0)
        >>> null = psi_null(np.full(10, 0.1), 1000, 1000, rng=rng)
        >>> bool(0.0175 < null.mean() < 0.0187)
        True

    Introduced in chapter 13.
    """
    shares = read_probabilities("shares", shares, -1)
    for name, value in (("n", n), ("m", m), ("draws", draws)):
        if not _is_whole(value) or value < 1:
            raise ValueError(
                f"`{name}` is {value!r}; it must be a whole number of at least 1."
            )
    pseudocount, found = _read_pseudocount(pseudocount), []
    for size in _blocks(draws, shares.size):
        samples = (rng.multinomial(rows, shares, size=size) for rows in (n, m))
        found.append(_psi(*samples, pseudocount))
    return np.concatenate(found)


def drift_report(
    expected, actual, *, bins=10, false_alarm_rate=0.01, pseudocount=0.5, rng=None
):
    r"""PSI of every feature, beside the threshold that its numbers of rows allow.

    The threshold of each of d features is passed by chance with probability
    `false_alarm_rate` / d, so that a report on an unchanged world has an alarm with at
    most about probability `false_alarm_rate`. It comes from the rows of both samples,
    shuffled and dealt out again as often as it takes; so it knows values that occur
    once, and holds for rows that are independent of each other.

    Args:
        expected: The table that is compared with: an array of shape (n,) or (n, d), a
            dict of columns, or a data frame of pandas or polars.
        actual: The new table, with the same columns; its rows may be more or fewer.
        bins: As in `population_stability_index`, for every numeric feature.
        false_alarm_rate: Of the whole report, above 0 and below 1.
        pseudocount: Added to every count.
        rng: numpy Generator of the simulation; None takes a fixed seed, so that the
            same tables give the same report.

    Returns:
        A list with one `Drift` per feature: its name, PSI and threshold in nats per
        row, p-value, whether it moved, the names of the bins and both shares in them.

    Raises:
        ValueError: If the columns differ or are empty, or an argument makes no sense.

    References:
        | Statistical Properties of Population Stability Index
        | (Yurdakul & Naranjo, 2020)
        | https://doi.org/10.21314/JRMV.2020.227

    Example:
        >>> before = {"colour": ["red"] * 50 + ["blue"] * 50}
        >>> now = {"colour": ["red"] * 80 + ["blue"] * 20}
        >>> (row,) = drift_report(before, now)
        >>> row.moved, round(row.psi, 2), row.bins
        (True, 0.41, ('blue', 'red'))

    Introduced in chapter 13.
    """
    before, now = _columns("expected", expected), _columns("actual", actual)
    if before.keys() != now.keys():
        only = sorted(before.keys() ^ now.keys())
        raise ValueError(
            f"`expected` and `actual` differ in the columns {', '.join(only)}. A lost "
            "column is a change of its own; give both tables the same ones."
        )
    if not isinstance(false_alarm_rate, float) or not 0 < false_alarm_rate < 1:
        raise ValueError(
            f"`false_alarm_rate` is {false_alarm_rate!r}; it is a probability above 0 "
            "and below 1, such as 0.01 for one false alarm in a hundred reports."
        )
    pseudocount = _read_pseudocount(pseudocount)
    rng = np.random.default_rng(0) if rng is None else rng
    each = false_alarm_rate / len(before)
    draws = min(MOST_DRAWS, max(2_000, int(np.ceil(20 / each))))
    report = []
    for name in before:
        counts, labels = _count(before[name], now[name], bins, f"[{name!r}]")
        null = _shuffled_null(*counts, draws, pseudocount, rng)
        psi = float(_psi(*counts, pseudocount))
        threshold = float(np.quantile(null, 1 - each, method="higher"))
        p_value = float((1 + (null >= psi).sum()) / (1 + draws))
        shares = [c / c.sum() for c in counts]
        report.append(
            Drift(name, psi, threshold, p_value, psi > threshold, labels, *shares)
        )
    return report


def _shuffled_null(first, second, draws, pseudocount, rng):
    """PSIs of these very rows if both samples are drawn from all of them."""
    pooled, rows, found = first + second, int(first.sum()), []
    for size in _blocks(draws, pooled.size):
        dealt = rng.multivariate_hypergeometric(pooled, rows, size, method="marginals")
        found.append(_psi(dealt, pooled - dealt, pseudocount))
    return np.concatenate(found)


def _blocks(draws, bins):
    """Sizes that add up to `draws`, each small enough for the memory."""
    size = max(1, BLOCK // bins)
    return [min(size, draws - start) for start in range(0, draws, size)]


def _psi(first, second, pseudocount):
    first, second = first + pseudocount, second + pseudocount
    a = first / first.sum(-1, keepdims=True)
    b = second / second.sum(-1, keepdims=True)
    return jeffreys_divergence(a, b)


def _count(expected, actual, bins, feature=""):
    """Counts of both samples in shared bins, and the names of the bins."""
    edges = _read_edges(bins)
    names = [f"{sample}{feature}" for sample in ("expected", "actual")]
    (first, lost), (second, lost_too) = (
        _read_column(name, values)
        for name, values in zip(names, (expected, actual), strict=True)
    )
    if first.size and second.size and first.dtype.kind != second.dtype.kind:
        raise ValueError(
            f"`{names[0]}` and `{names[1]}`: one holds numbers, the other text. "
            "Convert one of them; numbers that were read as text are a common cause."
        )
    values = _categories(first, second, bins if edges is None else 0)
    if values is not None:
        places = [np.searchsorted(values, s) for s in (first, second)]
        labels = [v if v.dtype.kind == "U" else f"{v:g}" for v in values]
    else:
        inner = _quantile_edges(names[0], first, bins) if edges is None else edges
        places = [np.searchsorted(inner, s, side="right") for s in (first, second)]
        labels = _interval_names(inner)
    counts = [np.bincount(where, minlength=len(labels)) for where in places]
    if lost or lost_too:
        counts = [
            np.append(c, k) for c, k in zip(counts, (lost, lost_too), strict=True)
        ]
        labels.append(MISSING)
    return counts, tuple(map(str, labels))


def _categories(first, second, most):
    """The sorted values of both, if they are text or at most so many; else None."""
    values = np.unique([*first.tolist(), *second.tolist()])
    return values if values.dtype.kind == "U" or values.size <= most else None


def _quantile_edges(name, x, bins):
    """Inner quantiles; one that repeats is a bin of its own: the value, then above."""
    if x.size == 0:
        raise ValueError(
            f"`{name}` has missing values only, so it has no quantiles; pass edges as "
            "`bins`, or leave the column out."
        )
    shares = np.arange(1, bins) / bins
    found, often = np.unique(
        np.quantile(x, shares, method="higher"), return_counts=True
    )
    return np.unique(np.concatenate([found, np.nextafter(found[often > 1], np.inf)]))


def _interval_names(edges):
    """The bins in words; two edges with no float between them hold one number."""
    names, low = [f"below {edges[0]:.4g}"], f"{edges[0]:.4g}"
    for a, b in zip(edges, edges[1:], strict=False):
        alone = b == np.nextafter(a, np.inf)
        names.append(low if alone else f"{low} to {b:.4g}")
        low = f"above {a:.4g}" if alone else f"{b:.4g}"
    return [*names, low if low.startswith("above") else f"{low} or more"]


def _columns(name, table):
    """{name of a column: its values}, for arrays, dicts and data frames."""
    if hasattr(table, "keys") and hasattr(table, "__getitem__"):
        columns = {str(key): table[key] for key in table.keys()}  # noqa: SIM118
    elif hasattr(table, "columns"):
        columns = {str(key): table[key] for key in table.columns}
    else:
        array = np.asarray(table)
        array = array[:, None] if array.ndim == 1 else array
        if array.ndim != 2:
            raise ValueError(
                f"`{name}` has shape {array.shape}; pass one row per example: (n,) for "
                "one feature, (n, d) for d of them."
            )
        columns = {f"feature {j}": array[:, j] for j in range(array.shape[1])}
    if not columns:
        raise ValueError(f"`{name}` has no columns; a report needs a feature.")
    return columns


def _read_column(name, values):
    """The values that are there, as floats or as text, and how many are missing."""
    column = np.asarray(values)
    if column.ndim != 1 or column.size == 0:
        raise ValueError(
            f"`{name}` has shape {column.shape}; a feature is one list of values, at "
            "least one. Use `drift_report` for a table."
        )
    if column.dtype.kind not in "biufUSO":
        raise ValueError(
            f"`{name}` has the type {column.dtype}; pass numbers or text. Of dates, "
            "take what may move: the hour, the weekday, the age in days."
        )
    if column.dtype.kind == "f":
        there = ~np.isnan(column)
    else:
        there = np.array([not _is_missing(value) for value in column], dtype=bool)
    kept = np.array(column[there].tolist())
    if kept.size == 0:
        return np.array([], dtype=float), column.size
    if kept.dtype.kind in "iuf":
        return read_finite(name, kept), int((~there).sum())
    return kept.astype(str), int((~there).sum())


def _is_missing(value):
    try:
        return value is None or bool(value != value)
    except TypeError:  # pandas.NA answers no comparison
        return True


def _read_edges(bins):
    """The inner edges that were passed, or None if `bins` is a count."""
    if _is_whole(bins):
        if bins < 2:
            raise ValueError(f"`bins` is {bins}; one bin alone never moves. Take 2 up.")
        return None
    edges = read_finite("bins", bins)
    if edges.ndim != 1 or edges.size == 0 or (np.diff(edges) <= 0).any():
        raise ValueError(
            f"`bins` is {bins!r:.60}; pass how many, a whole number from 2, or the "
            "inner edges in rising order."
        )
    return edges


def _read_pseudocount(value):
    pseudocount = read_finite("pseudocount", value)
    if pseudocount.ndim or pseudocount < 0:
        raise ValueError(
            f"`pseudocount` is {value!r}; it is one number of at least 0, added to "
            "every count."
        )
    return float(pseudocount)


def _is_whole(value):
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
