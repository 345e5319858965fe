"""A model of names, tuned by a reward on a leash to what it was before.

Two rewards: *gold* says what is wanted, and *proxy* is learned from pairs in which the
better word under gold was mostly preferred. Both are sums over the letters of a word,
so that their averages under a policy can be had exactly.
"""

import copy
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from .name_model import decode, draw, encode, log_prob, steps
from .sequences import expected_total, sequence_kl

__all__ = [
    "LetterReward",
    "fit_proxy",
    "gold_reward",
    "prefer",
    "proportional_kl_coefficient",
    "tune",
]

VOWELS = "aeiouy"


class LetterReward(NamedTuple):
    """What each symbol of a word earns: a table of scores, and the words it is for.

    ``table`` broadcasts to (longest + 1, k, k, k), see `name_model`. Called with a list
    of words it returns the reward of each, an array.

    Introduced in chapter 11.
    """

    table: torch.Tensor
    alphabet: str
    longest: int

    def __call__(self, words):
        word, *where = steps(encode(words, self.alphabet, self.longest))
        k = len(self.alphabet) + 1
        each = self.table.expand(self.longest + 1, k, k, k).numpy()[tuple(where)]
        return np.bincount(word, each, minlength=len(words))


def gold_reward(alphabet, longest):
    r"""What is wanted of a name: a rule that nobody who trains on pairs gets to see.

    .. math:: 3 e^{-\frac12 ((n - 6)/1.5)^2} + [\text{ends in a vowel}]
              - 0.5 \cdot \text{clashes} - 0.7 \cdot \text{repeats}

    for n letters. A clash is a vowel after a vowel, or a consonant after a consonant; a
    repeat is a letter that also stands one or two places before. The vowels are aeiouy.

    Args:
        alphabet: The letters, a text.
        longest: Largest number of letters in a word.

    Returns:
        A `LetterReward`.

    Raises:
        TypeError: If `alphabet` is no text.

    References:
        | Scaling Laws for Reward Model Overoptimization (Gao, Schulman & Hilton, 2022)
        | https://arxiv.org/abs/2210.10760

    Example:
        >>> gold = gold_reward("abcdefghijklmnopqrstuvwxyz", longest=12)
        >>> gold(["marina", "jasasa", "brent"]).round(2).tolist()
        [4.0, 1.9, 1.4]

    Introduced in chapter 11.
    """
    k = len(alphabet) + 1
    table = torch.zeros(longest + 1, k, k, k, dtype=torch.float64)
    length = torch.arange(longest + 1, dtype=torch.float64)[:, None, None]
    table[..., 0] += 3 * torch.exp(-(((length - 6) / 1.5) ** 2) / 2)
    symbol = torch.arange(k)
    first, second, new = symbol[:, None, None], symbol[:, None], symbol
    is_vowel = torch.tensor([False, *(letter in VOWELS for letter in alphabet)])
    inside = (second > 0) & (new > 0)
    table[..., 0] += 1.0 * is_vowel
    table -= 0.5 * (inside & (is_vowel[second] == is_vowel[new]))
    table -= 0.7 * (inside & ((new == second) | (new == first)))
    return LetterReward(table, alphabet, longest)


def prefer(first, second, reward, rng):
    r"""Which of two words somebody prefers who follows a reward, but not strictly.

    .. math:: P(a \text{ is preferred to } b) = \frac{1}{1 + e^{R(b) - R(a)}}

    Args:
        first: A list of words.
        second: As many others.
        reward: A function of a list of words that returns an array.
        rng: A numpy random generator.

    Returns:
        ``winners`` and ``losers``, two lists of words.

    Raises:
        ValueError: If the lists differ in length.

    References:
        | Rank Analysis of Incomplete Block Designs (Bradley & Terry, 1952)
        | https://doi.org/10.2307/2334029

    Example:
        >>> rng = np.random.default_rng(0)
        >>> prefer(["aaa"], ["b"], lambda words: 9.0 * np.char.str_len(words), rng)
        (['aaa'], ['b'])

    Introduced in chapter 11.
    """
    if len(first) != len(second):
        raise ValueError(
            f"`first` has {len(first)} words and `second` {len(second)}; a preference "
            "needs two words, so the lists must be equally long."
        )
    ahead = reward(first) - reward(second)
    chosen = rng.random(len(first)) < 1 / (1 + np.exp(-ahead))
    pairs = [
        (a, b) if yes else (b, a)
        for a, b, yes in zip(first, second, chosen, strict=True)
    ]
    winners, losers = zip(*pairs, strict=True) if pairs else ((), ())
    return list(winners), list(losers)


