"""Sums over all words, exactly: averages, KL, and the best policy on a leash.

Everything here takes tables, see `name_model`: entry [t, a, b, c] belongs to symbol c
at place t after the letters a and b. There are more words than anyone can list, but
only so many (t, a, b), and a sum over words is one over these. Results have gradients
if the tables have.
"""

import torch

__all__ = ["expected_total", "sequence_kl", "sequence_optimum", "visits"]


def visits(log_pi):
    r"""How likely a word is to reach place t with the letters a and b before it.

    .. math:: d_{t+1}(b, c) = \sum_a d_t(a, b)\, \pi(c \mid t, a, b), \qquad
              d_0(0, 0) = 1, \qquad c \ne 0

    Args:
        log_pi: Table of log-probabilities, shape (places, k, k, k).

    Returns:
        Tensor of shape (places, k, k); place t sums to the share of words with at
        least t letters.

    Raises:
        ValueError: If the table has another shape, a row is not normalised, or words
            may go on after the last place.

    References:
        | https://en.wikipedia.org/wiki/Forward_algorithm

    Example:
        >>> half = torch.full((3, 2, 2, 2), 0.5).log()  # stop or go on, "", "a" or "aa"
        >>> half[-1, :, :, 1] = -torch.inf
        >>> visits(half - half.logsumexp(-1, keepdim=True)).sum((1, 2))
        tensor([1.0000, 0.5000, 0.2500])

    Introduced in chapter 11.
    """
    _check_table("log_pi", log_pi)
    start = torch.zeros_like(log_pi[0, ..., 0])
    start[0, 0] = 1
    reached = [start]
    for step in log_pi[:-1].exp():
        onward = (reached[-1][..., None] * step).sum(0)
        reached.append(torch.cat([torch.zeros_like(onward[:, :1]), onward[:, 1:]], 1))
    return torch.stack(reached)


def expected_total(log_pi, score):
    r"""Average over words of the sum of a score along the word.

    .. math:: \mathbb{E}_\pi \sum_t s(t, a_t, b_t, c_t)
              = \sum_{t, a, b} d_t(a, b) \sum_c \pi(c \mid t, a, b)\, s(t, a, b, c)

    A score of 1 everywhere gives the average number of letters, plus 1 for the end.

    Args:
        log_pi: Table of log-probabilities, shape (places, k, k, k).
        score: Tensor that broadcasts to the same shape.

    Returns:
        A tensor with one number, in units of the score per word.

    Raises:
        ValueError: As for `visits`, or if the score does not fit.

    References:
        | https://en.wikipedia.org/wiki/Forward_algorithm

    Example:
        >>> half = torch.full((3, 2, 2, 2), 0.5).log()
        >>> half[-1, :, :, 1] = -torch.inf
        >>> half = half - half.logsumexp(-1, keepdim=True)
        >>> expected_total(half, torch.tensor([0.0, 1.0]))  # letters per word
        tensor(0.7500)

    Introduced in chapter 11.
    """
    _check_score(log_pi, score)
    return _weighted(visits(log_pi)[..., None] * log_pi.exp(), score)


def sequence_kl(log_p, log_q):
    r"""D(P‖Q) of two laws of words, in nats per word; words of P, the first, are read.

    .. math:: D_{\mathrm{KL}}(P \,\|\, Q) = \sum_{t, a, b} d^P_t(a, b)\,
              D_{\mathrm{KL}}\bigl(p(\cdot \mid t, a, b) \,\|\,
              q(\cdot \mid t, a, b)\bigr)

    This is the chain rule: the KLs of the letters add up, each averaged over what P
    has written so far.

    Args:
        log_p: Table of log-probabilities of P, shape (places, k, k, k).
        log_q: The same for Q.

    Returns:
        A tensor with one number; `inf` if P writes a word that Q never does.

    Raises:
        ValueError: As for `visits`, or if the tables differ in shape.

    References:
        | Elements of Information Theory, theorem 2.5.3 (Cover & Thomas, 2006)
        | https://doi.org/10.1002/047174882X

    Example:
        >>> table = torch.tensor([0.25, 0.75]).log().repeat(3, 2, 2, 1)
        >>> table[-1] = torch.tensor([0.0, -torch.inf])
        >>> other = torch.tensor([0.5, 0.5]).log().repeat(3, 2, 2, 1)
        >>> other[-1] = torch.tensor([0.0, -torch.inf])
        >>> sequence_kl(table, other).round(decimals=4)  # 0.1308, and again at ¾
        tensor(0.2289)

    Introduced in chapter 11.
    """
    if log_p.shape != log_q.shape:
        raise ValueError(
            f"`log_p` and `log_q` have shapes {tuple(log_p.shape)} and "
            f"{tuple(log_q.shape)}, but both must be tables over the same words."
        )
    _check_table("log_q", log_q)
    never = log_p.isneginf()
    ratios = log_p.masked_fill(never, 0) - log_q.masked_fill(never, 0)
    return _weighted(visits(log_p)[..., None] * log_p.exp(), ratios)


