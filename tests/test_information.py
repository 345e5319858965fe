"""Mutual information against 50 digits, gains against enumeration and quadrature, the
bottleneck against its exact curve and against search."""

import numpy as np
import pytest
from mpmath import mp, mpf
from oracles import information as oracle
from sklearn.metrics import mutual_info_score

import kl_helpers as kl

TABLES = {
    "wire": [[0.45, 0.05], [0.05, 0.45]],
    "a zero": [[0.25, 0.25], [0.5, 0.0]],
    "three by two": [[0.1, 0.2], [0.3, 0.05], [0.05, 0.3]],
    "a row of zeros": [[0.0, 0.0], [0.3, 0.7]],
    "an empty column": [[0.25, 0.0, 0.25], [0.5, 0.0, 0.0]],
    "one row": [[0.3, 0.7]],
    "a permutation": [[0.0, 0.2], [0.8, 0.0]],
}


def random_joint(seed, *shape):
    table = np.random.default_rng(seed).random(shape) ** 3
    return table / table.sum((-2, -1), keepdims=True)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES.keys())
def test_mutual_information_is_a_sum_of_entropies(table):
    exact = float(oracle.mutual_information([[str(p) for p in row] for row in table]))
    assert kl.mutual_information(table) == pytest.approx(exact, rel=1e-12, abs=1e-16)
    swapped = kl.mutual_information(np.transpose(table))
    assert swapped == pytest.approx(exact, rel=1e-12, abs=1e-16)
    bits = kl.mutual_information(table, base=2)
    assert bits == pytest.approx(exact / np.log(2), rel=1e-12, abs=1e-16)


@pytest.mark.parametrize("seed", range(5))
def test_mutual_information_of_random_tables(seed):
    tables = random_joint(seed, 3, 4, 5)
    exact = [float(oracle.mutual_information(table.tolist())) for table in tables]
    assert kl.mutual_information(tables) == pytest.approx(exact, rel=1e-12)


@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-9])
def test_nearly_independent_tables_keep_their_digits(size):
    """A tie of size s in a 2 by 2 table is worth about 8 s², digits and all."""
    tie = size * np.array([[1, -1], [-1, 1]])
    exact = oracle.mutual_information(
        [[mpf("0.25") + mpf(float(t)) for t in row] for row in tie]
    )
    found = kl.mutual_information(0.25 + tie)
    assert found == pytest.approx(float(exact), rel=1e-6 if size > 1e-8 else 1e-1)
    assert found == pytest.approx(8 * size**2, rel=2e-1)


def test_independent_is_zero_and_copies_are_the_entropy():
    p = np.array([0.2, 0.3, 0.5])
    assert kl.mutual_information(np.outer(p, [0.1, 0.9])) == pytest.approx(0, abs=1e-16)
    assert kl.mutual_information(np.diag(p)) == pytest.approx(kl.entropy(p), rel=1e-12)


def test_counted_labels_are_those_of_sklearn():
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 4, size=200), rng.integers(0, 3, size=200)
    counts = np.zeros((4, 3))
    np.add.at(counts, (x, y), 1)
    found = kl.mutual_information(counts / 200)
    assert found == pytest.approx(mutual_info_score(x, y), rel=1e-10)


def test_a_gain_is_the_toll_of_the_old_belief_in_the_new_world():
    before, after = [0.7, 0.2, 0.1], [0.2, 0.3, 0.5]
    exact = sum(
        mpf(str(a)) * mp.log(mpf(str(a)) / mpf(str(b)))
        for a, b in zip(after, before, strict=True)
    )
    assert kl.information_gain(before, after) == pytest.approx(float(exact), rel=1e-12)
    other = kl.information_gain(after, before)
    assert abs(other - float(exact)) > 0.01  # before and after do not exchange
    assert kl.information_gain([1.0, 0.0], [0.5, 0.5]) == np.inf
    columns = kl.information_gain(np.transpose([before]), np.transpose([after]), axis=0)
    assert columns == pytest.approx([float(exact)], rel=1e-12)


@pytest.mark.parametrize("n", [1, 2, 10])
def test_flips_of_an_unknown_coin(n):
    """On a fine grid, to the accuracy of the grid; the oracle integrates densities."""
    theta = (np.arange(20_000) + 0.5) / 20_000
    heads = np.arange(n + 1)
    ways = np.array([float(mp.binomial(n, int(k))) for k in heads])
    chances = ways * theta[:, None] ** heads * (1 - theta[:, None]) ** (n - heads)
    prior = np.full(20_000, 1 / 20_000)
    joint = prior[:, None] * chances
    gains = kl.information_gain(prior, (joint / joint.sum(0)).T)
    assert gains == pytest.approx([float(g) for g in oracle.flips(n)], abs=1e-5)
    expected = kl.expected_information_gain(prior, chances)
    assert expected == pytest.approx(float(oracle.expected_flips(n)), abs=1e-5)
    assert expected == pytest.approx(joint.sum(0) @ gains, rel=1e-10)


@pytest.mark.parametrize("seed", range(3))
def test_the_expected_gain_is_the_average_of_realised_gains(seed):
    rng = np.random.default_rng(seed)
    prior = rng.dirichlet(np.ones(4), size=3)
    likelihood = rng.dirichlet(np.ones(5), size=(3, 4))
    found = kl.expected_information_gain(prior, likelihood)
    for i in range(3):
        total = 0.0
        for y in range(5):
            p_y = sum(prior[i] * likelihood[i, :, y])
            after = prior[i] * likelihood[i, :, y] / p_y
            total += p_y * sum(after * np.log(after / prior[i]))
        assert found[i] == pytest.approx(total, rel=1e-10)
    several = kl.expected_information_gain(prior[0], likelihood)
    assert several.shape == (3,) and several[0] == pytest.approx(found[0])


