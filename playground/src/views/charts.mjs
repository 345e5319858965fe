// Plots in the colours and lines of the course. Each returns an svg with its words.
import {
  areaY,
  axisX,
  axisY,
  dot,
  lineY,
  plot,
  rectY,
  ruleX,
  ruleY,
  text,
} from "@observablehq/plot";
import { LETTERS } from "../models/pair.mjs";
import { digits, inUnit, short } from "../words.mjs";

export const FIXED = { stroke: "var(--fixed)", strokeWidth: 2.5 };
export const MOVING = { stroke: "var(--moving)", strokeWidth: 2.5, strokeDasharray: "8 4" };
export const SECOND = { stroke: "var(--second)", strokeWidth: 2, strokeDasharray: "2 4" };
export const range = (from, to, count) =>
  Array.from({ length: count + 1 }, (_, i) => from + ((to - from) * i) / count);

export function chart(label, { width, height = 260, marks, ...options }) {
  const svg = plot({
    width,
    height,
    marginLeft: 44,
    marginTop: 24,
    marginBottom: 34,
    style: { fontSize: "13px", fontFamily: "var(--sans)", background: "none" },
    ...options,
    marks,
  });
  // The plot is one image with one label; its parts need none.
  for (const part of svg.querySelectorAll("[aria-label]"))
    part.removeAttribute("aria-label");
  for (const part of svg.querySelectorAll("[aria-description]"))
    part.removeAttribute("aria-description");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", label);
  return svg;
}

const letters = (last) =>
  axisX(range(0, last, last), { tickFormat: (i) => LETTERS[i], tickSize: 0, label: null });

// Bars of P and Q, side by side.
export function bars({ p, q }, width, label) {
  const side = (values, from, to, style) => {
    const rows = values.map((value, i) => ({ x1: i + from, x2: i + to, value }));
    return [
      rectY(rows, { x1: "x1", x2: "x2", y: "value", ...style }),
      text(rows, {
        x: (row) => (row.x1 + row.x2) / 2,
        y: "value",
        text: (row) => String(Number(row.value.toFixed(3))),
        dy: -12,
        fill: "currentColor",
        fontSize: width < 480 ? 10 : 13,
      }),
    ];
  };
  const last = p.length - 1;
  return chart(label, {
    width,
    x: { domain: [-0.5, last + 0.5], label: null },
    y: { domain: [0, 1], label: "probability", nice: false },
    marks: [
      letters(last),
      ...side(p, -0.42, -0.02, {
        fill: "var(--fixed)",
        fillOpacity: 0.75,
        stroke: "var(--fixed)",
      }),
      ...side(q, 0.02, 0.42, {
        fill: "var(--moving)",
        fillOpacity: 0.3,
        stroke: "var(--moving)",
        strokeWidth: 2,
        strokeDasharray: "5 3",
      }),
      ruleY([0]),
    ],
  });
}

export const barHandles = ({ p, q }, names) => {
  const side = (name, values, shift, role) =>
    values.map((y, i) => ({
      id: `${name}${i + 1}`,
      x: i + shift,
      y,
      axis: "y",
      role,
      width: 0.4,
    }));
  return [
    ...(names.includes("p") ? side("p", p, -0.22, "fixed") : []),
    ...(names.includes("q") ? side("q", q, 0.22, "moving") : []),
  ];
};

