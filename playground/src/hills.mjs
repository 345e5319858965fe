// The figure of the start page, with a slider for the distance of the hills.
import { normal } from "./gaussian.mjs";
import { hillFits, twoHills } from "./hill_prices.mjs";
import { afterPause, element } from "./views/dom.mjs";

const FARTHEST = 10; // standard deviations
const POINTS = 132;
const PAUSE = 700; // milliseconds without a change: then the prices are read aloud

const svg = document.querySelector(".hills-panel .hills[data-frame]");
if (svg) start(svg);

function start(svg) {
  const [width, base, span, top] = svg.dataset.frame.split(" ").map(Number);
  const live = document.querySelector(".hills-panel .live");
  const slider = element("input", { type: "range", min: 0, max: FARTHEST, step: 0.1 });
  slider.value = svg.dataset.distance;
  const label = element(
    "label",
    { class: "hills-slider" },
    "Distance of the hills",
    slider,
  );
  const sentence = element("p", { class: "hills-verdict" });
  live.after(sentence);
  live.before(label);
  const aloud = element("p", { class: "visually-hidden", "aria-live": "polite" });
  sentence.after(aloud);
  const announce = afterPause(() => {
    aloud.textContent = `${live.textContent}. ${sentence.textContent}`;
  }, PAUSE);

  const across = (x) => ((x + span) / (2 * span)) * width;
  const path = (density) => {
    const points = Array.from({ length: POINTS + 1 }, (_, i) => {
      const x = span * ((2 * i) / POINTS - 1);
      return `${across(x).toFixed(0)} ${(base - (base * density(x)) / top).toFixed(1)}`;
    });
    return `M${points.join("L")}`;
  };
  const draw = (name, density) =>
    svg.querySelector(`.${name}`).setAttribute("d", path(density));

  function show() {
    const distance = Number(slider.value);
    const { cover, take } = hillFits(distance);
    const hills = twoHills(distance);
    draw("target", (x) => hills.reduce((sum, hill) => sum + normal(x, hill) / 2, 0));
    draw("cover", (x) => normal(x, cover));
    draw("take", (x) => normal(x, take));
    const [left, right] = [-1, 1].map((side) => across((side * distance) / 2).toFixed(0));
    const ruler = `M${left} ${base + 9}v14M${left} ${base + 16}H${right}M${right} ${base + 9}v14`;
    svg.querySelector(".ruler").setAttribute("d", ruler);
    svg.querySelector("text").textContent = `${distance}σ`;
    const [both, one] = [cover.kl, take.kl].map((kl) => kl.toFixed(2));
    svg.querySelector("title").textContent =
      `Two hills ${distance} standard deviations apart, and two bell curves that stand in for them`;
    svg.querySelector("desc").textContent =
      `The wide dashed curve covers both hills and costs ${both} nats; ` +
      `the narrow one takes one hill and costs ${one} nats.`;
    live.querySelector(".cover b").textContent = `${both} nats`;
    live.querySelector(".take b").textContent = `${one} nats`;
    slider.setAttribute("aria-valuetext", `${distance} standard deviations`);
    sentence.textContent =
      cover.kl > take.kl
        ? "From here on covering costs more than losing a hill, about ln 2."
        : "";
  }

  let waiting = false;
  slider.addEventListener("input", () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      show();
      announce();
    });
  });
  pull(svg, span, (x) => {
    slider.value = 2 * Math.abs(x);
    slider.dispatchEvent(new Event("input"));
  });
  show();
}

// The hills follow the pointer; the page still scrolls up and down under a finger.
function pull(svg, span, move) {
  let held = false;
  const follow = (event) => {
    const frame = svg.getBoundingClientRect();
    move(span * ((2 * (event.clientX - frame.left)) / frame.width - 1));
  };
  svg.style.touchAction = "pan-y";
  svg.style.cursor = "ew-resize";
  svg.addEventListener("pointerdown", (event) => {
    held = true;
    svg.setPointerCapture(event.pointerId);
    follow(event);
  });
  svg.addEventListener("pointermove", (event) => held && follow(event));
  for (const end of ["pointerup", "pointercancel"])
    svg.addEventListener(end, () => (held = false));
}
