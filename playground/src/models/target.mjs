// Shape Q until D(P‖Q) is a given number of nats.
import { number, probabilities } from "../fields.mjs";
import { randomNumbers } from "../random.mjs";
import { discrete } from "./discrete.mjs";
import { discretePair, probabilityControls } from "./pair.mjs";

const CLOSE = 0.01; // nats

// The goal of each round: the same for everyone who plays it.
export const goalOf = (round) => Math.round(5 + 145 * randomNumbers(1000 + round)()) / 100;

export function score(kl, goal) {
  const off = Math.abs(kl - goal);
  return {
    off,
    hit: off <= CLOSE,
    points: Math.max(0, Math.round(100 * (1 - off / goal))) || 0,
  };
}

export const target = {
  id: "target",
  name: "Hit the target",
  title: "Hit the target",
  prompt: "Shape Q until D(P‖Q) is the number asked for. Then look at what D(Q‖P) became.",
  fields: {
    p: probabilities({ default: [0.5, 0.25, 0.125, 0.125] }),
    q: probabilities({ default: [0.25, 0.25, 0.25, 0.25] }),
    goal: number({ default: 0.5, min: 0.01, max: 5, decimals: 2 }),
    round: number({ default: 0, min: 0, max: 9999, decimals: 0 }),
  },
  groups: [{ title: "Q, yours", role: "moving", controls: probabilityControls("q", "Q") }],
  compute({ p, q, goal }) {
    const pair = discretePair(p, q);
    return { pair, ...score(pair.forward, goal) };
  },
  python: discrete.python,
};
