// Kinds of values in the state: how each is read from an address and written there.
import { sum } from "./stable.mjs";

const PLACES = 10_000; // probabilities are whole parts of it, so that they sum to 1

const plain = (text) => /^-?(\d+\.?\d*|\.\d+)(e-?\d+)?$/i.test(text);

function readNumber(text, { min, max, decimals = 2 }) {
  const value = Number(Number(text).toFixed(decimals));
  if (!plain(text.trim())) throw new Error("is not a number");
  if (value < min || value > max) throw new Error(`is not between ${min} and ${max}`);
  return value;
}

function readList(text, field) {
  const parts = text.split(",");
  if (parts.length !== field.default.length)
    throw new Error(`does not have ${field.default.length} numbers`);
  return parts.map((part) => readNumber(part, field));
}

const write = (value, decimals) => String(Number(value.toFixed(decimals)));

export const number = (options) => ({
  kind: "number",
  decimals: 2,
  ...options,
  read: (text) => readNumber(text, options),
  write: (value) => write(value, options.decimals ?? 2),
});

export const numbers = (options) => ({
  kind: "numbers",
  decimals: 2,
  ...options,
  read: (text) => readList(text, options),
  write: (values) => values.map((value) => write(value, options.decimals ?? 2)).join(","),
});

export const probabilities = (options) => ({
  kind: "probabilities",
  min: 0,
  max: 1,
  decimals: 4,
  ...options,
  read(text) {
    const values = readList(text, { ...options, min: 0, max: 1, decimals: 6 });
    const total = sum(values);
    if (Math.abs(total - 1) > 0.002) throw new Error(`sums to ${total.toFixed(3)}, not 1`);
    return wholeParts(values);
  },
  write: (values) => values.map((value) => write(value, 4)).join(","),
});

// The nearest whole parts with the sum 1, largest remainders first.
export function wholeParts(values) {
  const total = sum(values);
  const exact = values.map((value) => (value / total) * PLACES);
  const whole = exact.map(Math.floor);
  const order = exact
    .map((value, i) => [value - whole[i], i])
    .sort((one, other) => other[0] - one[0] || one[1] - other[1]);
  for (let rest = PLACES - sum(whole), k = 0; rest > 0; rest--, k++) whole[order[k][1]]++;
  return whole.map((count) => count / PLACES);
}

// One probability is set; the others share the rest as they did before.
export function withProbability(values, index, value) {
  const set = Math.round(Math.min(Math.max(value, 0), 1) * PLACES) / PLACES;
  const others = sum(values) - values[index];
  const rest = values.map((old, i) => {
    if (i === index) return 0;
    return others > 0 ? (old / others) * (1 - set) : (1 - set) / (values.length - 1);
  });
  const shared = sharedOut(rest, Math.round((1 - set) * PLACES), index);
  return shared.map((count, i) => (i === index ? set : count / PLACES));
}

// Whole numbers close to the shares, with the sum `total`; one stays 0.
function sharedOut(parts, total, skip) {
  const exact = parts.map((part) => part * PLACES);
  const whole = exact.map((value) => Math.floor(value + 1e-9));
  const order = exact
    .map((value, i) => [value - whole[i], i])
    .filter(([, i]) => i !== skip)
    .sort((one, other) => other[0] - one[0] || one[1] - other[1]);
  for (let rest = total - sum(whole), k = 0; rest > 0; rest--, k = (k + 1) % order.length)
    whole[order[k][1]]++;
  return whole;
}

// What moves a number of the state that has the same name.
export const control = (id, label, step) => ({ id, field: id, label, step });
