// The plots of a tab, drawn anew for each state, with handles to pull.
import { controlsOf } from "../change.mjs";
import { addHandles, startDragging } from "./drag.mjs";
import { element } from "./dom.mjs";

export function pictures(model, page, charts) {
  const byId = Object.fromEntries(
    controlsOf(model).map((control) => [control.id, control]),
  );
  const figures = charts.map((one) => {
    const place = element("div", { class: "kl-plot" });
    const figure = element(
      "figure",
      {},
      place,
      element("figcaption", {}, `${one.caption} ${one.pull ?? ""}`),
    );
    if (one.handles) {
      const handles = () => one.handles(page.result(), page.state());
      startDragging(
        place,
        () => place.querySelector("svg"),
        handles,
        (handle, value) => page.change(byId[handle.control ?? handle.id], value),
      );
    }
    return { one, place, figure };
  });
  const show = (result, state) => {
    for (const { one, place } of figures) {
      const width = Math.max(260, Math.floor(place.clientWidth || 640));
      const svg = one.draw(result, state, width);
      if (one.handles) addHandles(svg, one.handles(result, state));
      place.replaceChildren(svg);
    }
  };
  return { boxes: figures.map(({ figure }) => figure), show };
}
