// Both bells from above, and what each direction pays for a width of Q.
import {
  chart,
  dot,
  FIXED,
  lineY,
  MOVING,
  range,
  ruleY,
  SECOND,
  text,
} from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { axes } from "../plane.mjs";
import { amount, digits, inUnit, short } from "../words.mjs";

const EDGE = 3;

// Points one and two widths out; `along` are the widths on (1, 1) and (1, -1).
const rings = ([along, across]) =>
  [1, 2].map((out) =>
    range(0, 2 * Math.PI, 90).map((angle) => {
      const [a, b] = [out * along * Math.cos(angle), out * across * Math.sin(angle)];
      return { x: (a + b) / Math.SQRT2, y: (a - b) / Math.SQRT2 };
    }),
  );

const drawn = (rows, style) => rows.map((ring) => lineY(ring, { x: "x", y: "y", clip: true, ...style }));

function fromAbove({ best }, { rho, s }, width) {
  const size = Math.min(width, 300);
  const label =
    `P with correlation ${short(rho)}, Q round with width ${short(s)}; the round one that ` +
    `is cheapest for D(Q‖P) has width ${short(best)}.`;
  return chart(label, {
    width: size,
    height: size - 6, // the margins leave a square
    x: { domain: [-EDGE, EDGE], label: null, ticks: 5 },
    y: { domain: [-EDGE, EDGE], label: null, ticks: 5 },
    marks: [
      ...drawn(rings(axes(rho)), FIXED),
      ...drawn(rings([best, best]).slice(0, 1), SECOND),
      ...drawn(rings([s, s]), MOVING),
    ],
  });
}

function prices({ forwardAt, reverseAt, best, least, pair }, { s, unit }, width) {
  const top = inUnit(Math.max(2.5 * least, 1), unit);
  const curve = (at, style) => {
    const rows = range(0.2, 2, 180).map((x) => ({ x, y: inUnit(at(x), unit) }));
    return lineY(
      rows.filter(({ y }) => y <= top),
      { x: "x", y: "y", ...style },
    );
  };
  const now = [pair.forward, pair.reverse].map((kl) => inUnit(kl, unit));
  const lowest = inUnit(least, unit);
  const label =
    `D(P‖Q) and D(Q‖P) against the width of Q. Both are at least ${amount(least, unit)}: ` +
    `the first at width 1, the second at width ${digits(best)}.`;
  return chart(label, {
    width,
    x: { domain: [0.2, 2], label: "σ, the width of Q" },
    y: { domain: [0, top], label: `${unit} per draw` },
    marks: [
      curve(forwardAt, FIXED),
      curve(reverseAt, MOVING),
      ruleY([lowest], { stroke: "var(--control)", strokeDasharray: "2 4" }),
      dot([1, best], { x: (x) => x, y: lowest, r: 4, fill: "var(--second)" }),
      dot(now, {
        x: s,
        y: (y) => Math.min(y, top),
        r: 5,
        stroke: "currentColor",
        fill: (y) => (y <= top ? "currentColor" : "none"),
      }),
      text([lowest], {
        x: 2,
        y: lowest,
        text: () => `−½ log(1 − ρ²) = ${digits(lowest)}`,
        dy: lowest > top / 8 ? 13 : -9,
        textAnchor: "end",
        fill: "currentColor",
      }),
      ruleY([0]),
    ],
  });
}

function controls() {
  const box = element("p", { class: "kl-verdict" });
  const update = ({ best, least }, { unit }) => {
    box.textContent =
      `D(P‖Q) is least at σ = 1, the true width, D(Q‖P) at σ = ${digits(best)}, variance ` +
      `1 − ρ² = ${digits(best * best)}. Each then pays ${amount(least, unit)} per draw.`;
  };
  return { box, update };
}

export const field = {
  withoutTerms: true, // two dimensions have no curve of terms
  charts: [
    {
      draw: fromAbove,
      handles: (_result, { s }) => [{ id: "s", x: s, y: 0, axis: "x", role: "moving" }],
      caption:
        "One and two widths of P blue, of Q orange. Dotted: one of the Q of least D(Q‖P).",
      pull: "Pull Q.",
    },
    {
      draw: prices,
      caption:
        "D(P‖Q) blue, D(Q‖P) orange and dashed. Purple: the least of each. Large dots: now, " +
        "open where the price is above the picture.",
    },
  ],
  controls,
};
