"""The sentences of chapter 11 about trained models hold for other seeds, too.

The chapter shows seed 0 and reports seeds 0 to 9. Here are others, whose results no
setting has seen: a new model of names, new preferences, new training.
"""

import numpy as np
import pytest

import kl_helpers as kl

torch = pytest.importorskip("torch")
from kl_helpers.nn import rlhf  # noqa: E402
from kl_helpers.nn import sequences as seq  # noqa: E402
from kl_helpers.nn.name_model import decode, draw, train_name_model  # noqa: E402

slow = pytest.mark.slow
one_worker = pytest.mark.xdist_group("rlhf")
pytestmark = [slow, one_worker]


class World:
    """A model of names, its two rewards, and what is computed from them exactly."""

    def __init__(self, seed):
        self.seed, self.rng = seed, np.random.default_rng(seed)
        self.model = train_name_model(kl.load_names(), seed=seed)
        self.log_ref = self.model.table()
        words = self.model.alphabet, self.model.longest
        self.gold = rlhf.gold_reward(*words)
        spelled = self.spell(self.model, 4000)
        pairs = rlhf.prefer(spelled[:2000], spelled[2000:], self.gold, self.rng)
        self.proxy = rlhf.fit_proxy(*pairs, *words)
        self.watch = {"proxy": self.proxy.table, "gold": self.gold.table}

    def spell(self, law, n):
        return decode(draw(law, n, self.rng), self.model.alphabet)

    def measure(self, log_pi):
        averages = (seq.expected_total(log_pi, t) for t in self.watch.values())
        return [x.item() for x in (seq.sequence_kl(log_pi, self.log_ref), *averages)]

    def best(self, beta):
        return seq.sequence_optimum(self.log_ref, self.proxy.table, beta=beta)

    def curve(self, betas):
        return np.array([self.measure(self.best(beta)[0]) for beta in betas])

    def tune(self, beta, **options):
        options = {"seed": self.seed, "watch": self.watch, **options}
        return rlhf.tune(self.model, self.proxy, beta=beta, **options)


@pytest.fixture(scope="module", params=[30, 31])
def world(request):
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield World(request.param)
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def path(world):
    return world.tune(0, steps=60, every=1)[1]


def along(path, kl, name):
    """A reward on the way without a leash, where it spends so many nats."""
    early = path["kl"] < 9
    root = np.sqrt(path["kl"][early])  # rewards start like the root of the KL
    return np.interp(np.sqrt(kl), root, path[name][early])


def test_without_a_leash_the_proxy_climbs_and_gold_rises_and_falls(path):
    assert path["proxy"][-1] > path["proxy"][0] + 1
    assert path["gold"].max() > path["gold"][0] + 0.2
    assert path["gold"][-1] < path["gold"][0] - 0.5
    assert path["kl"][-1] > 20


@pytest.mark.parametrize("beta", [0.5, 0.1])
def test_training_lands_on_the_star(world, beta):
    policy, log = world.tune(beta)
    star, value = world.best(beta)
    lacks = seq.sequence_kl(policy.table(), star).item()
    start = seq.sequence_kl(world.log_ref, star).item()
    assert lacks < 0.25 and lacks < start / 10
    reached = log["proxy"][-1] - beta * log["kl"][-1]
    assert value.item() - reached < beta * start / 10  # of what there was to gain
    assert abs(log["kl"][-1] / world.measure(star)[0] - 1) < 0.1


def test_the_leash_brings_more_gold_at_the_same_kl(world, path):
    kl_there, _, gold = world.measure(world.tune(0.5, every=120)[0].table())
    assert gold > along(path, kl_there, "gold")


def test_gold_has_a_hump_on_the_curve_of_best_policies(world):
    curve = world.curve([20, 0.2, 0.1, 0.02])
    assert (np.diff(curve[:, :2], axis=0) > 0).all()  # KL and proxy only rise
    start, end = curve[[0, -1], 2]
    assert curve[:, 2].max() > start + 0.5 and end < start - 0.5


def test_best_of_n_lies_between_the_free_path_and_the_best_policies(world, path):
    curve = world.curve(np.geomspace(5, 0.05, 25))
    words = world.spell(world.log_ref, 40_960)
    for n in (4, 16, 64):
        bound = np.log(n) - (n - 1) / n
        reached = world.proxy(words).reshape(-1, n).max(1).mean()
        line = np.interp(bound, curve[:, 0], curve[:, 1])
        free = along(path, bound, "proxy")
        assert free < reached - 0.05 and 0.85 * line < reached < line + 0.03


def test_a_penalty_per_letter_in_the_loss_lands_farther_out(world):
    policy, _ = world.tune(0.1, in_loss=True)
    spent, proxy, gold = world.measure(policy.table())
    star, value = world.best(0.1)
    kl_there, _, gold_there = world.measure(star)
    assert spent > 1.3 * kl_there and gold < gold_there - 0.3
    assert proxy - 0.1 * spent < 0.9 * value.item()


def test_a_target_ends_with_the_price_that_belongs_to_it(world):
    _, log = world.tune(0.5, target=2.0)
    assert 1.7 < log["kl"][-1] < 2.3
    spent = world.measure(world.best(log["beta"][-1])[0])[0]
    assert 1.6 < spent < 2.4
