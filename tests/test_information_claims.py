"""What chapter 12 says about chance holds for other draws, too: nine of ten seeds."""

import numpy as np

import kl_helpers as kl

SEEDS = range(10)


def holds_for(sentence):
    """In how many of ten seeds a sentence is true."""
    return sum(bool(sentence(np.random.default_rng(seed))) for seed in SEEDS)


def test_counts_of_independent_things_show_what_the_rule_says():
    def sentence(rng):
        near = []
        for n in (1000, 10_000):
            counts = rng.multinomial(n, np.full(100, 0.01), size=300)
            found = kl.mutual_information(counts.reshape(300, 10, 10) / n).mean()
            near.append(abs(found / (81 / 2 / n) - 1) < 0.05)
        return all(near)

    assert holds_for(sentence) >= 9


def info_nce(rng, rho, n, d=10):
    """One batch, with the best possible score, pair by pair."""
    x = rng.normal(size=(n, d))
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(n, d))
    score = np.empty((n, n))
    for i in range(n):
        gap = ((y - rho * x[i]) ** 2).sum(1) / (1 - rho**2)
        score[i] = ((y**2).sum(1) - gap) / 2
    top = score.max(1)
    return np.mean(np.diag(score) - top - np.log(np.exp(score - top[:, None]).mean(1)))


def test_infonce_is_right_below_its_ceiling_and_stuck_at_it_above():
    def sentence(rng):
        mean = {
            rho: np.mean([info_nce(rng, rho, 128) for _ in range(20)])
            for rho in (0.5, 0.9, 0.99)
        }
        truth = -5 * np.log(1 - 0.5**2)
        return (
            abs(mean[0.5] - truth) < 0.1
            and 4.5 < mean[0.9] < np.log(128)
            and 4.8 < mean[0.99] <= np.log(128)
        )

    assert holds_for(sentence) >= 9


def test_the_most_open_pixel_promises_much_less_than_the_best():
    """For other samples of writers: the images drawn again, with replacement."""
    images, label = kl.load_digits()
    ink, digit = images.reshape(-1, 64) > 7, np.eye(10)[label]

    def sentence(rng):
        drawn = rng.integers(0, len(ink), size=len(ink))
        on = digit[drawn].T @ ink[drawn] / len(ink)
        off = digit[drawn].T @ ~ink[drawn] / len(ink)
        pairs = np.stack([on, off], -1).transpose(1, 0, 2)
        gain, openness = kl.mutual_information(pairs), kl.entropy(pairs.sum(1))
        return gain.argmax() == 42 and gain[openness.argmax()] < 0.9 * gain.max()

    assert holds_for(sentence) >= 9
