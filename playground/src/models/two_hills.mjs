// Two hills of width 1, the P of two tabs, beside a bell Q.
import { control, number } from "../fields.mjs";
import { logNormal } from "../gaussian.mjs";
import { forwardKl, jsMixture, logMixture, reverseKl } from "../mixture.mjs";
import { literal, perUnit } from "../python.mjs";
import { densityPair } from "./pair.mjs";

export const hills = ({ d, w }) => [
  { weight: w, mu: -d / 2, sigma: 1 },
  { weight: 1 - w, mu: d / 2, sigma: 1 },
];

export const hillFields = ({ d, nearest, decimals }) => ({
  d: number({ default: d, min: nearest, max: 9, decimals }),
  w: number({ default: 0.5, min: 0.05, max: 0.95, decimals: 2 }),
});

export const hillGroup = {
  title: "P, the two hills, each of width 1",
  role: "fixed",
  controls: [
    control("d", "Distance of the hills", 0.1),
    control("w", "Weight of the left hill", 0.01),
  ],
};

export const hillPair = (q, mixture) =>
  densityPair({
    logP: (x) => logMixture(x, mixture),
    logQ: (x) => logNormal(x, q),
    from: -9,
    to: 9,
    forward: forwardKl(q, mixture),
    reverse: reverseKl(q, mixture),
    js: jsMixture(q, mixture),
  });

// Lines that name the target, the bell and both directions.
export const hillPython = ({ d, w, unit }, { mu, sigma }) => [
  `target = (${literal([w, 1 - w])}, ${literal([-d / 2, d / 2])}, [1, 1])`,
  `mu, sigma = ${literal(mu)}, ${literal(sigma)}`,
  `forward = kl.forward_kl(mu, sigma, target)${perUnit(unit)}`,
  `reverse = kl.reverse_kl(mu, sigma, target)${perUnit(unit)}`,
];
