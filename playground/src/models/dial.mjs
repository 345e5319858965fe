// A best bell for two hills, from reverse to forward.
import { alphaDivergenceOf, fitAlpha } from "../dial.mjs";
import { control, number } from "../fields.mjs";
import { base, jsOfDensities, literal, program } from "../python.mjs";
import { remember } from "../remember.mjs";
import { PRINTS } from "./pair.mjs";
import { hillFields, hillGroup, hillPair, hillPython, hills } from "./two_hills.mjs";

const optima = remember(fitAlpha);

export const dial = {
  id: "dial",
  name: "Dial",
  title: "A dial between the directions",
  prompt:
    "Q is a best bell at this α. Turn α from 0, reverse, to 1, forward: does Q change little by little?",
  fields: {
    alpha: number({ default: 0.05, min: 0, max: 1, decimals: 2 }),
    ...hillFields({ d: 6, nearest: 1, decimals: 2 }),
  },
  groups: [
    { title: "Q, a best bell", role: "moving", controls: [control("alpha", "α", 0.01)] },
    hillGroup,
  ],
  compute(state) {
    const mixture = hills(state);
    const bells = optima(mixture, state.alpha);
    const [{ mu, sigma, kl }] = bells;
    const q = { mu, sigma };
    return {
      q,
      bells,
      price: kl,
      priceAt: alphaDivergenceOf(q, mixture),
      pair: hillPair(q, mixture),
    };
  },
  python(state) {
    const { alpha, unit } = state;
    const [{ mu, sigma }] = optima(hills(state), alpha);
    const bell = { mu: Number(mu.toFixed(9)), sigma: Number(sigma.toFixed(9)) };
    return program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        ...hillPython(state, bell),
        "x = np.linspace(-30, 30, 30_001)  # cells of width 0.002, none with density zero",
        "p = sum(w * np.exp(-((x - m) ** 2) / 2) for w, m, _ in zip(*target))",
        "",
        "",
        "def bell(mu, sigma):",
        "    return np.exp(-(((x - mu) / sigma) ** 2) / 2)",
        "",
        "",
        "def price_of(q):",
        "    return kl.alpha_divergence(",
        `        p / p.sum(), q / q.sum(), alpha=${literal(alpha)}${base(unit)}`,
        "    )",
        "",
        "",
        "q = bell(mu, sigma)",
        jsOfDensities(unit),
        "price = price_of(q)",
        "moves = [(0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01)]",
        "beside = min(price_of(bell(mu + a, sigma + b)) for a, b in moves)",
        `print(f"alpha-divergence at ${literal(alpha)}: {price:.6f} ${unit}, beside {beside:.6f}")`,
      ],
      PRINTS,
      unit,
    );
  },
};
