// Two distributions over four letters.
import { probabilities } from "../fields.mjs";
import { literal, program } from "../python.mjs";
import { discretePair, pairPython, PRINTS, probabilityControls } from "./pair.mjs";

export const discrete = {
  id: "discrete",
  name: "Letters",
  title: "Two distributions over four letters",
  prompt:
    "Drag one bar of Q down to the floor. Which direction notices, and at what price?",
  fields: {
    p: probabilities({ default: [0.5, 0.25, 0.125, 0.125] }),
    q: probabilities({ default: [0.125, 0.5, 0.25, 0.125] }),
  },
  groups: [
    { title: "P, the world", role: "fixed", controls: probabilityControls("p", "P") },
    { title: "Q, the belief", role: "moving", controls: probabilityControls("q", "Q") },
  ],
  compute: ({ p, q }) => ({ pair: discretePair(p, q) }),
  python: ({ p, q, unit }) =>
    program(
      [
        "import kl_helpers as kl",
        "",
        `p = ${literal(p)}  # the one that samples in D(P||Q)`,
        `q = ${literal(q)}`,
        ...pairPython(unit),
      ],
      PRINTS,
      unit,
    ),
};
