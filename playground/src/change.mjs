// What a control does to the state.
import { withProbability } from "./fields.mjs";

export function valueOf(state, control) {
  const value = state[control.field];
  return control.index === undefined ? value : value[control.index];
}

export function changed(state, control, field, value) {
  const within = Math.min(Math.max(value, field.min), field.max);
  const rounded = Number(within.toFixed(field.decimals));
  if (control.index === undefined) return { ...state, [control.field]: rounded };
  const before = state[control.field];
  const list =
    field.kind === "probabilities"
      ? withProbability(before, control.index, rounded)
      : before.map((old, i) => (i === control.index ? rounded : old));
  return { ...state, [control.field]: list };
}

export const controlsOf = (model) => model.groups.flatMap((group) => group.controls);
