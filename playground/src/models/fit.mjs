// One bell for two hills, forward and reverse.
import { control, number } from "../fields.mjs";
import { fitReverse } from "../fit.mjs";
import { logNormal } from "../gaussian.mjs";
import { forwardKl, jsMixture, logMixture, moments, reverseKl } from "../mixture.mjs";
import { pricesByHalf } from "../prices.mjs";
import { jsOfDensities, literal, perUnit, program, X_AXIS } from "../python.mjs";
import { remember } from "../remember.mjs";
import { densityPair, PRINTS } from "./pair.mjs";

export const hills = ({ d, w }) => [
  { weight: w, mu: -d / 2, sigma: 1 },
  { weight: 1 - w, mu: d / 2, sigma: 1 },
];

// What an optimum does with the hills, in words.
export function kindOf({ mu }, d) {
  if (d < 2 || Math.abs(mu) < d / 4) return "covers both";
  return mu < 0 ? "takes the left hill" : "takes the right hill";
}

// The optima depend on the hills alone, not on where q has been moved to.
const optima = remember(fitReverse);

export const fit = {
  id: "fit",
  name: "Two hills",
  title: "One bell for two hills",
  prompt: "Pull the hills apart. At what distance does it pay to give one of them up?",
  fields: {
    d: number({ default: 4, min: 0, max: 9, decimals: 3 }),
    w: number({ default: 0.5, min: 0.05, max: 0.95, decimals: 2 }),
    mu: number({ default: 1, min: -8, max: 8, decimals: 4 }),
    sigma: number({ default: 1, min: 0.2, max: 6, decimals: 4 }),
  },
  groups: [
    {
      title: "P, the two hills, each of width 1",
      role: "fixed",
      controls: [
        control("d", "Distance of the hills", 0.1),
        control("w", "Weight of the left hill", 0.01),
      ],
    },
    {
      title: "Q, the bell",
      role: "moving",
      controls: [
        control("mu", "Mean of Q", 0.05),
        control("sigma", "Standard deviation of Q", 0.05),
      ],
    },
  ],
  compute(state) {
    const mixture = hills(state);
    const q = { mu: state.mu, sigma: state.sigma };
    const forward = moments(mixture);
    return {
      q,
      mixture,
      forwardFit: { ...forward, kl: forwardKl(forward, mixture) },
      reverseFits: optima(mixture),
      prices: pricesByHalf(state.w),
      pair: densityPair({
        logP: (x) => logMixture(x, mixture),
        logQ: (x) => logNormal(x, q),
        from: -9,
        to: 9,
        forward: forwardKl(q, mixture),
        reverse: reverseKl(q, mixture),
        js: jsMixture(q, mixture),
      }),
    };
  },
  python({ d, w, mu, sigma, unit }) {
    const at = `${literal(mu)}, ${literal(sigma)}`;
    return program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        `target = (${literal([w, 1 - w])}, ${literal([-d / 2, d / 2])}, [1, 1])`,
        `forward = kl.forward_kl(${at}, target)${perUnit(unit)}`,
        `reverse = kl.reverse_kl(${at}, target)${perUnit(unit)}`,
        X_AXIS,
        "parts = [*zip(*target)]",
        "p = sum(w * np.exp(-(((x - m) / s) ** 2) / 2) / s for w, m, s in parts)",
        `q = np.exp(-(((x - ${literal(mu)}) / ${literal(sigma)}) ** 2) / 2)`,
        jsOfDensities(unit),
        "fits = kl.fit_reverse_kl(target)  # every local optimum, cheapest first",
        "for fit in fits:",
        `    price = fit.kl${perUnit(unit)}`,
        `    print(f"mean {fit.mu:.3f}, sigma {fit.cov**0.5:.3f}: {price:.4f} ${unit}")`,
      ],
      PRINTS,
      unit,
    );
  },
};
