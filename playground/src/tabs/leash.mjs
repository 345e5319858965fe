// The policy beside its reference, and what each nat of distance has bought.
import { barHandles, bars, chart, dot, lineY, ruleY } from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { amount, digits, inUnit, short } from "../words.mjs";

const written = ({ q }) => q.map((value) => value.toFixed(3)).join(", ");

function frontier({ path, reward, before, pair }, { unit }, width) {
  const rows = path.map((at) => ({ kl: inUnit(at.kl, unit), reward: at.reward }));
  const label =
    `Average reward against D(Q‖P), for every β. Now ${digits(reward)} at ` +
    `${amount(pair.reverse, unit)} per draw from Q.`;
  return chart(label, {
    width,
    x: { label: `D(Q‖P), ${unit} per draw from Q`, nice: true },
    y: { label: "average reward", nice: true },
    marks: [
      lineY(rows, { x: "kl", y: "reward", stroke: "var(--gap)", strokeWidth: 2.5 }),
      ruleY([before], { stroke: "var(--control)", strokeDasharray: "2 4" }),
      dot([reward], {
        x: inUnit(pair.reverse, unit),
        y: (value) => value,
        r: 5,
        fill: "currentColor",
      }),
    ],
  });
}

function controls() {
  const text = element("p", { class: "kl-verdict" });
  const update = ({ reward, objective, pair }, { beta, unit }) => {
    text.textContent =
      `At β = ${beta} the average reward is ${digits(reward)}, at ` +
      `${amount(pair.reverse, unit)} from the reference; reward minus β times the KL ` +
      `in nats is ${digits(objective)}.`;
  };
  return { box: text, update };
}

export const leash = {
  charts: [
    {
      draw: ({ pair, reward }, { beta }, width) =>
        bars(
          pair,
          width,
          `At β = ${beta} the policy Q is ${written(pair)} on a, b, c, d, with an average ` +
            `reward of ${short(reward)}.`,
        ),
      handles: ({ pair }) => barHandles(pair, "p"),
      caption: "The reference P blue, the best policy Q orange and dashed.",
      pull: "Pull the reference.",
    },
    {
      draw: frontier,
      caption:
        "Green: every β, from a tight leash on the left to a loose one. Dot: now. Dashed: " +
        "what the reference earns.",
    },
  ],
  controls,
};
