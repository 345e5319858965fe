// Integrals of smooth functions that vanish at both ends.

const SETTLED = 1e-11;
const MOST_NODES = 400_000;

// The trapezoidal sum, with twice the nodes until nothing changes.
export function integrate(f, from, to, step) {
  let count = Math.max(8, Math.ceil((to - from) / step));
  let total = (f(from) + f(to)) / 2;
  for (let i = 1; i < count; i++) total += f(from + ((to - from) * i) / count);
  let value = (total * (to - from)) / count;
  while (count < MOST_NODES) {
    for (let i = 0; i < count; i++) total += f(from + ((to - from) * (i + 0.5)) / count);
    count *= 2;
    const finer = (total * (to - from)) / count;
    const change = Math.abs(finer - value);
    value = finer;
    if (change < SETTLED * Math.max(1, Math.abs(value))) break;
  }
  return value;
}
