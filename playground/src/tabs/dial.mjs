// The bell that is best at this α, and what the pair costs at every α.
import { normal } from "../gaussian.mjs";
import { chart, densities, dot, lineY, range, ruleX, ruleY, SECOND } from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { amount, bellWords, inUnit, short } from "../words.mjs";

function picture({ pair, q, bells }, { alpha, d }, width) {
  const others = bells.slice(1).map((other) =>
    lineY(
      range(pair.from, pair.to, 200).map((x) => ({ x, y: normal(x, other) })),
      { x: "x", y: "y", ...SECOND },
    ),
  );
  const label =
    `Two hills ${short(d)} apart, and Q, a best bell at α = ${short(alpha)}: ` +
    `${bellWords(q)}.`;
  return densities(pair, width, label, others);
}

function priceChart({ priceAt, price, pair }, { alpha, unit }, width) {
  const rows = range(0, 1, 50).map((a) => ({ a, y: inUnit(priceAt(a), unit) }));
  const top = Math.max(0.05, ...rows.map(({ y }) => y));
  const label =
    `The α-divergence of this P and this Q for α from 0, ${amount(pair.reverse, unit)}, to ` +
    `1, ${amount(pair.forward, unit)}; now ${amount(price, unit)} at ${short(alpha)}.`;
  return chart(label, {
    width,
    x: { domain: [0, 1], label: "α" },
    y: { label: `α-divergence, ${unit}`, domain: [0, 1.1 * top], nice: true },
    marks: [
      lineY(rows, { x: "a", y: "y", stroke: "var(--gap)", strokeWidth: 2.5 }),
      ruleX([alpha], { stroke: "var(--control)" }),
      dot([inUnit(price, unit)], { x: alpha, y: (y) => y, r: 5, fill: "currentColor" }),
      ruleY([0]),
    ],
  });
}

function controls() {
  const list = element("ol", { class: "kl-optima" });
  const box = element(
    "div",
    { class: "kl-fits" },
    element("p", {}, "Every bell that is best among its neighbours, cheapest first:"),
    list,
  );
  const update = ({ bells }, { unit }) =>
    list.replaceChildren(
      ...bells.map((bell) =>
        element("li", {}, `${bellWords(bell)}: ${amount(bell.kl, unit)}`),
      ),
    );
  return { box, update };
}

export const dial = {
  charts: [
    {
      draw: picture,
      caption:
        "P blue, Q orange and dashed. Purple and dotted: bells best among their neighbours, none cheaper than Q.",
    },
    {
      draw: priceChart,
      caption:
        "The α-divergence of this P and this Q: D(Q‖P) at the left end, D(P‖Q) at the right. Dot: now.",
    },
  ],
  controls,
};
