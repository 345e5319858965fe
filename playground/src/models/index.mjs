// The tabs in their order.
import { detour } from "./detour.mjs";
import { dial } from "./dial.mjs";
import { discrete } from "./discrete.mjs";
import { estimators } from "./estimators.mjs";
import { field } from "./field.mjs";
import { fit } from "./fit.mjs";
import { gaussians } from "./gaussians.mjs";
import { leash } from "./leash.mjs";
import { target } from "./target.mjs";
import { temperature } from "./temperature.mjs";

export const models = [
  discrete, detour, gaussians, fit, dial,
  field, estimators, temperature, leash, target,
];
export const modelOf = (id) => models.find((model) => model.id === id);
