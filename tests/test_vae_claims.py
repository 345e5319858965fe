"""The sentences of chapter 4 about trained networks hold for other seeds, too.

The chapter shows seed 0. What is measured here is measured with torch.distributions.
"""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from torch.distributions import Bernoulli, Normal, kl_divergence  # noqa: E402

import kl_helpers as kl  # noqa: E402
from kl_helpers.nn.vae import VAE, binarize, linear_vae, train_vae  # noqa: E402

pytestmark = pytest.mark.usefixtures("one_thread")

SEEDS = range(1, 6)
each_seed = pytest.mark.parametrize("seed", SEEDS)
slow = pytest.mark.slow


@pytest.fixture(scope="module")
def images():
    images, _ = kl.load_mnist_small()
    return images[:4000], images[4000:]


def two_terms(model, x, mu=None, log_var=None, samples=5):
    """Log-likelihood (n,) and KL of each dimension (n, d), in nats per image."""
    with torch.no_grad():
        if mu is None:
            mu, log_var = model.encode(x)
        q = Normal(mu, torch.exp(log_var / 2))
        generator, likelihood = torch.Generator().manual_seed(7), 0
        for _ in range(samples):
            noise = torch.empty_like(mu).normal_(generator=generator)
            pixels = Bernoulli(logits=model.decode(q.mean + q.stddev * noise))
            likelihood = likelihood + pixels.log_prob(x).sum(1) / samples
        return likelihood, kl_divergence(q, Normal(0.0, 1.0))


def trained(train, seed, beta, epochs=20):
    def loss(terms, step):
        return -(terms.log_likelihood - beta * terms.kl).mean()

    return train_vae(
        train, latent=20, epochs=epochs, batch_size=128, seed=seed, loss=loss
    )


@slow
@each_seed
def test_the_price_of_a_nat_sets_the_rate(images, seed):
    """A lower beta raises the KL; the ELBO is best at 1; collapse is zero."""
    train, held_out = images
    x, rates, elbos, busy, likelihoods = binarize(held_out), {}, {}, {}, {}
    for beta in (0, 0.25, 1, 4, 32):
        model, history = trained(train, seed, beta)
        likelihood, parts = two_terms(model, x)
        likelihoods[beta] = likelihood.mean().item()
        rates[beta] = parts.sum(1).mean().item()
        elbos[beta] = likelihoods[beta] - rates[beta]
        busy[beta] = int((parts.mean(0) > 0.1).sum())
        if beta == 1:  # the colleague's number: a sum over 128 images
            assert 2900 < 128 * history["kl"][-1] < 3500
            check_that_a_better_q_spends_more(model, x[:200])
    assert list(rates.values()) == sorted(rates.values(), reverse=True)
    assert max(elbos, key=elbos.get) == 1 and elbos[1] - elbos[0.25] > 5
    assert -118 < elbos[1] < -106 and 22 < rates[1] < 28
    assert 42 < rates[0.25] < 52 and 6 < rates[4] < 11 and rates[32] < 0.1
    assert rates[0] - rates[1] > 300
    assert 10 < likelihoods[0] - likelihoods[1] < 20
    assert busy[1] > 15 and 6 <= busy[4] <= 14 and busy[32] == 0


def check_that_a_better_q_spends_more(model, x):
    """With the decoder held still, the gap falls while the printed KL rises."""
    model.requires_grad_(False)
    mu, log_var = (t.clone().requires_grad_() for t in model.encode(x))
    before = two_terms(model, x, samples=20)
    optimizer = torch.optim.Adam([mu, log_var], lr=0.03)
    generator = torch.Generator().manual_seed(3)
    for _ in range(100):
        q = Normal(mu, torch.exp(log_var / 2))
        z = mu + q.stddev * torch.empty_like(mu).normal_(generator=generator)
        likelihood = Bernoulli(logits=model.decode(z)).log_prob(x).sum()
        optimizer.zero_grad()
        (kl_divergence(q, Normal(0.0, 1.0)).sum() - likelihood).backward()
        optimizer.step()
    after = two_terms(model, x, mu, log_var, samples=20)
    rise = (after[1].sum(1) - before[1].sum(1)).mean().item()
    gap_falls = (after[0] - before[0]).mean().item() - rise
    assert 6 < gap_falls < 10 and 0.5 < rise < 5


@slow
@each_seed
def test_five_runs_have_five_signatures(images, seed):
    """The lab: each cause leaves its trace in the log, whatever the seed."""

    def run(**change):
        settings = {"latent": 20, "epochs": 8, "batch_size": 128, "seed": seed}
        return train_vae(images[0], **settings | change)[1]

    a = run(loss=lambda t, step: -(t.log_likelihood - t.kl).sum())
    b = run(model=VAE(latent=20, initial_log_var=10.0, seed=seed))
    c = run(loss=lambda t, step: -(t.log_likelihood_per_pixel.mean() - t.kl.mean()))
    d = run(loss=lambda t, step: -(t.log_likelihood - 32 * t.kl).mean())
    e = run(loss=lambda t, step: -t.log_likelihood.mean())
    assert 15 < a["kl"][-1] < 25 and a["elbo"][-1] > -140
    assert a["gradient_norm"].min() > 1000
    assert b["kl"][0] > 10_000 and 25 < b["kl"][-1] < 110
    assert b["gradient_norm"][0] > 10_000
    assert c["kl"][-1] < 0.01 and 0.2 < -c["log_likelihood"][-1] / 784 < 0.35
    assert c["gradient_norm"][-1] < 0.1
    assert d["kl"][-1] < 0.1 and -215 < d["log_likelihood"][-1] < -200
    assert 200 < e["kl"][-1] < 400 and e["log_likelihood"][-1] > -100
    for ill in (b, c, d, e):
        assert ill["elbo"][-1] < -195


@each_seed
def test_the_law_of_the_linear_vae_for_other_data(seed):
    rng = np.random.default_rng(seed)
    variances = -np.sort(-rng.uniform(0.1, 6, 4))
    noise, beta = rng.uniform(0.2, 1), rng.uniform(0.3, 4)
    spent, _ = linear_vae(variances, noise, beta, seed=seed)
    law = [max(0.0, 0.5 * np.log(v / (beta * noise))) for v in variances]
    assert np.allclose(spent, law, atol=2e-3)


@slow
@each_seed
def test_warm_up_changes_the_way_and_not_the_goal(images, seed):
    def warm(terms, step):
        return -(terms.log_likelihood - min(1.0, step / 128) * terms.kl).mean()

    settings = {"latent": 20, "epochs": 8, "batch_size": 128, "seed": seed}
    warmed = train_vae(images[0], loss=warm, **settings)[1]
    usual = train_vae(images[0], **settings)[1]
    assert warmed["kl"].argmax() == 0 and warmed["kl"][0] > 1.2 * warmed["kl"][-1]
    assert 0.7 < warmed["kl"][-1] / usual["kl"][-1] < 1.4
    assert abs(warmed["elbo"][-1] - usual["elbo"][-1]) < 10
