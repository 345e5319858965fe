"""The torch part against torch.distributions, quadrature, differences and closed forms.

Trainings are short; what must hold of their results is asserted with a margin.
"""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from mpmath import mp
from scipy import integrate
from torch import distributions

import kl_helpers
from kl_helpers.nn import losses, vae

ROOT = Path(__file__).parents[1]
KINDS = [torch.float32, torch.float64]
LEADING = [(), (1,), (7,), (2, 3), (4, 1, 2)]
LAW = {  # beta: the KL of each coordinate for variances 4, 1, 1/4 and noise 1/2
    1.0: (1.0397, 0.3466, 0.0),
    4.0: (0.3466, 0.0, 0.0),
    0.25: (1.7329, 1.0397, 0.3466),
}
BLOCKED = """
import importlib.abc, sys

class Block(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Block())
import kl_helpers
print(kl_helpers.kl_divergence([0.5, 0.5], [0.5, 0.5]))
try:
    import kl_helpers.nn
except ImportError as error:
    print(error)
"""
TRAINING = """
import torch
threads, state = torch.get_num_threads(), torch.get_rng_state()
from kl_helpers.nn import vae
vae.train_vae(torch.eye(4), latent=1, hidden=2, epochs=2)
vae.linear_vae([1.0], 0.5)
print(torch.get_num_threads() == threads, torch.equal(torch.get_rng_state(), state))
"""


def draw(*shape, seed=0, dtype=torch.float64, scale=1.0):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(*shape, generator=generator, dtype=torch.float64).to(
        dtype
    )


def pixels(*shape, seed=1, dtype=torch.float64):
    return (draw(*shape, seed=seed) > 0).to(dtype)


def digits(count, start=0):
    return kl_helpers.load_mnist_small()[0][start : start + count]


def run(code, **environment):
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )


# The KL term


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize("dtype", KINDS)
def test_kl_against_torch_distributions(leading, dtype):
    mu, log_var = draw(*leading, 5, dtype=dtype), draw(*leading, 5, seed=2, dtype=dtype)
    q = distributions.Independent(distributions.Normal(mu, (log_var / 2).exp()), 1)
    prior = distributions.Independent(
        distributions.Normal(torch.zeros_like(mu), torch.ones_like(mu)), 1
    )
    found = losses.kl_to_standard_normal(mu, log_var)
    assert found.dtype == dtype and found.shape == leading
    assert torch.allclose(found, distributions.kl_divergence(q, prior), rtol=1e-5)


def test_kl_equals_the_numpy_core():
    mu, log_var = draw(40, 6, scale=3), draw(40, 6, seed=5, scale=4)
    expected = kl_helpers.kl_to_standard_normal(mu.numpy(), log_var.numpy())
    found = losses.kl_to_standard_normal(mu, log_var)
    assert found.numpy() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize(
    ("mu", "log_var", "expected"),
    [
        (0.0, 10.0, 11007.7329),
        (50.0, 0.0, 1250.0),
        (0.0, -10.0, 4.5000227),
        (0.0, 0.0, 0.0),
        (0.0, -200.0, 99.5),
        (1e-3, 1e-3, 7.5008e-7),
    ],
)
def test_kl_of_one_coordinate_far_from_and_near_the_prior(mu, log_var, expected, dtype):
    pair = torch.tensor([[mu], [log_var]], dtype=dtype)
    found = losses.kl_to_standard_normal(*pair).item()
    exact = (mp.mpf(mu) ** 2 + mp.expm1(log_var) - log_var) / 2
    assert found == pytest.approx(expected, rel=1e-4)
    assert found == pytest.approx(float(exact), rel=1e-3 if found < 1e-3 else 1e-6)


def test_kl_overflows_to_infinity_and_lets_nan_through():
    zero = torch.zeros(1)
    assert losses.kl_to_standard_normal(zero, zero + 100).item() == np.inf
    assert losses.kl_to_standard_normal(zero.double(), zero.double() + 100) < np.inf
    assert losses.kl_to_standard_normal(zero, zero + torch.nan).isnan()


