// One bell for two hills: where the optima are, and what they cost at each distance.
import { normal } from "../gaussian.mjs";
import { logMixture } from "../mixture.mjs";
import { kindOf } from "../models/fit.mjs";
import {
  chart,
  densities,
  dot,
  lineY,
  range,
  ruleX,
  ruleY,
  SECOND,
  text,
} from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { amount, bellWords, inUnit, short } from "../words.mjs";

function picture({ pair, q, reverseFits }, { d, unit }, width) {
  const optima = reverseFits.flatMap((fit) => {
    const rows = range(pair.from, pair.to, 200).map((x) => ({ x, y: normal(x, fit) }));
    return [
      lineY(rows, { x: "x", y: "y", ...SECOND }),
      dot([fit], { x: "mu", y: normal(fit.mu, fit), fill: "var(--second)", r: 4 }),
    ];
  });
  const found = reverseFits.map((fit) => `${bellWords(fit)}, ${amount(fit.kl, unit)}`);
  const label =
    `Two hills ${short(d)} apart, a bell Q with ${bellWords(q)}, and ` +
    `${reverseFits.length} local optima of D(Q‖P): ${found.join("; ")}.`;
  return densities(pair, width, label, optima);
}

// What losing everything but one hill of this weight costs, however far away the rest is.
function limits(w, unit) {
  const name = (weight) =>
    unit === "bits" ? `−log₂ ${short(weight)}` : `−ln ${short(weight)}`;
  const equal = Math.abs(w - 0.5) < 1e-9;
  if (equal)
    return [{ y: inUnit(Math.LN2, unit), name: unit === "bits" ? "1 bit" : "ln 2" }];
  return [w, 1 - w].map((weight) => ({
    y: inUnit(-Math.log(weight), unit),
    name: name(weight),
  }));
}

function priceChart({ prices, reverseFits }, { d, w, unit }, width) {
  const { rows, jump } = prices;
  const points = rows.flatMap(({ m, optima }) =>
    optima.map((fit, i) => ({ m, price: inUnit(fit.kl, unit), best: i === 0 })),
  );
  const now = reverseFits.map((fit) => ({ m: d / 2, price: inUnit(fit.kl, unit) }));
  const top =
    Math.max(1.3, ...rows[0].optima.map((f) => f.kl)) / (unit === "bits" ? Math.LN2 : 1);
  const kept = (list) => list.filter((point) => point.price <= top);
  const asymptotes = limits(w, unit).filter(({ y }) => y < top);
  const jumps = jump ? [jump] : [];
  const label =
    "The price of each local optimum of D(Q‖P) against m, half the distance of the hills. " +
    (jump
      ? `The cheapest one changes at m = ${short(jump, 3)}, distance ${short(2 * jump)}.`
      : "The cheapest one never jumps at this weight.");
  return chart(label, {
    width,
    x: { domain: [0, 4.5], label: "m, half the distance" },
    y: { domain: [0, top], label: `price of each optimum, ${unit}` },
    marks: [
      ruleY(asymptotes, { y: "y", stroke: "var(--control)", strokeDasharray: "2 4" }),
      text(asymptotes, {
        x: 0.1,
        y: "y",
        text: "name",
        dy: -8,
        textAnchor: "start",
        fill: "currentColor",
      }),
      ruleX(jumps, { stroke: "var(--control)" }),
      text(jumps, {
        x: (m) => m,
        y: 0.06 * top,
        text: (m) => `m = ${m.toFixed(3)}`,
        dx: 6,
        textAnchor: "start",
        fill: "currentColor",
      }),
      dot(kept(points.filter((point) => !point.best)), {
        x: "m",
        y: "price",
        r: 2.5,
        stroke: "var(--second)",
      }),
      dot(kept(points.filter((point) => point.best)), {
        x: "m",
        y: "price",
        r: 3.5,
        fill: "var(--second)",
      }),
      ruleX([Math.min(d / 2, 4.5)], { stroke: "var(--fixed)", strokeDasharray: "6 3" }),
      dot(kept(now), {
        x: "m",
        y: "price",
        r: 6,
        stroke: "var(--moving)",
        strokeWidth: 2.5,
      }),
      ruleY([0]),
    ],
  });
}

function controls(page) {
  const move = ({ mu, sigma }) =>
    page.patch({ mu: Number(mu.toFixed(4)), sigma: Number(sigma.toFixed(4)) });
  const forward = element(
    "button",
    { type: "button", onclick: () => move(page.result().forwardFit) },
    "Fit forward",
  );
  const reverse = element(
    "button",
    { type: "button", onclick: () => move(page.result().reverseFits[0]) },
    "Fit reverse",
  );
  const sentence = element("p", { class: "kl-verdict" });
  const list = element("ol", { class: "kl-optima" });
  const forwardPrice = element("p");
  let drawn = "";
  const update = ({ reverseFits, forwardFit, prices }, { d, w, unit }) => {
    const key = `${d} ${w} ${unit}`;
    if (key === drawn) return;
    drawn = key;
    forwardPrice.textContent =
      `Forward, the one minimum of D(P‖Q): ${bellWords(forwardFit)}, ` +
      `${amount(forwardFit.kl, unit)} per draw from P.`;
    list.replaceChildren(
      ...reverseFits.map((fit) =>
        element(
          "li",
          {},
          `${kindOf(fit, d)}: ${bellWords(fit)}, ${amount(fit.kl, unit)} per draw from Q `,
          element("button", { type: "button", onclick: () => move(fit) }, "Put Q there"),
        ),
      ),
    );
    sentence.textContent = verdict(prices.jump, d, w);
  };
  const box = element(
    "div",
    { class: "kl-fits" },
    element("p", { class: "kl-buttons" }, forward, " ", reverse),
    forwardPrice,
    element("p", {}, "Reverse, every local minimum of D(Q‖P), cheapest first:"),
    list,
    sentence,
  );
  return { box, update };
}

function verdict(jump, d, w) {
  if (!jump) return "At this weight the best reverse fit moves over without a jump.";
  const at = `m = ${short(jump, 3)}, a distance of ${short(2 * jump)} widths`;
  const even = Math.abs(w - 0.5) < 1e-9;
  if (d / 2 < jump) return `Covering is still the cheaper one. The prices cross at ${at}.`;
  const price = even ? ", about ln 2" : "";
  return `From ${at} on, covering costs more than losing a hill${price}.`;
}

export const fit = {
  charts: [
    {
      draw: picture,
      handles: ({ q, mixture }, { d }) => [
        ...[-1, 1].map((side) => ({
          id: `d${side}`,
          control: "d",
          x: (side * d) / 2,
          y: Math.exp(logMixture((side * d) / 2, mixture)),
          axis: "x",
          role: "fixed",
          to: (x) => Math.max(0, 2 * side * x),
        })),
        { id: "mu", x: q.mu, y: normal(q.mu, q), axis: "x", role: "moving" },
      ],
      caption: "P blue, Q orange and dashed, local optima of D(Q‖P) purple and dotted.",
      pull: "Pull a hill or the peak of Q.",
    },
    {
      draw: priceChart,
      caption:
        "Filled: the cheapest optimum. Open: best only among its neighbours. Rings: now.",
    },
  ],
  controls,
};
