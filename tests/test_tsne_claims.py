"""The sentences of chapter 7 about maps hold for other digits, too.

The chapter shows the first 300 digits; here are two other parts. Bills are scipy's.
"""

import numpy as np
import pytest
from scipy import stats
from scipy.spatial import distance

import kl_helpers as kl

slow = pytest.mark.slow


def bill(p, y):
    kernel = 1 / (1 + distance.squareform(distance.pdist(y)) ** 2) - np.eye(len(y))
    return stats.entropy(p.ravel(), kernel.ravel())


@pytest.fixture(scope="module", params=[600, 1200])
def part(request):
    images, digits = kl.load_digits()
    rows = slice(request.param, request.param + 300)
    x, label = images.reshape(len(images), -1)[rows], digits[rows]
    p = kl.perplexity_affinities(x, perplexity=15.0)
    y, _ = kl.tsne(x, perplexity=15.0, iterations=750)
    return x, label, p, y


def sent_away(y, rows):
    moved, out = y.copy(), y[rows].mean(0)
    moved[rows] += np.ptp(y[:, 0]) * out / np.linalg.norm(out)
    return moved


@slow
def test_the_receipt_has_the_same_order(part):
    _, label, p, y = part
    zeros, sixes = np.flatnonzero(label == 0), np.flatnonzero(label == 6)
    laid_over, now = y.copy(), bill(p, y)
    laid_over[sixes] += y[zeros].mean(0) - y[sixes].mean(0)
    together = bill(p, sent_away(y, zeros)) - now
    alone = [bill(p, sent_away(y, [zero])) - now for zero in zeros]
    over = bill(p, laid_over) - now
    torn = bill(p, sent_away(y, zeros[::2])) - now
    assert together < 0.02 < np.mean(alone) < 0.06 < over < torn
    assert sum(alone) > 50 * together


@slow
def test_the_swapped_map_tears_more_and_shows_fewer_strangers(part):
    x, _, p, y = part
    swapped, _ = kl.tsne(x, perplexity=15.0, iterations=750, direction="reverse")
    uniform, found = 1 / (300 * 299), []
    for places in (y, swapped):
        kernel = 1 / (1 + distance.squareform(distance.pdist(places)) ** 2) - np.eye(
            300
        )
        q = kernel / kernel.sum()
        found.append((p[q < uniform / 3].sum(), q[p < uniform / 10].sum()))
    assert found[1][0] > 1.3 * found[0][0]
    assert found[1][1] < 0.7 * found[0][1]


@slow
def test_noise_breaks_into_crumbs_at_a_small_perplexity():
    noise = np.random.default_rng(5).normal(size=(300, 10))
    nearest = {}
    for perplexity in (2.0, 30.0):
        y, _ = kl.tsne(noise, perplexity=perplexity, iterations=750)
        apart = distance.squareform(distance.pdist(y)) + 1e9 * np.eye(300)
        nearest[perplexity] = np.median(apart.min(1)) / np.ptp(y[:, 0])
    assert nearest[2.0] < 0.6 * nearest[30.0]
