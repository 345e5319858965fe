// The policy that is best for its average reward minus β times D(policy‖reference).
import { softmax } from "./discrete.mjs";
import { sum } from "./stable.mjs";

// Letters that the reference never writes stay at 0, whatever they would earn.
export const policy = (reference, rewards, beta) =>
  softmax(reference.map((p, i) => Math.log(p) + rewards[i] / beta));

export const average = (chances, rewards) =>
  sum(chances.map((chance, i) => chance * rewards[i]));
