"""The speed figures of the course, measured here and now.

    python -m tools.bench [kl] [ppo] [tsne] [flows] [coursework] [site]

The contenders run in turn in one process with one thread, so that a machine that slows
down slows them all; a ratio is the median over the rounds. A promise that fails is an
error.
"""

import shutil
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np
import torch
from scipy import special, stats
from tqdm import tqdm

import kl_helpers as kl
from kl_helpers.nn import flows
from kl_helpers.nn.ppo import Rule, train_ppo
from tools import lighthouse
from tools.coursework import classroom, demo, submissions
from tools.coursework.course import Course

ROOT = Path(__file__).resolve().parent.parent

ROWS, OUTCOMES = 10_000, 1_000


def interleaved(contenders, rounds, warm_up=1):
    """Seconds and results of each contender in each round that counts."""
    times, results = ({name: [] for name in contenders} for _ in range(2))
    for number in tqdm(range(rounds + warm_up), desc="rounds", leave=False):
        for name, call in contenders.items():
            start = perf_counter()
            result = call(number)
            if number >= warm_up:
                times[name].append(perf_counter() - start)
                results[name].append(result)
    return {name: np.array(seconds) for name, seconds in times.items()}, results


def report(times, promises):
    """Print medians and ratios to the first contender; the promises that fail."""
    ours = next(iter(times.values()))
    for name, seconds in times.items():
        ratio, promised = np.median(seconds / ours), promises.get(name, 0)
        promise = f"  promised at least {promised}" if promised else ""
        print(f"  {np.median(seconds):9.4f} s  {ratio:5.1f} x  {name}{promise}")
        if ratio < promised:
            yield f"speed against {name}"


def bench_kl(rounds=7):
    """KL of many pairs, inputs checked, against scipy's functions without checks."""
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(OUTCOMES), size=(2, ROWS))
    times, _ = interleaved(
        {
            "kl_divergence(p, q), inputs checked": lambda _: kl.kl_divergence(p, q),
            "scipy.special.rel_entr(p, q).sum(-1)": lambda _: special.rel_entr(
                p, q
            ).sum(-1),
            "scipy.stats.entropy(p, q)": lambda _: stats.entropy(p, q, axis=-1),
        },
        rounds,
    )
    print(f"KL of {ROWS:,} pairs with {OUTCOMES:,} outcomes, median of {rounds} rounds")
    promises = {
        "scipy.special.rel_entr(p, q).sum(-1)": 4,
        "scipy.stats.entropy(p, q)": 6,
    }
    yield from report(times, promises)


def bench_ppo(rounds=3, steps=100_000):
    """One run of PPO on CartPole-v1; Stable-Baselines3 has the settings of RL Zoo."""
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    def ours(seed):
        return train_ppo([Rule(clip=0.2)], [seed], steps=steps)["return"][-1, 0]

    def theirs(seed):
        model = PPO(
            "MlpPolicy",
            make_vec_env("CartPole-v1", n_envs=8, seed=seed),
            n_steps=32,
            batch_size=256,
            n_epochs=20,
            gamma=0.98,
            gae_lambda=0.8,
            ent_coef=0.0,
            learning_rate=lambda left: 1e-3 * left,
            clip_range=lambda left: 0.2 * left,
            seed=seed,
            device="cpu",
        ).learn(steps)
        return np.mean([episode["r"] for episode in model.ep_info_buffer])

    names = "train_ppo", "stable_baselines3.PPO"
    times, returns = interleaved(
        dict(zip(names, (ours, theirs), strict=True)), rounds, warm_up=0
    )
    print(f"PPO on CartPole-v1, {steps:,} steps, one run, median of {rounds} seeds")
    yield from report(times, {names[1]: 3})
    first, second = (float(np.median(returns[name])) for name in names)
    print(f"  return of the last 100 episodes: {first:.0f} against {second:.0f}")
    if first < second:
        yield "return of PPO"


def bench_tsne(rounds=1, iterations=1000):
    """A map of all digits against scikit-learn's exact t-SNE, judged by the same P."""
    from sklearn.manifold import TSNE, trustworthiness

    images, _ = kl.load_digits()
    x = images.reshape(len(images), -1)
    settings = {"method": "exact", "perplexity": 30, "init": "pca", "random_state": 0}
    limits = {"max_iter": iterations, "n_iter_without_progress": iterations}
    names = "kl_helpers.tsne", "sklearn.manifold.TSNE, exact"
    times, maps = interleaved(
        {
            names[0]: lambda _: kl.tsne(x, iterations=iterations, every=iterations)[0],
            names[1]: lambda _: TSNE(**settings, **limits).fit_transform(x),
        },
        rounds,
        warm_up=0,
    )
    print(f"t-SNE of {len(x):,} digits, {iterations:,} iterations, one run")
    yield from report(times, {names[1]: 4})
    p = kl.perplexity_affinities(x)
    bills, trusts = {}, {}
    for name in names:
        y = maps[name][0]
        q = kl.map_affinities(y)
        bills[name] = float(kl.kl_divergence(p.ravel(), q.ravel()))
        trusts[name] = trustworthiness(x, y, n_neighbors=12)
        print(f"  KL {bills[name]:.4f}, trustworthiness {trusts[name]:.4f}  {name}")
    if bills[names[0]] > 1.01 * bills[names[1]]:
        yield "KL of t-SNE within 1 %"
    if trusts[names[0]] < trusts[names[1]]:
        yield "trustworthiness of t-SNE"


