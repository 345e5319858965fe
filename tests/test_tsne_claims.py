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
def test_only_a_well_separated_group_is_moved_for_next_to_nothing(part):
    _, label, p, y = part
    rows = [np.flatnonzero(label == digit) for digit in range(10)]
    away = [bill(p, sent_away(y, each)) - bill(p, y) for each in rows]
    assert away[0] < 0.02 and max(away) > max(4 * away[0], 0.05)
    assert away[8] > 0.04


@slow
def test_half_of_the_bill_is_that_of_far_pairs_if_no_term_is_negative(part):
    _, _, p, y = part
    kernel = 1 / (1 + distance.pdist(y) ** 2)
    p, q = 2 * distance.squareform(p, checks=False), kernel / kernel.sum()
    far = np.argsort(-p)[len(p) // 20 :]
    terms, gaps = p * np.log(p / q), p * np.log(p / q) - p + q
    assert terms[far].sum() < 0.2 * terms.sum()
    assert 0.4 < gaps[far].sum() / gaps.sum() < 0.6
    assert 0.08 < p[far].sum() < 0.12 and q[far].sum() > 0.19


@pytest.fixture(scope="module")
def maps(part):
    """With exaggeration, without, and with the sides swapped."""
    x, _, _, y = part
    same = {"perplexity": 15.0, "iterations": 750, "learning_rate": 50.0}
    plain, _ = kl.tsne(x, exaggeration=1.0, **same)
    swapped, _ = kl.tsne(x, direction="reverse", **same)
    return y, plain, swapped


@slow
def test_the_swapped_map_has_less_recall_and_more_precision(part, maps):
    true = near(part[0])
    found = []
    for places in maps:
        apart = distance.squareform(distance.pdist(places)) + 1e9 * np.eye(300)
        shown = apart < 4 * np.median(apart.min(1))
        hits = (true & shown).sum()
        kept = (true & near(places)).sum() / true.sum()
        found.append([hits / true.sum(), hits / shown.sum(), kept])
    recall, precision, kept = np.transpose(found)
    assert recall[2] < recall[:2].min() - 0.05 and kept[2] < kept[:2].min()
    assert precision[2] > precision[:2].max() + 0.02


def near(places):
    """True for the 15 nearest of each point."""
    apart = distance.squareform(distance.pdist(places)) + 1e9 * np.eye(len(places))
    return apart.argsort(1).argsort(1) < 15


@slow
def test_the_swapped_map_tears_more_and_shows_fewer_strangers(part, maps):
    _, _, p, _ = part
    uniform, found = 1 / (300 * 299), []
    for places in maps:
        kernel = 1 / (1 + distance.squareform(distance.pdist(places)) ** 2) - np.eye(
            300
        )
        q = kernel / kernel.sum()
        found.append((p[q < uniform / 3].sum(), q[p < uniform / 10].sum()))
    for torn, strangers in found[:2]:
        assert found[2][0] > 1.3 * torn
        assert found[2][1] < 0.7 * strangers


@slow
def test_noise_breaks_into_crumbs_at_a_small_perplexity():
    noise = np.random.default_rng(5).normal(size=(300, 10))
    nearest = {}
    for perplexity in (2.0, 30.0):
        y, _ = kl.tsne(noise, perplexity=perplexity, iterations=750)
        apart = distance.squareform(distance.pdist(y)) + 1e9 * np.eye(300)
        nearest[perplexity] = np.median(apart.min(1)) / np.ptp(y[:, 0])
    assert nearest[2.0] < 0.6 * nearest[30.0]
