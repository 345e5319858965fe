"""Planar flows against determinants, roots and quadrature that do not know the package.

Trainings are short; what must hold of their results is asserted with a margin.
"""

from math import log, pi

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from oracles import flows as oracle  # noqa: E402

import kl_helpers as kl  # noqa: E402
from kl_helpers.nn import flows  # noqa: E402

KINDS = [torch.float32, torch.float64]


def draw(*shape, seed=0, dtype=torch.float64):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64).to(dtype)


def some_flow(runs=2, layers=3, seed=0):
    """A flow with moderate random layers on a base that is not standard."""
    u, w = draw(runs, layers, 2, seed=seed), draw(runs, layers, 2, seed=seed + 1)
    return flows.PlanarFlow(
        0.5 * draw(runs, 2, seed=seed + 2),
        0.3 * draw(runs, 2, seed=seed + 3),
        flows.invertible_u(u, w),
        w,
        draw(runs, layers, seed=seed + 4),
    )


def as_arrays(flow, run):
    """(mean, width, layers) of one run, for the oracle."""
    mean, log_scale, u, w, b = (part[run].numpy() for part in flow)
    return mean, np.exp(log_scale), list(zip(u, w, b, strict=True))


# One layer


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("d", [1, 2, 5])
def test_a_layer_against_the_determinant_of_autograd(d, dtype):
    z, u, w = draw(3, 4, d, dtype=dtype), draw(3, d, seed=1), draw(3, d, seed=2)
    u, w, b = u.to(dtype), w.to(dtype), draw(3, seed=3, dtype=dtype)
    moved, log_det = flows.planar_layer(z, u, w, b)
    assert moved.shape == z.shape and log_det.shape == z.shape[:-1]
    assert moved.dtype == log_det.dtype == dtype
    for run in range(3):
        for place in range(4):

            def alone(p, run=run):
                return p + u[run] * torch.tanh(w[run] @ p + b[run])

            matrix = torch.autograd.functional.jacobian(alone, z[run, place])
            assert torch.allclose(moved[run, place], alone(z[run, place]), atol=1e-5)
            expected = torch.linalg.slogdet(matrix)[1]
            assert log_det[run, place].item() == pytest.approx(
                expected.item(), abs=1e-4
            )


@pytest.mark.parametrize("size", [0.1, 3.0, 30.0])
def test_no_layer_folds_after_the_repair(size):
    u, w = size * draw(50, 2), size * draw(50, 2, seed=9)
    repaired = flows.invertible_u(u, w)
    along, before = (w * repaired).sum(-1), (w * u).sum(-1)
    expected = -1 + np.logaddexp(0, before.numpy())
    assert along.numpy() == pytest.approx(expected, abs=1e-9 * size**2)
    assert (along >= -1 - 1e-9 * size**2).all()
    across = torch.stack([-w[:, 1], w[:, 0]], 1)
    assert torch.allclose((across * repaired).sum(1), (across * u).sum(1), rtol=1e-9)


# Densities


def test_pushed_samples_have_the_density_that_roots_and_determinants_give():
    flow = some_flow()
    z, log_q = flow.push(draw(2, 6, 2, seed=20))
    for run in range(2):
        for place, value in zip(z[run].numpy(), log_q[run].tolist(), strict=True):
            expected = oracle.log_density(place, *as_arrays(flow, run))
            assert value == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("layers", [0, 1, 8])
def test_density_at_given_points_is_that_of_pushing(layers):
    flow = some_flow(runs=3, layers=layers, seed=5)
    z, log_q = flow.push(draw(3, 50, 2, seed=21))
    assert torch.allclose(flow.log_density(z), log_q, atol=1e-8)


def test_densities_integrate_to_one():
    axis = torch.linspace(-14, 14, 561, dtype=torch.float64)
    plane = torch.cartesian_prod(axis, axis).expand(2, -1, -1)
    mass = some_flow().log_density(plane).exp().sum(1) * (28 / 560) ** 2
    assert mass.numpy() == pytest.approx(1, abs=1e-3)


def test_a_folded_layer_is_refused_where_it_matters():
    flow = some_flow()
    folded = flow._replace(u=-2 * flow.w / flow.w.square().sum(-1, keepdim=True))
    with pytest.raises(ValueError, match="w·u = -2, below -1"):
        folded.log_density(torch.zeros(2, 1, 2).double())


