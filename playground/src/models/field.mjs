// A correlated bell in the plane, and a round one that may not be correlated.
import { control, number } from "../fields.mjs";
import { bestWidth, jsPlane, planeForward, planeReverse } from "../plane.mjs";
import { base, literal, perUnit, program } from "../python.mjs";
import { PRINTS } from "./pair.mjs";

export const field = {
  id: "field",
  name: "Mean field",
  title: "A correlation that Q may not have",
  prompt:
    "P has a correlation, Q may not. Which width of Q is cheapest in each direction, and which is too narrow?",
  fields: {
    rho: number({ default: 0.9, min: -0.95, max: 0.95, decimals: 2 }),
    s: number({ default: 1, min: 0.2, max: 2, decimals: 3 }),
  },
  groups: [
    {
      title: "P, variances 1",
      role: "fixed",
      controls: [control("rho", "Correlation ρ", 0.01)],
    },
    {
      title: "Q, round: P's variances are equal",
      role: "moving",
      controls: [control("s", "Width of Q, σ", 0.01)],
    },
  ],
  compute: ({ rho, s }) => ({
    forwardAt: (width) => planeForward(rho, width),
    reverseAt: (width) => planeReverse(rho, width),
    best: bestWidth(rho),
    least: planeForward(rho, 1),
    pair: {
      kind: "plane",
      forward: planeForward(rho, s),
      reverse: planeReverse(rho, s),
      js: jsPlane(rho, s),
    },
  }),
  python: ({ rho, s, unit }) =>
    program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        `rho, sigma, origin = ${literal(rho)}, ${literal(s)}, np.zeros(2)`,
        "cov_p, cov_q = np.array([[1, rho], [rho, 1]]), sigma**2 * np.eye(2)",
        `forward = kl.kl_mvn(origin, cov_p, origin, cov_q)${perUnit(unit)}`,
        `reverse = kl.kl_mvn(origin, cov_q, origin, cov_p)${perUnit(unit)}`,
        "x = np.arange(-14, 14, 0.05)  # JS in square cells",
        "plane = np.stack(np.meshgrid(x, x), -1).reshape(-1, 2)",
        "p, q = (",
        "    np.exp(-((plane @ np.linalg.inv(cov)) * plane).sum(-1) / 2)",
        "    for cov in (cov_p, cov_q)",
        ")",
        `js = kl.js_divergence(p / p.sum(), q / q.sum()${base(unit)})`,
        "best = np.sqrt(1 - rho**2)  # the width with the least D(Q||P)",
        `least = kl.kl_mvn(origin, best**2 * np.eye(2), origin, cov_p)${perUnit(unit)}`,
        'print(f"cheapest width for D(Q||P): {best:.4f}, at {least:.4f}")',
      ],
      PRINTS,
      unit,
    ),
};