def test_kl_gradient_against_finite_differences_of_the_numpy_core():
    mu, log_var = draw(4, 3), draw(4, 3, seed=4)
    for tensor in (mu, log_var):
        tensor.requires_grad_()
    assert torch.autograd.gradcheck(losses.kl_to_standard_normal, (mu, log_var))
    losses.kl_to_standard_normal(mu, log_var).sum().backward()
    m, v, h = mu.detach().numpy(), log_var.detach().numpy(), 1e-5
    core = kl_helpers.kl_to_standard_normal
    for i in range(3):
        e = h * np.eye(3)[i]
        by_mu = (core(m + e, v) - core(m - e, v)) / (2 * h)
        by_log_var = (core(m, v + e) - core(m, v - e)) / (2 * h)
        assert mu.grad[:, i].numpy() == pytest.approx(by_mu, abs=1e-8)
        assert log_var.grad[:, i].numpy() == pytest.approx(by_log_var, abs=1e-8)


def test_kl_stays_on_its_device():
    nowhere = torch.empty(2, 3, device="meta")
    assert losses.kl_to_standard_normal(nowhere, nowhere).device.type == "meta"


# Both terms


@pytest.mark.parametrize("leading", LEADING)
@pytest.mark.parametrize("dtype", KINDS)
def test_terms_against_torch_distributions(leading, dtype):
    logits, x = (
        draw(*leading, 9, dtype=dtype, scale=4),
        pixels(*leading, 9, dtype=dtype),
    )
    mu, log_var = draw(*leading, 2, dtype=dtype), draw(*leading, 2, seed=7, dtype=dtype)
    log_likelihood, kl = losses.elbo_terms(logits, x, mu, log_var)
    expected = distributions.Bernoulli(logits=logits).log_prob(x).sum(-1)
    assert log_likelihood.dtype == kl.dtype == dtype
    assert log_likelihood.shape == kl.shape == leading
    assert torch.allclose(log_likelihood, expected, rtol=1e-5)
    assert torch.equal(kl, losses.kl_to_standard_normal(mu, log_var))


@pytest.mark.parametrize("logit", [-800.0, -40.0, -1.0, 0.0, 1.0, 25.0, 40.0, 800.0])
def test_log_likelihood_of_confident_pixels(logit):
    logits = torch.full((2, 1), logit, dtype=torch.float64)
    x, none = torch.tensor([[0.0], [1.0]]).double(), torch.zeros(2, 1).double()
    found, _ = losses.elbo_terms(logits, x, none, none)
    expected = [-mp.log1p(mp.exp(logit)), -mp.log1p(mp.exp(-logit))]
    assert found.numpy() == pytest.approx([float(e) for e in expected], rel=1e-12)


def test_terms_gradient_against_finite_differences():
    inputs = [draw(2, 4, scale=3), draw(2, 3), draw(2, 3, seed=8)]
    for tensor in inputs:
        tensor.requires_grad_()
    x = pixels(2, 4)
    assert torch.autograd.gradcheck(
        lambda logits, mu, log_var: losses.elbo_terms(logits, x, mu, log_var), inputs
    )


WRONG = {
    "rows of mu": (dict(mu=torch.zeros(4, 2)), ValueError, "same shape … chunk"),
    "no axis": (
        dict(mu=torch.tensor(0.0), log_var=torch.tensor(0.0)),
        ValueError,
        "()",
    ),
    "batch of one for mu": (
        dict(mu=torch.zeros(1, 2), log_var=torch.zeros(1, 2)),
        ValueError,
        "`logits` hold examples of shape (3,), `mu` of (1,)",
    ),
    "images not flat": (dict(x=torch.zeros(3, 2, 2)), ValueError, "Flatten the images"),
    "one image for all": (dict(x=torch.zeros(4)), ValueError, "(3, 4) and `x` (4,)"),
    "grey levels": (dict(x=torch.full((3, 4), 255.0)), ValueError, "Divide … by 255"),
    "standardized": (dict(x=torch.full((3, 4), -0.4)), ValueError, "from -0.4 … stand"),
    "swapped": (
        dict(logits=torch.zeros(3, 4), x=torch.full((3, 4), 1.01)),
        ValueError,
        "output as `logits`, the image as `x`",
    ),
    "nan pixel": (dict(x=torch.full((3, 4), torch.nan)), ValueError, "from nan to nan"),
    "numpy": (dict(mu=np.zeros((3, 2))), TypeError, "`mu` is a ndarray of float64"),
    "integers": (
        dict(x=torch.ones(3, 4).int()),
        TypeError,
        "`x` is a Tensor of torch.in",
    ),
}


