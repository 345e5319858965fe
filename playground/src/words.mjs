// Numbers as people read them.

export const inUnit = (nats, unit) => (unit === "bits" ? nats / Math.LN2 : nats);

// A root of an amount in nats.
export const rootInUnit = (root, unit) => Math.sqrt(inUnit(root * root, unit));

export function digits(value) {
  if (value === Infinity) return "∞";
  const size = Math.abs(value);
  if (size >= 1e5 || (size > 0 && size < 5e-5)) return value.toExponential(2);
  return value.toFixed(4).replace(/^-(0\.0+)$/, "$1");
}

export const amount = (nats, unit) => `${digits(inUnit(nats, unit))} ${unit}`;

export const spoken = (nats, unit) => (nats === Infinity ? "infinite" : amount(nats, unit));

export const bellWords = ({ mu, sigma }) =>
  `mean ${short(mu)}, standard deviation ${short(sigma)}`;

export const short = (value, places = 2) =>
  value.toFixed(places).replace(/^-(0\.?0*)$/, "$1");
