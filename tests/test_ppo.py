"""PPO's losses, advantages and training against other roads to the same numbers.

Advantages against the definition, summed forwards; losses against torch.distributions,
enumeration and differences; the training against Gymnasium played by hand.
"""

import subprocess
import sys
from pathlib import Path

import gymnasium
import numpy as np
import pytest
import torch
from torch import distributions

from kl_helpers.nn import losses, ppo
from kl_helpers.nn.ppo import Rule, train_ppo

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.usefixtures("one_thread")
SHORT = {"steps": 4096, "environments": 8, "horizon": 32, "hidden": 16}
BLOCKED = """
import sys
sys.modules["gymnasium"] = None
from kl_helpers.nn import losses, ppo
try:
    ppo.train_ppo([ppo.Rule()], [0])
except ImportError as error:
    print(error)
"""


def policies(*shape, seed=0):
    """Log-probabilities of an old and a new policy, and actions of the old one."""
    generator = torch.Generator().manual_seed(seed)
    old = torch.randn(*shape, generator=generator, dtype=torch.float64)
    new = old + 0.4 * torch.randn(*shape, generator=generator, dtype=torch.float64)
    old, new = old.log_softmax(-1), new.log_softmax(-1)
    flat = old.exp().flatten(0, -2)
    actions = torch.multinomial(flat, 1, generator=generator).reshape(shape[:-1])
    advantages = torch.randn(shape[:-1], generator=generator, dtype=torch.float64)
    return new, old, actions, advantages


def taken(log_probs, actions):
    return distributions.Categorical(logits=log_probs).log_prob(actions)


# Losses


@pytest.mark.parametrize(
    ("ratio", "advantage", "loss", "slope"),
    [  # the slope in ln w; outside on the pushed side it is 0
        (1.0, 2.0, -2.0, -2.0),
        (1.1, 2.0, -2.2, -2.2),
        (1.3, 2.0, -2.4, 0.0),
        (0.7, 2.0, -1.4, -1.4),
        (1.3, -2.0, 2.6, 2.6),
        (0.7, -2.0, 1.6, 0.0),
    ],
)
def test_the_clip_ends_the_push_on_one_side(ratio, advantage, loss, slope):
    log_w = torch.tensor(np.log(ratio), requires_grad=True)
    old = torch.tensor(-0.7, dtype=torch.float64)
    gain = torch.tensor(advantage, dtype=torch.float64)
    value = losses.ppo_clip_loss(old + log_w, old, gain)
    assert value.item() == pytest.approx(loss)
    assert torch.autograd.grad(value, log_w)[0].item() == pytest.approx(slope)


@pytest.mark.parametrize("shape", [(6, 3), (2, 5, 4), (1, 2)])
def test_penalty_loss_against_torch_distributions(shape):
    new, old, actions, advantages = policies(*shape)
    p, q = (distributions.Categorical(logits=z) for z in (old, new))
    w = torch.exp(q.log_prob(actions) - p.log_prob(actions))
    expected = -w * advantages + 0.7 * distributions.kl_divergence(p, q)
    found = losses.ppo_kl_penalty_loss(new, old, actions, advantages, beta=0.7)
    assert torch.allclose(found, expected, rtol=1e-12)


def test_without_price_and_clip_the_gradient_at_the_start_is_the_policy_gradient():
    _, old, actions, advantages = policies(50, 3)
    logits = old.clone().requires_grad_()
    loss = losses.ppo_kl_penalty_loss(
        logits.log_softmax(-1), old, actions, advantages, beta=0.0
    )
    (found,) = torch.autograd.grad(loss.sum(), logits)
    score = torch.eye(3, dtype=torch.float64)[actions] - old.exp()
    assert torch.allclose(found, -advantages[:, None] * score)


