// Python that computes the shown numbers with kl_helpers.

export const literal = (value) =>
  Array.isArray(value)
    ? `[${value.map(literal).join(", ")}]`
    : String(Number(value.toPrecision(12)));

export function program(lines, prints, unit) {
  const shown = prints.map(
    ([name, variable, per]) =>
      `print(f"${name} = {${variable}:.6g} ${unit}${per ? ` per ${per}` : ""}")`,
  );
  return [...lines, ...shown].join("\n");
}

export const base = (unit) => (unit === "bits" ? ", base=2" : "");
export const perUnit = (unit) => (unit === "bits" ? " / np.log(2)" : "");

// JS of two densities has no closed form: it is summed over narrow cells.
export const X_AXIS = "x = np.linspace(-60, 60, 60_001)  # JS in cells of width 0.002";
export const jsOfDensities = (unit) =>
  `js = kl.js_divergence(p / p.sum(), q / q.sum()${base(unit)})`;
