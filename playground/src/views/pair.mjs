// The numbers and the two integrands that every tab shows about its P and Q.
import { supportSentence } from "../models/pair.mjs";
import { digits, inUnit, spoken } from "../words.mjs";
import { terms } from "./charts.mjs";
import { element } from "./dom.mjs";

const ROWS = [
  ["forward", "D(P‖Q)", "P samples", "draw from P"],
  ["reverse", "D(Q‖P)", "Q samples", "draw from Q"],
  ["js", "JS(P, Q)", "each to their even mixture", "draw"],
];

export function numbersView() {
  const values = {};
  const rows = ROWS.map(([key, name, note, per]) => {
    values[key] = { number: element("b", { "data-value": key }), unit: element("span") };
    return element(
      "div",
      {},
      element("dt", {}, name, " ", element("small", {}, note)),
      element(
        "dd",
        {},
        values[key].number,
        " ",
        values[key].unit,
        element("small", {}, ` per ${per}`),
      ),
    );
  });
  const why = element("p", { class: "kl-why" });
  const show = (pair, unit) => {
    for (const [key] of ROWS) {
      values[key].number.textContent = digits(inUnit(pair[key], unit));
      values[key].unit.textContent = unit;
    }
    why.textContent = supportSentence(pair);
    why.hidden = !why.textContent;
  };
  const box = element("div", {}, element("dl", { class: "kl-numbers" }, ...rows), why);
  return { box, show };
}

export function termsView() {
  const [forward, reverse] = [element("figure"), element("figure")];
  const box = element("div", { class: "kl-terms" }, forward, reverse);
  const show = (pair, unit) => {
    const width = Math.max(220, Math.floor(forward.clientWidth || 340));
    [forward, reverse].forEach((figure, i) => {
      const caption = element(
        "figcaption",
        {},
        `What adds up to ${ROWS[i][1]}: filled is paid, pale below zero is saved.`,
      );
      figure.replaceChildren(terms(pair, i === 0, unit, width), caption);
    });
  };
  return { box, show };
}

export const announcement = (pair, unit) =>
  `D(P‖Q), P samples: ${spoken(pair.forward, unit)}. ` +
  `D(Q‖P), Q samples: ${spoken(pair.reverse, unit)}. ` +
  `J S: ${spoken(pair.js, unit)}. ${supportSentence(pair)}`;
