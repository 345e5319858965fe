"""Names, exact sums over words and the leash, against lists of all words."""

import math

import numpy as np
import pytest
from oracles import leash as oracles
from scipy import optimize, special

import kl_helpers as kl

torch = pytest.importorskip("torch")
from kl_helpers.nn import rlhf  # noqa: E402
from kl_helpers.nn import sequences as seq  # noqa: E402
from kl_helpers.nn.name_model import (  # noqa: E402
    NameModel,
    decode,
    draw,
    encode,
    log_prob,
    train_name_model,
)

pytestmark = pytest.mark.usefixtures("one_thread")

LONGEST, K = 4, 3  # 31 words over two letters
AZ = "abcdefghijklmnopqrstuvwxyz"


def table(seed, spread=1.0):
    """A random law of words."""
    generator = torch.Generator().manual_seed(seed)
    shape = (LONGEST + 1, K, K, K)
    logits = spread * torch.randn(shape, generator=generator, dtype=torch.float64)
    logits[-1, :, :, 1:] = -torch.inf
    return logits.log_softmax(-1)


def score(seed, *shape):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


FULL = (LONGEST + 1, K, K, K)
seeds = pytest.mark.parametrize("seed", range(4))


# Sums over all words


@seeds
def test_averages_are_those_over_a_list_of_all_words(seed):
    law, paid = table(seed), score(seed + 10, *FULL)
    expected = oracles.enumerated(law, paid, LONGEST)
    assert seq.expected_total(law, paid).item() == pytest.approx(expected, rel=1e-12)
    chances = [math.exp(x) for x in oracles.totals(law, LONGEST).values()]
    assert len(chances) == 31 and math.fsum(chances) == pytest.approx(1)


def test_small_tables_are_repeated():
    law, pairs = table(0), score(1, 1, 1, K, K)
    whole = oracles.enumerated(law, pairs.expand(FULL), LONGEST)
    assert seq.expected_total(law, pairs).item() == pytest.approx(whole)
    letters = torch.tensor([0.0, 1.0, 1.0], dtype=torch.float64)
    mean = math.fsum(
        len(w) * math.exp(x) for w, x in oracles.totals(law, LONGEST).items()
    )
    assert seq.expected_total(law, letters).item() == pytest.approx(mean)


@seeds
def test_the_kl_of_words_is_the_one_over_a_list_of_them(seed):
    p, q = table(seed), table(seed + 20, 2.0)
    expected = oracles.enumerated_kl(p, q, LONGEST)
    assert seq.sequence_kl(p, q).item() == pytest.approx(expected, rel=1e-12)
    assert seq.sequence_kl(p, p).item() == 0
    back = oracles.enumerated_kl(q, p, LONGEST)
    assert abs(expected - back) > 1e-3
    assert seq.sequence_kl(q, p).item() == pytest.approx(back, rel=1e-12)


@seeds
def test_gradients_are_differences_over_the_list(seed):
    """Value and gradient, of the KL and of an average, in a few logits of the table."""
    logits = table(seed).clone()
    q, paid = table(seed + 20), score(seed + 10, *FULL)
    z = logits.clone().requires_grad_()
    p = z.log_softmax(-1)
    slopes = [
        torch.autograd.grad(value, z, retain_graph=True)[0]
        for value in (seq.sequence_kl(p, q), seq.expected_total(p, paid))
    ]
    for place in [(0, 0, 0, 1), (1, 0, 2, 0), (2, 1, 1, 2), (3, 2, 1, 0)]:
        listed = []
        for h in (1e-5, -1e-5):
            moved = logits.clone()
            moved[place] += h
            moved = moved.log_softmax(-1)
            listed.append(
                (
                    oracles.enumerated_kl(moved, q, LONGEST),
                    oracles.enumerated(moved, paid, LONGEST),
                )
            )
        up, down = np.array(listed)
        found = [slope[place].item() for slope in slopes]
        assert np.allclose(found, (up - down) / 2e-5, atol=1e-8, rtol=1e-6)


@pytest.mark.parametrize("beta", [0.2, 1.0, 5.0])
def test_the_optimum_is_ref_times_e_to_the_reward_word_by_word(beta):
    ref, paid = table(5), score(6, *FULL)
    law, value = oracles.enumerated_optimum(ref, paid, beta, LONGEST)
    star, found = seq.sequence_optimum(ref, paid, beta=beta)
    ours = oracles.totals(star, LONGEST)
    assert found.item() == pytest.approx(value, rel=1e-12)
    for word, chance in law.items():
        assert math.exp(ours[word]) == pytest.approx(chance, rel=1e-10)
    J = seq.expected_total(star, paid) - beta * seq.sequence_kl(star, ref)
    assert J.item() == pytest.approx(value, rel=1e-12)
    other = table(7)
    lacks = value - (
        seq.expected_total(other, paid) - beta * seq.sequence_kl(other, ref)
    )
    assert lacks.item() == pytest.approx(beta * seq.sequence_kl(other, star).item())


