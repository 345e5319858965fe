// Three conveniences. Without this script every page is complete.
const root = document.documentElement;

function startThemeButton(button) {
  const themes = ["auto", "light", "dark"];
  const names = { auto: "as the system", light: "light", dark: "dark" };
  const show = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    button.setAttribute("aria-label", `Colours: ${names[theme]}`);
    button.title = `Colours: ${names[theme]}`;
  };
  button.addEventListener("click", () => {
    const now = root.dataset.theme ?? "auto";
    const next = themes[(themes.indexOf(now) + 1) % themes.length];
    show(next);
    try {
      localStorage.setItem("theme", next);
    } catch {
      // A browser that stores nothing still changes its colours.
    }
  });
  show(root.dataset.theme ?? "auto");
  button.hidden = false;
}

function addCopyButton(cell) {
  const button = document.createElement("button");
  button.className = "copy-button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(cell.querySelector("pre").innerText);
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
  cell.append(button);
}

function letKeysScroll() {
  const wide = ".highlight pre, .table-scroll, .katex-display, .cell_output";
  for (const box of document.querySelectorAll(wide)) {
    const scrolls = getComputedStyle(box).overflowX === "auto";
    if (scrolls && box.scrollWidth > box.clientWidth) box.tabIndex = 0;
  }
}

function followReading(contents) {
  const links = new Map();
  for (const link of contents.querySelectorAll("a[href^='#']")) {
    const section = document.getElementById(link.hash.slice(1));
    const heading = section?.querySelector("h2, h3");
    if (heading) links.set(heading, link);
  }
  const observer = new IntersectionObserver(
    (entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).pop();
      if (!seen) return;
      for (const link of links.values()) link.removeAttribute("aria-current");
      links.get(seen.target).setAttribute("aria-current", "true");
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of links.keys()) observer.observe(heading);
}

startThemeButton(document.querySelector(".theme-button"));
if (navigator.clipboard) {
  document.querySelectorAll(".cell_input, .copyable").forEach(addCopyButton);
}
letKeysScroll();
addEventListener("load", letKeysScroll);
const contents = document.querySelector("#page-toc");
if (contents) followReading(contents);
document.querySelectorAll("[popover] a").forEach((link) =>
  link.addEventListener("click", () => {
    const box = link.closest("[popover]");
    if (box.matches(":popover-open")) box.hidePopover();
  }),
);
