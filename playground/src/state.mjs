// The state of the page as the part of an address after "#", and back.
import { models, modelOf } from "./models/index.mjs";

const UNITS = ["nats", "bits"];

export function defaults(model) {
  const state = { tab: model.id, unit: "nats" };
  for (const [name, field] of Object.entries(model.fields)) state[name] = field.default;
  return state;
}

export function write(state) {
  const { fields } = modelOf(state.tab);
  const parts = [`tab=${state.tab}`, `unit=${state.unit}`];
  for (const [name, field] of Object.entries(fields))
    parts.push(`${name}=${field.write(state[name])}`);
  return parts.join("&");
}

// { state, problems }: what cannot be read keeps its standard value and is named.
export function read(text) {
  const problems = [];
  const given = new Map();
  for (const part of text.replace(/^#/, "").split("&").filter(Boolean)) {
    const at = part.indexOf("=");
    const name = at < 0 ? part : part.slice(0, at);
    given.set(name, at < 0 ? "" : decoded(part.slice(at + 1)));
  }
  let model = models[0];
  if (given.has("tab")) {
    const found = modelOf(given.get("tab"));
    if (found) model = found;
    else problems.push(`tab=${given.get("tab")}: there is no such tab`);
  }
  const state = defaults(model);
  for (const [name, value] of given) {
    if (name === "tab") continue;
    if (name === "unit") {
      if (UNITS.includes(value)) state.unit = value;
      else problems.push(`unit=${value}: is neither nats nor bits`);
    } else if (model.fields[name]) {
      try {
        state[name] = model.fields[name].read(value);
      } catch (error) {
        problems.push(`${name}=${value}: ${error.message}`);
      }
    } else problems.push(`${name}: this tab has no such value`);
  }
  return { state, problems };
}

function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