def test_a_word_that_the_second_never_writes_costs_infinity():
    p, q = table(0), table(1)
    q[0, 0, 0] = torch.tensor([0.5, 0.5, 0.0]).log()
    assert seq.sequence_kl(p, q).item() == math.inf
    assert math.isfinite(seq.sequence_kl(q, p).item())


def test_visits_are_shares_of_words():
    law = table(3)
    shares = seq.visits(law).sum((1, 2))
    chances = oracles.totals(law, LONGEST)
    for t, share in enumerate(shares):
        long_enough = math.fsum(math.exp(x) for w, x in chances.items() if len(w) >= t)
        assert share.item() == pytest.approx(long_enough)


def test_a_loss_per_letter_has_the_value_and_not_the_gradient():
    """What chapter 11 says of words that are held, from the list of all words."""
    logits, q = table(8), table(9)
    z = logits.clone().requires_grad_()
    p = z.log_softmax(-1)
    never = p.isneginf()
    each = p.exp() * (p.masked_fill(never, 0) - q.masked_fill(never, 0))
    held = (seq.visits(p).detach()[..., None] * each).sum()
    whole = seq.sequence_kl(p, q)
    assert held.item() == pytest.approx(whole.item())
    ours, full = (
        torch.autograd.grad(v, z, retain_graph=True)[0] for v in (held, whole)
    )
    last = LONGEST - 1  # the last place with a choice has no later letters
    assert torch.allclose(ours[last], full[last], atol=1e-12)
    assert (ours[0] - full[0]).abs().max() > 1e-2


# The model


def test_encode_and_decode_undo_each_other():
    words = ["", "a", "ba", "abba"]
    symbols = encode(words, "ab", 4)
    assert symbols.tolist()[3] == [1, 2, 2, 1, 0] and symbols.shape == (4, 5)
    assert decode(symbols, "ab") == words
    assert encode([], "ab", 4).shape == (0, 5)
    assert encode(["ba"], "ba", 2).tolist() == [[1, 2, 0]]


def test_log_prob_is_the_sum_along_the_word():
    model = NameModel("ab", LONGEST, hidden=8, seed=1)
    law = model.table().detach()
    listed = oracles.totals(law, LONGEST)
    words = ["".join("ab"[i - 1] for i in w) for w in listed]
    symbols = encode(words, "ab", LONGEST)
    for rule in (model, law):
        assert np.allclose(log_prob(rule, symbols).detach(), list(listed.values()))
    assert log_prob(model, symbols).exp().sum().item() == pytest.approx(1)


def test_draws_follow_the_table_and_the_network_alike():
    model = NameModel("ab", LONGEST, hidden=8, seed=2)
    law = model.table().detach()
    n = 20_000
    symbols = draw(law, n, np.random.default_rng(0))
    assert np.array_equal(symbols, draw(model, n, np.random.default_rng(0)))
    words, counts = np.unique(decode(symbols, "ab"), return_counts=True)
    listed = {
        "".join("ab"[i - 1] for i in w): math.exp(x)
        for w, x in oracles.totals(law, LONGEST).items()
    }
    for word, count in zip(words, counts, strict=True):
        p = listed[word]
        assert abs(count - n * p) < 5 * math.sqrt(n * p * (1 - p)) + 1


def test_training_raises_the_likelihood_of_names_it_has_not_seen():
    names = kl.load_names()
    mixed = np.random.default_rng(0).permutation(names)
    model = train_name_model(mixed[:2000], epochs=4, longest=12)
    assert model.alphabet == AZ and model.longest == 12
    unseen = encode(mixed[4500:], AZ, 12)
    steps = (unseen > 0).sum() + len(unseen)
    per_letter = -(log_prob(model, unseen).sum() / steps).item()
    assert 1.9 < per_letter < 2.4  # a uniform choice of 27 symbols costs 3.3 nats
    again = train_name_model(mixed[:2000], epochs=4, longest=12)
    assert torch.equal(log_prob(model, unseen), log_prob(again, unseen))


# The rewards


def test_gold_is_the_rule_in_words():
    gold = rlhf.gold_reward(AZ, 12)
    names = ["", "a", "yo", "marina", "jasasa", "brent", "abba", "vizalizaliza", "anna"]
    names += kl.load_names()[::97].tolist()
    assert np.allclose(gold(names), [oracles.gold_of(name) for name in names])
    assert gold(["marina"])[0] == pytest.approx(4)
    small = rlhf.gold_reward("nam", 5)
    assert np.allclose(small(["manna"]), oracles.gold_of("manna"))


