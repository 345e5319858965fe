// Every Gaussian at which D(q‖mixture) has a local minimum, by Newton's method.
import { moments } from "./mixture.mjs";

const SAME = 1e-4; // closer than this, in units of their width, two optima are one
const FLAT = 1e-6; // a slope below this, in those units, is zero
const NODE_STEPS = [0.08, 0.04, 0.02, 0.01, 0.005, 0.0025, 0.00125];
const REACH = 10; // the nodes end here, in standard deviations

const nodeSets = new Map();

// Standard-normal nodes and weights that sum to 1.
function nodes(step) {
  if (!nodeSets.has(step)) {
    const z = [];
    for (let i = -Math.round(REACH / step); i * step <= REACH + 1e-9; i++) z.push(i * step);
    const weights = Float64Array.from(z, (at) => Math.exp((-at * at) / 2));
    const total = weights.reduce((a, b) => a + b);
    const mean = weights.map((weight) => weight / total);
    nodeSets.set(step, { z: Float64Array.from(z), mean });
  }
  return nodeSets.get(step);
}

// D(q‖p) at q, with slope and curvature along a and b of q = (mu + sigma a, sigma e^b).
export function costWithDerivatives({ mu, sigma }, mixture, step) {
  const { z, mean } = nodes(step);
  const size = mixture.length;
  const means = mixture.map((part) => part.mu);
  const precisions = mixture.map((part) => 1 / part.sigma ** 2);
  const heights = mixture.map((part) => Math.log(part.weight / part.sigma));
  const logs = new Float64Array(size);
  let [value, a, b, aa, ab, bb] = [0, 0, 0, 0, 0, 0];
  for (let i = 0; i < z.length; i++) {
    const x = mu + sigma * z[i];
    let top = -Infinity;
    for (let k = 0; k < size; k++) {
      const apart = means[k] - x;
      logs[k] = heights[k] - (apart * apart * precisions[k]) / 2;
      if (logs[k] > top) top = logs[k];
    }
    let [total, pull, square] = [0, 0, 0];
    for (let k = 0; k < size; k++) {
      const share = Math.exp(logs[k] - top);
      const force = (means[k] - x) * precisions[k];
      total += share;
      pull += share * force;
      square += share * (force * force - precisions[k]);
    }
    const slope = (pull / total) * sigma;
    const bend = (square / total) * sigma * sigma - slope * slope;
    const m = mean[i];
    value -= m * (top + Math.log(total));
    a -= m * slope;
    b -= m * z[i] * slope;
    aa -= m * bend;
    ab -= m * z[i] * bend;
    bb -= m * z[i] * z[i] * bend;
  }
  // The constants log(2 pi)/2 of q and of p cancel.
  const kl = value - Math.log(sigma) - 0.5;
  return { kl, slope: [a, b - 1], bend: [aa, ab, bb + b] };
}

function eigenvalues([aa, ab, bb]) {
  const middle = (aa + bb) / 2;
  const radius = Math.hypot((aa - bb) / 2, ab);
  return [middle - radius, middle + radius];
}

// -|H|^-1 g: a Newton step where the surface is a bowl, and downhill everywhere.
function descent([aa, ab, bb], [a, b]) {
  const [low, high] = eigenvalues([aa, ab, bb]);
  const angle = Math.atan2(2 * ab, aa - bb) / 2;
  const [c, s] = [Math.cos(angle), Math.sin(angle)];
  const along = (c * a + s * b) / Math.max(Math.abs(high), 1e-9);
  const across = (-s * a + c * b) / Math.max(Math.abs(low), 1e-9);
  return [-(c * along - s * across), -(s * along + c * across)];
}

const moved = ({ mu, sigma }, [a, b]) => ({
  mu: mu + sigma * a,
  sigma: sigma * Math.exp(b),
});

export function descend(start, mixture, step = NODE_STEPS[0]) {
  let q = start;
  let here = costWithDerivatives(q, mixture, step);
  for (let tries = 0; tries < 100; tries++) {
    const direction = descent(here.bend, here.slope);
    const length = Math.max(...direction.map(Math.abs));
    const arrived = eigenvalues(here.bend)[0] > 0 && length < 1e-6;
    let scale = Math.min(1, 1 / Math.max(length, 1e-12));
    let next, trial;
    for (;;) {
      next = moved(
        q,
        direction.map((d) => d * scale),
      );
      trial = costWithDerivatives(next, mixture, step);
      if (trial.kl <= here.kl || arrived || scale * length <= 1e-9) break;
      scale /= 2;
    }
    [q, here] = [next, trial];
    if (arrived || scale * length <= 1e-9) break;
  }
  const flat = Math.max(...here.slope.map(Math.abs)) < FLAT;
  return { ...q, kl: here.kl, isMinimum: flat && eigenvalues(here.bend)[0] > 0 };
}

const same = (one, other) =>
  Math.abs(one.mu - other.mu) < SAME * one.sigma &&
  Math.abs(one.sigma - other.sigma) < SAME * one.sigma;

// The same minimum with finer nodes until nothing changes; null if it is none.
export function refine(end, mixture) {
  let before = Infinity;
  for (const step of NODE_STEPS) {
    end = descend(end, mixture, step);
    if (Math.abs(end.kl - before) < 1e-11) break;
    before = end.kl;
  }
  return end.isMinimum ? end : null;
}

function groups(mixture) {
  const found = [];
  for (let bits = 1; bits < 2 ** mixture.length; bits++)
    found.push(mixture.filter((_, k) => bits & (2 ** k)));
  return found;
}

// The bells that cover each group of components, wide and narrow: tests compare what is
// found from them with 200 random starts.
function* starts(mixture) {
  for (const group of groups(mixture)) {
    const { mu, sigma } = moments(group);
    yield { mu, sigma };
    if (group.length > 1) {
      yield { mu, sigma: sigma / 2 };
      yield moments(group.map((part) => ({ ...part, weight: 1 })));
    }
  }
}

// [{ mu, sigma, kl }], smallest price first.
export function fitReverse(mixture) {
  const ends = [];
  for (const start of starts(mixture)) {
    const end = descend(start, mixture);
    if (!ends.some((other) => same(end, other))) ends.push(end);
  }
  const minima = [];
  for (const end of ends.map((e) => refine(e, mixture)).filter(Boolean))
    if (!minima.some((other) => same(end, other))) minima.push(end);
  return minima
    .map(({ mu, sigma, kl }) => ({ mu, sigma, kl }))
    .sort((one, other) => one.kl - other.kl);
}
