// A small figure of the playground inside a text: one slider or two, one prompt.
// <div class="kl-embed" data-tab="fit" data-state="d=4" data-slider="d"
//   data-chart="0" data-prompt="…">what a reader without scripts sees</div>
import { changed, controlsOf } from "./change.mjs";
import { modelOf } from "./models/index.mjs";
import { read, write } from "./state.mjs";
import { views } from "./tabs/index.mjs";
import { slider } from "./views/controls.mjs";
import { afterPause, element } from "./views/dom.mjs";
import { announcement, numbersView } from "./views/pair.mjs";
import { pictures } from "./views/pictures.mjs";

// The picture can be pulled at what the sliders move, and nowhere else.
const withHandlesOf = (chart, controls) => ({
  ...chart,
  pull: "",
  handles: (...given) =>
    (chart.handles?.(...given) ?? []).filter((handle) =>
      controls.some(({ id }) => id === (handle.control ?? handle.id)),
    ),
});

export function startEmbed(root, playground) {
  const { tab, slider: ids, prompt, chart = 0 } = root.dataset;
  const model = modelOf(tab);
  const wanted = ids?.split(" ") ?? [];
  const controls = model ? controlsOf(model).filter(({ id }) => wanted.includes(id)) : [];
  const shown = views[tab]?.charts[chart];
  if (!shown || !wanted.length || controls.length < wanted.length) return; // the text stays
  let { state } = read(`tab=${tab}&${root.dataset.state ?? ""}`);
  let result = model.compute(state);
  const page = {
    state: () => state,
    result: () => result,
    patch: (values) => set({ ...state, ...values }),
    change: (one, value) => set(changed(state, one, model.fields[one.field], value)),
  };
  const drawn = pictures(model, page, [withHandlesOf(shown, controls)]);
  const numbers = numbersView();
  const knobs = controls.map((one) => slider(one, model.fields[one.field], page.change));
  const link = element("a", {}, "Open in the playground");
  const aloud = element("p", { class: "visually-hidden", "aria-live": "polite" });
  root.replaceChildren(
    element("p", { class: "kl-prompt" }, prompt ?? model.prompt),
    ...drawn.boxes,
    ...knobs.map(({ row }) => row),
    numbers.box,
    element("p", {}, link),
    aloud,
  );
  const announce = afterPause(() => {
    aloud.textContent = announcement(result.pair, state.unit);
  }, 700);

  function set(next) {
    state = next;
    requestAnimationFrame(show);
    announce();
  }

  function show() {
    result = model.compute(state);
    drawn.show(result, state);
    numbers.show(result.pair, state.unit);
    knobs.forEach((knob) => knob.show(state));
    link.href = `${playground}#${write(state)}`;
  }
  show();
}
