// The local optima of D(q‖hills) as the hills move apart, and where the best one jumps.
import { descend, fitReverse, refine } from "./fit.mjs";

const LAST = 45;
const HALVES = Array.from({ length: LAST }, (_, i) => (i + 1) / 10);
const CHART_STEP = 0.08; // of the nodes: enough for a picture
const SAME = 0.03; // two optima of the picture closer than this are one

const hills = (m, w) => [
  { weight: w, mu: -m, sigma: 1 },
  { weight: 1 - w, mu: m, sigma: 1 },
];

// An optimum found at one distance starts the search at the next.
const follow = (optima, from, to, w) =>
  optima
    .map(({ mu, sigma }) =>
      descend({ mu: (mu * to) / from, sigma }, hills(to, w), CHART_STEP),
    )
    .filter((end) => end.isMinimum);

const isNew = (end, others) =>
  !others.some(
    (o) => Math.abs(o.mu - end.mu) < SAME && Math.abs(o.sigma - end.sigma) < SAME,
  );

function distinct(ends) {
  const kept = [];
  for (const end of ends) if (isNew(end, kept)) kept.push(end);
  return kept.sort((one, other) => one.kl - other.kl);
}

const remembered = new Map();

// { rows: [{ m, optima }], jump }: jump is null where the best optimum moves smoothly.
export function pricesByHalf(w) {
  const key = w.toFixed(3);
  if (!remembered.has(key)) {
    if (remembered.size > 100) remembered.clear();
    remembered.set(key, computed(w));
  }
  return remembered.get(key);
}

function computed(w) {
  const down = new Map([[LAST - 1, fitReverse(hills(HALVES[LAST - 1], w))]]);
  for (let i = LAST - 2; i >= 0; i--)
    down.set(i, distinct(follow(down.get(i + 1), HALVES[i + 1], HALVES[i], w)));
  const rows = [];
  let up = down.get(0);
  HALVES.forEach((m, i) => {
    if (i > 0) up = distinct(follow(up, HALVES[i - 1], m, w));
    rows.push({ m, optima: distinct([...down.get(i), ...up]) });
  });
  return { rows, jump: jump(rows, w) };
}

function jump(rows, w) {
  for (let i = 0; i + 1 < rows.length; i++) {
    const [before, after] = [rows[i].optima[0], rows[i + 1].optima[0]];
    const apart = Math.abs(Math.abs(after.mu) - Math.abs(before.mu));
    if (apart > 0.5) return crossing([rows[i].m, before], [rows[i + 1].m, after], w);
  }
  return null;
}

// Bisection on the difference of two prices, each followed from its own side.
function crossing([low, left], [high, right], w) {
  const gap = (m) => {
    const [a, b] = [
      [low, left],
      [high, right],
    ].map(([from, q]) => refine({ mu: (q.mu * m) / from, sigma: q.sigma }, hills(m, w)));
    return a && b ? a.kl - b.kl : a ? -1 : 1;
  };
  for (let i = 0; i < 14; i++) {
    const middle = (low + high) / 2;
    if (gap(middle) < 0) [low, left] = moved(middle, low, left, w);
    else [high, right] = moved(middle, high, right, w);
  }
  return (low + high) / 2;
}

const moved = (to, from, q, w) => [
  to,
  refine({ mu: (q.mu * to) / from, sigma: q.sigma }, hills(to, w)) ?? q,
];