@pytest.mark.parametrize(("change", "kind", "said"), WRONG.values(), ids=WRONG.keys())
def test_wrong_tensors_are_named(change, kind, said):
    good = dict(logits=torch.zeros(3, 4), x=torch.ones(3, 4))
    good |= dict(mu=torch.zeros(3, 2), log_var=torch.zeros(3, 2))
    with pytest.raises(kind) as caught:
        losses.elbo_terms(**(good | change))
    for part in said.split(" … "):
        assert part in str(caught.value)


# The model


def test_initial_weights_have_torch_s_range_and_depend_on_the_seed_alone():
    torch.manual_seed(1)
    model = vae.VAE(seed=3)
    torch.manual_seed(2)
    again, other = vae.VAE(seed=3), vae.VAE(seed=4)
    for a, b, c in zip(*(m.parameters() for m in (model, again, other)), strict=True):
        assert torch.equal(a, b) and not torch.equal(a, c)
    for layer in (model.encoder[0], model.decoder[-1]):
        theirs = torch.nn.Linear(layer.in_features, layer.out_features)
        for name in ("weight", "bias"):
            ours, like = getattr(layer, name), getattr(theirs, name)
            most, spread = like.abs().max().item(), like.std().item()
            assert ours.abs().max().item() == pytest.approx(most, rel=0.03)
            assert ours.std().item() == pytest.approx(spread, rel=0.15)


def test_shapes_and_the_start_of_the_log_variances():
    plain, wide = vae.VAE(9, 5, 2), vae.VAE(9, 5, 2, initial_log_var=7.0)
    x = pixels(6, 9, dtype=torch.float32)
    (mu, log_var), (mu_wide, log_var_wide) = plain.encode(x), wide.encode(x)
    assert mu.shape == log_var.shape == (6, 2) and torch.equal(mu, mu_wide)
    assert torch.allclose(log_var_wide, log_var + 7)
    logits, *encoded = plain(x)
    assert logits.shape == (6, 9) and torch.equal(encoded[0], mu)
    assert torch.equal(encoded[1], log_var)


def test_samples_have_the_moments_that_the_encoder_names():
    model = vae.VAE(9, 5, 2, initial_log_var=-3.0).double()
    model.decoder = torch.nn.Identity()  # so that the "logits" are z
    x = pixels(1, 9).expand(40_000, 9)
    z, mu, log_var = model(x, torch.Generator().manual_seed(0))
    sigma = (log_var[0] / 2).exp()
    assert torch.allclose(z.mean(0), mu[0], atol=5 * sigma.max().item() / 200)
    assert torch.allclose(z.std(0), sigma, rtol=0.03)
    z.sum().backward()  # z is mu + sigma * noise, so both parts have their slope
    slopes = torch.cat([torch.full((2,), 40_000.0), (z - mu).sum(0) / 2]).double()
    assert torch.allclose(model.encoder[-1].bias.grad, slopes)


def test_elbo_and_its_gap_against_quadrature():
    """log p(x) = ELBO + KL(q || posterior), all three by integration over z."""
    model = vae.VAE(4, 8, 1, seed=2, initial_log_var=-1.0).double()
    with torch.no_grad():
        for weights in model.decoder.parameters():
            weights *= 4
    x = torch.tensor([[1.0, 0.0, 1.0, 1.0]]).double()
    z = np.linspace(-9, 9, 20_001)
    with torch.no_grad():
        (mu, log_var), logits = model.encode(x), model.decode(torch.tensor(z)[:, None])
    log_p_x_z = (x * logits - torch.logaddexp(logits, logits * 0)).sum(1).numpy()
    q = distributions.Normal(mu.detach()[0], (log_var.detach()[0] / 2).exp())
    log_q = q.log_prob(torch.tensor(z)).numpy()
    log_joint = log_p_x_z - z * z / 2 - np.log(2 * np.pi) / 2
    log_p_x = np.log(integrate.simpson(np.exp(log_joint), x=z))
    elbo = integrate.simpson(np.exp(log_q) * (log_joint - log_q), x=z)
    gap = integrate.simpson(np.exp(log_q) * (log_q - log_joint + log_p_x), x=z)
    assert gap > 0.001 and log_p_x == pytest.approx(elbo + gap, abs=1e-9)
    many = vae.evaluate_vae(model, x.expand(20_000, 4))
    error = many.elbo.std().item() / np.sqrt(20_000)
    assert abs(many.elbo.mean().item() - elbo) < 4 * error < 0.1


