"""Sums of KL terms that keep their digits: why `kl_divergence` is not one line.

The textbook line ``sum(p * log(p / q))`` adds large terms of both signs, so nearly
equal distributions leave rounding noise, often a negative one. With Sum p = Sum q = 1
the same sum can be written with terms that are never negative: q where p = 0, else

    p log(p/q) - p + q  =  p * tangent_gap(log(q/p)),   tangent_gap(x) = e^x - 1 - x,

p times the gap between the logarithm and its tangent that proves Gibbs' inequality.
"""

import numpy as np

SMALL = 0.03  # below: a series; above: e^x - 1 - x keeps 13 digits by itself
SUSPECT = 1e-3  # a plain sum above this has lost no digit that matters
BLOCK = 32_768  # numbers worked on at once: what a core's cache holds


def tangent_gap(x):
    """e^x - 1 - x, accurate also where it is about x^2/2."""
    x = np.asarray(x, dtype=float)
    with np.errstate(over="ignore", invalid="ignore"):
        series = x * x / 2 * _series(x)
        return np.where(np.abs(x) < SMALL, series, np.expm1(x) - x)


def _series(x):
    # 1 + x/3 (1 + x/4 (1 + ...)): the Taylor series of 2 (e^x - 1 - x) / x^2
    tail = np.ones_like(x)
    for n in (9, 8, 7, 6, 5, 4, 3):
        tail = 1 + x / n * tail
    return tail


def log_ratio(p, q):
    """log(q/p) for p, q > 0; exact differences where the two are close."""
    with np.errstate(all="ignore"):
        difference = (q - p) / p
        close = np.abs(difference) < 0.5
        return np.where(close, np.log1p(difference), np.log(q) - np.log(p))


def kl_terms(p, q):
    """p log(p/q) - p + q for each outcome: never negative, `inf` where q lost p."""
    with np.errstate(all="ignore"):
        x = log_ratio(p, q)
        terms = np.where(np.abs(x) < SMALL, p * tangent_gap(x), q - p - p * x)
    return np.where(p > 0, np.maximum(terms, 0.0), q)


def kl_sum(p, q, *, tolerances):
    """Sum of `kl_terms` over the last axis, fast where that loses nothing.

    The plain sum costs one division and one logarithm an outcome. Rows in which it
    cannot be trusted (a zero, an overflow, a result below `SUSPECT`) are summed again
    term by term. Returns None if an input is no distribution (a negative entry, or a
    sum off 1 by more than its tolerance): looking while the numbers are in the cache
    makes that check almost free.
    """
    p, q = np.broadcast_arrays(p, q)
    shape, k = p.shape[:-1], p.shape[-1]
    rows_p, rows_q = p.reshape(-1, k), q.reshape(-1, k)
    result = np.empty(len(rows_p))
    step = max(1, BLOCK // k)
    for start in range(0, len(rows_p), step):
        block = slice(start, start + step)
        total = _block_sum(rows_p[block], rows_q[block], *tolerances)
        if total is None:
            return None
        result[block] = total
    return result.reshape(shape)


def _block_sum(p, q, tolerance_p, tolerance_q):
    with np.errstate(all="ignore"):
        terms = np.divide(p, q)
        np.log(terms, out=terms)
        terms *= p
        sum_p, sum_q = p.sum(-1), q.sum(-1)
        total = terms.sum(-1) + (sum_q - sum_p)
        # A negative p beside a non-negative q gives nan or inf: a suspect row.
        suspect = ~(total > SUSPECT) | np.isinf(total)
        clean = (np.abs(sum_p - 1) <= tolerance_p) & (np.abs(sum_q - 1) <= tolerance_q)
    if not clean.all() or q.min() < 0 or p[suspect].min(initial=0) < 0:
        return None
    if suspect.any():
        total[suspect] = kl_terms(p[suspect], q[suspect]).sum(-1)
    return total


def kl_logit_sum(a, b):
    """KL of softmax(a) to softmax(b) over the last axis; -inf marks the impossible."""
    a, b = np.broadcast_arrays(a, b)
    log_p, log_q = log_softmax(a), log_softmax(b)
    p = np.exp(log_p)
    with np.errstate(all="ignore"):
        x = np.where(log_p > -np.inf, log_q - log_p, 0.0)
        # Close logits: log_softmax has rounded them, their difference has not.
        shift = np.where(p > 0, b - a, np.nan)  # nan: not every outcome is shared
        shift = shift - (p * shift).sum(-1, keepdims=True)
        close = np.abs(shift).max(-1, keepdims=True) < 0.5
        exact = shift - np.log1p((p * np.expm1(shift)).sum(-1, keepdims=True))
        x = np.where(close, exact, x)
        far = np.exp(log_q) - p - p * x
        terms = np.where(np.abs(x) < 0.5, p * tangent_gap(x), far)
    terms = np.maximum(np.where(p > 0, terms, np.exp(log_q)), 0.0)
    return np.where(np.isneginf(log_q) & (log_p > -np.inf), np.inf, terms).sum(-1)


def log_softmax(logits):
    top = logits.max(-1, keepdims=True)
    with np.errstate(divide="ignore", over="ignore"):
        return logits - top - np.log(np.exp(logits - top).sum(-1, keepdims=True))


def js_terms(p, q):
    """Each outcome's share of the Jensen-Shannon divergence, never negative.

    With m = (p + q)/2 and d = (p - q)/(p + q) it is
    m/2 ((1 + d) log(1 + d) + (1 - d) log(1 - d)), written so that nothing cancels.
    """
    m = (p + q) / 2
    with np.errstate(all="ignore"):
        d = (p - q) / (p + q)
        near = m / 2 * (np.log1p(-d * d) + 2 * d * np.arctanh(d))
        far = (_x_log_ratio(p, p + q) + _x_log_ratio(q, p + q)) / 2
        return np.where(np.abs(d) < 0.5, near, far)


def _x_log_ratio(x, total):
    return np.where(x > 0, x * np.log(2 * x / total), 0.0)
