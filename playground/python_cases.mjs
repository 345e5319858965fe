// node python_cases.mjs: states with their Python and the numbers the page shows.
import { modelOf } from "./src/models/index.mjs";
import { read } from "./src/state.mjs";
import { digits, inUnit, rootInUnit } from "./src/words.mjs";

const ADDRESSES = [
  "tab=discrete",
  "tab=discrete&unit=bits&p=0.7,0.1,0.1,0.1&q=0.4,0.3,0.2,0.1",
  "tab=discrete&q=0.5,0.25,0.25,0",
  "tab=gaussians",
  "tab=gaussians&unit=bits&mp=-2&sp=0.5&mq=3&sq=2.5",
  "tab=fit",
  "tab=fit&unit=bits&d=6.3&w=0.7&mu=-1.5&sigma=2.25",
  "tab=estimators&t=0.6",
  "tab=estimators&unit=bits&t=1.7&n=500&seed=3",
  "tab=temperature",
  "tab=temperature&unit=bits&T=0.75&z=1,2,3,-4&v=0.5,0,0,0",
  "tab=leash",
  "tab=leash&unit=bits&beta=0.3&p=0.7,0.1,0.1,0.1&r=-1,2,0.5,1",
  "tab=detour",
  "tab=detour&unit=bits&p=0.9&q=0.3&m=0.95",
  "tab=field",
  "tab=field&unit=bits&rho=-0.4&s=0.6",
  "tab=dial",
  "tab=dial&unit=bits&alpha=0.6&d=5&w=0.7",
  "tab=dial&alpha=0&w=0.3",
  "tab=dial&alpha=1",
  "tab=target&q=0.4,0.3,0.2,0.1&goal=0.3",
];

const cases = ADDRESSES.map((address) => {
  const { state, problems } = read(address);
  const model = modelOf(state.tab);
  const result = model.compute(state);
  const shown = Object.fromEntries(
    ["forward", "reverse", "js"].map((key) => [
      key,
      digits(inUnit(result.pair[key], state.unit)),
    ]),
  );
  for (const { name, mean } of result.rows ?? [])
    shown[name] = digits(inUnit(mean, state.unit));
  if (result.sizes) {
    shown.gradient = digits(result.plain);
    shown.scaled = digits(result.scaled);
  }
  if (result.path) {
    shown.reward = digits(result.reward);
    shown.objective = digits(result.objective);
  }
  const amounts = { detour: result.detour, price: result.price, least: result.least };
  for (const [name, nats] of Object.entries(amounts))
    if (nats !== undefined) shown[name] = digits(inUnit(nats, state.unit));
  if (result.best) shown.best = digits(result.best);
  if (result.root) {
    shown.root = digits(rootInUnit(result.root, state.unit));
    shown.root_detour = digits(rootInUnit(result.rootDetour, state.unit));
  }
  const fits = result.reverseFits?.map(({ mu, sigma, kl }) => [mu, sigma, kl]) ?? [];
  return { address, problems, unit: state.unit, python: model.python(state), shown, fits };
});
console.log(JSON.stringify(cases));