def sequence_optimum(log_ref, score, *, beta):
    r"""The law of words with the best average score minus beta times its KL to `ref`.

    .. math:: \pi^*(x) \propto \pi_{\mathrm{ref}}(x)\, e^{R(x)/\beta}, \qquad
              V_t(a, b) = \beta \log \sum_c \pi_{\mathrm{ref}}(c \mid t, a, b)\,
              e^{(s + V_{t+1}(b, c))/\beta}

    R(x) is the sum of the score along the word x, and V what the rest of a word is
    worth. It is computed from the last place to the first.

    Args:
        log_ref: Table of log-probabilities of the reference, shape (places, k, k, k).
        score: Tensor that broadcasts to the same shape.
        beta: Price of a nat in units of the score, above 0.

    Returns:
        ``log_pi``, the table of the best policy, and ``value``, a tensor with one
        number: its average score minus beta times its KL, in units of the score.

    Raises:
        ValueError: As for `visits`, if the score does not fit or `beta` is not above 0.

    References:
        | RL with KL penalties is better viewed as Bayesian inference (Korbak, Perez &
        | Buckley, 2022)
        | https://arxiv.org/abs/2205.11275

    Example:
        >>> half = torch.full((2, 2, 2, 2), 0.5).log()
        >>> half[-1] = torch.tensor([0.0, -torch.inf])  # "" or "a"
        >>> log_pi, value = sequence_optimum(half, torch.tensor([0.0, 1.0]), beta=0.5)
        >>> log_pi[0, 0, 0].exp(), value.round(decimals=4)
        (tensor([0.1192, 0.8808]), tensor(0.7169))

    Introduced in chapter 11.
    """
    _check_table("log_ref", log_ref)
    _check_score(log_ref, score)
    if not beta > 0:
        raise ValueError(
            f"`beta` is {beta:.4g}, but the price of a nat must be above 0. Without a "
            "leash the best policy writes a word with the highest score, always."
        )
    later, rows = torch.zeros_like(log_ref[0, ..., 0]), []
    for log_row, paid in zip(
        log_ref.flip(0), score.expand(log_ref.shape).flip(0), strict=True
    ):
        later = torch.cat([torch.zeros_like(later[:, :1]), later[:, 1:]], 1)
        tilted = log_row + (paid + later) / beta
        rows.append(tilted.log_softmax(-1))
        later = beta * tilted.logsumexp(-1)
    return torch.stack(rows[::-1]), later[0, 0]


def _weighted(weights, score):
    """Sum of weight times score, 0 where the weight is."""
    return torch.where(weights > 0, weights * score, 0.0).sum()


def _check_table(name, table):
    if table.ndim != 4 or len(set(table.shape[1:])) != 1:
        raise ValueError(
            f"`{name}` has shape {tuple(table.shape)}, but a table has (places, k, k, "
            "k): place, two letters before, symbol. See `NameModel.table`."
        )
    off = table.detach().logsumexp(-1).abs().max()
    if not off < 1e-5:
        raise ValueError(
            f"`{name}` has a row that is not normalised (off by {off:.3g}); pass "
            "log-probabilities, logits.log_softmax(-1), not logits."
        )
    if not table[-1, ..., 1:].isneginf().all():
        raise ValueError(
            f"`{name}` lets words go on after its last place, so that their sums would "
            "be cut off; at the last place only symbol 0, the end, may have a chance."
        )


def _check_score(table, score):
    try:
        fits = torch.broadcast_shapes(score.shape, table.shape) == table.shape
    except RuntimeError:
        fits = False
    if not fits or not score.isfinite().all():
        raise ValueError(
            f"`score` has shape {tuple(score.shape)}, which must broadcast to "
            f"{tuple(table.shape)}, the shape of the table, and finite entries."
        )
