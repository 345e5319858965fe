// One tab: prompt, pictures, numbers, controls.
import { sliders } from "./controls.mjs";
import { element } from "./dom.mjs";
import { numbersView, termsView } from "./pair.mjs";
import { pictures } from "./pictures.mjs";
import { pythonView } from "./python.mjs";

export function panel(model, view, page) {
  const [main, ...more] = view.charts;
  const first = pictures(model, page, [main]);
  const rest = pictures(model, page, more);
  const numbers = numbersView();
  const terms = view.withoutTerms ? null : termsView();
  const knobs = sliders(model, page.change);
  const own = view.controls?.(page);
  const python = pythonView();
  const box = element(
    "div",
    { class: "kl-panel" },
    element("p", { class: "kl-prompt" }, model.prompt),
    element("div", { class: "kl-first" }, (view.controlsFirst && own?.box) || ""),
    element("div", { class: "kl-main" }, ...first.boxes, terms?.box ?? ""),
    element("div", { class: "kl-side" }, numbers.box, ...knobs.groups),
    element(
      "div",
      { class: "kl-below" },
      (!view.controlsFirst && own?.box) || "",
      ...rest.boxes,
      python.box,
    ),
  );
  const show = (result, state) => {
    first.show(result, state);
    rest.show(result, state);
    numbers.show(result.pair, state.unit);
    terms?.show(result.pair, state.unit);
    knobs.show(state);
    own?.update(result, state);
    python.show(model.python(state));
  };
  return { box, show };
}
