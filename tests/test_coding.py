"""The arithmetic coder: lossless, as short as the belief allows, no shorter."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kl_helpers import arithmetic_decode, arithmetic_encode

LETTERS = [0.5, 0.25, 0.125, 0.125]
BELIEF = [0.125, 0.5, 0.25, 0.125]


def ideal_bits(message, q):
    return float(-np.log2(np.asarray(q)[message]).sum())


@st.composite
def messages(draw):
    """A belief of up to 12 symbols, some of them impossible, and a message."""
    counts = draw(st.lists(st.integers(0, 1000), min_size=1, max_size=12).filter(any))
    q = np.array(counts) / sum(counts)
    possible = st.sampled_from(np.flatnonzero(q).tolist())
    return draw(st.lists(possible, max_size=300)), q


@given(messages())
def test_a_message_survives_at_the_ideal_length(case):
    message, q = case
    bits = arithmetic_encode(message, q)
    assert isinstance(bits, str) and set(bits) <= {"0", "1"}
    assert arithmetic_decode(bits, q, n=len(message)).tolist() == message
    ideal = ideal_bits(message, q)
    assert ideal - 2 <= len(bits) <= ideal + 4


@given(st.integers(0, 2**32 - 1), st.floats(0.01, 3))
def test_a_message_survives_any_belief(seed, concentration):
    rng = np.random.default_rng(seed)
    q = rng.gamma(concentration, size=20) + 1e-300
    q /= q.sum()
    message = rng.integers(0, 20, size=100)  # also symbols believed almost impossible
    found = arithmetic_decode(arithmetic_encode(message, q), q, n=100)
    assert found.tolist() == message.tolist()


def test_the_price_of_a_wrong_belief():
    message = np.random.default_rng(1).choice(4, size=5000, p=LETTERS)
    right, wrong = (len(arithmetic_encode(message, q)) for q in (LETTERS, BELIEF))
    ratio = np.log2(np.array(LETTERS) / BELIEF)[message]
    assert abs((wrong - right) - ratio.sum()) <= 6
    assert abs((wrong - right) / 5000 - 0.625) <= 5 * ratio.std() / np.sqrt(5000)


def test_a_world_with_one_symbol_costs_nothing():
    bits = arithmetic_encode([0] * 1000, [1.0])
    assert len(bits) <= 4
    assert arithmetic_decode(bits, [1.0], n=1000).tolist() == [0] * 1000


@pytest.mark.parametrize("empty", [[], (), np.array([], dtype=int)])
def test_an_empty_message(empty):
    bits = arithmetic_encode(empty, LETTERS)
    assert len(bits) <= 4
    assert arithmetic_decode(bits, LETTERS, n=0).tolist() == []


@pytest.mark.parametrize("scheme", ["first", "last", "spread"])
def test_many_symbols_that_are_equally_likely(scheme):
    k, n = 200_000, 20
    chosen = {"first": 0, "last": k - 1, "spread": np.linspace(0, k - 1, n).astype(int)}
    message = np.broadcast_to(chosen[scheme], n)
    q = np.full(k, 1 / k)
    bits = arithmetic_encode(message, q)
    assert n * np.log2(k) - 2 <= len(bits) <= n * np.log2(k) + 4
    assert arithmetic_decode(bits, q, n=n).tolist() == message.tolist()


@pytest.mark.parametrize("q", [[0, 1, 0], [0, 0.5, 0, 0.5, 0], [1, 0], [0, 1]])
def test_impossible_symbols_never_come_out(q):
    possible = np.flatnonzero(q)
    rng = np.random.default_rng(2)
    for bits in ["", "0" * 80, "1" * 80, *("".join(rng.choice(["0", "1"], 80)),)]:
        assert set(arithmetic_decode(bits, q, n=60)) <= set(possible)
    message = rng.choice(possible, size=60)
    bits = arithmetic_encode(message, q)
    assert arithmetic_decode(bits, q, n=60).tolist() == message.tolist()


def test_the_wrong_belief_reads_another_message():
    message = [3, 3, 3, 0, 1, 2, 3, 3, 3, 3]
    bits = arithmetic_encode(message, LETTERS)
    found = arithmetic_decode(bits, BELIEF, n=10)
    assert found.dtype.kind == "i" and found.tolist() != message