def test_preferences_come_as_often_as_the_rule_says():
    n = 20_000
    reward = lambda words: np.array([1.0 if word == "a" else 0.2 for word in words])  # noqa: E731
    winners, losers = rlhf.prefer(
        ["a"] * n, ["b"] * n, reward, np.random.default_rng(0)
    )
    share = np.mean([word == "a" for word in winners])
    assert abs(share - special.expit(0.8)) < 5 * 0.5 / np.sqrt(n)
    assert all({x, y} == {"a", "b"} for x, y in zip(winners, losers, strict=True))


def test_the_proxy_minimises_the_loss_of_bradley_and_terry():
    rng = np.random.default_rng(3)
    words = [
        "".join(rng.choice(list("abc"), size=rng.integers(1, 5))) for _ in range(80)
    ]
    winners, losers, ridge = words[:40], words[40:], 0.05
    proxy = rlhf.fit_proxy(winners, losers, "abc", 4, ridge=ridge)

    def counts(word):
        padded, found = [0, *("abc".index(c) + 1 for c in word), 0], np.zeros((4, 4))
        for b, c in zip(padded, padded[1:], strict=False):
            found[b, c] += 1
        return found.ravel()

    x = np.array([counts(w) - counts(v) for w, v in zip(winners, losers, strict=True)])

    def loss(w):
        return np.logaddexp(0, -x @ w).mean() + ridge / 2 * w @ w

    found = optimize.minimize(loss, np.zeros(16), tol=1e-12)
    assert np.allclose(proxy.table.numpy().ravel(), found.x, atol=1e-5)
    assert np.allclose(
        proxy(words), [counts(word) @ found.x for word in words], atol=1e-4
    )


def test_a_reward_adds_up_along_the_word():
    paid = score(0, LONGEST + 1, K, K, K)
    reward = rlhf.LetterReward(paid, "ab", LONGEST)
    listed = oracles.totals(paid, LONGEST)
    words = ["".join("ab"[i - 1] for i in w) for w in listed]
    assert np.allclose(reward(words), list(listed.values()))


# The training


@pytest.mark.parametrize("in_loss", [False, True])
def test_the_average_update_has_the_gradient_it_promises(in_loss):
    """Over many words: that of reward minus beta KL; per letter, with words held."""
    model = NameModel("ab", LONGEST, hidden=6, seed=4)
    ref = NameModel("ab", LONGEST, hidden=6, seed=5).table().detach()
    paid, beta, n = rlhf.LetterReward(score(1, *FULL), "ab", LONGEST), 0.7, 200_000

    class Keep:
        def zero_grad(self):
            model.zero_grad()

        def step(self):
            self.found = [p.grad.clone() for p in model.parameters()]

    keep, rng = Keep(), np.random.default_rng(0)
    k1 = rlhf.update(model, keep, ref, paid, beta, n=n, in_loss=in_loss, rng=rng)
    log_p = model.table()
    reached = seq.visits(log_p)
    never = log_p.isneginf()
    ratios = log_p.masked_fill(never, 0) - ref.masked_fill(never, 0)
    reached = reached.detach() if in_loss else reached
    spent = (reached[..., None] * log_p.exp() * ratios).sum()
    J = seq.expected_total(log_p, paid.table) - beta * spent
    exact = torch.autograd.grad(-J, list(model.parameters()))
    ours, theirs = (
        torch.cat([g.ravel() for g in each]) for each in (keep.found, exact)
    )
    scale = (ours @ theirs) / (theirs @ theirs)  # an update divides by a spread
    assert torch.linalg.norm(ours / scale - theirs) < 0.03 * torch.linalg.norm(theirs)
    assert scale > 0 and k1 == pytest.approx(spent.item(), abs=0.02)


def test_training_lands_on_the_best_policy_of_a_small_world():
    model = NameModel("ab", LONGEST, hidden=16, seed=6)
    reward = rlhf.LetterReward(score(2, 1, 1, K, K), "ab", LONGEST)
    policy, log = rlhf.tune(model, reward, beta=0.5, steps=150, every=50)
    star, value = seq.sequence_optimum(model.table().detach(), reward.table, beta=0.5)
    assert seq.sequence_kl(policy.table(), star).item() < 0.03
    lowest = seq.sequence_kl(model.table().detach(), star).item()
    assert lowest > 10 * seq.sequence_kl(policy.table(), star).item()
    assert log["step"].tolist() == [0, 50, 100, 150]


