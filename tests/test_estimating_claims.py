"""What chapter 8 says about chance holds for other draws, too: nine of ten seeds."""

import numpy as np

import kl_helpers as kl

SEEDS = range(10)


def holds_for(sentence):
    """In how many of ten seeds a sentence is true."""
    return sum(bool(sentence(np.random.default_rng(seed))) for seed in SEEDS)


def test_the_error_of_k3_promises_too_much_under_heavy_tails():
    def sentence(rng):
        x, truth = rng.normal(size=(200, 10_000)), float(kl.kl_normal(0, 1, 0, 2))
        log_p, log_q = -(x**2) / 2, -(x**2) / 8 - np.log(2)
        outside = {}
        for k in (kl.kl_k1, kl.kl_k3):
            each = k(log_p, log_q)
            outside[k] = np.abs(each.mean(1) - truth) > 2 * each.std(1) / 100
        too_low = (each.mean(1) < truth)[outside[kl.kl_k3]].mean()
        shares = [hits.mean() for hits in outside.values()]
        return shares[0] < 0.1 and 0.2 < shares[1] < 0.45 and too_low > 0.9

    assert holds_for(sentence) >= 9


def test_a_truncated_sampler_is_negative_for_good():
    pi, ref = np.array([0.4, 0.35, 0.25]), np.array([0.5, 0.4, 0.1])
    assert kl.kl_divergence(pi, ref) > 0.09

    def sentence(rng):
        actions = rng.choice(2, size=100, p=pi[:2] / pi[:2].sum())
        mean, error = kl.mean_with_error(np.log(pi / ref)[actions])
        return mean < -10 * error

    assert holds_for(sentence) >= 9


def test_the_three_mistakes_move_the_mean_as_the_chapter_says():
    def sentence(rng):
        x, n = rng.normal(size=100_000), 100_000
        right = 0.005 - 0.1 * x
        from_q = right - 0.01  # the same noise, drawn around 0.1
        error, half = 0.1 / np.sqrt(n), right.var() / 2
        return (
            abs(right.mean() - half) < 3 * error < right.mean()
            and abs(from_q.mean() + half) < 3 * error < -from_q.mean()
        )

    assert holds_for(sentence) >= 9


def test_neighbours_in_ten_dimensions_report_too_little():
    def sentence(rng):
        x_p, x_q = rng.normal(size=(2, 500, 10))
        return kl.kl_knn(x_p, x_q + np.eye(10)[0]) < 0.45

    assert holds_for(sentence) >= 9


def test_donsker_and_varadhan_need_e_to_the_kl_samples():
    def sentence(rng):
        terms = {}
        for d in (1, 5):
            w = np.exp(d * rng.normal(size=(50, 10_000)) - d**2 / 2)
            terms[d] = np.median(np.log(w.mean(1)))
        return abs(terms[1]) < 0.05 and terms[5] < -1

    assert holds_for(sentence) >= 9
