// What every tab says about its P and Q.
import { jsDivergence, klDivergence, klTerms } from "../discrete.mjs";
import { base } from "../python.mjs";

export const LETTERS = ["a", "b", "c", "d"];

export const PRINTS = [
  ["D(P||Q)", "forward", "draw from P"],
  ["D(Q||P)", "reverse", "draw from Q"],
  ["JS(P, Q)", "js", "draw"],
];

export const discretePair = (p, q) => ({
  kind: "discrete",
  p,
  q,
  forward: klDivergence(p, q),
  reverse: klDivergence(q, p),
  js: jsDivergence(p, q),
  forwardTerms: klTerms(p, q),
  reverseTerms: klTerms(q, p),
});

// Densities are given by their logarithms; from and to are what a plot shows.
export const densityPair = ({ logP, logQ, from, to, ...values }) => ({
  kind: "density",
  logP,
  logQ,
  from,
  to,
  ...values,
});

const names = (list) => list.map((i) => LETTERS[i]).join(", ");

// Where a direction is infinite, the reason in words.
export function supportSentence({ kind, p, q }) {
  if (kind !== "discrete") return "";
  const cut = (first, second) =>
    first.map((a, i) => (a > 0 && second[i] === 0 ? i : -1)).filter((i) => i >= 0);
  const sentences = [];
  const say = (one, other, places) =>
    `${one} draws ${names(places)}, which ${other} calls impossible: ` +
    `D(${one}‖${other}) is infinite.`;
  if (cut(p, q).length) sentences.push(say("P", "Q", cut(p, q)));
  if (cut(q, p).length) sentences.push(say("Q", "P", cut(q, p)));
  return sentences.join(" ");
}

export const probabilityControls = (name, title) =>
  LETTERS.map((letter, index) => ({
    id: `${name}${index + 1}`,
    field: name,
    index,
    label: `${title}(${letter})`,
    step: 0.01,
  }));

export const pairPython = (unit) => [
  `forward = kl.kl_divergence(p, q${base(unit)})`,
  `reverse = kl.kl_divergence(q, p${base(unit)})`,
  `js = kl.js_divergence(p, q${base(unit)})`,
];
