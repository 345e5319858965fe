// Two distributions whose bars can be pulled.
import { barHandles, bars } from "../views/charts.mjs";

const percent = (values) => values.map((value) => value.toFixed(3)).join(", ");

export const discrete = {
  charts: [
    {
      draw: ({ pair }, _state, width) =>
        bars(
          pair,
          width,
          `P is ${percent(pair.p)} and Q is ${percent(pair.q)} on a, b, c, d.`,
        ),
      handles: ({ pair }) => barHandles(pair, "pq"),
      caption: "P blue, Q orange and dashed.",
      pull: "Pull the top of a bar; the others make room.",
    },
  ],
};