def fit_proxy(winners, losers, alphabet, longest, *, ridge=0.01):
    r"""A reward learned from preferences: one score for each pair of neighbours.

    .. math:: \min_w\ -\frac1n \sum_i
              \log \sigma\bigl(w \cdot (\phi(x_i) - \phi(y_i))\bigr)
              + \frac{\lambda}{2} \lVert w \rVert^2

    Here x_i was preferred to y_i, and φ counts how often each symbol follows each
    other, the start and the end of the word included. The minimum is unique; Newton's
    method finds it.

    Args:
        winners: A list of words that were preferred.
        losers: The words that they were preferred to.
        alphabet: The letters, a text.
        longest: Largest number of letters in a word.
        ridge: The weight λ of the squares, above 0.

    Returns:
        A `LetterReward`.

    Raises:
        ValueError: If the lists differ in length or are empty, or `ridge` is not above
            0.

    References:
        | Rank Analysis of Incomplete Block Designs (Bradley & Terry, 1952)
        | https://doi.org/10.2307/2334029

    Example:
        >>> proxy = fit_proxy(["ba", "ab"], ["bb", "bb"], "ab", longest=2)
        >>> bool(proxy(["ba"])[0] > proxy(["bb"])[0])
        True

    Introduced in chapter 11.
    """
    if len(winners) != len(losers) or not winners or not ridge > 0:
        raise ValueError(
            f"`winners` has {len(winners)} words, `losers` {len(losers)} and `ridge` "
            f"is {ridge}; pairs are needed, at least one, and a ridge above 0, without "
            "which a word that always wins has no finite score."
        )
    k = len(alphabet) + 1
    ahead = _pair_counts(winners, alphabet, longest)
    ahead -= _pair_counts(losers, alphabet, longest)
    seen = ahead.any(0)  # what never differs keeps the score 0
    x, w = ahead[:, seen], np.zeros(seen.sum())
    for _ in range(50):
        wins = 1 / (1 + np.exp(-x @ w))
        slope = ridge * w - x.T @ (1 - wins) / len(x)
        curve = (x.T * (wins * (1 - wins))) @ x / len(x) + ridge * np.eye(w.size)
        step = np.linalg.solve(curve, slope)
        w -= step
        if np.abs(step).max() < 1e-10:
            break
    table = np.zeros(k * k)
    table[seen] = w
    return LetterReward(torch.from_numpy(table.reshape(1, 1, k, k)), alphabet, longest)


def proportional_kl_coefficient(beta, kl, target, *, gain=0.1):
    r"""The price of a nat for the next update, a little nearer to a KL that is wanted.

    .. math:: \beta' = \beta\, (1 + K e), \qquad
              e = \mathrm{clip}\Bigl(\frac{d}{\tau} - 1,\ -0.2,\ 0.2\Bigr)

    Unlike `adaptive_kl_coefficient`, which doubles or halves, it moves by at most a
    fifth of the gain.

    Args:
        beta: The price that this update was charged, above 0.
        kl: D(policy‖reference) as this update measured it, nats per word; an estimate
            may be negative.
        target: The KL that is wanted, above 0, in the same unit.
        gain: The factor K.

    Returns:
        The next price, a float.

    Raises:
        ValueError: If `beta` or `target` is not above 0.

    References:
        | Fine-Tuning Language Models from Human Preferences, section 2.2 (Ziegler et
        | al., 2019)
        | https://arxiv.org/abs/1909.08593

    Example:
        >>> proportional_kl_coefficient(0.5, kl=9.0, target=6.0)
        0.51

    Introduced in chapter 11.
    """
    if not (beta > 0 and target > 0):
        raise ValueError(
            f"`beta` {beta:.4g} and `target` {target:.4g} must be above 0: from 0 a "
            "factor leads nowhere, and a KL of 0 is reached by not training."
        )
    error = min(max(float(kl) / target - 1, -0.2), 0.2)
    return float(beta) * (1 + gain * error)


def update(policy, optimizer, log_ref, reward, beta, *, n=512, in_loss=False, rng):
    """One step up the reward minus beta times the KL, on n words that the policy draws.

    The KL stands in the reward of a word, as k1; or, if `in_loss`, in the loss of every
    letter, where it leaves out what the letter does to those after it. Returns the
    average of k1, in nats per word.
    """
    symbols = draw(policy, n, rng)
    log_pi = log_prob(policy, symbols)
    k1 = log_pi.detach() - log_prob(log_ref, symbols)
    paid = _rewards(reward, decode(symbols, policy.alphabet))
    if not in_loss:
        paid = paid - beta * k1
    loss = -((paid - paid.mean()) * log_pi).mean()
    if in_loss:
        loss = loss + beta * _letter_kls(policy, log_ref, symbols).sum() / n
    optimizer.zero_grad()
    (loss / (paid.std() + 1e-8)).backward()  # the size of the step, not its direction
    optimizer.step()
    return float(k1.mean())