def test_binarize_thresholds_flattens_and_refuses():
    grey = np.array([[[0.0, 0.49], [0.5, 1.0]]])
    assert vae.binarize(grey).tolist() == [[0.0, 0.0, 1.0, 1.0]]
    assert torch.equal(vae.binarize(vae.binarize(grey)), vae.binarize(grey))
    assert vae.binarize(grey >= 0.5, torch.float64).dtype == torch.float64
    for bad, said in [(255 * grey, "from 0 to 255"), (grey - 1, "from -1 to 0")]:
        with pytest.raises(ValueError, match=said):
            vae.binarize(bad)
    with pytest.raises(ValueError, match="first axis counts images"):
        vae.binarize(grey[0, 0])


def test_active_units_are_those_whose_mean_moves():
    model = vae.VAE(3, 3, 4)
    weights = torch.zeros(8, 3)
    weights[:3, 0] = torch.tensor([1.0, 0.21, 0.19])  # variance of x_0: 1/4 of n/(n-1)
    model.encoder = torch.nn.Linear(3, 8, bias=False)
    model.encoder.weight.data = weights
    images = torch.tensor([[0.0, 0, 1], [1, 0, 1]]).repeat(500, 1)
    assert vae.active_units(model, images) == 2
    assert vae.active_units(model, images, threshold=0.2) == 1
    assert vae.active_units(model, images, threshold=0.0) == 3


# Training


def test_default_training_reaches_a_sensible_elbo():
    model, history = vae.train_vae(digits(4000), latent=10, seed=0)
    held_out = vae.evaluate_vae(model, digits(1000, 4000))
    x = vae.binarize(digits(4000)).double()
    rate, test = x.mean(0).clamp(1 / 8000, 1), vae.binarize(digits(1000, 4000)).double()
    alone = (torch.xlogy(test, rate) + torch.xlogy(1 - test, 1 - rate)).sum(1).mean()
    assert -215 < alone < -195  # independent pixels, no latent variable
    assert -119 < held_out.elbo.mean() < -112
    assert 16 < held_out.kl.mean() < 22
    assert history["elbo"][-1] > history["elbo"][0] + 60
    assert vae.active_units(model, digits(4000)) == 10


def test_training_repeats_itself_and_follows_the_seed():
    torch.manual_seed(11)
    options = dict(latent=2, hidden=16, epochs=2)
    first, history = vae.train_vae(digits(300), **options)
    torch.manual_seed(12)
    again, same = vae.train_vae(digits(300), **options)
    other, _ = vae.train_vae(digits(300), **options, seed=1)
    for a, b, c in zip(*(m.parameters() for m in (first, again, other)), strict=True):
        assert torch.equal(a, b) and not torch.equal(a, c)
    assert all(np.array_equal(history[name], same[name]) for name in history)


def test_history_is_per_image_and_per_step():
    """With weights that stay as they are, an epoch is an evaluation."""
    images, model = digits(250), vae.VAE(latent=3, initial_log_var=1.0)
    model, history = vae.train_vae(images, model=model, learning_rate=0.0, epochs=2)
    terms = vae.evaluate_vae(model, images, samples=20)
    assert history["kl_per_dimension"].shape == (2, 3)
    expected = terms.kl_per_dimension.mean(0).numpy()
    assert history["kl_per_dimension"][1] == pytest.approx(expected, rel=1e-5)
    assert history["kl"] == pytest.approx(terms.kl.mean().item(), rel=1e-5)
    assert history["log_likelihood"][0] == pytest.approx(
        terms.log_likelihood.mean().item(), rel=5e-3
    )
    assert history["elbo"] == pytest.approx(
        history["log_likelihood"] - history["kl"], rel=1e-6
    )
    assert history["loss"] == pytest.approx(-history["elbo"], rel=5e-3)


def test_gradient_norm_is_that_of_all_weights():
    model = vae.VAE(latent=2, hidden=8)
    _, history = vae.train_vae(digits(50), model=model, epochs=1, learning_rate=0.0)
    squares = sum(weights.grad.square().sum() for weights in model.parameters())
    assert history["gradient_norm"][0] == pytest.approx(squares.sqrt().item(), rel=1e-5)


