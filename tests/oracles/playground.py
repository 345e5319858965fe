"""Numbers for the playground that scipy finds: minima from 200 starts, and JS.

python tests/oracles/playground.py writes playground/oracle_cases.json.
"""

import json
from pathlib import Path

import numpy as np
from scipy import integrate

if __package__:
    from . import mixtures
else:  # run as a script
    import mixtures

ROOT = Path(__file__).resolve().parents[2]
CASES = ROOT / "playground" / "cases.json"
ORACLE_CASES = ROOT / "playground" / "oracle_cases.json"
STARTS = 200
DIALS = [  # alpha, distance of the hills, weight of the left one
    (0.01, 5.6, 0.5),
    (0.05, 6, 0.5),
    (0.12, 6, 0.5),
    (0.13, 6, 0.5),
    (0.3, 6, 0.5),
    (0.6, 6, 0.5),
    (0.2, 6, 0.7),
    (0.5, 6, 0.7),
    (0.5, 8, 0.5),
    (0.2, 4, 0.5),
    (0.8, 9, 0.05),
]


def columns(parts):
    return tuple([part[name] for part in parts] for name in ("weight", "mu", "sigma"))


def minima(parts, seed, starts=STARTS):
    """[mu, sigma, price] of each minimum of KL(q‖mixture), in the order of mu."""
    target = columns(parts)
    found = mixtures.line_minima(mixtures.reverse_on_line, target, starts, seed)
    return sorted(found.tolist())


def dial(alpha, distance, weight):
    """[mu, sigma, price] of each minimum of an alpha-divergence, in the order of mu."""
    target = [weight, 1 - weight], [-distance / 2, distance / 2], [1.0, 1.0]
    objective = mixtures.alpha_on_line(alpha)
    return sorted(mixtures.line_minima(objective, target, STARTS, 0).tolist())


def js(parts, q):
    """Jensen-Shannon divergence of a mixture and one Gaussian, in nats."""
    p, q = columns(parts), ([1.0], [q["mu"]], [q["sigma"]])
    centres, widths = np.array(p[1] + q[1]), np.array(p[2] + q[2])

    def share(x):
        logs = [mixtures.line_log_density(np.array([x]), d)[0][0] for d in (p, q)]
        middle = np.logaddexp(*logs) - np.log(2)
        return sum(np.exp(a) * (a - middle) for a in logs if a > -700) / 2

    edges = np.unique(np.concatenate([centres + k * widths for k in range(-14, 15, 2)]))
    pieces = zip(edges[:-1], edges[1:], strict=True)
    return sum(integrate.quad(share, *piece, epsabs=1e-13)[0] for piece in pieces)


def build():
    cases = json.loads(CASES.read_text())
    fits = [
        {"seed": row["seed"], "starts": STARTS, "reverse": minima(*mixture_of(row))}
        for row in cases["fits"]
    ]
    pairs = [{"mixture": r["mixture"], "q": r["q"]} for r in cases["mixture"]]
    pairs += [
        {"mixture": [{"weight": 1.0, **row["p"]}], "q": row["q"]}
        for row in cases["normal"]
    ]
    return {
        "fits": fits,
        "js": [{**pair, "js": js(**spread(pair))} for pair in pairs],
        "dial": [dial_case(*row) for row in DIALS],
    }


def dial_case(alpha, distance, weight):
    found = dial(alpha, distance, weight)
    return {"alpha": alpha, "d": distance, "w": weight, "minima": found}


def mixture_of(row):
    return row["mixture"], row["seed"]


def spread(pair):
    return {"parts": pair["mixture"], "q": pair["q"]}


if __name__ == "__main__":
    ORACLE_CASES.write_text(json.dumps(build(), indent=1) + "\n")
