// Three distributions over two letters: one toll, and two that take its place.
import { jsDivergence, klDivergence } from "../discrete.mjs";
import { control, number } from "../fields.mjs";
import { base, literal, program } from "../python.mjs";
import { discretePair, pairPython, PRINTS } from "./pair.mjs";

const chance = (value) => number({ default: value, min: 0.01, max: 0.99, decimals: 3 });
const both = (a) => [a, 1 - a];

export const detour = {
  id: "detour",
  name: "Detour",
  title: "A detour, and a chord",
  prompt:
    "Move M. When do D(P‖M) and D(M‖Q) together cost less than D(P‖Q)?",
  fields: { p: chance(0.5), q: chance(0.1), m: chance(0.25) },
  groups: [
    { title: "P, the world", role: "fixed", controls: [control("p", "P(a)", 0.01)] },
    { title: "Q, the belief", role: "moving", controls: [control("q", "Q(a)", 0.01)] },
    { title: "M, the stop", role: "samples", controls: [control("m", "M(a)", 0.005)] },
  ],
  compute({ p, q, m }) {
    const [P, Q, M] = [p, q, m].map(both);
    const root = (one, other) => Math.sqrt(jsDivergence(one, other));
    const through = (stop) => klDivergence(P, both(stop)) + klDivergence(both(stop), Q);
    return {
      through,
      detour: through(m),
      root: root(P, Q),
      rootDetour: root(P, M) + root(M, Q),
      pair: discretePair(P, Q),
    };
  },
  python: ({ p, q, m, unit }) =>
    program(
      [
        "import kl_helpers as kl",
        "",
        `p, q, m = ([a, 1 - a] for a in ${literal([p, q, m])})`,
        ...pairPython(unit),
        `detour = kl.kl_divergence(p, m${base(unit)}) + kl.kl_divergence(m, q${base(unit)})`,
        `root = kl.js_distance(p, q${base(unit)})`,
        `root_detour = sum(kl.js_distance(m, x${base(unit)}) for x in (p, q))`,
        'print(f"through M: {detour:.4f}, roots of JS: {root:.4f} and {root_detour:.4f}")',
      ],
      PRINTS,
      unit,
    ),
};
