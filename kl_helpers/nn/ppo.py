"""PPO on a Gymnasium task, with several rules and seeds trained side by side."""

from math import inf
from typing import NamedTuple

import numpy as np
import torch
from tqdm import tqdm

from ..estimators import kl_k1, kl_k3
from . import _stacked
from .losses import adaptive_kl_coefficient, categorical_kl, ppo_kl_penalty_loss

__all__ = ["Batch", "Rule", "generalised_advantages", "train_ppo"]


LONGEST_GRADIENT = 0.1  # of a policy; without a limit some seeds never recover


class Rule(NamedTuple):
    """What keeps an update near the policy that acted. The default is: nothing.

    ``clip`` is the half-width epsilon of the clip; ``beta`` the price of a nat of
    D(old‖new), and with a ``target`` only its start: it then follows
    `adaptive_kl_coefficient`. Once a minibatch shows a D(old‖new) above ``stop``, in
    nats per state, the rest of the update is left out.

    Introduced in chapter 5.
    """

    clip: float = inf
    beta: float = 0.0
    target: float | None = None
    stop: float = inf


class Batch(NamedTuple):
    """What n states of each run hold, from the time when the old policy acted.

    ``observations`` (runs, n, inputs), ``actions`` (runs, n), ``log_probs`` of all
    actions under the old policy (runs, n, k), ``advantages`` and ``returns`` (runs, n).
    ``valid`` (runs, n) is 0 where an environment only reset itself.

    Introduced in chapter 5.
    """

    observations: torch.Tensor
    actions: torch.Tensor
    log_probs: torch.Tensor
    advantages: torch.Tensor
    returns: torch.Tensor
    valid: torch.Tensor


def update(networks, batch, rules, betas, *, epochs=10, minibatches=4, generator=None):
    """One PPO update: several passes through the states that the old policy saw.

    It changes the weights of `networks`. Each of `rules` and `betas` belongs to a run.
    """
    beta, clip, stop = (
        torch.tensor(column, dtype=torch.float32)[:, None]
        for column in (betas, [r.clip for r in rules], [r.stop for r in rules])
    )
    going = torch.ones(len(rules), dtype=torch.bool)
    for _ in range(epochs):
        order = torch.randperm(batch.actions.shape[1], generator=generator)
        for rows in order.chunk(minibatches):
            part = Batch(*(column[:, rows] for column in batch))
            log_probs = networks.log_probs(part.observations)
            loss = ppo_kl_penalty_loss(
                *(log_probs, part.log_probs, part.actions, part.advantages),
                beta=beta,
                epsilon=clip,
            )
            error = networks.values(part.observations) - part.returns
            if stop.isfinite().any():
                kl = categorical_kl(part.log_probs, log_probs.detach())
                going &= mean(kl, part.valid) <= stop[:, 0]
            networks.step(mean(loss + error.square() / 2, part.valid), going)


def generalised_advantages(rewards, values, terminated, done, *, gamma, lam):
    r"""How much better each action turned out than the critic expected.

    .. math:: A_t = \delta_t + \gamma \lambda (1 - \text{done}_t) A_{t+1}, \qquad
              \delta_t = r_t + \gamma (1 - \text{terminated}_t) V_{t+1} - V_t

    An episode that was only cut off, done but not terminated, keeps the value of the
    state it was cut off in.

    Args:
        rewards: Tensor of shape (t, ...), time first.
        values: Tensor of shape (t + 1, ...), the critic's V of each state and of the
            one after the last.
        terminated: Tensor of shape (t, ...), 1 where the episode ended for good.
        done: Tensor of shape (t, ...), 1 where it ended for good or was cut off.
        gamma: Discount per step.
        lam: From 0 (trust the critic) to 1 (trust the rewards).

    Returns:
        Tensor of shape (t, ...), in the unit of the rewards.

    Raises:
        ValueError: If `values` do not have one more step than `rewards`.

    References:
        | High-Dimensional Continuous Control Using Generalized Advantage Estimation
        | (Schulman et al., 2015)
        | https://arxiv.org/abs/1506.02438

    Example:
        >>> zeros, ones = torch.zeros(3), torch.ones(3)
        >>> generalised_advantages(ones, torch.zeros(4), zeros, zeros, gamma=1, lam=1)
        tensor([3., 2., 1.])

    Introduced in chapter 5.
    """
    if len(values) != len(rewards) + 1:
        raise ValueError(
            f"`values` hold {len(values)} steps and `rewards` {len(rewards)}, but the "
            "value of the state after the last step is needed, too: one more."
        )
    advantages, later = torch.empty_like(rewards), torch.zeros_like(rewards[0])
    for t in reversed(range(len(rewards))):
        ahead = gamma * (1 - terminated[t]) * values[t + 1]
        later = rewards[t] + ahead - values[t] + gamma * lam * (1 - done[t]) * later
        advantages[t] = later
    return advantages


