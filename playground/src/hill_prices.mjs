// The start page's question: what does one bell cost that covers two hills, or takes one?
import { refine } from "./fit.mjs";
import { reverseKl } from "./mixture.mjs";

export const twoHills = (distance) =>
  [-1, 1].map((side) => ({ weight: 0.5, mu: (side * distance) / 2, sigma: 1 }));

// Rounding can leave a price of nothing a little below zero.
const priced = (fit) => ({ ...fit, kl: Math.max(fit.kl, 0) });

// Two Gaussians with their prices in nats: { cover, take }, each { mu, sigma, kl }.
export function hillFits(distance) {
  const [half, mixture] = [distance / 2, twoHills(distance)];
  const cover = refine({ mu: 0, sigma: Math.sqrt(1 + half * half) }, mixture);
  const beside = refine({ mu: half, sigma: 1 }, mixture);
  if (beside && beside.mu > half / 2) return { cover: priced(cover), take: priced(beside) };
  // Close together, no optimum sits on one hill: then it is the hill itself.
  const hill = { mu: half, sigma: 1 };
  return { cover: priced(cover), take: { ...hill, kl: reverseKl(hill, mixture) } };
}
