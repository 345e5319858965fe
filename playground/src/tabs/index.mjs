// How each tab is drawn, by the name of its model.
import { discrete } from "./discrete.mjs";
import { estimators } from "./estimators.mjs";
import { fit } from "./fit.mjs";
import { gaussians } from "./gaussians.mjs";
import { leash } from "./leash.mjs";
import { target } from "./target.mjs";
import { temperature } from "./temperature.mjs";

export const views = { discrete, gaussians, fit, estimators, temperature, leash, target };