def test_price_and_clip_may_differ_from_run_to_run():
    new, old, actions, advantages = policies(2, 40, 3)
    beta, epsilon = torch.tensor([[0.0], [2.0]]), torch.tensor([[0.1], [torch.inf]])
    both = losses.ppo_kl_penalty_loss(
        new, old, actions, advantages, beta=beta, epsilon=epsilon
    )
    clip = losses.ppo_clip_loss(
        taken(new[0], actions[0]),
        taken(old[0], actions[0]),
        advantages[0],
        epsilon=0.1,
    )
    priced = losses.ppo_kl_penalty_loss(
        new[1], old[1], actions[1], advantages[1], beta=2.0
    )
    assert torch.allclose(both, torch.stack([clip, priced]))


def test_the_old_policy_is_not_differentiated():
    new, old, actions, advantages = policies(6, 3)
    old = old.requires_grad_()
    loss = losses.ppo_kl_penalty_loss(
        new.requires_grad_(), old, actions, advantages, beta=1.0
    )
    loss.sum().backward()
    assert old.grad is None and new.grad is not None


def test_impossible_actions():
    old = torch.tensor([[0.5, 0.5, 0.0]]).log()
    new = torch.tensor([[0.25, 0.5, 0.25]]).log().requires_grad_()
    kl = losses.categorical_kl(old, new)
    assert kl.item() == pytest.approx(0.5 * np.log(2))
    assert torch.autograd.grad(kl.sum(), new)[0].isfinite().all()
    assert losses.categorical_kl(new, old).item() == np.inf


def test_a_price_follows_the_rule_of_the_paper():
    given = [(0.0151, 2.0), (0.015, 1.0), (0.00667, 1.0), (0.0066, 0.5), (0.0, 0.5)]
    for kl, expected in given:
        assert losses.adaptive_kl_coefficient(1.0, kl, target=0.01) == expected


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"old": lambda z: z.flatten()}, ValueError, "both need the same shape"),
        ({"new": lambda z: z + 1}, ValueError, "pass logits.log_softmax"),
        ({"old": lambda z: z * torch.nan}, ValueError, "not normalised"),
        ({"new": lambda z: z.numpy()}, TypeError, "need a floating-point tensor"),
        ({"actions": lambda a: a.double()}, TypeError, "one whole number per state"),
        ({"actions": lambda a: a[:3]}, ValueError, "one whole number per state"),
        ({"advantages": lambda a: a[:, None]}, ValueError, "one number per action"),
        ({"beta": lambda b: -b}, ValueError, "a price is at least 0"),
        ({"epsilon": lambda e: -e}, ValueError, "half-width above"),
    ],
)
def test_wrong_inputs_are_named(change, kind, said):
    names = ("new", "old", "actions", "advantages")
    given = dict(zip(names, policies(6, 3), strict=True), beta=1.0, epsilon=0.2)
    for name, damage in change.items():
        given[name] = damage(given[name])
    tensors = [given.pop(name) for name in names]
    with pytest.raises(kind, match=said):
        losses.ppo_kl_penalty_loss(*tensors, **given)


@pytest.mark.parametrize(
    "bad", [(0, 0.1, 0.1), (1, -0.1, 0.1), (1, 0.1, 0), (1, np.nan, 1)]
)
def test_no_price_from_nonsense(bad):
    with pytest.raises(ValueError, match="must be above 0"):
        losses.adaptive_kl_coefficient(bad[0], kl=bad[1], target=bad[2])


# Advantages


def by_definition(rewards, values, terminated, done, gamma, lam):
    """Sum of discounted TD errors, forwards, until the episode is over."""
    found = np.zeros(len(rewards))
    for start in range(len(rewards)):
        weight = 1.0
        for t in range(start, len(rewards)):
            ahead = 0.0 if terminated[t] else gamma * values[t + 1]
            found[start] += weight * (rewards[t] + ahead - values[t])
            weight *= gamma * lam
            if done[t]:
                break
    return found