def test_tuning_leaves_the_model_and_repeats_itself():
    model = NameModel("ab", LONGEST, hidden=8, seed=7)
    before = model.table().detach().clone()
    runs = [
        rlhf.tune(
            model,
            lambda words: np.array([len(w) for w in words]),
            beta=0.1,
            n=64,
            steps=12,
            every=5,
            watch={"letters": torch.tensor([0.0, 1.0, 1.0]).double()},
        )
        for _ in range(2)
    ]
    assert torch.equal(model.table(), before)
    logs = [log for _, log in runs]
    assert logs[0]["step"].tolist() == [0, 5, 10, 12]
    assert all(np.array_equal(logs[0][key], logs[1][key]) for key in logs[0])
    assert logs[0]["letters"][-1] > logs[0]["letters"][0]
    assert logs[0]["kl"][0] == 0 < logs[0]["kl"][-1]


def test_a_target_moves_the_price():
    model = NameModel("ab", LONGEST, hidden=16, seed=8)
    reward = rlhf.LetterReward(score(3, 1, 1, K, K), "ab", LONGEST)
    _, log = rlhf.tune(model, reward, beta=1.0, target=0.3, steps=200, n=256)
    assert abs(log["kl"][-1] - 0.3) < 0.06
    steps = np.exp(np.abs(np.diff(np.log(log["beta"]))))
    assert steps.max() <= 0.98**-5 + 1e-9 and log["beta"][-1] != 1.0


@pytest.mark.parametrize(
    ("spent", "factor"),
    [(6, 1), (6.6, 1.01), (12, 1.02), (5.4, 0.99), (1, 0.98), (-3, 0.98)],
)
def test_the_price_follows_the_error_within_two_per_cent(spent, factor):
    found = rlhf.proportional_kl_coefficient(0.2, spent, 6.0)
    assert found == pytest.approx(0.2 * factor)


@pytest.mark.parametrize("in_loss", [False, True])
def test_any_reward_on_any_corpus(in_loss):
    """A function of the words alone, whole numbers, and letters of another alphabet."""
    cities = ["ulm", "köln", "bonn", "mainz", "trier", "essen", "neuss"] * 20
    model = train_name_model(cities, epochs=3, hidden=8)
    assert "ö" in model.alphabet and model.longest == 6

    def reward(words):
        return [word.count("n") for word in words]

    policy, log = rlhf.tune(
        model, reward, beta=0.1, steps=40, n=128, in_loss=in_loss, every=40
    )
    before, after = (
        np.mean(reward(decode(draw(m, 4000, np.random.default_rng(0)), m.alphabet)))
        for m in (model, policy)
    )
    assert after > before + 0.1 and log["kl"][-1] > 0


# What is refused


def bad_table(change):
    law = table(0)
    change(law)
    return law


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: seq.visits(torch.zeros(2, 3)),
            ("`log_pi` has shape (2, 3)", "places"),
        ),
        (lambda: seq.visits(0 * table(0)), ("not normalised", "log_softmax")),
        (
            lambda: seq.visits(
                bad_table(lambda t: t[-1].copy_(torch.full((K, K, K), 1 / 3).log()))
            ),
            ("go on after its last place",),
        ),
        (lambda: seq.expected_total(table(0), torch.ones(7)), ("`score` has shape",)),
        (
            lambda: seq.expected_total(table(0), torch.full((K,), torch.inf)),
            ("finite",),
        ),
        (lambda: seq.sequence_kl(table(0), table(0)[1:]), ("`log_p` and `log_q`",)),
        (
            lambda: seq.sequence_optimum(table(0), score(0, *FULL), beta=0.0),
            ("`beta` is 0", "above 0"),
        ),
        (lambda: encode(["abc"], "ab", 4), ("'abc'", "'ab'")),
        (lambda: encode(["ababa"], "ab", 4), ("at most 4 letters",)),
        (lambda: train_name_model([]), ("`words` is empty",)),
        (lambda: rlhf.prefer(["a"], [], len, None), ("`first` has 1",)),
        (lambda: rlhf.fit_proxy([], [], "ab", 4), ("pairs are needed",)),
        (lambda: rlhf.fit_proxy(["a"], ["b"], "ab", 4, ridge=0), ("ridge above 0",)),
        (
            lambda: rlhf.proportional_kl_coefficient(0.0, 1.0, 6.0),
            ("`beta` 0", "above 0"),
        ),
        (lambda: rlhf.tune(None, None, beta=-1), ("`beta` is -1",)),
        (lambda: rlhf.tune(None, None, beta=0, target=2.0), ("target",)),
        (
            lambda: rlhf.tune(NameModel("ab", 2), lambda words: 1.0, beta=1),
            ("`reward` returned shape ()", "512 words"),
        ),
        (
            lambda: rlhf.tune(
                NameModel("ab", 2), lambda words: [np.nan] * len(words), beta=1
            ),
            ("512 entries", "finite number per word"),
        ),
    ],
)
def test_errors_name_the_argument_and_the_cure(call, words):
    with pytest.raises(ValueError) as error:
        call()
    assert all(word in str(error.value) for word in words), error.value
