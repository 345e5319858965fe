// One bell for two hills, forward and reverse.
import { control, number } from "../fields.mjs";
import { fitReverse } from "../fit.mjs";
import { forwardKl, moments } from "../mixture.mjs";
import { pricesByHalf } from "../prices.mjs";
import { jsOfDensities, perUnit, program, X_AXIS } from "../python.mjs";
import { remember } from "../remember.mjs";
import { PRINTS } from "./pair.mjs";
import { hillFields, hillGroup, hillPair, hillPython, hills } from "./two_hills.mjs";

// What a reverse optimum does with the hills, in words.
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
    ...hillFields({ d: 4, nearest: 0, decimals: 3 }),
    mu: number({ default: 1, min: -8, max: 8, decimals: 4 }),
    sigma: number({ default: 1, min: 0.2, max: 6, decimals: 4 }),
  },
  groups: [
    hillGroup,
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
      pair: hillPair(q, mixture),
    };
  },
  python(state) {
    const { unit } = state;
    return program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        ...hillPython(state, state),
        X_AXIS,
        "parts = [*zip(*target)]",
        "p = sum(w * np.exp(-(((x - m) / s) ** 2) / 2) / s for w, m, s in parts)",
        "q = np.exp(-(((x - mu) / sigma) ** 2) / 2)",
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
