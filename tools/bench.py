"""The speed figures of the course, measured here and now.

    python -m tools.bench

Every contender runs in turn in one process, so that a machine that slows down slows
them all; the ratio is the median over the rounds. A promise that fails is an error.
"""

import sys
from time import perf_counter

import numpy as np
from scipy import special, stats
from tqdm import tqdm

import kl_helpers as kl

ROUNDS = 7
ROWS, OUTCOMES = 10_000, 1_000
PROMISES = {"scipy.special.rel_entr(p, q).sum(-1)": 4, "scipy.stats.entropy(p, q)": 6}


def interleaved(contenders, rounds=ROUNDS):
    """Seconds of each contender in each round, after one round that does not count."""
    times = {name: [] for name in contenders}
    for round_number in tqdm(range(rounds + 1), desc="rounds", leave=False):
        for name, call in contenders.items():
            start = perf_counter()
            call()
            if round_number:
                times[name].append(perf_counter() - start)
    return {name: np.array(seconds) for name, seconds in times.items()}


def main():
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(OUTCOMES), size=(2, ROWS))
    times = interleaved(
        {
            "kl_divergence(p, q), inputs checked": lambda: kl.kl_divergence(p, q),
            "scipy.special.rel_entr(p, q).sum(-1)": lambda: special.rel_entr(p, q).sum(
                -1
            ),
            "scipy.stats.entropy(p, q)": lambda: stats.entropy(p, q, axis=-1),
        }
    )
    ours = times["kl_divergence(p, q), inputs checked"]
    print(f"KL of {ROWS:,} pairs with {OUTCOMES:,} outcomes, median of {ROUNDS} rounds")
    broken = []
    for name, seconds in times.items():
        ratio, promised = np.median(seconds / ours), PROMISES.get(name, 0)
        promise = f"  promised at least {promised}" if promised else ""
        print(f"  {1e3 * np.median(seconds):7.1f} ms  {ratio:5.1f} x  {name}{promise}")
        if ratio < promised:
            broken.append(name)
    sys.exit(f"kl: the promise fails against {', '.join(broken)}" if broken else None)


if __name__ == "__main__":
    main()