@pytest.mark.parametrize("k", range(7))
def test_weighings_without_noise_gain_the_entropy_of_the_result(k):
    side = np.repeat([0, 1, 2], [k, k, 12 - 2 * k])
    table = np.eye(3)[np.concatenate([side, np.array([1, 0, 2])[side]])]
    found = kl.expected_information_gain(np.full(24, 1 / 24), table)
    chances = [p for p in oracle.weighings(12, k) if p > 0]
    assert found == pytest.approx(-sum(p * np.log(p) for p in chances), abs=1e-12)


@pytest.mark.parametrize("flip", [0.02, 0.1, 0.3])
def test_the_bottleneck_of_a_wire_is_another_wire(flip):
    joint = np.array([[1 - flip, flip], [flip, 1 - flip]]) / 2
    critical = 1 / (1 - 2 * flip) ** 2
    betas = critical * np.array([0.9, 1.2, 2, 5])
    found = kl.information_bottleneck(joint, betas)
    assert found.rate[0] == pytest.approx(0, abs=1e-8)
    for rate, relevance in zip(found.rate[1:], found.relevance[1:], strict=True):
        best = oracle.second_wire(flip, rate)
        assert rate > 0.01 and relevance == pytest.approx(best, abs=1e-7)


def test_codes_merge_even_if_one_saw_what_the_other_never_did():
    """Below beta = 1 nothing is worth keeping: I(T;Y) is at most I(X;T)."""
    joint = [[0.25, 0.25, 0.0], [0.0, 0.25, 0.25]]
    found = kl.information_bottleneck(joint, [0.8, 50.0])
    assert found.rate == pytest.approx([0, np.log(2)], abs=1e-6)


@pytest.mark.parametrize("beta", [1.5, 8.0])
def test_no_search_finds_a_better_code(beta):
    joint = random_joint(3, 4, 3)
    found = kl.information_bottleneck(joint, np.geomspace(beta, 60, 12))
    best = oracle.bottleneck_by_search(joint, beta, codes=4)
    assert found.rate[0] - beta * found.relevance[0] <= best + 1e-6


def test_the_bottleneck_curve_rises_and_ends_with_everything():
    joint = random_joint(5, 6, 4)
    joint[0, 1] = 0.0  # a y that one x never brings
    joint /= joint.sum()
    betas = np.geomspace(1.0, 300, 25)
    found = kl.information_bottleneck(joint, betas)
    assert found.rate[0] == pytest.approx(0, abs=1e-8)
    assert (np.diff(found.rate) > -1e-6).all()
    assert (np.diff(found.relevance) > -1e-6).all()
    whole = kl.mutual_information(joint)
    assert found.relevance[-1] == pytest.approx(whole, rel=1e-4)
    assert (found.relevance <= np.minimum(found.rate, whole) + 1e-9).all()
    assert np.allclose(found.encoder.sum(-1), 1) and found.encoder.shape == (25, 6, 6)
    shuffled = kl.information_bottleneck(joint, betas[::-1])
    assert np.allclose(shuffled.rate[::-1], found.rate, atol=1e-6)


HALVES = [0.5, 0.5]


@pytest.mark.parametrize(
    ("function", "given", "said"),
    [
        (kl.mutual_information, (HALVES,), "`joint` has shape .2,.*a table is needed"),
        (kl.mutual_information, (np.ones((0, 2)),), "a table is needed"),
        (kl.mutual_information, ([HALVES, HALVES],), "these look like p.y|x."),
        (kl.mutual_information, ([[0.5, 0.5], [0.5, 0.0]],), "sums to 1.5"),
        (kl.mutual_information, ([[3, 1], [2, 4]],), "look like counts: divide"),
        (kl.mutual_information, ([[1.5, -0.5], [0, 0]],), "negative entry"),
        (kl.mutual_information, ([[np.nan, 1.0], [0, 0]],), "contains nan"),
        (kl.information_gain, (HALVES, [0.5, 0.6]), "`posterior` sums to 1.1"),
        (kl.information_gain, ([0.5, 0.6], HALVES), "`prior` sums to 1.1"),
        (kl.information_gain, (HALVES, [1.0]), "`posterior` has 1 outcomes"),
        (kl.expected_information_gain, (HALVES, HALVES), "give one row of result"),
        (kl.expected_information_gain, (HALVES, np.eye(3)), "Transpose it if"),
        (
            kl.expected_information_gain,
            ([HALVES] * 2, np.full((3, 2, 2), 0.5)),
            "leading axes do not match",
        ),
        (
            kl.expected_information_gain,
            (HALVES, [[0.5, 0.4], HALVES]),
            "`likelihood` sums",
        ),
        (kl.information_bottleneck, (TABLES["a row of zeros"], [1]), "every x must"),
        (kl.information_bottleneck, (TABLES["wire"], []), "`betas` is"),
        (kl.information_bottleneck, (TABLES["wire"], [0.0]), "prices above 0"),
        (kl.information_bottleneck, (TABLES["wire"], 2.0), "`betas` is"),
        (kl.information_bottleneck, (TABLES["wire"], [np.inf]), "`betas` contains inf"),
    ],
)
def test_wrong_inputs_are_named(function, given, said):
    with pytest.raises(ValueError, match=said):
        function(*given)


def test_bad_units_are_refused():
    for function, given in [
        (kl.mutual_information, (TABLES["wire"],)),
        (kl.information_gain, (HALVES, HALVES)),
        (kl.expected_information_gain, (HALVES, np.eye(2))),
    ]:
        with pytest.raises(ValueError, match="`base` is 1"):
            function(*given, base=1)