def test_the_loss_is_one_line_of_the_caller():
    seen = []

    def by_hand(terms, step):
        seen.append((step, len(terms.kl)))
        return -(terms.log_likelihood - terms.kl).mean()

    options = dict(latent=2, hidden=16, epochs=2)
    _, default = vae.train_vae(digits(250), **options)
    _, same = vae.train_vae(digits(250), **options, loss=by_hand)
    assert seen == list(zip(range(6), [100, 100, 50] * 2, strict=True))
    assert np.array_equal(default["elbo"], same["elbo"])
    heavy, _ = vae.train_vae(
        digits(1000),
        epochs=10,
        loss=lambda terms, step: -(terms.log_likelihood - 20 * terms.kl).mean(),
    )
    assert vae.evaluate_vae(heavy, digits(1000)).kl.mean() < 0.1
    for nothing in [dict(images=digits(9), epochs=0), dict(images=digits(0))]:
        with pytest.raises(ValueError, match="`epochs` is .* at least 1"):
            vae.train_vae(**nothing)
    for bad, said in [(lambda t, s: t.kl, r"\(100,\)"), (lambda t, s: 1.0, "float")]:
        with pytest.raises(ValueError, match=f"returned {said}.*single number"):
            vae.train_vae(digits(100), loss=bad)


def test_terms_add_up():
    terms = vae.evaluate_vae(vae.VAE(latent=3), digits(20))
    assert torch.allclose(terms.kl, terms.kl_per_dimension.sum(1))
    per_pixel = terms.log_likelihood_per_pixel
    assert torch.allclose(terms.log_likelihood, per_pixel.sum(1))
    assert torch.equal(terms.elbo, terms.log_likelihood - terms.kl)
    assert terms.kl.dtype == torch.float64 and not terms.kl.requires_grad


def test_double_precision_and_a_diverging_run():
    model, history = vae.train_vae(
        digits(100), model=vae.VAE(latent=2, hidden=8).double(), epochs=1
    )
    assert next(model.parameters()).dtype == torch.float64
    _, history = vae.train_vae(
        digits(100), model=vae.VAE(initial_log_var=200.0), epochs=2
    )
    assert not np.isfinite(history["elbo"]).any()


# The linear law


@pytest.mark.parametrize("beta", LAW)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_linear_vae_finds_the_law_without_knowing_it(beta, seed):
    variances = np.array([4.0, 1.0, 0.25])
    kl, history = vae.linear_vae(variances, 0.5, beta, seed=seed)
    law = np.maximum(0, np.log(variances / (beta * 0.5)) / 2)
    assert kl == pytest.approx(law, abs=1e-5)
    assert kl.round(4) == pytest.approx(LAW[beta], abs=1e-9)
    assert np.array_equal(history["kl_per_dimension"][-1], kl)
    assert history["loss"].shape == (40,) and np.all(np.diff(history["loss"]) <= 1e-12)


def test_linear_vae_at_beta_one_reaches_the_likelihood_of_probabilistic_pca():
    variances, noise = np.array([3.0, 2.0, 0.4, 0.1]), 0.5
    _, history = vae.linear_vae(variances, noise)
    marginal = np.maximum(variances, noise)
    nats = (np.log(2 * np.pi * marginal) + variances / marginal).sum() / 2
    assert history["loss"][-1] == pytest.approx(nats, abs=1e-9)


@pytest.mark.parametrize(
    "bad", [([1.0, -1.0], 0.5, 1.0), ([1.0], 0.0, 1), ([1.0], 1, 0)]
)
def test_linear_vae_refuses_what_is_no_variance(bad):
    with pytest.raises(ValueError, match="must all be above 0"):
        vae.linear_vae(*bad)


# Around it


@pytest.mark.parametrize("blocked", ["torch", "tqdm"])
def test_without_torch_one_sentence_says_what_to_install(blocked):
    found = run(BLOCKED.format(blocked=blocked))
    assert found.stderr == ""
    core, sentence = found.stdout.splitlines()
    assert core == "0.0" and "`pip install torch tqdm`" in sentence
    needs = f"`kl_helpers.nn` needs PyTorch and tqdm (No module named '{blocked}');"
    assert sentence.startswith(needs)


@pytest.mark.parametrize("silent", ["1", ""])
def test_training_touches_nothing_global_and_its_progress_can_be_silenced(silent):
    found = run(TRAINING, TQDM_DISABLE=silent)
    assert found.stdout == "True True\n"
    assert ("epochs" in found.stderr) != bool(silent)


def test_the_core_does_not_load_it():
    found = run("import sys, kl_helpers; print('torch' in sys.modules)")
    assert found.stdout == "False\n"