def train_ppo(
    rules,
    seeds,
    *,
    steps=80_000,
    task="CartPole-v1",
    environments=16,
    horizon=64,
    epochs=10,
    minibatches=4,
    learning_rate=2.5e-3,
    gamma=0.98,
    lam=0.9,
    hidden=64,
):
    """Train one policy for each rule and seed, all of them in one batched network.

    Every run has its own weights, environments and random numbers; runs with the same
    seed start from the same policy and differ by their rule alone. Adam's learning rate
    falls to 0 on a straight line, and gradients of the policy that are longer than 0.1
    are shortened to it. The result depends on the arguments alone and is the
    same on the same machine with one thread. Progress is shown on stderr; the
    environment variable TQDM_DISABLE=1 silences it.

    Args:
        rules: A list of `Rule`, one for each run.
        seeds: A list of whole numbers, one for each run.
        steps: Steps of the environments per run, all environments together.
        task: Name of a Gymnasium task with a flat observation and discrete actions.
        environments: Copies of the task per run.
        horizon: Steps per environment between two updates.
        epochs: Passes of an update through its states.
        minibatches: Steps of the optimiser per pass.
        learning_rate: Step size of Adam at the start.
        gamma: Discount per step.
        lam: See `generalised_advantages`.
        hidden: Width of the two hidden layers, of actor and critic.

    Returns:
        A dict of arrays with one row per update and one column per run. ``steps``
        has shape (updates,). The others are ``return``, the mean of the last 100
        episodes, nan before the first; ``kl``, D(old‖new) of the update in nats per
        visited state, exact over the actions; ``k1`` and ``k3``, its estimates from the
        actions taken; ``clip_fraction``, the share of ratios off 1 by more than 0.2;
        ``largest_ratio``; and ``beta``, the price that was charged.

    Raises:
        ImportError: If Gymnasium is not installed.
        ValueError: If rules and seeds do not pair up, there is too little to train, or
            the task has other observations or actions.

    References:
        | Proximal Policy Optimization Algorithms (Schulman et al., 2017)
        | https://arxiv.org/abs/1707.06347

    Example:
        >>> log = train_ppo([Rule(), Rule(clip=0.2)], [0, 0], steps=2048)
        >>> log["kl"].shape, bool(log["kl"][0, 0] > log["kl"][0, 1])
        ((2, 2), True)

    Introduced in chapter 5.
    """
    per_update = environments * horizon
    if len(rules) != len(seeds) or not rules or steps < per_update:
        raise ValueError(
            f"`rules` lists {len(rules)} runs, `seeds` {len(seeds)}, and `steps` is "
            f"{steps}; give each run a rule and a seed, and at least one update of "
            f"{per_update} steps (environments times horizon)."
        )
    worlds = Worlds(task, seeds, environments)
    networks = Networks(seeds, worlds.inputs, worlds.actions, hidden)
    generator = torch.Generator().manual_seed(0)
    betas, updates, log = [rule.beta for rule in rules], steps // per_update, []
    for done in tqdm(range(updates), desc="updates", leave=False):
        networks.set_learning_rate(learning_rate * (1 - done / updates))
        batch = worlds.collect(networks, horizon, gamma=gamma, lam=lam)
        options = {"epochs": epochs, "minibatches": minibatches}
        update(networks, batch, rules, betas, generator=generator, **options)
        log.append({"beta": np.array(betas), **_moved(networks, batch)})
        log[-1]["return"] = worlds.recent_returns()
        betas = [
            rule.target
            and adaptive_kl_coefficient(beta, kl, rule.target)
            or beta  # without a target the price stays
            for rule, beta, kl in zip(rules, betas, log[-1]["kl"], strict=True)
        ]
    history = {name: np.array([row[name] for row in log]) for name in log[0]}
    return {"steps": per_update * np.arange(1, updates + 1), **history}