def tune(
    model,
    reward,
    *,
    beta,
    target=None,
    in_loss=False,
    steps=120,
    n=512,
    learning_rate=8e-3,
    seed=0,
    every=5,
    watch=None,
):
    r"""Tune a `NameModel` by a reward, on a leash to what it is now.

    .. math:: \max_\theta\ \mathbb{E}_{\pi_\theta}[R]
              - \beta\, D_{\mathrm{KL}}(\pi_\theta \,\|\, \pi_{\mathrm{ref}})

    Policy gradients with Adam, whose step size falls to 0 on a straight line. The
    model itself is not changed. The result depends on the arguments alone, and is the
    same on the same machine with one thread. Progress is shown on stderr; the
    environment variable TQDM_DISABLE=1 silences it.

    Args:
        model: A `NameModel`, the reference and the start.
        reward: A function of a list of words that returns an array.
        beta: Price of a nat in units of the reward, at least 0; with a `target` only
            the first.
        target: A KL in nats per word that `proportional_kl_coefficient` steers to.
        in_loss: Whether the KL is charged letter by letter in the loss instead of word
            by word in the reward. It then has another gradient, and another optimum.
        steps: Number of updates.
        n: Words per update.
        learning_rate: Step size of Adam at the start.
        seed: Seed of the words that are drawn.
        every: The log has one row per so many updates.
        watch: {name: table of scores} to average exactly along the way.

    Returns:
        ``policy``, a `NameModel`, and ``log``, a dict of arrays with one row per
        logged step, before the first update and after the last included: ``step``,
        ``kl`` (exact, nats per word), ``beta``, and one for each name in `watch`.

    Raises:
        ValueError: If `beta` is negative, or 0 with a target, or if the reward does not
            return one finite number per word.

    References:
        | Fine-Tuning Language Models from Human Preferences (Ziegler et al., 2019)
        | https://arxiv.org/abs/1909.08593

    Example:
        >>> from kl_helpers.nn.name_model import NameModel
        >>> model = NameModel("ab", longest=3)
        >>> policy, log = tune(model, np.char.str_len, beta=0.5, steps=10)
        >>> log["step"].tolist(), bool(log["kl"][-1] > log["kl"][0] == 0)
        ([0, 5, 10], True)

    Introduced in chapter 11.
    """
    if not beta >= 0 or target is not None and not beta > 0:
        raise ValueError(
            f"`beta` is {beta}, but the price of a nat is at least 0, and above 0 if a "
            "target is to move it: from 0 a factor leads nowhere."
        )
    policy, log_ref = copy.deepcopy(model).requires_grad_(True), model.table().detach()
    rng, watch, log = np.random.default_rng(seed), watch or {}, []
    optimizer = torch.optim.Adam(policy.parameters(), lr=learning_rate, fused=True)
    for step in tqdm(range(steps + 1), desc="updates", leave=False):
        if step % every == 0 or step == steps:
            log.append({"step": step, "beta": beta, **_exact(policy, log_ref, watch)})
        if step == steps:
            break
        optimizer.param_groups[0]["lr"] = learning_rate * (1 - step / steps)
        options = {"n": n, "in_loss": in_loss, "rng": rng}
        kl = update(policy, optimizer, log_ref, reward, beta, **options)
        if target is not None:
            beta = proportional_kl_coefficient(beta, kl, target)
    history = {name: np.array([row[name] for row in log]) for name in log[0]}
    return policy.requires_grad_(False), history


@torch.no_grad()
def _exact(policy, log_ref, watch):
    log_pi = policy.table()
    averages = {name: expected_total(log_pi, s).item() for name, s in watch.items()}
    return {"kl": sequence_kl(log_pi, log_ref).item(), **averages}


def _rewards(reward, words):
    """One finite number per word, whatever library it comes from."""
    paid = torch.as_tensor(reward(words), dtype=torch.float64)
    if paid.shape != (len(words),) or not paid.isfinite().all():
        raise ValueError(
            f"`reward` returned shape {tuple(paid.shape)} for {len(words)} words, with "
            f"{int((~paid.isfinite()).sum())} entries that are not finite; it must "
            "return one finite number per word."
        )
    return paid


def _letter_kls(policy, log_ref, symbols):
    """KL of the next symbol at every place of every word, summed over the alphabet."""
    _, *state, _ = map(torch.from_numpy, steps(symbols))
    log_p, log_q = policy.log_probs(*state), log_ref[tuple(state)]
    never = log_p.isneginf()
    ratios = log_p.masked_fill(never, 0) - log_q.masked_fill(never, 0)
    return (log_p.exp() * ratios).sum(-1)


def _pair_counts(words, alphabet, longest):
    """How often symbol c follows symbol b in each word, shape (words, k * k)."""
    k = len(alphabet) + 1
    word, _, _, b, c = steps(encode(words, alphabet, longest))
    counts = np.zeros((len(words), k * k))
    np.add.at(counts, (word, b * k + c), 1)
    return counts
