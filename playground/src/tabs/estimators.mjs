// k1, k2, k3: their averages over more and more samples, and their gradients.
import { LETTERS } from "../models/pair.mjs";
import { axisX, bars, chart, lineY, rectY, ruleY, text } from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { digits, inUnit } from "../words.mjs";

const LINES = {
  k1: { stroke: "var(--quiet)", strokeWidth: 1.5 },
  k2: { stroke: "var(--second)", strokeWidth: 2, strokeDasharray: "6 3" },
  k3: { stroke: "var(--gap)", strokeWidth: 2.5, strokeDasharray: "2 3" },
};
const NOTES = {
  k1: "zero: it teaches nothing as a loss; as a reward it gives the gradient of D(Q‖P)",
  k2: "the gradient of D(Q‖P)",
  k3: "the gradient of D(P‖Q)",
};

// Few points of a long walk: as many as a screen can show.
function thinned(values, unit) {
  const rows = [];
  for (let n = 1; n <= values.length; n = Math.max(n + 1, Math.floor(n * 1.02)))
    rows.push({ n, value: inUnit(values[n - 1], unit) });
  const last = values.length;
  if (rows.at(-1).n !== last) rows.push({ n: last, value: inUnit(values[last - 1], unit) });
  return rows;
}

function walk({ rows, pair }, { unit, n }, width) {
  const truth = inUnit(pair.reverse, unit);
  const lines = rows.map((row) => ({ row, points: thinned(row.running, unit) }));
  const label =
    `Averages of k1, k2 and k3 over 1 to ${n} samples from Q. At the end they are ` +
    rows.map((row) => `${row.name} ${digits(inUnit(row.average, unit))}`).join(", ") +
    `; D(Q‖P) is ${digits(truth)} ${unit}.`;
  const band = thinned(rows[0].running, unit).map((point) => ({
    n: point.n,
    spread: inUnit(rows[0].sd, unit) / Math.sqrt(point.n),
  }));
  const edge = (sign) =>
    lineY(band, {
      x: "n",
      y: (row) => truth + sign * row.spread,
      stroke: "var(--control)",
      strokeDasharray: "1 3",
    });
  const reach = 1.5 * Math.max(...rows.map((row) => inUnit(row.sd, unit)), 0.02);
  return chart(label, {
    width,
    marginRight: 34,
    x: { type: "log", domain: [1, Math.max(n, 2)], label: "number of samples", ticks: 5 },
    y: {
      domain: [truth - reach, truth + reach],
      label: `average, ${unit} per draw from Q`,
      clamp: true,
    },
    marks: [
      ruleY([truth], { stroke: "var(--moving)", strokeWidth: 2 }),
      edge(1),
      edge(-1),
      ...lines.flatMap(({ row, points }, i) => [
        lineY(points, { x: "n", y: "value", clip: true, ...LINES[row.name] }),
        text([points.at(-1)], {
          x: "n",
          y: "value",
          text: () => row.name,
          dx: 6,
          dy: 12 * (i - 1),
          textAnchor: "start",
          fill: "currentColor",
        }),
      ]),
    ],
  });
}

function gradients({ rows, trueGradient, otherGradient }, _state, width) {
  const columns = [
    { name: "∇D(Q‖P)", values: trueGradient, true: true },
    ...rows.map((row) => ({ name: `∇${row.name}`, values: row.gradient })),
    { name: "∇D(P‖Q)", values: otherGradient, true: true },
  ];
  const each = columns.flatMap((column, c) =>
    column.values.map((value, i) => ({ at: c * 5 + i, value, i, true: column.true })),
  );
  const top = Math.max(0.05, ...each.map((row) => Math.abs(row.value))) * 1.2;
  const said = columns.map(
    ({ name, values }) => `${name}: ${values.map(digits).join(", ")}`,
  );
  const part = (isTrue, style) =>
    rectY(
      each.filter((row) => Boolean(row.true) === isTrue),
      { x1: (row) => row.at - 0.4, x2: (row) => row.at + 0.4, y: "value", ...style },
    );
  return chart(`Gradients by the four logits of Q. ${said.join(". ")}.`, {
    width,
    height: 230,
    marginBottom: 44,
    x: { domain: [-1, 24], label: null },
    y: { domain: [-top, top], label: "gradient by a logit of Q, nats", ticks: 5 },
    marks: [
      axisX(
        columns.map((_, c) => c * 5 + 1.5),
        { tickFormat: (_, c) => columns[c].name, tickSize: 0, label: null },
      ),
      part(true, { fill: "var(--moving)", fillOpacity: 0.6 }),
      part(false, { fill: "var(--gap)", fillOpacity: 0.5, stroke: "var(--gap)" }),
      ...[false, true].map((above) =>
        text(
          each.filter((row) => row.value < 0 === above),
          {
            x: "at",
            y: 0,
            text: (row) => LETTERS[row.i],
            dy: above ? -9 : 9,
            fill: "currentColor",
          },
        ),
      ),
      ruleY([0]),
    ],
  });
}

function controls() {
  const body = element("tbody");
  const heads = [
    "",
    "true mean",
    "bias",
    "spread of one",
    "average",
    "its error",
    "as a loss, its gradient is",
  ];
  const head = element(
    "tr",
    {},
    ...heads.map((name) => element("th", { scope: "col" }, name)),
  );
  const caption = element("p");
  const table = element("table", {}, element("thead", {}, head), body);
  const update = ({ rows }, { unit, n }) => {
    caption.textContent = `Samples come from Q, the policy: x ~ Q, w = P/Q. In ${unit} per draw from Q; averages over ${n}.`;
    body.replaceChildren(
      ...rows.map((row) => {
        const cells = [row.mean, row.bias, row.sd, row.average, row.error];
        return element(
          "tr",
          {},
          element("th", { scope: "row" }, row.name),
          ...cells.map((value) =>
            element("td", {}, digits(inUnit(Math.abs(value) < 1e-15 ? 0 : value, unit))),
          ),
          element("td", {}, NOTES[row.name]),
        );
      }),
    );
  };
  const wide = { class: "kl-wide", tabindex: "0", role: "group" };
  const scrolls = element("div", { ...wide, "aria-label": "The three estimators" }, table);
  return { box: element("div", {}, caption, scrolls), update };
}

export const estimators = {
  charts: [
    {
      draw: ({ pair }, _state, width) =>
        bars(pair, width, "P, the reference, and Q, the policy, on four letters."),
      caption:
        "P, the reference, is blue; Q, the policy that samples, is orange and dashed.",
    },
    {
      draw: walk,
      caption:
        "Running averages over samples from Q. The orange line is D(Q‖P); dotted grey is one " +
        "standard error of k1.",
    },
    {
      draw: gradients,
      caption:
        "Exact averages over Q of each gradient, samples held fixed, and the two true gradients.",
    },
  ],
  controls,
};