@pytest.mark.parametrize(("gamma", "lam"), [(0.98, 0.9), (1.0, 1.0), (0.9, 0.0)])
def test_advantages_against_their_definition(gamma, lam):
    rng = np.random.default_rng(0)
    rewards, values = rng.normal(size=30), rng.normal(size=31)
    terminated = rng.random(30) < 0.1
    done = terminated | (rng.random(30) < 0.1)
    assert terminated.any() and (done & ~terminated).any()
    found = ppo.generalised_advantages(
        *(torch.tensor(x) for x in (rewards, values)),
        *(torch.tensor(x).double() for x in (terminated, done)),
        gamma=gamma,
        lam=lam,
    )
    expected = by_definition(rewards, values, terminated, done, gamma, lam)
    assert np.allclose(found.numpy(), expected)


def test_the_value_after_the_last_step_is_asked_for():
    some = torch.zeros(3)
    with pytest.raises(ValueError, match="one more"):
        ppo.generalised_advantages(some, some, some, some, gamma=1.0, lam=1.0)


# Training


def test_what_is_collected_is_what_gymnasium_plays():
    """States, rewards and ends of a batch, replayed in an environment of our own."""
    worlds = ppo.Worlds("CartPole-v1", [3], 4)
    networks = ppo.Networks([3], worlds.inputs, worlds.actions, 16)
    batch = worlds.collect(networks, 200, gamma=1.0, lam=1.0)
    own = gymnasium.make_vec("CartPole-v1", num_envs=4)
    seen, _ = own.reset(seed=3)
    ended, alive, lengths = np.zeros(4, bool), np.zeros(4), []
    states, actions, valid = (
        column[0].unflatten(0, (200, 4)).numpy()
        for column in (batch.observations, batch.actions, batch.valid)
    )
    for t in range(200):
        assert np.array_equal(states[t], seen)
        assert np.array_equal(valid[t], ~ended)
        seen, reward, terminated, truncated, _ = own.step(actions[t])
        assert np.array_equal(reward, ~ended)  # a reset pays nothing
        alive += reward
        ended = terminated | truncated
        lengths += alive[ended].tolist()
        alive[ended] = 0
    assert len(lengths) > 10
    assert worlds.recent_returns(10_000)[0] == np.mean(lengths)


def test_actions_follow_the_policy():
    worlds = ppo.Worlds("CartPole-v1", [0], 64)
    networks = ppo.Networks([0], 4, 2, 16)
    with torch.no_grad():
        networks.actor[-1][1][0] = torch.tensor([0.0, 1.0])
    batch = worlds.collect(networks, 100, gamma=0.9, lam=0.9)
    chance = batch.log_probs[..., 1].exp()
    off = (batch.actions - chance).mean() / (chance * (1 - chance)).mean().sqrt()
    assert abs(off) * 80 < 4  # 6400 draws: at most four standard errors


def test_advantages_are_scaled_over_valid_states_only():
    worlds = ppo.Worlds("CartPole-v1", [0, 1], 8)
    networks = ppo.Networks([0, 1], 4, 2, 16)
    batch = worlds.collect(networks, 64, gamma=0.98, lam=0.9)
    for row, valid in zip(batch.advantages, batch.valid, strict=True):
        row = row[valid > 0]
        assert 0 < len(row) < 512
        assert abs(row.mean()) < 1e-5 and abs(row.std(unbiased=False) - 1) < 1e-4


def test_an_invalid_state_changes_nothing():
    results = []
    for damage in (0.0, 100.0):
        worlds = ppo.Worlds("CartPole-v1", [0], 8)
        networks = ppo.Networks([0], 4, 2, 16)
        networks.set_learning_rate(1e-3)
        batch = worlds.collect(networks, 64, gamma=0.98, lam=0.9)
        off = damage * (1 - batch.valid)
        batch = batch._replace(
            advantages=batch.advantages + off, returns=batch.returns + off
        )
        generator = torch.Generator().manual_seed(0)
        ppo.update(networks, batch, [Rule(beta=1.0)], [1.0], generator=generator)
        results.append(torch.cat([w.detach().flatten() for w in networks.weights]))
    assert torch.equal(*results)


