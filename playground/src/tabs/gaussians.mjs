// Two bells whose means can be pulled.
import { normal } from "../gaussian.mjs";
import { densities } from "../views/charts.mjs";
import { short } from "../words.mjs";

const words = (name, { mu, sigma }) =>
  `${name} has mean ${short(mu)} and standard deviation ${short(sigma)}`;

export const gaussians = {
  charts: [
    {
      draw: ({ pair, p, q }, _state, width) =>
        densities(pair, width, `${words("P", p)}; ${words("Q", q)}.`),
      handles: ({ p, q }) => [
        { id: "mp", x: p.mu, y: normal(p.mu, p), axis: "x", role: "fixed" },
        { id: "mq", x: q.mu, y: normal(q.mu, q), axis: "x", role: "moving" },
      ],
      caption: "P blue, Q orange and dashed.",
      pull: "Pull a peak to move its mean.",
    },
  ],
};
