// Entropy, KL and JS of discrete distributions in nats. p samples, q is believed.
import { logRatio, logSumExp, sum, tangentGap } from "./stable.mjs";

export const entropy = (p) => sum(p.map((a) => (a > 0 ? -a * Math.log(a) : 0)));

export const crossEntropy = (p, q) =>
  sum(p.map((a, i) => (a > 0 ? -a * Math.log(q[i]) : 0)));

// The share of each outcome in the sum, p log(p/q): some are negative.
export const klTerms = (p, q) =>
  p.map((a, i) => (a === 0 ? 0 : q[i] === 0 ? Infinity : -a * logRatio(a, q[i])));

// The same sum with the terms p log(p/q) - p + q, none of which is negative.
export function klDivergence(p, q) {
  const terms = p.map((a, i) => {
    if (a === 0) return q[i];
    if (q[i] === 0) return Infinity;
    return a * tangentGap(logRatio(a, q[i]));
  });
  return sum(terms);
}

export function jsDivergence(p, q) {
  const terms = p.map((a, i) => {
    const total = a + q[i];
    if (total === 0) return 0;
    const d = (a - q[i]) / total;
    if (Math.abs(d) < 0.5)
      return (total / 4) * (Math.log1p(-d * d) + 2 * d * Math.atanh(d));
    const part = (x) => (x > 0 ? x * Math.log((2 * x) / total) : 0);
    return (part(a) + part(q[i])) / 2;
  });
  return Math.min(sum(terms), Math.LN2);
}

export function logSoftmax(logits, temperature = 1) {
  const scaled = logits.map((z) => z / temperature);
  const total = logSumExp(scaled);
  return scaled.map((z) => z - total);
}

export const softmax = (logits, temperature = 1) =>
  logSoftmax(logits, temperature).map(Math.exp);

// KL of two softmax distributions at one temperature, exact for close logits too.
export function klFromLogits(logitsP, logitsQ, temperature = 1) {
  const p = softmax(logitsP, temperature);
  const apart = logitsQ.map((z, i) => (z - logitsP[i]) / temperature);
  const mean = sum(apart.map((d, i) => p[i] * d));
  const shift = apart.map((d) => d - mean);
  if (Math.max(...shift.map(Math.abs)) < 0.5) {
    const common = Math.log1p(sum(shift.map((d, i) => p[i] * Math.expm1(d))));
    return sum(shift.map((d, i) => p[i] * tangentGap(d - common)));
  }
  const [logP, logQ] = [logitsP, logitsQ].map((z) => logSoftmax(z, temperature));
  const terms = logP.map((a, i) => p[i] * tangentGap(logQ[i] - a));
  return sum(terms.map((t, i) => (Number.isFinite(t) ? t : Math.exp(logQ[i]))));
}