// The signed terms of one direction over the outcomes; an infinite one fills its column.
function termBars(terms, unit, width, label, title) {
  const shown = terms.map((term) => inUnit(term, unit));
  const finite = shown.filter(Number.isFinite);
  const top = Math.max(0.05, ...finite.map(Math.abs)) * 1.25;
  const rows = shown.map((value, i) => ({
    i,
    value,
    height: Number.isFinite(value) ? value : top,
  }));
  const part = (keep, style) =>
    rectY(rows.filter(keep), {
      x1: (row) => row.i - 0.35,
      x2: (row) => row.i + 0.35,
      y: "height",
      stroke: "var(--gap)",
      ...style,
    });
  return chart(label, {
    width,
    height: 180,
    x: { domain: [-0.5, terms.length - 0.5], label: null },
    y: { label: title, domain: [Math.min(0, ...finite) * 1.3 - top / 6, top], ticks: 4 },
    marks: [
      letters(terms.length - 1),
      part((row) => row.value > 0, { fill: "var(--gap)", fillOpacity: 0.7 }),
      part((row) => row.value < 0, {
        fill: "var(--gap)",
        fillOpacity: 0.15,
        strokeDasharray: "3 3",
      }),
      ...[false, true].map((below) =>
        text(
          rows.filter((row) => row.value < 0 === below),
          {
            x: "i",
            y: "height",
            text: (row) => (Number.isFinite(row.value) ? short(row.value, 3) : "∞"),
            dy: below ? 11 : -9,
            fill: "currentColor",
          },
        ),
      ),
      ruleY([0]),
    ],
  });
}

function termCurve({ logP, logQ, from, to }, isForward, unit, width, label, title) {
  const [first, second] = isForward ? [logP, logQ] : [logQ, logP];
  const rows = range(from, to, 240).map((x) => {
    const a = first(x);
    return { x, y: a < -745 ? 0 : inUnit(Math.exp(a) * (a - second(x)), unit) };
  });
  return chart(label, {
    width,
    height: 180,
    x: { domain: [from, to], label: null, ticks: [-5, 0, 5] },
    y: { label: title, ticks: 4, nice: true },
    marks: [
      areaY(rows, {
        x: "x",
        y: (row) => Math.max(row.y, 0),
        fill: "var(--gap)",
        fillOpacity: 0.7,
      }),
      areaY(rows, {
        x: "x",
        y: (row) => Math.min(row.y, 0),
        fill: "var(--gap)",
        fillOpacity: 0.15,
      }),
      lineY(rows, { x: "x", y: "y", stroke: "var(--gap)", strokeWidth: 1.5 }),
      ruleY([0]),
    ],
  });
}

// What each place adds to D(P‖Q), or to D(Q‖P): the area above zero minus that below.
export function terms(pair, isForward, unit, width) {
  const [name, first, value] = isForward
    ? ["D(P‖Q)", "P", pair.forward]
    : ["D(Q‖P)", "Q", pair.reverse];
  const ratio = isForward ? "p log p/q" : "q log q/p";
  const label =
    `The terms ${ratio} of ${name}; their sum is ${digits(inUnit(value, unit))} ` +
    `${unit} per draw from ${first}.`;
  const title = `${ratio}, ${unit}`;
  if (pair.kind === "discrete") {
    const list = isForward ? pair.forwardTerms : pair.reverseTerms;
    return termBars(list, unit, width, label, title);
  }
  return termCurve(pair, isForward, unit, width, label, title);
}

// Density of P solid, of Q dashed, and further curves.
export function densities({ logP, logQ, from, to }, width, label, more = []) {
  const x = range(from, to, 300);
  const rows = x.map((at) => ({ x: at, p: Math.exp(logP(at)), q: Math.exp(logQ(at)) }));
  const top = Math.max(0.45, ...rows.map((row) => Math.max(row.p, row.q))) * 1.1;
  return chart(label, {
    width,
    x: { domain: [from, to], label: "x" },
    y: { domain: [0, top], label: "density" },
    marks: [
      areaY(rows, { x: "x", y: "p", fill: "var(--fixed)", fillOpacity: 0.14 }),
      ...more,
      lineY(rows, { x: "x", y: "p", ...FIXED }),
      lineY(rows, { x: "x", y: "q", ...MOVING }),
      ruleY([0]),
    ],
  });
}

export { areaY, axisX, axisY, dot, lineY, rectY, ruleX, ruleY, text };
