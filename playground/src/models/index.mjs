// The tabs in their order.
import { discrete } from "./discrete.mjs";
import { estimators } from "./estimators.mjs";
import { fit } from "./fit.mjs";
import { gaussians } from "./gaussians.mjs";
import { leash } from "./leash.mjs";
import { target } from "./target.mjs";
import { temperature } from "./temperature.mjs";

export const models = [discrete, gaussians, fit, estimators, temperature, leash, target];
export const modelOf = (id) => models.find((model) => model.id === id);
