"""A model of words that spells them letter by letter, and can be summed exactly.

The next letter depends on its place in the word and on the two letters before it. A
*table* holds the logarithms of all its probabilities: `table[t, a, b, c]` belongs to
symbol c at place t, after the letters a and b. Symbol 0 is the end of the word, and in
a and b it says that there is no letter yet; the letters count from 1.
"""

import numpy as np
import torch
from tqdm import tqdm

__all__ = ["NameModel", "decode", "draw", "encode", "log_prob", "train_name_model"]


class NameModel(torch.nn.Module):
    """Log-probabilities of the next symbol, from its place and the last two letters.

    Three tables of numbers are looked up and added, then come two hidden layers. After
    `longest` letters the word ends.

    Args:
        alphabet: The letters, a text.
        longest: Largest number of letters in a word.
        hidden: Width of the hidden layers.
        seed: Seed of the initial weights, a whole number.

    Example:
        >>> NameModel("abc", longest=4).table().shape
        torch.Size([5, 4, 4, 4])

    Introduced in chapter 11.
    """

    def __init__(self, alphabet, longest, *, hidden=64, seed=0):
        super().__init__()
        self.alphabet, self.longest = alphabet, longest
        generator = torch.Generator().manual_seed(int(seed))

        def weights(*shape, scale):
            drawn = torch.randn(*shape, generator=generator, dtype=torch.float64)
            return torch.nn.Parameter(scale * drawn)

        symbols = len(alphabet) + 1
        self.by_place = weights(longest + 1, hidden, scale=0.5)
        self.by_first = weights(symbols, hidden, scale=0.5)
        self.by_second = weights(symbols, hidden, scale=0.5)
        self.inner = weights(hidden, hidden, scale=hidden**-0.5)
        self.inner_bias = weights(hidden, scale=0.0)
        self.outer = weights(hidden, symbols, scale=0.1)
        self.outer_bias = weights(symbols, scale=0.0)

    def log_probs(self, t, a, b):
        """Of all symbols at place t after the letters a and b: shape (..., symbols)."""
        seen = self.by_place[t] + self.by_first[a] + self.by_second[b]
        hidden = torch.relu(torch.relu(seen) @ self.inner + self.inner_bias)
        logits = hidden @ self.outer + self.outer_bias
        is_letter = torch.arange(logits.shape[-1]) > 0
        must_end = (torch.as_tensor(t) == self.longest)[..., None]
        return logits.masked_fill(must_end & is_letter, -torch.inf).log_softmax(-1)

    def table(self):
        """All of them, shape (longest + 1, symbols, symbols, symbols)."""
        places, symbols = map(torch.arange, (self.longest + 1, len(self.alphabet) + 1))
        return self.log_probs(places[:, None, None], symbols[:, None], symbols)


def encode(words, alphabet, longest):
    """Words as whole numbers, one row each; 0 from the end of the word on.

    .. math:: \\text{letter } i \\text{ of the alphabet} \\mapsto i, \\quad i = 1, 2, …

    Args:
        words: A list of texts.
        alphabet: The letters, a text.
        longest: Largest number of letters in a word.

    Returns:
        Integer array of shape (words, longest + 1).

    Raises:
        ValueError: If a word is too long or has a letter that is not in the alphabet.

    References:
        | https://en.wikipedia.org/wiki/Character_encoding

    Example:
        >>> encode(["ab", ""], "abc", 3).tolist()
        [[1, 2, 0, 0], [0, 0, 0, 0]]

    Introduced in chapter 11.
    """
    words, known = list(words), set(alphabet)
    for word in words:
        if len(word) > longest or not known.issuperset(word):
            raise ValueError(
                f"`words` holds {word!r:.40}, but words have at most {longest} letters "
                f"of {alphabet!r}. Leave the word out, or make the model larger."
            )
    codes = np.array(words, dtype=f"U{longest + 1}").view(np.uint32)
    number = np.zeros(max(map(ord, alphabet)) + 1, dtype=int)
    number[[ord(letter) for letter in alphabet]] = np.arange(1, len(alphabet) + 1)
    return number[codes.reshape(len(words), longest + 1)]


def decode(symbols, alphabet):
    """Rows of whole numbers as words: what `encode` undoes.

    Args:
        symbols: Integer array of shape (words, places), 0 after the last letter.
        alphabet: The letters, a text.

    Returns:
        A list of texts.

    Raises:
        IndexError: If a number has no letter.

    References:
        | https://en.wikipedia.org/wiki/Character_encoding

    Example:
        >>> decode(encode(["cab", "b"], "abc", 3), "abc")
        ['cab', 'b']

    Introduced in chapter 11.
    """
    letters = np.array(["", *alphabet])[np.asarray(symbols)]
    return letters.view(f"U{letters.shape[1]}")[:, 0].tolist()


def steps(symbols):
    """Where each symbol of each word stands: word, place, two letters before, symbol.

    Five arrays with one entry per letter and one for the end of each word.
    """
    symbols = np.asarray(symbols)
    before = np.pad(symbols, ((0, 0), (2, 0)))
    lengths = (symbols > 0).sum(1)
    word, t = np.nonzero(np.arange(symbols.shape[1]) <= lengths[:, None])
    return word, t, before[word, t], before[word, t + 1], symbols[word, t]


