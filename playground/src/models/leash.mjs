// A reference, rewards, and the best policy on a leash of a given price.
import { klDivergence } from "../discrete.mjs";
import { number, numbers, probabilities } from "../fields.mjs";
import { average, policy } from "../leash.mjs";
import { literal, program } from "../python.mjs";
import { discretePair, LETTERS, pairPython, PRINTS, probabilityControls } from "./pair.mjs";

const BETAS = Array.from({ length: 81 }, (_, i) => 20 * 400 ** (-i / 80));

export const leash = {
  id: "leash",
  name: "Leash",
  title: "The best policy on a leash",
  prompt:
    "The letter d earns most and is rare. Lower β: when does Q write little else, and what has it paid?",
  fields: {
    beta: number({ default: 1, min: 0.05, max: 20, decimals: 2 }),
    p: probabilities({ default: [0.5, 0.25, 0.2, 0.05] }),
    r: numbers({ default: [0, 1, 0.5, 3], min: -5, max: 5, decimals: 1 }),
  },
  groups: [
    {
      title: "The leash",
      role: "moving",
      controls: [
        {
          id: "beta",
          field: "beta",
          label: "Price of a nat, β",
          step: 0.05,
          scale: "log",
        },
      ],
    },
    {
      title: "P, the reference",
      role: "fixed",
      controls: probabilityControls("p", "P"),
    },
    {
      title: "Rewards",
      role: "samples",
      controls: LETTERS.map((letter, index) => ({
        id: `r${index + 1}`,
        field: "r",
        index,
        label: `Reward of ${letter}`,
        step: 0.1,
      })),
    },
  ],
  compute({ beta, p, r }) {
    const at = (price) => {
      const q = policy(p, r, price);
      return { q, kl: klDivergence(q, p), reward: average(q, r) };
    };
    const now = at(beta);
    return {
      path: BETAS.map(at),
      reward: now.reward,
      before: average(p, r),
      objective: now.reward - beta * now.kl,
      pair: discretePair(p, now.q),
    };
  },
  python: ({ beta, p, r, unit }) =>
    program(
      [
        "import kl_helpers as kl",
        "",
        `p = ${literal(p)}  # the reference`,
        `r = ${literal(r)}  # rewards`,
        `q = kl.leash_optimum(p, r, beta=${literal(beta)})`,
        ...pairPython(unit),
        "reward = q @ r",
        `objective = reward - ${literal(beta)} * kl.kl_divergence(q, p)  # in nats`,
        'print(f"average reward {reward:.4f}, minus the price of the leash {objective:.4f}")',
      ],
      PRINTS,
      unit,
    ),
};
