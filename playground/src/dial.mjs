// The α-divergence of a mixture P and a bell Q, and the bells where it is smallest.
import { fitReverse } from "./fit.mjs";
import { logNormal } from "./gaussian.mjs";
import { forwardKl, logMixture, moments, reverseKl } from "./mixture.mjs";

const STEP = 0.1;
const REACH = 25; // beyond the last hill: a bell over both of them is wide
const ARRIVED = 1e-7;
const MOST_STEPS = 5_000;
const ROUNDING = 1e-14;
const NUDGE = 0.05;
const SAME = 1e-3;
const TIE = 1e-9; // equal hills: the left one first

// The nodes of an integral against the mixture, and ln p there.
function grid(mixture) {
  const from = Math.min(...mixture.map((part) => part.mu - REACH * part.sigma));
  const to = Math.max(...mixture.map((part) => part.mu + REACH * part.sigma));
  const x = Float64Array.from(
    { length: Math.round((to - from) / STEP) + 1 },
    (_, i) => from + i * STEP,
  );
  return { x, logP: x.map((at) => logMixture(at, mixture)) };
}

// Weight, mean and standard deviation of p^α q^(1-α).
function between(q, alpha, { x, logP }) {
  let [weight, first, second] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    const mass = STEP * Math.exp(alpha * logP[i] + (1 - alpha) * logNormal(x[i], q));
    weight += mass;
    first += mass * (x[i] - q.mu);
    second += mass * (x[i] - q.mu) ** 2;
  }
  const shift = first / weight;
  return {
    weight,
    mu: q.mu + shift,
    sigma: Math.sqrt(second / weight - shift * shift),
  };
}

const priceOf = (q, alpha, nodes) =>
  Math.max((1 - between(q, alpha, nodes).weight) / (alpha * (1 - alpha)), 0);

// (1 - sum of p^α q^(1-α)) / α(1 - α), in nats: D(Q‖P) at 0, D(P‖Q) at 1.
export function alphaDivergenceOf(q, mixture) {
  const nodes = grid(mixture);
  return (alpha) => {
    if (alpha === 0) return reverseKl(q, mixture);
    if (alpha === 1) return forwardKl(q, mixture);
    return priceOf(q, alpha, nodes);
  };
}

// Q takes the moments of p^α q^(1-α), which never raises the price, until it has them.
// For a small α that is slow: it goes further the same way, and comes back if that is dearer.
function settle(q, alpha, nodes) {
  let here = between(q, alpha, nodes);
  let stride = 1;
  for (let i = 0; i < MOST_STEPS; i++) {
    const [a, b] = [here.mu - q.mu, Math.log(here.sigma / q.sigma)];
    if (Math.abs(a) + Math.abs(b) < ARRIVED * alpha) break;
    const next = { mu: q.mu + stride * a, sigma: q.sigma * Math.exp(stride * b) };
    const there = between(next, alpha, nodes);
    if (there.weight >= here.weight - ROUNDING)
      [q, here, stride] = [next, there, stride * 1.5];
    else if (stride > 1) stride = Math.max(stride / 4, 1);
    else break;
  }
  return q;
}

const byPrice = (one, other) =>
  Math.abs(one.kl - other.kl) < TIE ? one.mu - other.mu : one.kl - other.kl;

// [{ mu, sigma, kl }], cheapest first; kl is the price at this α.
export function fitAlpha(mixture, alpha) {
  if (alpha === 0) return fitReverse(mixture).sort(byPrice);
  const middle = moments(mixture);
  if (alpha === 1) return [{ ...middle, kl: forwardKl(middle, mixture) }];
  const nodes = grid(mixture);
  const price = (q) => priceOf(q, alpha, nodes);
  const found = [];
  for (const start of [...fitReverse(mixture), { ...middle, mu: middle.mu + NUDGE }]) {
    const end = settle(start, alpha, nodes);
    const kl = price(end);
    const beside = [-NUDGE, NUDGE].map((by) => price({ ...end, mu: end.mu + by }));
    const known = found.some(
      (other) => Math.abs(other.mu - end.mu) + Math.abs(other.sigma - end.sigma) < SAME,
    );
    if (!known && Math.min(...beside) > kl) found.push({ ...end, kl });
  }
  return found.sort(byPrice);
}