def log_prob(rule, symbols):
    r"""Log-probability of each word, the sum over its letters and its end.

    .. math:: \log \pi(x) = \sum_t \log \pi(x_t \mid t, x_{t-2}, x_{t-1})

    Args:
        rule: A `NameModel`, or a table of log-probabilities.
        symbols: Integer array of shape (words, longest + 1), see `encode`.

    Returns:
        Tensor of shape (words,), in nats per word; it has gradients if the rule has.

    Raises:
        IndexError: If a word does not fit the table.

    References:
        | https://en.wikipedia.org/wiki/Chain_rule_(probability)

    Example:
        >>> table = NameModel("ab", longest=2).table().detach()
        >>> every = ["", "a", "b", "aa", "ab", "ba", "bb"]
        >>> log_prob(table, encode(every, "ab", 2)).exp().sum().round(decimals=12)
        tensor(1., dtype=torch.float64)

    Introduced in chapter 11.
    """
    word, *state, symbol = map(torch.from_numpy, steps(symbols))
    each = _read(rule, *state).gather(1, symbol[:, None])[:, 0]
    return torch.zeros(len(symbols), dtype=each.dtype).index_add(0, word, each)


@torch.no_grad()
def draw(rule, n, rng):
    """Independent words.

    .. math:: x_t \\sim \\pi(\\cdot \\mid t, x_{t-2}, x_{t-1})
              \\quad\\text{until the end is drawn}

    Args:
        rule: A `NameModel`, or a table of log-probabilities.
        n: Number of words.
        rng: A numpy random generator.

    Returns:
        Integer array of shape (n, longest + 1), see `decode`.

    Raises:
        ValueError: If `n` is negative.

    References:
        | https://en.wikipedia.org/wiki/Inverse_transform_sampling

    Example:
        >>> names = draw(NameModel("ab", longest=3), 2, np.random.default_rng(0))
        >>> names.shape
        (2, 4)

    Introduced in chapter 11.
    """
    places = rule.longest + 1 if isinstance(rule, NameModel) else len(rule)
    symbols = np.zeros((n, places + 2), dtype=int)  # two places before the first
    going = np.arange(n)
    for t in range(places):
        chance = rng.random(n)[going, None]
        a, b = torch.from_numpy(symbols[going, t : t + 2]).T
        below = _read(rule, torch.full_like(a, t), a, b).exp().cumsum(-1)[:, :-1]
        symbols[going, t + 2] = (chance >= below.numpy()).sum(-1)
        going = going[symbols[going, t + 2] > 0]
    return symbols[:, 2:]


def train_name_model(
    words, *, epochs=10, batch=64, learning_rate=5e-3, hidden=64, longest=None, seed=0
):
    r"""Fit a `NameModel` to words by maximum likelihood, with Adam.

    .. math:: \min_\theta\ -\frac1n \sum_i \log \pi_\theta(x_i)

    The step size falls to 0 along half a cosine. The result depends on the arguments
    alone, and is the same on the same machine with one thread. Progress is shown on
    stderr; the environment variable TQDM_DISABLE=1 silences it.

    Args:
        words: A list of texts; their letters are the alphabet.
        epochs: Passes through the words.
        batch: Words per step, at most all of them.
        learning_rate: Step size of Adam at the start.
        hidden: Width of the hidden layers.
        longest: Largest number of letters; None is one more than the longest word has.
        seed: Seed of the weights and of the order of the words.

    Returns:
        The trained `NameModel`.

    Raises:
        ValueError: If there are no words, or too long ones.

    References:
        | A Neural Probabilistic Language Model (Bengio et al., 2003)
        | https://www.jmlr.org/papers/v3/bengio03a.html

    Example:
        >>> model = train_name_model(["anna", "hanna"] * 8, epochs=40, batch=8)
        >>> word = encode(["anna"], model.alphabet, model.longest)
        >>> round(log_prob(model, word).exp().item(), 1)
        0.5

    Introduced in chapter 11.
    """
    words = list(words)
    if not words:
        raise ValueError("`words` is empty; a model needs words to learn from.")
    alphabet = "".join(sorted(set("".join(words))))
    longest = max(map(len, words)) + 1 if longest is None else longest
    symbols = encode(words, alphabet, longest)
    model = NameModel(alphabet, longest, hidden=hidden, seed=seed)
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate, fused=True)
    per_epoch = max(len(words) // batch, 1)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * per_epoch)
    rng = np.random.default_rng(seed)
    for _ in tqdm(range(epochs), desc="epochs", leave=False):
        order = rng.permutation(len(words))
        for rows in np.array_split(order, per_epoch):
            optimizer.zero_grad()
            (-log_prob(model, symbols[rows]).mean()).backward()
            optimizer.step()
            schedule.step()
    return model.requires_grad_(False)


def _read(rule, t, a, b):
    return rule.log_probs(t, a, b) if isinstance(rule, NameModel) else rule[t, a, b]
