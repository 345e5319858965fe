"""Every formula of the cheat sheet holds, by computation that is not ours."""

import io

import numpy as np
import pytest
import torch
from mpmath import mp, mpf
from pypdf import PdfReader
from scipy import integrate, optimize, special, stats

from tools import cheat_sheet, notebooks

DATA = cheat_sheet.read()
RNG = np.random.default_rng(0)
P, Q = RNG.dirichlet(np.ones(5), size=2)
JOINT_P, JOINT_Q = (RNG.dirichlet(np.ones(12)).reshape(3, 4) for _ in range(2))


def kl(p, q):
    return special.rel_entr(p, q).sum()


def check_definition():
    draws = RNG.choice(5, size=400_000, p=P)
    values = np.log(P / Q)[draws]
    assert abs(values.mean() - kl(P, Q)) < 4 * values.std() / np.sqrt(values.size)


def check_gibbs():
    for p, q in RNG.dirichlet(np.ones(6), size=(500, 2)):
        assert kl(p, q) > 0
    assert kl(P, P) == 0


def check_cross_entropy():
    assert np.isclose(-(P @ np.log(Q)), stats.entropy(P) + kl(P, Q))


def check_logits():
    z = torch.randn(5, dtype=torch.float64, requires_grad=True)
    p = torch.tensor(P)
    (p * (p.log() - z.log_softmax(-1))).sum().backward()
    assert torch.allclose(z.grad, z.detach().softmax(-1) - p)


def check_normals():
    (a, s), (b, t) = (0.3, 0.8), (-0.5, 1.7)
    p, q = stats.norm(a, s), stats.norm(b, t)
    by_area = integrate.quad(lambda x: p.pdf(x) * (p.logpdf(x) - q.logpdf(x)), -12, 12)
    formula = np.log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - 1 / 2
    assert np.isclose(by_area[0], formula)


def check_to_prior():
    p, q = (torch.distributions.Normal(*pair) for pair in [(0.7, 0.4), (0.0, 1.0)])
    found = torch.distributions.kl_divergence(p, q).item()
    assert np.isclose(found, (0.7**2 + 0.4**2 - 1 - np.log(0.4**2)) / 2, rtol=1e-6)


def check_elbo():
    joint = JOINT_P[:, 0]  # p(z, x) at the x that was seen
    q = RNG.dirichlet(np.ones(3))
    elbo = q @ (np.log(joint) - np.log(q))
    assert np.isclose(np.log(joint.sum()), elbo + kl(q, joint / joint.sum()))


def check_chain_rule():
    rows_p, rows_q = JOINT_P.sum(1), JOINT_Q.sum(1)
    steps = [
        kl(p / p.sum(), q / q.sum()) for p, q in zip(JOINT_P, JOINT_Q, strict=True)
    ]
    assert np.isclose(kl(JOINT_P, JOINT_Q), kl(rows_p, rows_q) + rows_p @ steps)


def check_data_processing():
    for _ in range(200):
        channel = RNG.dirichlet(np.ones(4), size=5)
        assert kl(P @ channel, Q @ channel) <= kl(P, Q) + 1e-15


def check_pinsker():
    for p, q in RNG.dirichlet(np.ones(3), size=(500, 2)):
        assert np.abs(p - q).sum() / 2 <= np.sqrt(kl(p, q) / 2)


def check_local():
    z, step = np.log(P), 1e-3 * RNG.normal(size=5)
    fisher = np.diag(P) - np.outer(P, P)
    found = kl(P, special.softmax(z + step))
    assert np.isclose(found, step @ fisher @ step / 2, rtol=1e-2)


def check_estimators():
    w = Q / P
    assert np.isclose(P @ -np.log(w), kl(P, Q))
    assert np.isclose(P @ (w - 1 - np.log(w)), kl(P, Q))
    assert not np.isclose(P @ np.log(w) ** 2 / 2, kl(P, Q))


def check_k3_gradient():
    ref, found = torch.tensor(Q), {}
    z = torch.tensor(np.log(P), requires_grad=True)
    pi = z.log_softmax(-1).exp()
    log_w = ref.log() - z.log_softmax(-1)
    for name, each in [("k2", log_w**2 / 2), ("k3", log_w.exp() - 1 - log_w)]:
        loss = (pi.detach() * each).sum()
        found[name] = torch.autograd.grad(loss, z, retain_graph=True)[0]
    for name, value in [("k2", -(pi * log_w).sum()), ("k3", (ref * log_w).sum())]:
        wanted = torch.autograd.grad(value, z, retain_graph=True)[0]
        assert torch.allclose(found[name], wanted)


