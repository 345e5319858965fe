// A number of nats to hit by shaping Q.
import { goalOf } from "../models/target.mjs";
import { barHandles, bars } from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { amount } from "../words.mjs";

function controls(page) {
  const goal = element("p", { class: "kl-goal" });
  const verdict = element("p", { class: "kl-verdict" });
  const next = element(
    "button",
    {
      type: "button",
      onclick() {
        const round = (page.state().round + 1) % 10_000;
        page.patch({ round, goal: goalOf(round), q: [0.25, 0.25, 0.25, 0.25] });
      },
    },
    "New target",
  );
  const update = ({ off, hit, points }, state) => {
    goal.replaceChildren("Make D(P‖Q) ", element("b", {}, amount(state.goal, state.unit)));
    const far = off === Infinity ? "infinitely far off" : `${amount(off, state.unit)} off`;
    verdict.textContent = hit
      ? `Hit: ${far}. Score ${points} of 100.`
      : `${far}. Score ${points} of 100.`;
  };
  return {
    box: element(
      "div",
      { class: "kl-target" },
      goal,
      verdict,
      element("p", { class: "kl-buttons" }, next),
    ),
    update,
  };
}

export const target = {
  charts: [
    {
      draw: ({ pair }, { unit }, width) =>
        bars(pair, width, `P and your Q; D(P‖Q) is ${amount(pair.forward, unit)}.`),
      handles: ({ pair }) => barHandles(pair, "q"),
      caption: "P is given.",
      pull: "Pull the bars of Q.",
    },
  ],
  controls,
  controlsFirst: true,
};
