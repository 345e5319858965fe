// Teacher and student at a temperature, and the size of the gradient against T.
import { bars, chart, lineY, dot, ruleX } from "../views/charts.mjs";
import { element } from "../views/dom.mjs";
import { digits } from "../words.mjs";

function sizes({ sizes: rows, plain, scaled }, { T }, width) {
  const label =
    `Size of the gradient of D(P‖Q) by the student's logits against T. At T = ${T} it is ` +
    `${digits(plain)}, and ${digits(scaled)} after multiplying by T squared.`;
  return chart(label, {
    width,
    x: {
      type: "log",
      domain: [0.5, 20],
      label: "temperature T",
      ticks: 6,
      tickFormat: "~g",
    },
    y: {
      type: "log",
      label: "size of the gradient, nats per unit of logit",
      ticks: 5,
      tickFormat: "~g",
    },
    marks: [
      lineY(rows, {
        x: "t",
        y: "plain",
        stroke: "var(--moving)",
        strokeWidth: 2.5,
        strokeDasharray: "8 4",
      }),
      lineY(rows, { x: "t", y: "scaled", stroke: "var(--gap)", strokeWidth: 2.5 }),
      ruleX([T], { stroke: "var(--control)" }),
      dot([plain, scaled], { x: T, y: (value) => value, r: 5, fill: "currentColor" }),
    ],
  });
}

function controls() {
  const text = element("p", { class: "kl-verdict" });
  const update = ({ plain, scaled }, { T }) => {
    text.textContent =
      `Gradient of D(P‖Q) by the student's logits at T = ${T}: size ${digits(plain)} ` +
      `without T², ${digits(scaled)} with it, in nats per unit of logit.`;
  };
  return { box: text, update };
}

export const temperature = {
  charts: [
    {
      draw: ({ pair }, { T }, width) =>
        bars(pair, width, `Softmax at T = ${T} of the teacher, P, and of the student, Q.`),
      caption:
        "Softmax at this temperature: the teacher P blue, the student Q orange and dashed.",
    },
    {
      draw: sizes,
      caption: "Dashed orange: the gradient as it is. Solid green: times T². Dots: now.",
    },
  ],
  controls,
};
