"""Break kl_helpers on purpose: a test *and* a chapter must notice each break.

    python -m tools.mutants [name …]

Each mutant replaces one piece of text in a copy of the package. Its tests and its
chapter then run against the copy; a mutant that one of them overlooks is an error. A
function that no chapter uses yet has only its test, and the table says so.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

ROOT = Path(__file__).resolve().parent.parent
COPIED = (
    *("kl_helpers", "tests", "tools", "notebooks", "book"),
    *("pyproject.toml", "_config.yml", "_toc.yml"),
)


class Mutant(NamedTuple):
    name: str
    file: str
    old: str
    new: str
    test: str
    chapter: str | None = "ch01_definition_and_gibbs"


MUTANTS = [
    Mutant(
        "log2 for log in the fast sum",
        "_stable.py",
        "np.log(terms, out=terms)",
        "np.log2(terms, out=terms)",
        "test_discrete.py",
    ),
    Mutant(
        "arguments of kl_divergence swapped",
        "discrete.py",
        "total = kl_sum(p, q, tolerances=tolerances)",
        "total = kl_sum(q, p, tolerances=tolerances[::-1])",
        "test_discrete.py",
    ),
    Mutant(
        "rule for p = 0 dropped",
        "_stable.py",
        "return np.where(p > 0, np.maximum(terms, 0.0), q)",
        "return terms",
        "test_discrete.py",
    ),
    Mutant(
        "infinite terms dropped",
        "_stable.py",
        "total[suspect] = kl_terms(p[suspect], q[suspect]).sum(-1)",
        "kept = kl_terms(p[suspect], q[suspect]); "
        "total[suspect] = np.where(np.isinf(kept), 0, kept).sum(-1)",
        "test_discrete.py",
    ),
    Mutant(
        "mean over outcomes instead of sum",
        "_stable.py",
        "total = terms.sum(-1) + (sum_q - sum_p)",
        "total = terms.mean(-1) + (sum_q - sum_p)",
        "test_discrete.py",
    ),
    Mutant(
        "sign of the cross-entropy",
        "discrete.py",
        "return np.where(p > 0, -p * np.log(q), 0.0).sum(-1) + 0.0",
        "return np.where(p > 0, p * np.log(q), 0.0).sum(-1) + 0.0",
        "test_discrete.py",
    ),
    Mutant(
        "negative entries accepted",
        "_stable.py",
        "if not clean.all() or q.min() < 0 or p[suspect].min(initial=0) < 0:",
        "if not clean.all():",
        "test_errors.py",
    ),
    Mutant(
        "sums are not checked",
        "_validate.py",
        "DEFAULT_TOLERANCE = 1e-8",
        "DEFAULT_TOLERANCE = 10",
        "test_errors.py",
    ),
    Mutant(
        "variance for sigma",
        "gaussian.py",
        "z = (mu_p - mu_q) / sigma_q\n",
        "z = (mu_p - mu_q) / sigma_q**2\n",
        "test_gaussian.py",
    ),
    Mutant(
        "half of the quadratic term lost",
        "gaussian.py",
        "return _width_cost(sigma_p, sigma_q) + z * z / 2",
        "return _width_cost(sigma_p, sigma_q) + z * z",
        "test_gaussian.py",
    ),
    Mutant(
        "coder ignores the belief",
        "coding.py",
        "share = np.cumsum(q)",
        "share = np.cumsum(np.ones_like(q))",
        "test_coding.py",
    ),
    Mutant(
        "cross-entropy averaged in the wrong world",
        "discrete.py",
        "return _expected_surprise(p, np.minimum(q, 1)) / read_base(base)",
        "return _expected_surprise(q, np.minimum(p, 1)) / read_base(base)",
        "test_discrete.py",
        "ch02_cross_entropy",
    ),
    Mutant(
        "the base of entropy multiplies",
        "discrete.py",
        "return _expected_surprise(p, np.minimum(p, 1)) / read_base(base)",
        "return _expected_surprise(p, np.minimum(p, 1)) * read_base(base)",
        "test_discrete.py",
    ),
    Mutant(
        "logits swapped",
        "discrete.py",
        "return kl_logit_sum(a, b) / read_base(base)",
        "return kl_logit_sum(b, a) / read_base(base)",
        "test_discrete.py",
        "ch02_cross_entropy",
    ),
    Mutant(
        "root of the JS distance dropped",
        "discrete.py",
        "return np.sqrt(js_divergence(p, q, base=base, axis=axis))",
        "return js_divergence(p, q, base=base, axis=axis)",
        "test_discrete.py",
        "notation",
    ),
    Mutant(
        "half of the total variation",
        "discrete.py",
        "return np.minimum(np.abs(p - q).sum(-1) / 2, 1.0)",
        "return np.minimum(np.abs(p - q).sum(-1), 1.0)",
        "test_discrete.py",
        None,
    ),
    Mutant(
        "mean over coordinates instead of sum",
        "gaussian.py",
        "return per_coordinate.sum(-1)",
        "return per_coordinate.mean(-1)",
        "test_gaussian.py",
        None,
    ),
    Mutant(
        "mean over latent coordinates",
        "gaussian.py",
        "return cost.sum(-1)",
        "return cost.mean(-1)",
        "test_gaussian.py",
        None,
    ),
    Mutant(
        "covariances inverted",
        "gaussian.py",
        "return (tangent_gap(log_var).sum(-1) + (z * z).sum(-1)) / 2",
        "return (tangent_gap(-log_var).sum(-1) + (z * z).sum(-1)) / 2",
        "test_gaussian.py",
        "ch03_forward_and_reverse",
    ),
    Mutant(
        "labels in the wrong order",
        "datasets.py",
        'stored["labels"].astype(int)',
        'stored["labels"].astype(int)[::-1]',
        "test_datasets.py",
        "ch02_cross_entropy",
    ),
    Mutant(
        "a swapped answer is not swapped",
        "exercises/mutators.py",
        "return (*arguments[:start], *arguments[middle:], *arguments[start:middle])",
        "return arguments",
        "test_quizzes.py",
    ),
    Mutant(
        "every answer is right",
        "exercises/_question.py",
        "        if found.shape != expected.shape:\n            return False\n",
        "        return True\n",
        "test_exercises.py",
        None,
    ),
    Mutant(
        "forward fit forgets the spread of the means",
        "_mixture.py",
        "return mu, inside + (weights[:, None] * apart).T @ apart",
        "return mu, inside",
        "test_fitting.py",
        "ch03_forward_and_reverse",
    ),
    Mutant(
        "forward cost swapped",
        "_mixture.py",
        "excess = log_density(x, mixture)[0] - log_density(x, q)[0]",
        "excess = log_density(x, q)[0] - log_density(x, mixture)[0]",
        "test_fitting.py",
        "ch03_forward_and_reverse",
    ),
    Mutant(
        "reverse cost without its entropy",
        "_mixture.py",
        "return -entropy - mean @ log_density(mu + nodes @ root.T, mixture)[0]",
        "return -mean @ log_density(mu + nodes @ root.T, mixture)[0]",
        "test_fitting.py",
        "ch03_forward_and_reverse",
    ),
    Mutant(
        "saddles count as optima",
        "fitting.py",
        "return end[:3] if end[3] else None",
        "return end[:3]",
        "test_fitting.py",
        None,
    ),
    Mutant(
        "mean-field for every fit",
        "fitting.py",
        "kept = rows == columns if diagonal else slice(None)",
        "kept = rows == columns",
        "test_fitting.py",
        None,
    ),
    Mutant(
        "no mean-field fit",
        "fitting.py",
        "kept = rows == columns if diagonal else slice(None)",
        "kept = slice(None)",
        "test_fitting.py",
        "ch03_forward_and_reverse",
    ),
    Mutant(
        "starts on the hills forgotten",
        "fitting.py",
        "for size in range(1, k + 1) if k <= 4 else (1, 2, k):",
        "for size in (k,):",
        "test_fitting.py",
        "ch03_forward_and_reverse",
    ),
    Mutant(
        "exp without its 1 in the latent KL",
        "nn/losses.py",
        "torch.expm1(log_var) - log_var",
        "torch.exp(log_var) - log_var",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "mean over latent dimensions in torch",
        "nn/losses.py",
        "return kl_per_dimension(mu, log_var).sum(-1)",
        "return kl_per_dimension(mu, log_var).mean(-1)",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "sign of the likelihood of a pixel",
        "nn/losses.py",
        "return -F.binary_cross_entropy",
        "return F.binary_cross_entropy",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "variance for sigma in the latent sample",
        "nn/vae.py",
        "torch.exp(log_var / 2) * noise",
        "torch.exp(log_var) * noise",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "no slope through the mean",
        "nn/vae.py",
        "self.decode(mu + torch",
        "self.decode(mu.detach() + torch",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "KL forgotten in the default loss",
        "nn/vae.py",
        "return -(terms.log_likelihood - terms.kl).mean()",
        "return -terms.log_likelihood.mean()",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "any ink counts",
        "nn/vae.py",
        "(grey.flatten(1) >= 0.5)",
        "(grey.flatten(1) > 0)",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "beta ignored in the linear VAE",
        "nn/vae.py",
        "return nats + beta * kl().sum()",
        "return nats + kl().sum()",
        "test_nn.py",
        "ch04_vae",
    ),
    Mutant(
        "clip without its lower half",
        "nn/losses.py",
        "torch.minimum(torch.maximum(w, 1 - epsilon), 1 + epsilon)",
        "torch.minimum(w, 1 + epsilon)",
        "test_ppo.py",
        "ch05_ppo",
    ),
    Mutant(
        "clip on both sides",
        "nn/losses.py",
        "return -torch.minimum(w * advantage, clipped * advantage)",
        "return -clipped * advantage",
        "test_ppo.py",
        "ch05_ppo",
    ),
    Mutant(
        "PPO's penalty the other way round",
        "nn/losses.py",
        "kl = categorical_kl(old_log_probs, log_probs)",
        "kl = categorical_kl(log_probs, old_log_probs)",
        "test_ppo.py",
        "ch05_ppo",
    ),
    Mutant(
        "PPO's penalty pushes away",
        "nn/losses.py",
        "return push + beta * kl",
        "return push - beta * kl",
        "test_ppo.py",
        "ch05_ppo",
    ),
    Mutant(
        "adaptive price reversed",
        "nn/losses.py",
        "return beta / 2 if kl < target / 1.5 else beta",
        "return beta * 2 if kl < target / 1.5 else beta",
        "test_ppo.py",
        "ch05_ppo",
    ),
    Mutant(
        "k1 with the sign of w",
        "estimators.py",
        "return -_log_w(log_p, log_q)",
        "return _log_w(log_p, log_q)",
        "test_estimators.py",
        "ch05_ppo",
    ),
    Mutant(
        "k3 with the inverse ratio",
        "estimators.py",
        "return tangent_gap(_log_w(log_p, log_q))",
        "return tangent_gap(-_log_w(log_p, log_q))",
        "test_estimators.py",
        "ch05_ppo",
    ),
    Mutant(
        "standard error without its root",
        "estimators.py",
        "np.sqrt(values.size)",
        "values.size",
        "test_estimators.py",
        "ch05_ppo",
    ),
    Mutant(
        "k2 without its half",
        "estimators.py",
        "return _log_w(log_p, log_q) ** 2 / 2",
        "return _log_w(log_p, log_q) ** 2",
        "test_estimators.py",
        "ch08_estimating_kl",
    ),
    Mutant(
        "histograms exchanged",
        "estimators.py",
        "return float(kl_terms(*shares).sum())",
        "return float(kl_terms(*shares[::-1]).sum())",
        "test_estimators.py",
        "ch08_estimating_kl",
    ),
    Mutant(
        "one neighbour too many in kl_knn",
        "estimators.py",
        "own = _kth_distance(points, points, k + 1)",
        "own = _kth_distance(points, points, k + 2)",
        "test_estimators.py",
        "ch08_estimating_kl",
    ),
    Mutant(
        "dimension forgotten in kl_knn",
        "estimators.py",
        "return float(points.shape[1] * ratios.mean()",
        "return float(ratios.mean()",
        "test_estimators.py",
        "ch08_estimating_kl",
    ),
    Mutant(
        "clip left out of the training",
        "nn/ppo.py",
        "epsilon=clip,",
        "epsilon=inf,",
        "test_ppo_claims.py",
        "ch05_ppo",
    ),
    Mutant(
        "early stopping left out",
        "nn/ppo.py",
        "going &= mean(kl, part.valid) <= stop[:, 0]",
        "going &= mean(kl, part.valid) <= inf",
        "test_ppo.py",
        "ch05_ppo",
    ),
    Mutant(
        "advantages across episodes",
        "nn/ppo.py",
        "gamma * lam * (1 - done[t]) * later",
        "gamma * lam * later",
        "test_ppo.py",
        None,
    ),
    Mutant(
        "reset steps counted as states",
        "nn/ppo.py",
        "return (values * valid).sum(1) / valid.sum(1)",
        "return values.mean(1)",
        "test_ppo.py",
        None,
    ),
    Mutant(
        "distillation without T squared",
        "nn/losses.py",
        "return t[..., 0] ** 2 * terms[direction].sum(-1)",
        "return terms[direction].sum(-1)",
        "test_distillation.py",
        "ch06_distillation",
    ),
    Mutant(
        "distillation the other way round",
        "nn/losses.py",
        '"forward": _kl_terms(log_p, log_q),',
        '"forward": _kl_terms(log_q, log_p),',
        "test_distillation.py",
        "ch06_distillation",
    ),
    Mutant(
        "temperature on the teacher alone",
        "nn/losses.py",
        "log_q = (student_logits / t).log_softmax(-1)",
        "log_q = student_logits.log_softmax(-1)",
        "test_distillation.py",
        "ch06_distillation",
    ),
    Mutant(
        "flattened rows that do not sum to 1",
        "nn/distillation.py",
        "(1 - sure) / (probabilities.shape[-1] - 1)",
        "(1 - sure) / probabilities.shape[-1]",
        "test_distillation.py",
        None,
    ),
    Mutant(
        "shuffled leaves everything in its place",
        "nn/distillation.py",
        "probabilities.scatter(-1, here, probabilities.gather(-1, there))",
        "probabilities.scatter(-1, here, probabilities.gather(-1, here))",
        "test_distillation.py",
        "ch06_distillation",
    ),
    Mutant(
        "2 to the power of nats as perplexity",
        "embedding.py",
        "_conditional(_squared_distances(x), float(np.log(perplexity)))",
        "_conditional(_squared_distances(x), float(np.log2(perplexity)))",
        "test_embedding.py",
        "ch07_tsne",
    ),
    Mutant(
        "lotteries summed, not averaged",
        "embedding.py",
        "(conditional + conditional.T) / (2 * n)",
        "(conditional + conditional.T) / n",
        "test_embedding.py",
        "ch07_tsne",
    ),
    Mutant(
        "a normal kernel on the map",
        "embedding.py",
        "kernel = 1 / (1 + _squared_distances(y))",
        "kernel = np.exp(-_squared_distances(y))",
        "test_embedding.py",
        "ch07_tsne",
    ),
    Mutant(
        "a point as its own neighbour on the map",
        "embedding.py",
        "    kernel = 1 / (1 + _squared_distances(y))\n    np.fill_diagonal(kernel, 0)",
        "    kernel = 1 / (1 + _squared_distances(y))",
        "test_embedding.py",
        "ch07_tsne",
    ),
    Mutant(
        "gradient of t-SNE reversed",
        "embedding.py",
        "return _pull((p - kernel / kernel.sum()) * kernel, y)",
        "return _pull((kernel / kernel.sum() - p) * kernel, y)",
        "test_embedding.py",
        "ch07_tsne",
    ),
    Mutant(
        "swapped t-SNE without its mean",
        "embedding.py",
        "-_pull(q * (surprise - (q * surprise).sum()) * kernel, y)",
        "-_pull(q * surprise * kernel, y)",
        "test_embedding.py",
        None,
    ),
    Mutant(
        "exaggeration never ends",
        "embedding.py",
        "early = done < exaggerated",
        "early = True",
        "test_embedding.py",
        "ch07_tsne",
    ),
]


def breaks(name, scratch, command):
    """Whether a check fails on a copy of the project."""
    environment = {**os.environ, "PYTHONPATH": str(scratch), "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-o", "addopts=", *command]
    run = subprocess.run(command, cwd=scratch, env=environment, capture_output=True)
    if run.returncode not in (0, 1, 2):  # 1: some failed; 2: a module would not load
        sys.exit(f"kl: {name}: the check itself broke\n{run.stdout.decode()}")
    return run.returncode != 0


def try_mutant(mutant=None, tests=(), chapters=()):
    """(do the tests fail, do the chapters fail); no mutant breaks nothing."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        for name in COPIED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, scratch / name)
        if mutant:
            file = scratch / "kl_helpers" / mutant.file
            file.write_text(mutate(mutant, file.read_text()))
        name = mutant.name if mutant else "no mutant"
        notebooks = [f"notebooks/{chapter}.ipynb" for chapter in chapters]
        return (
            breaks(name, scratch, [f"tests/{test}" for test in tests]),
            bool(notebooks) and breaks(name, scratch, ["--nbval", *notebooks]),
        )


