// A slider with a number beside it: one value of the state.
import { valueOf } from "../change.mjs";
import { element } from "./dom.mjs";

const LOG_STEPS = 200;

// How a slider's position stands for a value.
function scaleOf(control, { min, max }) {
  if (control.scale !== "log")
    return { min, max, step: control.step, to: (x) => x, from: (value) => value };
  const ratio = max / min;
  return {
    min: 0,
    max: LOG_STEPS,
    step: 1,
    to: (x) => min * ratio ** (x / LOG_STEPS),
    from: (value) => (LOG_STEPS * Math.log(value / min)) / Math.log(ratio),
  };
}

export function slider(control, field, change) {
  const scale = scaleOf(control, field);
  const range = element("input", {
    type: "range",
    min: scale.min,
    max: scale.max,
    step: scale.step,
    "aria-label": control.label,
    "data-control": control.id,
  });
  const typed = element("input", {
    type: "number",
    min: field.min,
    max: field.max,
    step: "any",
    inputmode: "decimal",
    "aria-label": `${control.label}, as a number`,
    "data-number": control.id,
  });
  range.addEventListener("input", () => change(control, scale.to(Number(range.value))));
  const read = () => {
    const value = Number(typed.value);
    if (typed.value !== "" && Number.isFinite(value)) change(control, value);
  };
  typed.addEventListener("change", read);
  const row = element(
    "div",
    { class: "kl-slider" },
    element("span", { class: "kl-label", "aria-hidden": "true" }, control.label),
    range,
    typed,
  );
  const show = (state) => {
    const value = valueOf(state, control);
    const text = String(Number(value.toFixed(field.decimals)));
    range.value = scale.from(value);
    range.setAttribute("aria-valuetext", text);
    typed.value = text;
  };
  return { row, show };
}

export function sliders(model, change) {
  const shows = [];
  const groups = model.groups.map(({ title, role, controls }) => {
    const rows = controls.map((control) => {
      const { row, show } = slider(control, model.fields[control.field], change);
      shows.push(show);
      return row;
    });
    const legend = element("legend", {}, title);
    return element("fieldset", { class: `kl-group ${role}` }, legend, ...rows);
  });
  return { groups, show: (state) => shows.forEach((show) => show(state)) };
}
