// Two normal distributions.
import { control, number } from "../fields.mjs";
import { jsNormal, klNormal, logNormal } from "../gaussian.mjs";
import { jsOfDensities, literal, perUnit, program, X_AXIS } from "../python.mjs";
import { densityPair, PRINTS } from "./pair.mjs";

const mean = (value) => number({ default: value, min: -6, max: 6, decimals: 2 });
const width = (value) => number({ default: value, min: 0.2, max: 4, decimals: 2 });

export const gaussians = {
  id: "gaussians",
  name: "Bells",
  title: "Two normal distributions",
  prompt:
    "Make Q twice as wide as P, then half as wide. Which mistake does D(P‖Q) mind more?",
  fields: { mp: mean(0), sp: width(1), mq: mean(1.5), sq: width(1.5) },
  groups: [
    {
      title: "P, the world",
      role: "fixed",
      controls: [
        control("mp", "Mean of P", 0.05),
        control("sp", "Standard deviation of P", 0.05),
      ],
    },
    {
      title: "Q, the belief",
      role: "moving",
      controls: [
        control("mq", "Mean of Q", 0.05),
        control("sq", "Standard deviation of Q", 0.05),
      ],
    },
  ],
  compute({ mp, sp, mq, sq }) {
    const [p, q] = [
      { mu: mp, sigma: sp },
      { mu: mq, sigma: sq },
    ];
    return {
      p,
      q,
      pair: densityPair({
        logP: (x) => logNormal(x, p),
        logQ: (x) => logNormal(x, q),
        from: -10,
        to: 10,
        forward: klNormal(p, q),
        reverse: klNormal(q, p),
        js: jsNormal(p, q),
      }),
    };
  },
  python({ mp, sp, mq, sq, unit }) {
    const [p, q] = [
      [mp, sp],
      [mq, sq],
    ].map((pair) => pair.map(literal).join(", "));
    return program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        `forward = kl.kl_normal(${p}, ${q})${perUnit(unit)}  # means and sigmas, P first`,
        `reverse = kl.kl_normal(${q}, ${p})${perUnit(unit)}`,
        X_AXIS,
        `p, q = (np.exp(-(((x - m) / s) ** 2) / 2) for m, s in [(${p}), (${q})])`,
        jsOfDensities(unit),
      ],
      PRINTS,
      unit,
    );
  },
};
