// k1, k2 and k3 from samples of a policy Q, against a reference P.
import { softmax } from "../discrete.mjs";
import {
  estimators as kinds,
  exactMoments,
  klGradient,
  lossGradient,
  otherKlGradient,
  valuesAt,
} from "../estimators.mjs";
import { control, number } from "../fields.mjs";
import { literal, perUnit, program } from "../python.mjs";
import { draws } from "../random.mjs";
import { sum } from "../stable.mjs";
import { discretePair, pairPython, PRINTS } from "./pair.mjs";

export const REFERENCE = [0.5, 0.25, 0.125, 0.125];
const AWAY = [0.125, 0.5, 0.25, 0.125]; // where t = 1 has moved the policy

// Logits between those of the reference (t = 0) and of AWAY (t = 1), and beyond.
export const policy = (t) =>
  softmax(REFERENCE.map((p, i) => (1 - t) * Math.log(p) + t * Math.log(AWAY[i])));

function running(values) {
  let total = 0;
  return values.map((value, i) => (total += value) / (i + 1));
}

export const estimators = {
  id: "estimators",
  name: "Estimators",
  title: "Three estimates of a KL from samples",
  prompt: "Which of the three, put into a loss and differentiated, pushes down D(Q‖P)?",
  fields: {
    t: number({ default: 1, min: 0, max: 2, decimals: 2 }),
    n: number({ default: 100, min: 2, max: 5000, decimals: 0 }),
    seed: number({ default: 1, min: 0, max: 9999, decimals: 0 }),
  },
  groups: [
    {
      title: "Q, the policy: it samples",
      role: "moving",
      controls: [control("t", "How far Q has moved from P", 0.05)],
    },
    {
      title: "Samples",
      role: "samples",
      controls: [
        { ...control("n", "Number of samples", 1), scale: "log" },
        control("seed", "Seed of the samples", 1),
      ],
    },
  ],
  compute({ t, n, seed }) {
    const [p, q] = [REFERENCE, policy(t)];
    const drawn = draws(q, Math.round(n), Math.round(seed));
    const pair = discretePair(p, q);
    const rows = Object.keys(kinds).map((name) => {
      const each = valuesAt(name, q, p);
      const values = drawn.map((i) => each[i]);
      const average = sum(values) / values.length;
      const { mean, sd } = exactMoments(name, q, p);
      return {
        name,
        mean,
        sd,
        bias: mean - pair.reverse,
        average,
        error: sd / Math.sqrt(values.length),
        running: running(values),
        gradient: lossGradient(name, q, p),
      };
    });
    return {
      pair,
      rows,
      trueGradient: klGradient(q, p),
      otherGradient: otherKlGradient(q, p),
    };
  },
  python: ({ t, unit }) =>
    program(
      [
        "import numpy as np",
        "",
        "import kl_helpers as kl",
        "",
        `p = np.array(${literal(REFERENCE)})  # the reference`,
        `log_q = ${literal(1 - t)} * np.log(p) + ${literal(t)} * np.log(${literal(AWAY)})`,
        "q = np.exp(log_q) / np.exp(log_q).sum()  # the policy: it samples",
        ...pairPython(unit),
        "pair = np.log(q), np.log(p)  # log-probabilities, of the sampler first",
        ...["k1", "k2", "k3"].map(
          (name) => `${name} = q @ kl.kl_${name}(*pair)${perUnit(unit)}`,
        ),
      ],
      [...PRINTS, ...["k1", "k2", "k3"].map((name) => [`E ${name}`, name, "draw from Q"])],
      unit,
    ),
};
