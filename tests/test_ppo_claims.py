"""The sentences of chapter 5 about trained policies hold for other seeds, too.

The chapter shows seeds 0 and 1 and 80,000 steps, and reports seeds 0 to 19 and 120,000.
Here are five others and 120,000.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("gymnasium")
from kl_helpers.nn.ppo import Rule, train_ppo  # noqa: E402

SEEDS = range(20, 25)
RULES = {
    "none": Rule(),
    "clip": Rule(clip=0.2),
    "fixed": Rule(beta=1.0),
    "adaptive": Rule(beta=1.0, target=0.003),
}
PROTECTED = ("clip", "fixed", "adaptive")
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def logs():
    """The log of each rule, one column per seed."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    runs = [(rule, seed) for rule in RULES.values() for seed in SEEDS]
    log = train_ppo(*map(list, zip(*runs, strict=True)), steps=120_000)
    torch.set_num_threads(before)
    steps = log.pop("steps")
    split = {
        name: {key: rows[:, i * 5 : i * 5 + 5] for key, rows in log.items()}
        for i, name in enumerate(RULES)
    }
    return steps, split


@slow
@pytest.mark.xdist_group("ppo")
def test_clip_and_adaptive_penalty_reach_475_in_every_seed(logs):
    steps, split = logs
    assert steps[-1] <= 120_000
    for rule in ("clip", "adaptive"):
        assert (split[rule]["return"].max(0) >= 475).all(), rule


@slow
@pytest.mark.xdist_group("ppo")
def test_no_protection_is_worst_and_the_others_are_near_each_other(logs):
    """By the return averaged over the training, as an average over the seeds."""
    whole = {name: log["return"].mean() for name, log in logs[1].items()}
    protected = [whole[name] for name in PROTECTED]
    assert whole["none"] < min(protected) - 60
    assert max(protected) - min(protected) < 30


@slow
@pytest.mark.xdist_group("ppo")
def test_what_the_page_says_of_single_updates(logs):
    largest = {name: log["kl"].max(0) for name, log in logs[1].items()}
    assert largest["none"].min() > 1  # in every seed some update costs a nat
    assert max(largest[name].max() for name in PROTECTED) < largest["none"].min()
    assert largest["clip"].max() < 0.2
    for name in PROTECTED:
        assert logs[1][name]["largest_ratio"].max(0).min() > 1.5
    clip = logs[1]["clip"]
    assert 0.02 < clip["clip_fraction"].mean(0).min()
    assert clip["clip_fraction"].mean(0).max() < 0.15


@slow
@pytest.mark.xdist_group("ppo")
def test_a_target_steers_the_typical_update_and_not_the_single_one(logs):
    nats = logs[1]["adaptive"]["kl"] / 0.003
    close = ((nats > 1 / 1.5) & (nats < 1.5)).mean(0)
    assert close.max() < 0.5 and nats.max(0).min() > 3
    assert (abs(np.log(np.median(nats, 0))) < np.log(1.5)).all()


@slow
def test_the_first_twenty_updates_pass_the_clip_in_every_seed():
    log = train_ppo([Rule(clip=0.2)] * 5, list(SEEDS), steps=20_480)
    largest = log["largest_ratio"].max(0)
    assert 1.4 < np.min(largest) and np.max(largest) < 4


@slow
def test_early_stopping_comes_after_the_fact():
    log = train_ppo([Rule(stop=0.02)] * 5, list(SEEDS), steps=20_480)
    assert ((log["kl"] > 0.02).mean(0) > 0.5).all()
    assert log["kl"].max() < 0.15