# Targets


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_energies_are_those_of_the_paper(number):
    z = 2.5 * draw(200, 2, seed=number)
    ours = flows.ENERGIES[number - 1](z).numpy()
    expected = oracle.energy(number, *z.T.numpy())
    assert ours == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_the_weight_of_a_well_is_its_share():
    z = 2.5 * draw(200, 2, seed=7)
    for weight in (0.5, 0.8, 0.1):
        ours = flows.energy_1(z, weight=weight).numpy()
        assert ours == pytest.approx(oracle.energy(1, *z.T.numpy(), weight), rel=1e-9)


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_log_z_by_another_quadrature(number):
    ours = flows.log_normalizer(flows.ENERGIES[number - 1])
    assert ours == pytest.approx(oracle.log_z(number), abs=1e-5)


def test_a_lost_well_costs_minus_the_log_of_what_is_kept():
    for weight in (0.5, 0.8):

        def energy(z, weight=weight):
            return flows.energy_1(z, weight=weight)

        def right(z, energy=energy):
            return torch.where(z[..., 0] > 0, energy(z), np.inf)

        kept = [flows.log_normalizer(u, points=800) for u in (right, energy)]
        assert kept[1] - kept[0] == pytest.approx(-log(weight), abs=2e-3)
        lost = oracle.log_z(1, weight) - oracle.log_z(1, weight, right_half=True)
        assert kept[1] - kept[0] == pytest.approx(lost, abs=1e-4)


def test_a_target_without_an_integral_is_refused():
    def endless(z):
        return (z[..., 1] / 0.4) ** 2

    with pytest.raises(ValueError, match="no finite integral"):
        flows.log_normalizer(endless)


# The KL


def test_reverse_kl_of_normals_is_the_closed_form():
    flow = some_flow(runs=3, layers=0)
    found = flows.reverse_kl(flow, lambda z: z.square().sum(-1) / 2, log_z=log(2 * pi))
    mean, width = flow.mean.numpy(), flow.log_scale.exp().numpy()
    assert found == pytest.approx(kl.kl_diag_normal(mean, width, 0, 1), abs=2e-5)


def test_reverse_kl_has_the_flow_first():
    """Against samples of the flow, and one log Z for each run."""
    flow, log_z = some_flow(), oracle.log_z(1)
    found = flows.reverse_kl(flow, flows.energy_1, log_z=[log_z, log_z + 1])
    with torch.no_grad():
        z, log_q = flow.push(draw(2, 100_000, 2, seed=30))
        values = log_q + flows.energy_1(z) + log_z
    error = values.std(1) / 100_000**0.5
    assert abs(found[0] - values[0].mean()) < 5 * error[0]
    assert abs(found[1] - 1 - values[1].mean()) < 5 * error[1]


# The fit


def test_a_fit_to_a_normal_finds_it():
    """Both ways of training end at the target, whose KL is zero."""

    def bell(z):
        return ((z - 1) / 0.5).square().sum(-1) / 2

    log_z = log(2 * pi * 0.25)
    for layers in (0, 2):
        flow, history = flows.train_planar(
            bell, [0, 1], layers=layers, anneal=[True, False], steps=300
        )
        assert (flows.reverse_kl(flow, bell, log_z=log_z) < 0.02).all()
        assert history.shape == (300, 2)
        assert history[-50:].mean(0) + log_z == pytest.approx(0, abs=0.05)


def test_annealing_lets_q_widen_before_it_must_fit():
    """A narrow target pulls q together; at a hundredth of its weight q grows."""
    widths = {}
    for anneal in (True, False):
        flow, _ = flows.train_planar(
            lambda z: 5 * z.square().sum(-1), [3], layers=0, anneal=anneal, steps=1
        )
        widths[anneal] = flow.log_scale.exp()
    assert (widths[True] > 1).all() and (widths[False] < 1).all()


def test_a_run_depends_on_its_own_seed_alone():
    alone, _ = flows.train_planar(flows.energy_1, [7], layers=2, steps=20)
    among, _ = flows.train_planar(flows.energy_1, [1, 7, 2], layers=2, steps=20)
    for one, three in zip(alone, among, strict=True):
        assert torch.allclose(one[0], three[1], atol=1e-4)
        assert not torch.allclose(three[0], three[1], atol=1e-2)


def test_training_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    before = torch.get_rng_state()
    flows.train_planar(flows.energy_2, [0], layers=1, steps=2)
    assert torch.equal(torch.get_rng_state(), before)


def test_what_cannot_be_trained_is_named():
    with pytest.raises(ValueError, match="`seeds` lists 0 runs"):
        flows.train_planar(flows.energy_1, [], layers=1)
    with pytest.raises(ValueError, match="one number for each"):
        flows.train_planar(lambda z: z, [0], layers=1, steps=1)
