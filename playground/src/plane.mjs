// Two centred bells in the plane: P with variances 1 and a correlation, Q round.
import { klNormal, logNormal } from "./gaussian.mjs";
import { logMean } from "./stable.mjs";

const CELLS = 4; // to the narrower standard deviation
const REACH = 8; // standard deviations of the wider one
const bell = (sigma) => ({ mu: 0, sigma });

// Along (1, 1) and (1, -1) both are independent: their widths there.
export const axes = (rho) => [Math.sqrt(1 + rho), Math.sqrt(1 - rho)];

const sumOverAxes = (f, rho) => axes(rho).reduce((total, width) => total + f(width), 0);

export const planeForward = (rho, s) =>
  sumOverAxes((width) => klNormal(bell(width), bell(s)), rho);

export const planeReverse = (rho, s) =>
  sumOverAxes((width) => klNormal(bell(s), bell(width)), rho);

// What is cheapest: a width of 1 forward, of sqrt(1 - rho²) reverse; both cost the same.
export const bestWidth = (rho) => Math.sqrt(1 - rho * rho);

export function jsPlane(rho, s) {
  const [first, second] = axes(rho).map((width) => halfAxis(width, s));
  let total = 0;
  for (const a of first)
    for (const b of second) {
      const [logP, logQ] = [a.logP + b.logP, a.logQ + b.logQ];
      const logM = logMean(logP, logQ);
      const terms = Math.exp(logP) * (logP - logM) + Math.exp(logQ) * (logQ - logM);
      total += (a.weight * b.weight * terms) / 2;
    }
  return Math.min(Math.max(total, 0), Math.LN2);
}

// Both densities along one axis, from 0 outwards; the other half is the same.
function halfAxis(width, s) {
  const [narrow, wide] = [Math.min(width, s), Math.max(width, s)];
  const step = narrow / CELLS;
  const count = Math.ceil((REACH * wide) / step);
  return Array.from({ length: count + 1 }, (_, i) => ({
    logP: logNormal(i * step, bell(width)),
    logQ: logNormal(i * step, bell(s)),
    weight: (i === 0 ? 1 : 2) * step,
  }));
}
