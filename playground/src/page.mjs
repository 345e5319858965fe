// The whole playground: tabs, unit, address, and what is read aloud.
import { changed } from "./change.mjs";
import { modelOf, models } from "./models/index.mjs";
import { defaults, read, write } from "./state.mjs";
import { views } from "./tabs/index.mjs";
import { afterPause, element } from "./views/dom.mjs";
import { announcement } from "./views/pair.mjs";
import { panel } from "./views/panel.mjs";

const PAUSE = 700; // milliseconds without a change: then numbers are read aloud
const WRITE = 250; // and then the address is written

export function startPlayground(root) {
  const states = Object.fromEntries(models.map((model) => [model.id, defaults(model)]));
  const panels = new Map();
  let current = models[0].id;
  let result = null;
  let waiting = false;

  const tabs = models.map((model) =>
    element(
      "button",
      {
        type: "button",
        role: "tab",
        id: `kl-tab-${model.id}`,
        "aria-controls": `kl-panel-${model.id}`,
        onclick: () => choose(model.id),
      },
      model.name,
    ),
  );
  const tablist = element(
    "div",
    { role: "tablist", "aria-label": "Playgrounds", class: "kl-tabs" },
    ...tabs,
  );
  const places = models.map((model) =>
    element("div", {
      role: "tabpanel",
      id: `kl-panel-${model.id}`,
      "aria-labelledby": `kl-tab-${model.id}`,
      hidden: "",
    }),
  );
  const problem = element("div", { class: "kl-problem", role: "alert", hidden: "" });
  const aloud = element("p", { class: "visually-hidden", "aria-live": "polite" });
  const units = unitSwitch((unit) => {
    for (const state of Object.values(states)) state.unit = unit;
    show();
    remember();
  });
  root.replaceChildren(
    element("div", { class: "kl-top" }, tablist, units.box),
    problem,
    ...places,
    aloud,
  );

  const page = {
    state: () => states[current],
    result: () => result,
    patch: (values) => set({ ...states[current], ...values }),
    change: (control, value) => {
      const field = modelOf(current).fields[control.field];
      set(changed(states[current], control, field, value));
    },
  };

  const announce = afterPause(() => {
    aloud.textContent = announcement(result.pair, states[current].unit);
  }, PAUSE);
  const remember = afterPause(() => {
    history.replaceState(null, "", `#${write(states[current])}`);
  }, WRITE);

  function set(state) {
    states[current] = state;
    problem.hidden = true;
    remember();
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
    });
  }

  function show() {
    const state = states[current];
    const started = performance.now();
    result = modelOf(current).compute(state);
    panels.get(current).show(result, state);
    units.show(state.unit);
    root.dataset.milliseconds = (performance.now() - started).toFixed(1);
    announce();
  }

  function open(id) {
    current = id;
    models.forEach((model, i) => {
      const chosen = model.id === id;
      tabs[i].setAttribute("aria-selected", String(chosen));
      tabs[i].tabIndex = chosen ? 0 : -1;
      places[i].hidden = !chosen;
      if (chosen && !panels.has(id)) {
        panels.set(id, panel(model, views[id], page));
        places[i].append(panels.get(id).box);
      }
    });
    result = modelOf(id).compute(states[id]);
    show();
  }

  function choose(id) {
    if (id === current) return;
    history.replaceState(null, "", `#${write(states[current])}`);
    open(id);
    problem.hidden = true;
    history.pushState(null, "", `#${write(states[id])}`);
  }

  tablist.addEventListener("keydown", (event) => {
    const at = tabs.indexOf(document.activeElement);
    const next = {
      ArrowRight: (at + 1) % tabs.length,
      ArrowLeft: (at + tabs.length - 1) % tabs.length,
      Home: 0,
      End: tabs.length - 1,
    }[event.key];
    if (at < 0 || next === undefined) return;
    event.preventDefault();
    tabs[next].focus();
    choose(models[next].id);
  });

  // The address names a state, or a section of this page that holds one.
  function readAddress() {
    const fragment = location.hash.slice(1);
    const held = document.getElementById(fragment)?.querySelector("[data-state]");
    if (fragment && !fragment.includes("=") && !held) {
      if (document.getElementById(fragment)) return panels.size || open(current);
    }
    const { state, problems } = read(held?.dataset.state ?? fragment);
    states[state.tab] = state;
    for (const other of Object.values(states)) other.unit = state.unit;
    open(state.tab);
    say(problems);
    if (held) afterLoading(() => root.scrollIntoView({ block: "start" }));
  }

  function say(problems) {
    problem.hidden = problems.length === 0;
    if (!problems.length) return problem.replaceChildren();
    problem.replaceChildren(
      element(
        "p",
        {},
        "Part of this address could not be read, and its standard value is shown instead:",
      ),
      element("ul", {}, ...problems.map((text) => element("li", {}, text))),
    );
  }

  for (const picture of document.querySelectorAll("p[data-state]"))
    picture.append(element("a", { href: `#${picture.dataset.state}` }, "Show it above"));
  addEventListener("popstate", () => {
    readAddress();
    if (location.hash.includes("=")) root.scrollIntoView({ block: "nearest" });
  });
  let width = root.clientWidth;
  const fitted = afterPause(() => {
    if (root.clientWidth === width) return;
    width = root.clientWidth;
    show();
  }, 100);
  new ResizeObserver(fitted).observe(root);
  readAddress();
}

// The browser first scrolls to the section that the address names.
function afterLoading(f) {
  if (document.readyState === "complete") setTimeout(f);
  else addEventListener("load", () => setTimeout(f), { once: true });
}

function unitSwitch(choose) {
  const inputs = ["nats", "bits"].map((unit) =>
    element("input", {
      type: "radio",
      name: "kl-unit",
      value: unit,
      onchange: () => choose(unit),
    }),
  );
  const labels = inputs.map((input) => element("label", {}, input, ` ${input.value}`));
  const box = element(
    "fieldset",
    { class: "kl-units" },
    element("legend", {}, "Unit"),
    ...labels,
  );
  const show = (unit) => inputs.forEach((input) => (input.checked = input.value === unit));
  return { box, show };
}
