"""An arithmetic coder: turns a belief about symbols into a number of bits.

It comes within a few bits of the ideal total, the sum of -log2 q(symbol), so a wrong
belief shows up as a longer file. The coder is the integer scheme of Witten, Neal and
Cleary (1987), in Python's integers.
"""

from bisect import bisect_right

import numpy as np

from ._validate import read_numbers, read_probabilities

__all__ = ["arithmetic_decode", "arithmetic_encode"]

TOTAL = 2**32  # probabilities are rounded to multiples of 1/TOTAL
TOP = 2**48
HALF, QUARTER = TOP // 2, TOP // 4


def arithmetic_encode(symbols, q):
    r"""Code a message with a belief `q` about its symbols: a string of 0s and 1s.

    .. math:: \text{length} \approx \sum_i -\log_2 q(x_i)

    Args:
        symbols: The message, whole numbers from 0 to k - 1, shape (n,).
        q: Probability believed of each of the k symbols, shape (k,).

    Returns:
        A str of "0" and "1", within a few bits of the ideal total as long as no symbol
        that occurs is believed rarer than 1e-6; beliefs are rounded to about `2**-32`.

    Raises:
        ValueError: If `q` is not a distribution, a symbol is out of range, or a symbol
            occurs that `q` calls impossible (its cost would be infinite).

    References:
        | Arithmetic Coding for Data Compression (Witten, Neal & Cleary, 1987)
        | https://doi.org/10.1145/214762.214771

    Example:
        >>> bits = arithmetic_encode([0, 1, 0, 0, 2], [0.7, 0.2, 0.1])
        >>> arithmetic_decode(bits, [0.7, 0.2, 0.1], n=5)
        array([0, 1, 0, 0, 2])

    Introduced in chapter 1, Deeper.
    """
    edges = _edges(q)
    bits, pending = [], 0
    low, high = 0, TOP - 1

    def emit(bit):
        nonlocal pending
        bits.append(bit + ("1" if bit == "0" else "0") * pending)
        pending = 0

    for symbol in _read_symbols(symbols, edges):
        low, high = _narrow(low, high, edges[symbol], edges[symbol + 1])
        while (cut := _cut(low, high)) is not None:
            if cut == QUARTER:
                pending += 1
            else:
                emit("1" if cut else "0")
            low, high = 2 * (low - cut), 2 * (high - cut) + 1
    pending += 1
    emit("0" if low < QUARTER else "1")
    return "".join(bits)


def arithmetic_decode(bits, q, *, n):
    r"""The n symbols that `arithmetic_encode` coded with the same belief `q`.

    .. math:: \mathrm{decode}(\mathrm{encode}(x, q), q) = x

    Args:
        bits: A str of "0" and "1".
        q: The belief used for coding, shape (k,).
        n: Number of symbols in the message.

    Returns:
        Array of n whole numbers. With another `q` than the coder's the result is
        another message without any warning: the bits do not say which belief made them.

    Raises:
        ValueError: If `q` is not a distribution, `bits` holds anything but 0 and 1, or
            `n` is no whole number from 0.

    References:
        | Arithmetic Coding for Data Compression (Witten, Neal & Cleary, 1987)
        | https://doi.org/10.1145/214762.214771

    Example:
        >>> arithmetic_decode(arithmetic_encode([1, 0], [0.5, 0.5]), [0.5, 0.5], n=2)
        array([1, 0])

    Introduced in chapter 1, Deeper.
    """
    if not isinstance(bits, str) or set(bits) - {"0", "1"}:
        raise ValueError('`bits` must be a str of "0" and "1", as the encoder returns.')
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < 0:
        raise ValueError(
            f"`n` is {n!r}; pass the number of symbols, a whole number from 0."
        )
    edges = _edges(q)
    stream = iter(bits)
    value = int("".join(next(stream, "0") for _ in range(TOP.bit_length() - 1)), 2)
    low, high = 0, TOP - 1
    message = np.empty(n, dtype=int)
    for i in range(n):
        target = ((value - low + 1) * TOTAL - 1) // (high - low + 1)
        symbol = bisect_right(edges, target) - 1
        message[i] = symbol
        low, high = _narrow(low, high, edges[symbol], edges[symbol + 1])
        while (cut := _cut(low, high)) is not None:
            low, high = 2 * (low - cut), 2 * (high - cut) + 1
            value = 2 * (value - cut) + (next(stream, "0") == "1")
    return message


def _narrow(low, high, left, right):
    """The part [left, right) / TOTAL of the interval [low, high]."""
    span = high - low + 1
    return low + span * left // TOTAL, low + span * right // TOTAL - 1


def _cut(low, high):
    """What to subtract before doubling: the next bit is known, or nearly; else None."""
    if high < HALF:
        return 0
    if low >= HALF:
        return HALF
    if low >= QUARTER and high < HALF + QUARTER:
        return QUARTER
    return None


def _edges(q):
    """Cumulative counts 0 … TOTAL; a possible symbol keeps at least one."""
    q = read_probabilities("q", q, -1)
    if q.ndim != 1:
        raise ValueError(f"`q` has shape {q.shape}; the coder takes one row.")
    possible = np.cumsum(q > 0)
    share = np.cumsum(q)
    # In the browser an integer of numpy has 32 bits, too few for TOTAL.
    edges = np.rint(share / share[-1] * (TOTAL - float(possible[-1]))) + possible
    return [0, *edges.astype(np.int64).tolist()]


def _read_symbols(symbols, edges):
    message = read_numbers("symbols", symbols)
    k = len(edges) - 1
    if message.size == 0:
        return []
    if message.ndim != 1 or message.dtype.kind not in "iu":
        raise ValueError(
            f"`symbols` must be one row of whole numbers from 0 to {k - 1}; found "
            f"{message.dtype} of shape {message.shape}."
        )
    if message.min() < 0 or message.max() >= k:
        raise ValueError(
            f"`symbols` holds {message.min()} to {message.max()}, but `q` has "
            f"{k} probabilities: use 0 to {k - 1}."
        )
    widths = np.diff(edges)
    if (impossible := widths[message] == 0).any():
        raise ValueError(
            f"Symbol {message[impossible.argmax()]} occurs, but `q` gives it "
            "probability 0: no finite code exists for it. Give it some probability."
        )
    return message.tolist()