def test_runs_do_not_know_of_each_other():
    """A run alone and beside others: after the first update they are the same."""
    rules = [Rule(), Rule(clip=0.2), Rule(beta=1.0, target=0.003), Rule(stop=0.01)]
    together = train_ppo(rules, [0, 1, 0, 2], **SHORT)
    for column, (rule, seed) in enumerate(zip(rules, [0, 1, 0, 2], strict=True)):
        alone = train_ppo([rule], [seed], **SHORT)
        assert np.allclose(alone["kl"][0, 0], together["kl"][0, column], rtol=1e-3)


def test_same_seed_same_start_and_the_result_repeats():
    log = train_ppo([Rule(), Rule(clip=0.2), Rule()], [4, 4, 5], **SHORT)
    again = train_ppo([Rule(), Rule(clip=0.2), Rule()], [4, 4, 5], **SHORT)
    for name in log:
        assert np.array_equal(log[name], again[name], equal_nan=True), name
    assert log["return"][0, 0] == log["return"][0, 1] != log["return"][0, 2]


def test_what_is_logged():
    rules = [Rule(), Rule(beta=1.0, target=0.003)]
    log = train_ppo(rules, [0, 0], **SHORT)
    assert log["steps"].tolist() == list(range(256, 4097, 256))
    assert (log["kl"] >= 0).all() and (log["k3"] >= 0).all()
    assert np.allclose(log["k3"].mean(0), log["kl"].mean(0), rtol=0.4)
    assert (log["largest_ratio"] >= 1).all() and (log["beta"][:, 0] == 0).all()
    kls, prices = log["kl"][:-1, 1], log["beta"][:, 1]
    factors = np.where(kls > 0.0045, 2, np.where(kls < 0.002, 0.5, 1))
    assert np.array_equal(prices[1:], prices[:-1] * factors)


def test_a_stopped_run_rests_while_the_others_go_on():
    log = train_ppo([Rule(), Rule(stop=1e-9), Rule(stop=0.01)], [0, 0, 0], **SHORT)
    free, held, early = log["kl"].mean(0)
    assert held < early < free and early < 0.05
    assert held < 1e-3 and log["kl"][0, 1] > 0  # one step is always taken


def test_a_price_lowers_the_kl():
    log = train_ppo([Rule(beta=b) for b in (0.0, 1.0, 30.0)], [0, 0, 0], **SHORT)
    none, one, many = log["kl"].mean(0)
    assert none > 3 * one > 9 * many


def test_another_task_with_three_actions():
    log = train_ppo([Rule(clip=0.2)], [0], task="Acrobot-v1", **SHORT)
    assert np.isfinite(log["kl"]).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (([Rule()], [0, 1]), "give each run a rule and a seed"),
        (([], []), "give each run a rule and a seed"),
    ],
)
def test_runs_that_do_not_pair_up(given, said):
    with pytest.raises(ValueError, match=said):
        train_ppo(*given, **SHORT)


def test_too_few_steps_and_a_task_of_another_kind():
    with pytest.raises(ValueError, match="at least one update"):
        train_ppo([Rule()], [0], steps=100)
    with pytest.raises(ValueError, match="one list of numbers and actions 0, 1"):
        train_ppo([Rule()], [0], task="Pendulum-v1", **SHORT)


def test_without_gymnasium_one_sentence_says_what_to_install():
    found = subprocess.run(
        [sys.executable, "-c", BLOCKED], cwd=ROOT, capture_output=True, text=True
    )
    assert found.stderr == ""
    assert found.stdout.startswith("`train_ppo` needs Gymnasium; install it with `pip")
