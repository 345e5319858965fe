// The best bell for two hills, from reverse to forward.
import { alphaDivergence, fitAlpha } from "../dial.mjs";
import { control, number } from "../fields.mjs";
import { logNormal } from "../gaussian.mjs";
import { forwardKl, jsMixture, logMixture, reverseKl } from "../mixture.mjs";
import { base, jsOfDensities, literal, perUnit, program } from "../python.mjs";
import { remember } from "../remember.mjs";
import { hills } from "./fit.mjs";
import { densityPair, PRINTS } from "./pair.mjs";

const optima = remember(fitAlpha);

export const dial = {
  id: "dial",
  name: "Dial",
  title: "A dial between the directions",
  prompt:
    "Q is the best bell at this α. Turn α from 0, reverse, to 1, forward: does Q change little by little?",
  fields: {
    alpha: number({ default: 0.05, min: 0, max: 1, decimals: 2 }),
    d: number({ default: 6, min: 1, max: 9, decimals: 2 }),
    w: number({ default: 0.5, min: 0.05, max: 0.95, decimals: 2 }),
  },
  groups: [
    { title: "Q, the best bell", role: "moving", controls: [control("alpha", "α", 0.01)] },
    {
      title: "P, the two hills, each of width 1",
      role: "fixed",
      controls: [
        control("d", "Distance of the hills", 0.1),
        control("w", "Weight of the left hill", 0.01),
      ],
    },
  ],
  compute(state) {
    const mixture = hills(state);
    const fits = optima(mixture, state.alpha);
    const [{ mu, sigma, kl }] = fits;
    const q = { mu, sigma };
    return {
      q,
      fits,
      price: kl,
      priceAt: (alpha) => alphaDivergence(q, mixture, alpha),
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
  python({ alpha, d, w, unit }) {
    const [{ mu, sigma }] = optima(hills({ d, w }), alpha);
    const at = [mu, sigma].map((value) => Number(value.toFixed(9)));
    return program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        `target = (${literal([w, 1 - w])}, ${literal([-d / 2, d / 2])}, [1, 1])`,
        `mu, sigma = ${at.map(literal).join(", ")}  # the bell found at this alpha`,
        `forward = kl.forward_kl(mu, sigma, target)${perUnit(unit)}`,
        `reverse = kl.reverse_kl(mu, sigma, target)${perUnit(unit)}`,
        "x = np.linspace(-30, 30, 30_001)  # cells of width 0.002, none with density zero",
        "p = sum(w * np.exp(-((x - m) ** 2) / 2) for w, m, _ in zip(*target))",
        "q = np.exp(-(((x - mu) / sigma) ** 2) / 2)",
        jsOfDensities(unit),
        "price = kl.alpha_divergence(",
        `    p / p.sum(), q / q.sum(), alpha=${literal(alpha)}${base(unit)}`,
        ")",
        `print(f"alpha-divergence at ${literal(alpha)}: {price:.4f} ${unit}")`,
      ],
      PRINTS,
      unit,
    );
  },
};