def check_leash():
    ref, reward, beta = P, RNG.normal(size=5), 0.7

    def loss(z):
        pi = special.softmax(z)
        return -(pi @ reward) + beta * kl(pi, ref)

    best = special.softmax(optimize.minimize(loss, np.zeros(5), tol=1e-12).x)
    tilted = ref * np.exp(reward / beta)
    assert np.allclose(best, tilted / tilted.sum(), atol=1e-5)


def check_tempered():
    K, T = 6, 100
    z_t, z_s = (z - z.mean() for z in RNG.normal(size=(2, K)))
    slope = (special.softmax(z_s / T) - special.softmax(z_t / T)) / T
    assert np.allclose(slope, (z_s - z_t) / (K * T**2), rtol=0.1, atol=1e-7)


def check_counts():
    k, n = 8, 400
    shares = RNG.multinomial(n, np.full(k, 1 / k), size=20_000) / n
    mean = special.rel_entr(shares, 1 / k).sum(1).mean()
    assert np.isclose(mean, (k - 1) / (2 * n), rtol=0.03)


def check_psi():
    k, n, m = 10, 3000, 1000
    e, a = (RNG.multinomial(r, np.full(k, 1 / k), size=20_000) / r for r in (n, m))
    psi = (special.rel_entr(a, e) + special.rel_entr(e, a)).sum(1)
    assert np.allclose(psi, ((a - e) * np.log(a / e)).sum(1))
    law = stats.chi2(k - 1, scale=1 / n + 1 / m)
    assert np.allclose(np.quantile(psi, [0.5, 0.95]), law.ppf([0.5, 0.95]), rtol=0.04)


def check_stein():
    e, a = np.array([0.9, 0.1]), np.array([0.7, 0.3])
    step, alarm = np.log(a / e), np.log(1e4)
    walks = step[(RNG.random((2000, 600)) < a[1]).astype(int)].cumsum(1)
    arrived = (walks >= alarm).argmax(1).mean()
    assert 1 < arrived / (alarm / kl(a, e)) < 1.15


def check_js():
    middle = (P + Q) / 2
    js = (kl(P, middle) + kl(Q, middle)) / 2
    from scipy.spatial.distance import jensenshannon

    assert np.isclose(js, jensenshannon(P, Q) ** 2) and js <= np.log(2)


def check_information():
    total = mpf(0)
    for i, row in enumerate(JOINT_P):
        for j, p in enumerate(row):
            alone = mpf(JOINT_P[i].sum()) * mpf(JOINT_P[:, j].sum())
            total += mpf(p) * mp.log(mpf(p) / alone)
    parts = stats.entropy(JOINT_P.sum(0)) + stats.entropy(JOINT_P.sum(1))
    assert np.isclose(float(total), parts - stats.entropy(JOINT_P.ravel()))


CHECKS = {
    name.removeprefix("check_"): function
    for name, function in globals().items()
    if name.startswith("check_")
}


def test_every_formula_has_its_check():
    assert [formula["id"] for formula in DATA["formulas"]] == list(CHECKS)


@pytest.mark.parametrize("name", CHECKS)
def test_the_formula_holds(name):
    CHECKS[name]()


def test_every_use_leads_to_a_page_that_says_who_moves():
    known = {source.stem for source in notebooks.sources()}
    for use in DATA["uses"]:
        assert use["page"] in known, use
        assert set(use) == {*cheat_sheet.COLUMNS, "page"}
        assert use["gradient"] in {"first", "second", "nobody", "value only"}


def test_the_page_has_all_of_it():
    page = cheat_sheet.page(DATA)
    for formula in DATA["formulas"]:
        assert formula["tex"] in page and formula["says"] in page
        cells = formula["tex"] + formula["says"]
        assert "|" not in cells, "a bar ends a cell: write \\Vert or \\mid"
    assert page.count("\n| ") == len(DATA["uses"]) + 2 + len(DATA["formulas"]) + 1


@pytest.mark.site
@pytest.mark.xdist_group("pages")
def test_it_prints_on_two_sides_of_a4(new_page, site):
    page = new_page(f"{site}book/_generated/cheat_sheet.html")
    sides = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
    assert [round(side.mediabox.height) for side in sides] == [842, 842]
    assert "Formulas" in sides[1].extract_text()
