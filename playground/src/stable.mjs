// Sums and differences that keep their digits when two numbers are nearly equal.

const SMALL = 0.03;

// e^x - 1 - x, also where it is about x²/2.
export function tangentGap(x) {
  if (Math.abs(x) >= SMALL) return Math.expm1(x) - x;
  let tail = 1;
  for (let n = 9; n >= 3; n--) tail = 1 + (x / n) * tail;
  return ((x * x) / 2) * tail;
}

// log(b/a) for positive a and b.
export function logRatio(a, b) {
  const difference = (b - a) / a;
  return Math.abs(difference) < 0.5 ? Math.log1p(difference) : Math.log(b) - Math.log(a);
}

export const sum = (values) => values.reduce((total, value) => total + value, 0);

// log of the mean of e^a and e^b.
export const logMean = (a, b) =>
  Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b))) - Math.LN2;

export function logSumExp(values) {
  const top = Math.max(...values);
  if (!Number.isFinite(top)) return top;
  return top + Math.log(sum(values.map((value) => Math.exp(value - top))));
}
