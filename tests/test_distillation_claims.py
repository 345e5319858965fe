"""The sentences of chapter 6 about trained students hold for other teachers and seeds.

The chapter shows the teacher with seed 0 and one split of the digits.
"""

import pytest

torch = pytest.importorskip("torch")
from torch.nn import functional as F  # noqa: E402

import kl_helpers as kl  # noqa: E402
from kl_helpers.nn.distillation import (  # noqa: E402
    flattened,
    shifted,
    shuffled,
    train_classifiers,
)

slow = pytest.mark.slow


def from_labels(z, labels):
    return F.cross_entropy(z.transpose(1, 2), labels, reduction="none")


def from_targets(z, targets, T):
    """T² times the soft cross-entropy: the gradient of T² KL."""
    T = torch.as_tensor(T)[..., None, None]
    return T[..., 0] ** 2 * -(targets * (z / T).log_softmax(-1)).sum(-1)


@pytest.fixture(scope="module", params=[3, 4])
def lesson(request):
    """Pixels, labels, two parts and a teacher's logits, with this seed for all."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    images, labels = (torch.tensor(part) for part in kl.load_digits())
    images = images.float() / 16
    generator = torch.Generator().manual_seed(request.param)
    order = torch.randperm(1797, generator=generator)
    train, held_out = order[:1197], order[1197:]
    moved, named = shifted(images[train]).flatten(1), labels[train].repeat(9)
    teacher = train_classifiers(
        moved,
        lambda z, rows: from_labels(z, named[rows][None]),
        seeds=[request.param],
        hidden=(256, 256),
        steps=1500,
        dropout=0.3,
        learning_rate=2e-3,
    )
    pixels = images.flatten(1)
    v = teacher(pixels)[0]
    assert (v[held_out].argmax(-1) != labels[held_out]).sum() < 25
    yield pixels, labels, train, held_out, v
    torch.set_num_threads(before)


def errors(networks, lesson):
    pixels, labels, _, held_out, _ = lesson
    wrong = networks(pixels[held_out]).argmax(-1) != labels[held_out]
    return 100 * wrong.double().mean(1)


def errors_of_ways(lesson, count, temperatures, steps=500):
    """Errors in % of ten students from labels, and of ten at each temperature."""
    pixels, labels, train, _, v = lesson
    draws = [torch.Generator().manual_seed(50 + seed) for seed in range(10)]
    own = torch.stack([train[torch.randperm(1197, generator=g)[:count]] for g in draws])
    ways = 1 + len(temperatures)
    each = torch.tensor(temperatures).repeat_interleave(10)

    def loss(z, rows):
        soft = own.repeat(ways - 1, 1)[:, rows]
        targets = (v[soft] / each[:, None, None]).softmax(-1)
        return torch.cat(
            [
                from_labels(z[:10], labels[own[:, rows]]),
                from_targets(z[10:], targets, each),
            ]
        )

    seeds = list(range(10)) * ways
    inputs = pixels[own.repeat(ways, 1)]
    students = train_classifiers(inputs, loss, seeds=seeds, steps=steps)
    return errors(students, lesson).reshape(ways, 10)


@slow
def test_soft_targets_help_with_few_labels(lesson):
    hard, warm = errors_of_ways(lesson, 100, [4.0])
    assert (warm < hard).sum() >= 9 and hard.mean() - warm.mean() > 2.5


@slow
def test_with_all_labels_a_hot_student_needs_more_steps(lesson):
    """What T = 2 gains depends on the teacher: nothing to somewhat over a point."""
    short, long = (
        errors_of_ways(lesson, 1197, [2.0, 8.0], steps=steps) for steps in (500, 1500)
    )
    gains = [(table[0] - table[1:]).mean(1) for table in (short, long)]
    assert gains[0][1] < 0
    assert gains[1][1] > gains[0][1] + 0.2
    assert -0.4 < gains[1][0] < 2


@slow
def test_only_true_soft_targets_teach_a_digit_that_was_never_seen(lesson):
    pixels, labels, train, held_out, v = lesson
    seen = train[labels[train] != 3]
    soft = (v[seen] / 8).softmax(-1)
    groups = [soft, flattened(soft), shuffled(soft, 7)]
    targets = torch.stack([group for group in groups for _ in range(3)])
    students = train_classifiers(
        pixels[seen],
        lambda z, rows: from_targets(z, targets[:, rows], 8.0),
        seeds=[10, 11, 12] * 3,
        steps=1500,
    )
    threes = held_out[labels[held_out] == 3]
    found = (students(pixels[threes]).argmax(-1) == 3).double().mean(1).reshape(3, 3)
    assert found[0].min() > 0.35
    assert found[1:].max() < 0.15
    others = held_out[labels[held_out] != 3]
    right = (students(pixels[others]).argmax(-1) == labels[others]).double().mean(1)
    assert right.min() > 0.95
