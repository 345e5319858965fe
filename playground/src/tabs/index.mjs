// How each tab is drawn, by the name of its model.
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

export const views = {
  discrete, detour, gaussians, fit, dial,
  field, estimators, temperature, leash, target,
};
