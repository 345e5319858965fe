// Handles on a plot that mouse, pen and finger can pull.

const SIZE = 44; // pixels: what a finger can hit
const svgElement = (name) => document.createElementNS("http://www.w3.org/2000/svg", name);

// handles: [{ id, x, y, axis, role }] in the coordinates of the plot's data.
export function addHandles(svg, handles) {
  const [x, y] = [svg.scale("x"), svg.scale("y")];
  for (const handle of handles) {
    const [left, top] = [x.apply(handle.x), y.apply(handle.y)];
    const grip = svgElement("circle");
    grip.setAttribute("class", `kl-grip ${handle.role}`);
    const area = svgElement("rect");
    area.setAttribute("class", `kl-handle ${handle.axis}`);
    area.dataset.handle = handle.id;
    const room = (handle.width ?? Infinity) * Math.abs(x.apply(1) - x.apply(0));
    const width = Math.min(SIZE, room);
    const box = { x: left - width / 2, y: top - SIZE / 2, width, height: SIZE };
    for (const [name, value] of Object.entries(box)) area.setAttribute(name, value);
    for (const [name, value] of Object.entries({ cx: left, cy: top, r: 5 }))
      grip.setAttribute(name, value);
    svg.append(grip, area);
  }
}

// Listens on the box around the plot, because each move draws a new plot inside it.
export function startDragging(box, plot, handles, pull) {
  let held = null;
  box.addEventListener("pointerdown", (event) => {
    const area = event.target.closest?.("[data-handle]");
    if (!area || event.button > 0) return;
    held = area.dataset.handle;
    box.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  box.addEventListener("pointermove", (event) => {
    if (!held) return;
    const handle = handles().find((one) => one.id === held);
    const svg = plot();
    const frame = svg.getBoundingClientRect();
    const zoom = svg.viewBox.baseVal.width / frame.width;
    const along =
      handle.axis === "x" ? event.clientX - frame.left : event.clientY - frame.top;
    const value = svg.scale(handle.axis).invert(along * zoom);
    pull(handle, handle.to ? handle.to(value) : value);
  });
  // A finger on a handle pulls it; anywhere else it scrolls the page.
  const keep = (event) => event.target.closest?.("[data-handle]") && event.preventDefault();
  box.addEventListener("touchstart", keep, { passive: false });
  const drop = () => (held = null);
  box.addEventListener("pointerup", drop);
  box.addEventListener("pointercancel", drop);
}
