// One Gaussian q against a mixture of Gaussians p, in nats.
// A mixture is a list of { weight, mu, sigma }, a Gaussian is { mu, sigma }.
import { jsOfDensities, logNormal, span } from "./gaussian.mjs";
import { integrate } from "./integral.mjs";

export function logMixture(x, mixture) {
  let top = -Infinity;
  const logs = mixture.map((part) => {
    const log = Math.log(part.weight) + logNormal(x, part);
    if (log > top) top = log;
    return log;
  });
  let total = 0;
  for (const log of logs) total += Math.exp(log - top);
  return top + Math.log(total);
}

export function moments(mixture) {
  let [weight, mu, square] = [0, 0, 0];
  for (const part of mixture) weight += part.weight;
  for (const part of mixture) mu += (part.weight / weight) * part.mu;
  for (const part of mixture)
    square += (part.weight / weight) * (part.sigma ** 2 + (part.mu - mu) ** 2);
  return { mu, sigma: Math.sqrt(square) };
}

// D(mixture‖q): the mixture samples.
export function forwardKl(q, mixture) {
  const f = (x) => {
    const logP = logMixture(x, mixture);
    return logP < -745 ? 0 : Math.exp(logP) * (logP - logNormal(x, q));
  };
  return Math.max(integrate(f, ...span(...mixture)), 0);
}

// D(q‖mixture): the Gaussian samples.
export function reverseKl(q, mixture) {
  const [from, to] = span(q);
  const step = Math.min(q.sigma / 4, ...mixture.map((part) => part.sigma));
  const f = (x) => {
    const logQ = logNormal(x, q);
    return logQ < -745 ? 0 : Math.exp(logQ) * (logQ - logMixture(x, mixture));
  };
  return Math.max(integrate(f, from, to, step), 0);
}

export const jsMixture = (q, mixture) =>
  jsOfDensities(
    (x) => logMixture(x, mixture),
    (x) => logNormal(x, q),
    span(q, ...mixture),
  );