def mutate(mutant, text):
    if text.count(mutant.old) != 1:
        sys.exit(f"kl: {mutant.name}: its text must stand once in {mutant.file}")
    return text.replace(mutant.old, mutant.new)


def main(names):
    known = {mutant.name for mutant in MUTANTS}
    if unknown := set(names) - known:
        sys.exit(f"kl: no mutant {unknown.pop()!r}; there are: {', '.join(known)}")
    chosen = [m for m in MUTANTS if not names or m.name in names]
    tests, chapters = (
        {getattr(m, kind) for m in chosen} for kind in ("test", "chapter")
    )
    if any(try_mutant(None, tests, chapters - {None})):
        sys.exit("kl: a check fails without any mutant; mend that first: make test")
    progress = tqdm(chosen, desc="mutants", leave=False)
    results = [
        (m, *try_mutant(m, [m.test], filter(None, [m.chapter]))) for m in progress
    ]
    print(f"{'mutant':<45} {'test':<24} chapter")
    for mutant, test, chapter in results:
        by_test = mutant.test if test else "OVERLOOKED"
        by_chapter = mutant.chapter if chapter else "OVERLOOKED"
        if not mutant.chapter:
            by_chapter = "(no chapter shows it)"
        print(f"{mutant.name:<45} {by_test:<24} {by_chapter}")
    survivors = [
        m.name
        for m, test, chapter in results
        if not (test and (chapter or not m.chapter))
    ]
    sys.exit(f"kl: overlooked: {', '.join(survivors)}" if survivors else None)


if __name__ == "__main__":
    main(sys.argv[1:])