class Networks:
    """Actor and critic of every run, stacked: one product of tensors serves all."""

    def __init__(self, seeds, inputs, actions, hidden):
        sizes = (inputs, hidden, hidden)
        self.actor = _stacked.layers(seeds, (*sizes, actions), _orthogonal(0.01))
        self.critic = _stacked.layers(seeds, (*sizes, 1), _orthogonal(1.0))
        self.weights = [each for layer in self.actor + self.critic for each in layer]
        # a run's own view of its weights, with its own optimiser, can stop alone
        self.views = [
            [each.data[run].requires_grad_() for each in self.weights]
            for run in range(len(seeds))
        ]
        self.optimizers = [
            torch.optim.Adam(views, eps=1e-5, fused=True) for views in self.views
        ]

    def log_probs(self, observations):
        """Log-probabilities of all actions, (runs, n, k), from (runs, n, inputs)."""
        return _stacked.outputs(self.actor, observations, torch.tanh).log_softmax(-1)

    def values(self, observations):
        """The critic's guess of the return that is still to come, (runs, n)."""
        return _stacked.outputs(self.critic, observations, torch.tanh)[..., 0]

    def step(self, losses, going):
        """A step of Adam on the loss of each run that is still going."""
        gradients = torch.autograd.grad(losses.sum(), self.weights)
        policy = gradients[: 2 * len(self.actor)]  # of the actor, which come first
        square = sum(each.flatten(1).square().sum(1) for each in policy)
        shrink = (LONGEST_GRADIENT / square.sqrt()).clamp(max=1)[:, None, None]
        gradients = [*(shrink * each for each in policy), *gradients[len(policy) :]]
        for run in going.nonzero()[:, 0].tolist():
            for view, gradient in zip(self.views[run], gradients, strict=True):
                view.grad = gradient[run]
            self.optimizers[run].step()

    def set_learning_rate(self, learning_rate):
        for optimizer in self.optimizers:
            optimizer.param_groups[0]["lr"] = learning_rate


