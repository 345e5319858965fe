// Numbers that look random and are the same on every machine (mulberry32).

export function randomNumbers(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

// n outcomes 0 … k-1 drawn from the distribution p.
export function draws(p, n, seed) {
  const next = randomNumbers(seed);
  return Array.from({ length: n }, () => {
    let rest = next();
    for (let i = 0; i < p.length; i++) if ((rest -= p[i]) < 0) return i;
    return p.findLastIndex((a) => a > 0);
  });
}
