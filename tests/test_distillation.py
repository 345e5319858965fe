"""Distillation against torch's own losses, differences, and sets made by hand."""

import numpy as np
import pytest
import torch
from oracles import distillation as oracle
from torch.nn import functional as F

from kl_helpers.nn import distillation, losses
from kl_helpers.nn.distillation import flattened, shifted, shuffled, train_classifiers

SHAPES = [(3,), (5, 4), (2, 6, 3)]


def logits(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return 2 * torch.randn(2, *shape, generator=generator, dtype=torch.float64)


def softmaxes(student, teacher, T):
    return (teacher / T).softmax(-1), (student / T).softmax(-1)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("T", [0.5, 1.0, 4.0, 50.0])
def test_forward_loss_is_torch_s_kl_div(shape, T):
    student, teacher = logits(*shape)
    log_q = F.log_softmax(student / T, -1)
    expected = F.kl_div(log_q, F.softmax(teacher / T, -1), reduction="none").sum(-1)
    found = losses.distillation_loss(student, teacher, temperature=T)
    assert torch.allclose(found, T**2 * expected, rtol=1e-10)


@pytest.mark.parametrize("T", [1.0, 2.5])
def test_each_direction_against_50_digits(T):
    teacher, student = (6.0, 4.0, 1.0), (3.0, 0.0, -1.0)
    expected = oracle.three_directions(teacher, student, T)
    given = (torch.tensor(student).double(), torch.tensor(teacher).double())
    for way, value in zip(("forward", "reverse", "js"), expected, strict=True):
        found = losses.distillation_loss(*given, temperature=T, direction=way)
        assert found.item() == pytest.approx(T**2 * float(value), rel=1e-12)


def test_the_gradient_is_that_of_the_soft_cross_entropy():
    student, teacher = logits(7, 5)
    student.requires_grad_()
    p, _ = softmaxes(student, teacher, 3.0)
    ce = -9 * (p * F.log_softmax(student / 3, -1)).sum()
    kl = losses.distillation_loss(student, teacher, temperature=3.0).sum()
    one, two = (torch.autograd.grad(f, student)[0] for f in (ce, kl))
    assert torch.allclose(one, two)


def test_a_hot_loss_compares_centred_logits():
    student, teacher = logits(6, 4)
    gap = student - teacher
    gap = gap - gap.mean(-1, keepdim=True)
    hot = losses.distillation_loss(student, teacher, temperature=1e4)
    assert torch.allclose(hot, gap.square().sum(-1) / 8, rtol=1e-3)


def test_each_run_may_have_its_own_temperature():
    student, teacher = logits(2, 6, 4)
    T = torch.tensor([[1.0], [5.0]], dtype=torch.float64)
    both = losses.distillation_loss(student, teacher, temperature=T)
    for run, t in enumerate((1.0, 5.0)):
        alone = losses.distillation_loss(student[run], teacher[run], temperature=t)
        assert torch.allclose(both[run], alone)


def test_the_teacher_does_not_move_and_impossible_classes_count_nothing():
    student, teacher = logits(4)
    teacher[1] = -torch.inf
    teacher, student = teacher.requires_grad_(), student.requires_grad_()
    loss = losses.distillation_loss(student, teacher, temperature=2.0)
    loss.backward()
    assert loss.isfinite() and teacher.grad is None and student.grad.isfinite().all()


@pytest.mark.parametrize(
    ("change", "kind", "said"),
    [
        ({"temperature": 0.0}, ValueError, "must be above 0"),
        ({"direction": "both"}, ValueError, "use one of 'forward', 'reverse', 'js'"),
        ({"teacher": torch.zeros(3).double()}, ValueError, "both need the same shape"),
        ({"teacher": [0.0, 0.0]}, TypeError, "need a floating-point tensor"),
        ({"teacher": torch.zeros(2, 4).long()}, TypeError, "floating-point tensor"),
    ],
)
def test_wrong_inputs_are_named(change, kind, said):
    student, teacher = logits(2, 4)
    teacher = change.pop("teacher", teacher)
    with pytest.raises(kind, match=said):
        losses.distillation_loss(student, teacher, **change)


# Controls


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_flattened_keeps_the_top_and_evens_the_rest(classes):
    p = logits(50, classes)[0].softmax(-1)
    flat = flattened(p)
    assert torch.allclose(flat.sum(-1), torch.ones(50).double())
    assert torch.equal(flat.argmax(-1), p.argmax(-1))
    assert torch.equal(flat.amax(-1), p.amax(-1))
    ascending = flat.sort(-1).values[:, :-1]
    assert torch.allclose(ascending, ascending[:, :1].expand_as(ascending))


def test_shuffled_moves_all_but_the_top():
    p = logits(4000, 6)[0].softmax(-1)
    once, again, other = shuffled(p), shuffled(p), shuffled(p, seed=1)
    assert torch.equal(once, again) and not torch.equal(once, other)
    assert torch.equal(once.sort(-1).values, p.sort(-1).values)
    assert torch.equal(once.argmax(-1), p.argmax(-1))
    stays = (once == p).sum(-1) - 1  # of five others, one stays on average
    assert 0.93 < stays.double().mean() < 1.07


def test_shuffled_sends_each_place_everywhere_equally_often():
    p = torch.tensor([[0.5, 0.3, 0.15, 0.05]]).expand(6000, -1)
    found = shuffled(p)
    for value in (0.3, 0.15, 0.05):
        shares = (found == value).double().mean(0)[1:]
        assert (shares - 1 / 3).abs().max() < 0.03


def test_a_tie_has_one_top():
    flat = flattened(torch.tensor([0.4, 0.4, 0.2]))
    assert torch.allclose(flat, torch.tensor([0.4, 0.3, 0.3]))
    with pytest.raises(ValueError, match="others beside the likeliest"):
        flattened(torch.ones(3, 1))


def test_shifted_moves_by_one_pixel_in_all_directions():
    images = torch.arange(1.0, 13).reshape(1, 3, 4)
    found = shifted(images)
    rolled = [
        images.roll((down, right), (1, 2))
        for down in (1, 0, -1)
        for right in (1, 0, -1)
    ]
    for mine, theirs in zip(found, rolled, strict=True):
        inside = mine != 0
        assert torch.equal(mine[inside], theirs[0][inside])
    assert torch.equal(found[4], images[0]) and (found != 0).sum() == (2 + 3 + 2) * (
        3 + 4 + 3
    )
    with pytest.raises(ValueError, match=r"\(n, height, width\) is needed"):
        shifted(torch.zeros(2, 64))


# Training


def from_labels(labels):
    def loss(z, rows):
        targets = labels[rows].expand(z.shape[:2])
        return F.cross_entropy(z.transpose(1, 2), targets, reduction="none")

    return loss


def two_rings(n=200, seed=0):
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(n, 2, generator=generator)
    return x, (x.norm(dim=-1) > 1.2).long()


def test_networks_are_those_of_a_plain_module():
    """Stacked weights, read out one by one, give the logits of nn.Linear layers."""
    networks = distillation.Classifiers([3, 4], (5, 8, 3))
    x = torch.randn(2, 6, 5, generator=torch.Generator().manual_seed(0))
    for run in range(2):
        (w1, b1), (w2, b2) = networks.layers
        hidden = F.relu(F.linear(x[run], w1[run].T, b1[run, 0]))
        expected = F.linear(hidden, w2[run].T, b2[run, 0])
        assert torch.allclose(networks(x)[run], expected, atol=1e-6)
    bound, first = 5**-0.5, networks.layers[0][0].detach()
    assert first.abs().max() <= bound
    assert first.std().item() == pytest.approx(bound / 3**0.5, rel=0.15)


def test_training_learns_repeats_itself_and_follows_the_seed():
    x, labels = two_rings()
    options = {"classes": 2, "hidden": (32,), "steps": 200}
    first = train_classifiers(x, from_labels(labels), seeds=[0, 1], **options)
    again = train_classifiers(x, from_labels(labels), seeds=[0, 1], **options)
    alone = train_classifiers(x, from_labels(labels), seeds=[1], **options)
    assert torch.equal(first(x), again(x))
    assert torch.allclose(first(x)[1], alone(x)[0], atol=1e-3)
    assert not torch.allclose(first(x)[0], first(x)[1], atol=1e-2)
    assert ((first(x).argmax(-1) == labels).double().mean(1) > 0.95).all()
    assert not any(weights.requires_grad for weights in first.weights)


def test_each_run_may_have_its_own_rows():
    x, labels = two_rings()
    own = torch.stack([x, -x + 3])
    networks = train_classifiers(
        own, from_labels(labels), seeds=[0, 0], classes=2, steps=150
    )
    right = (networks(own).argmax(-1) == labels).double().mean(1)
    assert (right > 0.9).all()


def test_dropout_drops_in_training_only():
    x, labels = two_rings()
    options = {"seeds": [0], "classes": 2, "hidden": (64,), "steps": 100}
    wet = train_classifiers(x, from_labels(labels), dropout=0.5, **options)
    dry = train_classifiers(x, from_labels(labels), **options)
    assert torch.equal(wet(x), wet(x)) and not torch.allclose(wet(x), dry(x))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"inputs": torch.zeros(3, 8, 8)}, "Flatten images"),
        ({"inputs": torch.zeros(0, 2)}, "at least one step, seed and row"),
        ({"steps": 0}, "at least one step"),
        ({"seeds": []}, "at least one step, seed and row"),
        ({"dropout": 1.0}, "below 1"),
        ({"loss": lambda z, rows: z.sum()}, "one number for each run and row"),
        ({"loss": lambda z, rows: z}, "leave averages to the training"),
    ],
)
def test_what_cannot_be_trained_is_named(change, said):
    x, labels = two_rings()
    given = {"inputs": x, "loss": from_labels(labels), "seeds": [0], **change}
    with pytest.raises(ValueError, match=said):
        train_classifiers(given.pop("inputs"), given.pop("loss"), classes=2, **given)


def test_nothing_global_is_touched():
    state = torch.get_rng_state()
    x, labels = two_rings()
    train_classifiers(
        x, from_labels(labels), seeds=[0], classes=2, steps=2, dropout=0.3
    )
    assert torch.equal(torch.get_rng_state(), state)
    assert np.isfinite(x.numpy()).all()