class Worlds:
    """The environments of all runs, the actions drawn in them, and their returns."""

    def __init__(self, task, seeds, environments):
        try:
            import gymnasium
        except ImportError:
            raise ImportError(
                "`train_ppo` needs Gymnasium; install it with `pip install gymnasium` "
                "(the losses in `kl_helpers.nn.losses` work without it)."
            ) from None
        self.worlds = [gymnasium.make_vec(task, num_envs=environments) for _ in seeds]
        self.inputs, self.actions = _sizes(task, self.worlds[0], gymnasium.spaces)
        self.rngs = [np.random.default_rng(seed) for seed in seeds]
        first = [
            w.reset(seed=int(s))[0] for w, s in zip(self.worlds, seeds, strict=True)
        ]
        self.observations = np.stack(first)
        self.resets = np.zeros((len(seeds), environments), dtype=bool)
        self.running = np.zeros((len(seeds), environments))
        self.returns = [[] for _ in seeds]

    def collect(self, networks, horizon, *, gamma, lam):
        """Act for `horizon` steps everywhere; a `Batch` with advantages."""
        log = {name: [] for name in ("seen", "log_probs", "actions", "valid")}
        log |= {name: [] for name in ("rewards", "terminated", "done")}
        for _ in range(horizon):
            observations = torch.from_numpy(self.observations).float()
            with torch.no_grad():
                log_probs = networks.log_probs(observations)
            log["seen"].append(observations)
            log["log_probs"].append(log_probs)
            log["valid"].append(torch.from_numpy(~self.resets).float())
            self._act(log_probs.exp().double().numpy(), log)
        log = {name: torch.stack(rows) for name, rows in log.items()}
        last = torch.from_numpy(self.observations).float()[None]
        states = torch.cat([log.pop("seen"), last])
        with torch.no_grad():
            values = networks.values(_runs_first(states))
        values = values.unflatten(1, (horizon + 1, -1)).transpose(0, 1)
        ended = log.pop("rewards"), values, log.pop("terminated"), log.pop("done")
        advantages = generalised_advantages(*ended, gamma=gamma, lam=lam)
        returns = advantages + values[:-1]
        rows = {"observations": states[:-1], "returns": returns, **log}
        rows = {name: _runs_first(column) for name, column in rows.items()}
        scaled = _standardised(_runs_first(advantages), rows["valid"])
        return Batch(advantages=scaled, **rows)

    def recent_returns(self, episodes=100):
        """Mean return of the last episodes of each run."""
        return np.array([np.mean(r[-episodes:]) if r else np.nan for r in self.returns])

    def _act(self, probabilities, log):
        cumulative = probabilities.cumsum(-1)[..., :-1]
        chance = np.stack([rng.random(self.running.shape[1]) for rng in self.rngs])
        actions = (chance[..., None] > cumulative).sum(-1)
        steps = [w.step(a) for w, a in zip(self.worlds, actions, strict=True)]
        seen, rewards, terminated, cut_off, _ = map(np.stack, zip(*steps, strict=True))
        self.observations, done = seen, terminated | cut_off
        self.running += rewards
        for run, index in np.argwhere(done):
            self.returns[run].append(self.running[run, index])
        self.running[done] = 0
        self.resets = done  # the next step of these environments only resets them
        log["actions"].append(torch.from_numpy(actions))
        for name, column in [
            ("rewards", rewards),
            ("terminated", terminated),
            ("done", done),
        ]:
            log[name].append(torch.from_numpy(column).float())


def mean(values, valid):
    """Mean over the valid states of each run, shape (runs,)."""
    return (values * valid).sum(1) / valid.sum(1)


def _moved(networks, batch):
    """How far the update has moved each policy, on the states of its batch."""
    with torch.no_grad():
        log_probs = networks.log_probs(batch.observations)
    old, new = (
        t.gather(-1, batch.actions[..., None])[..., 0]
        for t in (batch.log_probs, log_probs)
    )
    kl = mean(categorical_kl(batch.log_probs, log_probs), batch.valid)
    w = torch.where(batch.valid > 0, (new - old).exp(), 1.0)
    sampled = {"k1": kl_k1(old, new), "k3": kl_k3(old, new)}
    return {
        "kl": kl.clamp(min=0).numpy(),  # rounding may leave -1e-9
        "clip_fraction": mean((w - 1).abs().gt(0.2).float(), batch.valid).numpy(),
        "largest_ratio": w.amax(1).numpy(),
        **{
            name: mean(torch.from_numpy(values), batch.valid).numpy()
            for name, values in sampled.items()
        },
    }


def _orthogonal(last_gain):
    """Initial weights: two hidden layers of gain √2, and a last one of `last_gain`."""

    def fill(weights, bias, layer, generator):
        gain = last_gain if layer == 2 else 2**0.5
        torch.nn.init.orthogonal_(weights, gain, generator=generator)

    return fill


def _runs_first(column):
    """(time, runs, environments, ...) to (runs, time times environments, ...)."""
    return column.transpose(0, 1).flatten(1, 2)


def _standardised(advantages, valid):
    centred = advantages - mean(advantages, valid)[:, None]
    spread = mean(centred.square(), valid).sqrt()[:, None]
    return centred / (spread + 1e-8)


def _sizes(task, world, spaces):
    seen, actions = world.single_observation_space, world.single_action_space
    fits = isinstance(seen, spaces.Box) and len(seen.shape) == 1
    if not (fits and isinstance(actions, spaces.Discrete) and actions.start == 0):
        raise ValueError(
            f"`task` {task!r} has observations {seen} and actions {actions}, but one "
            "list of numbers and actions 0, 1, … are needed, as in 'CartPole-v1'."
        )
    return seen.shape[0], int(actions.n)
