// The policy that is best for its average reward minus β times D(policy‖reference).
import { logSoftmax } from "./discrete.mjs";
import { sum } from "./stable.mjs";

// Letters that the reference never writes stay at 0, whatever they would earn.
export const policy = (reference, rewards, beta) =>
  logSoftmax(reference.map((p, i) => Math.log(p) + rewards[i] / beta)).map(Math.exp);

export const average = (chances, rewards) =>
  sum(chances.map((chance, i) => chance * rewards[i]));