def bench_flows(rounds=3, steps=600, batch=128):
    """One fit to the two wells of `energy_1`: our planar layers, zuko's splines."""
    import zuko

    log_z = flows.log_normalizer(flows.energy_1)

    def ours(seed):
        flow, _ = flows.train_planar(
            flows.energy_1, [seed], layers=32, steps=steps, batch=batch
        )
        return float(flows.reverse_kl(flow, flows.energy_1, log_z=log_z)[0])

    def theirs(seed):
        torch.manual_seed(seed)
        flow = zuko.flows.NSF(2, transforms=3, hidden_features=(32, 32))
        optimizer = torch.optim.Adam(flow.parameters(), lr=1e-2, fused=True)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
        for step in range(steps):
            z, log_q = flow().rsample_and_log_prob((batch,))
            beta = min(1.0, 0.01 + 2 * step / steps)
            optimizer.zero_grad()
            (log_q + beta * flows.energy_1(z)).mean().backward()
            optimizer.step()
            schedule.step()
        with torch.no_grad():
            z, log_q = flow().rsample_and_log_prob((20_000,))
            return float((log_q + flows.energy_1(z)).mean()) + log_z

    names = "train_planar, 32 layers", "zuko NSF, 3 transforms"
    times, found = interleaved(dict(zip(names, (ours, theirs), strict=True)), rounds, 0)
    print(f"A flow for two wells, {steps} steps, one run, median of {rounds} seeds")
    yield from report(times, {names[1]: 1.5})
    for name in names:
        kls = ", ".join(f"{kl:.3f}" for kl in found[name])
        print(f"  KL in nats per draw: {kls}  {name}")
        if np.median(found[name]) > 0.1:
            yield f"KL of {name}"


def bench_site(runs=5):
    """Lighthouse's scores of the built site, as a telephone sees it."""
    print(f"Lighthouse {lighthouse.VERSION}, mobile, compressed, median of {runs} runs")
    for page, found in lighthouse.medians(runs).items():
        print(f"  {page}: " + ", ".join(f"{k} {v:.0f}" for k, v in found.items()))
        for name, promised in lighthouse.PROMISED.items():
            if found[name] < promised:
                yield f"{name} of {page}"


def bench_coursework(first=50, others=6):
    """Grading of made-up classes: 50 submissions of a1, a few of the others."""
    print("Grading in the sandbox, two at a time")
    for name in Course(ROOT / "coursework").names:
        size = first if name == "a1" else others
        seconds, cpu = grade_a_class(name, size)
        print(f"  {name}: {size} submissions in {seconds:.0f} s, {cpu:.2f} CPU s each")
        if name == "a1" and 200 * cpu / 2 > 300:
            yield "200 submissions of a1 on two cores in five minutes"


def grade_a_class(name, size):
    """(seconds, CPU seconds per submission) of `size` known submissions."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("sources", "known"):
            shutil.copytree(ROOT / "coursework" / part, Path(folder) / part)
        (Path(folder) / "secret").write_text("a secret for the bench")
        course = Course(Path(folder))
        assignment, known = course.assignment(name), course.known(name)
        place = course.folder / "submissions"
        for number in range(size):
            student = f"s{number}"
            nb = demo.handed_in(
                assignment.stamped(course.code), known[number % len(known)], student
            )
            (place / student).mkdir(parents=True)
            (place / student / assignment.file_name).write_bytes(demo.as_bytes(nb))
        found = submissions.collect(place, {}, assignment, course.work(name))
        start = perf_counter()
        records = classroom.grade_class(course, assignment, found, workers=2)
        seconds = perf_counter() - start
    return seconds, float(np.mean([r.cpu_seconds for r in records]))


BENCHES = {
    "kl": bench_kl,
    "ppo": bench_ppo,
    "tsne": bench_tsne,
    "coursework": bench_coursework,
    "flows": bench_flows,
    "site": bench_site,
}


def main(names):
    if unknown := set(names) - set(BENCHES):
        sys.exit(f"kl: no bench {unknown.pop()!r}; there are: {', '.join(BENCHES)}")
    torch.set_num_threads(1)
    broken = [promise for name in names or BENCHES for promise in list(BENCHES[name]())]
    sys.exit(f"kl: a promise fails: {', '.join(broken)}" if broken else None)


if __name__ == "__main__":
    main(sys.argv[1:])
