"""t-SNE against scikit-learn, finite differences and the definition of perplexity."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from oracles import neighbours as oracle
from scipy import stats
from scipy.spatial import distance
from sklearn.manifold import TSNE, _t_sne, trustworthiness

import kl_helpers as kl
from kl_helpers import embedding


def digits(count, start=0):
    images, labels = kl.load_digits()
    part = slice(start, start + count)
    return images.reshape(len(images), -1)[part], labels[part]


def cloud(n, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def kls(p, y):
    q = kl.map_affinities(y)
    return stats.entropy(p.ravel(), q.ravel()), stats.entropy(q.ravel(), p.ravel())


# Affinities


@pytest.mark.parametrize("perplexity", [1.5, 5.0, 30.0, 120.0])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_perplexity_is_met_in_every_row(perplexity, scale):
    x = scale * cloud(150)
    square = distance.squareform(distance.pdist(x, "sqeuclidean"))
    rows = embedding._conditional(square, np.log(perplexity))
    reached = np.exp(stats.entropy(rows, axis=1))
    assert np.abs(reached / perplexity - 1).max() < 1e-9
    assert np.allclose(rows.sum(1), 1) and (np.diag(rows) == 0).all()


def test_affinities_are_a_symmetric_distribution_over_pairs():
    p = kl.perplexity_affinities(digits(200)[0], perplexity=20.0)
    assert p.sum() == pytest.approx(1, abs=1e-12)
    assert np.allclose(p, p.T, atol=0) and (np.diag(p) == 0).all() and p.min() >= 0


def test_affinities_agree_with_scikit_learn():
    x = digits(250)[0]
    theirs = _t_sne._joint_probabilities(
        distance.squareform(distance.pdist(x, "sqeuclidean")), 30.0, 0
    )
    ours = kl.perplexity_affinities(x, perplexity=30.0)
    assert np.allclose(ours, distance.squareform(theirs), rtol=1e-3, atol=1e-9)


def test_affinities_against_a_root_finder_in_50_digits():
    line = [0, 1, 3, 4, 9]
    _, both = oracle.pairs(line, 2.5)
    ours = kl.perplexity_affinities(np.array(line, float)[:, None], perplexity=2.5)
    assert np.allclose(ours, np.array(both, dtype=float), atol=1e-12)


@given(st.integers(0, 1000), st.floats(1.2, 15.0))
def test_affinities_do_not_depend_on_unit_or_place(seed, perplexity):
    x = cloud(20, seed=seed)
    p = kl.perplexity_affinities(x, perplexity=perplexity)
    moved = kl.perplexity_affinities(7.0 * x + 3.0, perplexity=perplexity)
    assert np.allclose(p, moved, rtol=1e-5, atol=1e-9)


def test_map_affinities_against_scipy():
    y = cloud(30, 2)
    kernel = 1 / (1 + distance.pdist(y) ** 2)
    expected = distance.squareform(kernel / (2 * kernel.sum()))
    assert np.allclose(kl.map_affinities(y), expected, rtol=1e-10)


# Gradients


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_the_gradient_against_differences(dimensions):
    p = kl.perplexity_affinities(cloud(15), perplexity=4.0)
    y = cloud(15, dimensions, seed=1)
    expected = oracle.gradient(p, y)
    assert np.allclose(kl.tsne_gradient(p, y), expected, atol=1e-8)


def test_the_gradient_is_not_that_of_the_swapped_kl():
    p = [["0", "0.3", "0.1"], ["0.3", "0", "0.1"], ["0.1", "0.1", "0"]]
    forward, reverse = oracle.slopes_at_first_point(p, [[0], [1], [2]])
    found = kl.tsne_gradient(np.array(p, dtype=float), [[0.0], [1.0], [2.0]])[0, 0]
    assert found == pytest.approx(float(forward), rel=1e-10)
    assert abs(found - float(reverse)) > 0.03


@pytest.mark.parametrize("exaggeration", [1.0, 12.0])
def test_the_fast_gradient_is_the_plain_one(exaggeration):
    p = kl.perplexity_affinities(cloud(60), perplexity=10.0)
    y = 3 * cloud(60, 2, seed=1)
    fast = embedding._Forward(p)(y, exaggeration)
    kernel = 1 / (1 + distance.squareform(distance.pdist(y)) ** 2) - np.eye(60)
    force = (exaggeration * p - kernel / kernel.sum()) * kernel
    plain = 4 * (force[:, :, None] * (y[:, None] - y)).sum(1)
    assert np.allclose(fast, plain, atol=1e-5 * np.abs(plain).max())


def test_the_reverse_gradient_against_differences():
    p = kl.perplexity_affinities(cloud(12), perplexity=4.0)
    y, step = cloud(12, 2, seed=1), 1e-6
    found, expected = embedding._Reverse(p)(y, 12.0), np.zeros((12, 2))
    for index in np.ndindex(12, 2):
        up, down = y.copy(), y.copy()
        up[index] += step
        down[index] -= step
        expected[index] = (kls(p, up)[1] - kls(p, down)[1]) / (2 * step)
    assert np.allclose(found, expected, atol=1e-7)


def test_values_are_those_of_scipy():
    p, y = kl.perplexity_affinities(cloud(40), perplexity=8.0), cloud(40, 2, seed=2)
    forward, reverse = kls(p, y)
    assert embedding._Forward(p).value(y) == pytest.approx(forward, rel=1e-12)
    assert embedding._Reverse(p).value(y) == pytest.approx(reverse, rel=1e-12)


# Maps


@pytest.fixture(scope="module")
def small_map():
    x, labels = digits(300)
    return x, labels, *kl.tsne(x, perplexity=15.0, iterations=750)


def test_a_map_is_as_good_as_scikit_learn_s(small_map):
    x, labels, y, history = small_map
    p = kl.perplexity_affinities(x, perplexity=15.0)
    theirs = TSNE(method="exact", perplexity=15, init="pca", random_state=0)
    assert kls(p, y)[0] < 1.05 * kls(p, theirs.fit_transform(x))[0]
    assert kls(p, y)[0] == pytest.approx(history["kl"][-1], rel=1e-9)
    assert trustworthiness(x, y, n_neighbors=10) > 0.97
    apart = distance.squareform(distance.pdist(y)) + 1e9 * np.eye(300)
    assert np.mean(labels[apart.argmin(1)] == labels) > 0.95


def test_the_history_falls_and_a_map_repeats_itself(small_map):
    x, _, y, history = small_map
    assert history["iteration"][0] == 0 and history["iteration"][-1] == 750
    settled = history["kl"][history["iteration"] >= 300]
    assert (np.diff(settled) < 1e-3).all()
    again, _ = kl.tsne(x, perplexity=15.0, iterations=750)
    assert np.array_equal(y, again)
    assert np.allclose(y.mean(0), 0, atol=1e-6)


def test_each_direction_is_best_at_its_own_kl(small_map):
    x, _, y, _ = small_map
    p = kl.perplexity_affinities(x, perplexity=15.0)
    swapped, _ = kl.tsne(x, perplexity=15.0, iterations=750, direction="reverse")
    assert kls(p, y)[0] < kls(p, swapped)[0]
    assert kls(p, swapped)[1] < kls(p, y)[1]


def test_a_start_of_one_dimension_gives_a_map_on_a_line():
    x = np.linspace(0, 1, 30)[:, None]
    y, history = kl.tsne(
        x, perplexity=5.0, iterations=200, start=0.01 * x, exaggerated=0
    )
    assert y.shape == (30, 1) and history["kl"][-1] < history["kl"][0]


def test_the_plane_is_that_of_principal_components():
    x = cloud(50, 4) * [5.0, 3.0, 1.0, 0.1]
    y = embedding._plane(x)
    assert y[:, 0].std() == pytest.approx(1e-4)
    ratio = y[:, 0].std() / y[:, 1].std()
    spread = np.sqrt(np.linalg.eigvalsh(np.cov(x.T))[::-1])
    assert ratio == pytest.approx(spread[0] / spread[1])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"x": cloud(2)}, "at least three points"),
        ({"x": np.zeros((4, 2, 2))}, "Flatten images"),
        ({"x": np.full((9, 2), np.nan)}, "finite number"),
        ({"perplexity": 1.0}, "above 1 and below 9"),
        ({"perplexity": 9.0}, "above 1 and below 9"),
        ({"x": np.zeros((10, 2)), "perplexity": 3.0}, "Remove duplicates"),
        ({"iterations": 0}, "whole numbers"),
        ({"every": 2.5}, "whole numbers"),
        ({"exaggeration": 0.5}, "at least 1"),
        ({"direction": "both"}, "'forward' or 'reverse'"),
        ({"start": cloud(5, 2)}, "Give each a place"),
    ],
)
def test_what_cannot_be_mapped_is_named(change, said):
    given = {"x": cloud(10), "perplexity": 3.0, "iterations": 5, **change}
    with pytest.raises(ValueError, match=said):
        kl.tsne(given.pop("x"), **given)


def test_affinities_of_other_points_are_refused():
    with pytest.raises(ValueError, match="affinities of the same points"):
        kl.tsne_gradient(np.ones((3, 3)) / 9, cloud(4, 2))
