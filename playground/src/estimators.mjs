// k1, k2, k3 of samples from the first of two distributions, and what they average to.
import { sum, tangentGap } from "./stable.mjs";

// logW = log(second/first) at a sample from the first. In nats per sample.
export const estimators = {
  k1: (logW) => -logW,
  k2: (logW) => (logW * logW) / 2,
  k3: tangentGap,
};

// Derivative of each by log first, at a fixed sample.
const slopes = { k1: () => 1, k2: (logW) => -logW, k3: (logW) => -Math.expm1(logW) };

export const valuesAt = (name, first, second) =>
  first.map((a, i) => estimators[name](Math.log(second[i]) - Math.log(a)));

// Mean and standard deviation of one value, over all outcomes, without sampling.
export function exactMoments(name, first, second) {
  const values = valuesAt(name, first, second);
  const mean = sum(values.map((v, i) => first[i] * v));
  const variance = sum(values.map((v, i) => first[i] * (v - mean) ** 2));
  return { mean, sd: Math.sqrt(variance) };
}

// E over the first of c(x) times the gradient of log first(x) by its logits.
function scoreAverage(first, factor) {
  const mean = sum(first.map((a, i) => a * factor[i]));
  return first.map((a, i) => a * (factor[i] - mean));
}

// What back-propagation through the value returns on average: samples held fixed.
export function lossGradient(name, first, second) {
  const factor = first.map((a, i) => slopes[name](Math.log(second[i]) - Math.log(a)));
  return scoreAverage(first, factor);
}

// k1 as a (negative) reward: score times value. The gradient of D(first‖second).
export const klGradient = (first, second) =>
  scoreAverage(
    first,
    first.map((a, i) => Math.log(a) - Math.log(second[i])),
  );

// The gradient of D(second‖first) by the logits of first.
export const otherKlGradient = (first, second) => first.map((a, i) => a - second[i]);
