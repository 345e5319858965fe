// What a stop at M costs, for every M, and D(P‖Q) as the height of a chord of -log t.
import { chart, dot, lineY, range, ruleX, ruleY, text } from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { amount, digits, inUnit, rootInUnit, short } from "../words.mjs";

function stops({ through, detour, pair }, { m, unit }, width) {
  const rows = range(0.01, 0.99, 196).map((a) => ({ a, toll: inUnit(through(a), unit) }));
  const straight = inUnit(pair.forward, unit);
  const top = Math.max(1.6 * straight, 1.25 * inUnit(detour, unit), 0.1);
  const label =
    `D(P‖M) + D(M‖Q) against M(a). At M(a) = ${short(m)} it is ${amount(detour, unit)}; ` +
    `D(P‖Q) is ${amount(pair.forward, unit)}.`;
  return chart(label, {
    width,
    x: { domain: [0, 1], label: "M(a)" },
    y: { domain: [0, top], label: `${unit} per draw` },
    marks: [
      lineY(
        rows.filter((row) => row.toll <= top),
        { x: "a", y: "toll", stroke: "var(--gap)", strokeWidth: 2.5 },
      ),
      ruleY([straight], { stroke: "var(--control)", strokeDasharray: "6 3" }),
      text([straight], {
        x: 0.99,
        y: straight,
        text: () => "D(P‖Q)",
        dy: -9,
        textAnchor: "end",
        fill: "currentColor",
      }),
      ruleX([pair.p[0]], { stroke: "var(--fixed)", strokeWidth: 2 }),
      ruleX([pair.q[0]], {
        stroke: "var(--moving)",
        strokeWidth: 2,
        strokeDasharray: "8 4",
      }),
      dot([inUnit(detour, unit)], { x: m, y: (y) => y, r: 5, fill: "currentColor" }),
      ruleY([0]),
    ],
  });
}

// The two letters lie on the curve, P weighs them, and their ratios average to 1.
function chord({ pair }, { unit }, width) {
  const at = (t) => inUnit(-Math.log(t), unit);
  const points = pair.p
    .map((weight, i) => ({ letter: "ab"[i], t: pair.q[i] / weight }))
    .map((point) => ({ ...point, height: at(point.t) }));
  const last = Math.max(2.2, ...points.map(({ t }) => 1.1 * t));
  const top = Math.max(1.5, ...points.map(({ height }) => height + 0.4));
  const curve = range(0, 1, 240)
    .map((share) => Math.exp(-top) * (last / Math.exp(-top)) ** share)
    .map((t) => ({ t, height: at(t) }));
  const toll = inUnit(pair.forward, unit);
  const label =
    `The chord of −log t between Q/P of a, ${short(points[0].t)}, and of b, ` +
    `${short(points[1].t)}. Above t = 1 it is ${amount(pair.forward, unit)} high, D(P‖Q).`;
  return chart(label, {
    width,
    x: { domain: [0, last], label: "t = Q/P" },
    y: { domain: [at(last) - 0.3, top], label: `−log t, ${unit}` },
    marks: [
      ruleY([0]),
      lineY(
        curve.filter(({ height }) => height <= top),
        { x: "t", y: "height", stroke: "currentColor", strokeWidth: 2 },
      ),
      lineY(points, { x: "t", y: "height", stroke: "var(--second)", strokeWidth: 2 }),
      lineY([0, toll], { x: [1, 1], y: [0, toll], stroke: "var(--gap)", strokeWidth: 4 }),
      dot(points, { x: "t", y: "height", r: 5, fill: "var(--second)" }),
      text(points, {
        x: "t",
        y: "height",
        text: "letter",
        dy: 16,
        fill: "currentColor",
      }),
      text([toll], {
        x: 1,
        y: toll,
        text: () => `D(P‖Q) = ${digits(toll)}`,
        dx: 8,
        dy: -14,
        textAnchor: "start",
        fill: "currentColor",
      }),
    ],
  });
}

function controls() {
  const box = element("p", { class: "kl-verdict" });
  const update = ({ detour, root, rootDetour, pair }, { unit }) => {
    const verdict = detour < pair.forward ? "less than" : "at least as much as";
    box.textContent =
      `D(P‖M) + D(M‖Q) = ${amount(detour, unit)} per draw, ${verdict} D(P‖Q) = ` +
      `${amount(pair.forward, unit)}. The root of JS is a distance, which no detour makes ` +
      `shorter: ${digits(rootInUnit(root, unit))} straight, ` +
      `${digits(rootInUnit(rootDetour, unit))} through M, in √${unit}.`;
  };
  return { box, update };
}

export const detour = {
  charts: [
    {
      draw: stops,
      handles: ({ detour }, { m, unit }) => [
        { id: "m", x: m, y: inUnit(detour, unit), axis: "x", role: "samples" },
      ],
      caption:
        "Green: both tolls together, for every M. Level: D(P‖Q). Upright: P(a) blue, Q(a) orange and dashed.",
      pull: "Pull the dot.",
    },
    {
      draw: chord,
      caption:
        "With the weights of P the two t average to 1. Green: how far the chord is above the curve there.",
    },
  ],
  controls,
};
