// One Gaussian against another, in nats. A Gaussian is { mu, sigma }.
import { integrate } from "./integral.mjs";
import { logMean, logRatio, tangentGap } from "./stable.mjs";

const REACH = 13; // standard deviations: what lies outside is below 1e-37

export const logNormal = (x, { mu, sigma }) =>
  -(((x - mu) / sigma) ** 2) / 2 - Math.log(sigma) - Math.log(2 * Math.PI) / 2;

export const normal = (x, gaussian) => Math.exp(logNormal(x, gaussian));

export function klNormal(p, q) {
  const z = (p.mu - q.mu) / q.sigma;
  return tangentGap(2 * logRatio(q.sigma, p.sigma)) / 2 + (z * z) / 2;
}

// Each direction's integrand at x, first log(first/second), from log densities.
export function integrand(x, logFirst, logSecond) {
  const a = logFirst(x);
  return a < -745 ? 0 : Math.exp(a) * (a - logSecond(x));
}

export function span(...gaussians) {
  const from = Math.min(...gaussians.map((g) => g.mu - REACH * g.sigma));
  const to = Math.max(...gaussians.map((g) => g.mu + REACH * g.sigma));
  const step = Math.min(...gaussians.map((g) => g.sigma)) / 4;
  return [from, to, step];
}

// Jensen-Shannon divergence of two densities given by their logarithms.
export function jsOfDensities(logP, logQ, range) {
  const share = (a, logM) => (a < -745 ? 0 : Math.exp(a) * (a - logM));
  const f = (x) => {
    const [a, b] = [logP(x), logQ(x)];
    const logM = logMean(a, b);
    return (share(a, logM) + share(b, logM)) / 2;
  };
  return Math.min(Math.max(integrate(f, ...range), 0), Math.LN2);
}

export const jsNormal = (p, q) =>
  jsOfDensities(
    (x) => logNormal(x, p),
    (x) => logNormal(x, q),
    span(p, q),
  );
