// Conveniences. Without this script every page is complete.
const root = document.documentElement;
const here = document.currentScript.src;

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

// A box wider than its place gets a stop of the Tab key. Measuring lays a section out, so
// it waits for moments in which nothing else happens.
function letKeysScroll() {
  const boxes = [
    ...document.querySelectorAll(".highlight pre, .table-scroll, .katex-display, .cell_output"),
  ];
  const check = (box) => {
    const scrolls = getComputedStyle(box).overflowX === "auto";
    if (scrolls && box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };
  const sizes = new ResizeObserver((entries) => entries.forEach((e) => check(e.target)));
  const measured = [];
  document.fonts.addEventListener("loadingdone", () => measured.forEach(check));
  const later = window.requestIdleCallback ?? ((f) => setTimeout(f, 50, { timeRemaining: () => 5 }));
  const measureSome = (moment) => {
    while (boxes.length && moment.timeRemaining() > 2) {
      const box = boxes.shift();
      check(box);
      sizes.observe(box);
      measured.push(box);
    }
    if (boxes.length) later(measureSome);
    else root.dataset.measured = "all";
  };
  later(measureSome);
}

function addLink(rel, href) {
  const element = Object.assign(document.createElement("link"), { rel, href });
  document.head.append(element);
  return element;
}

// A small figure brings its script and style along when the reader comes near it.
function startFigures(figures) {
  const near = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      near.disconnect();
      const script = new URL("playground.js", here);
      addLink("modulepreload", script);
      // A figure drawn without its style is taller, and would push the text about.
      const style = addLink("stylesheet", new URL("playground.css", here));
      for (const end of ["load", "error"]) style.addEventListener(end, () => import(script));
    },
    { rootMargin: "100px" },
  );
  for (const figure of figures) near.observe(figure);
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

// A Predict box is a fold with a list whose options are emphasised, the right one strongly.
// With a script the options become buttons: commit first, then read the reason.
function startPredict(fold, number) {
  const items = [...fold.querySelectorAll(":scope > ul > li")];
  const marks = items.map((item) => item.querySelector("strong, em"));
  if (!items.length || marks.includes(null)) return;
  const summary = fold.querySelector("summary");
  const question = document.createElement("p");
  question.className = "predict-question";
  question.id = `predict-${number}`;
  question.append(...summary.childNodes);
  summary.textContent = "All answers";
  const options = document.createElement("div");
  options.className = "predict-options";
  options.setAttribute("role", "group");
  options.setAttribute("aria-labelledby", question.id);
  const verdict = document.createElement("p");
  verdict.setAttribute("role", "status");
  items.forEach((item, index) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...marks[index].cloneNode(true).childNodes);
    button.addEventListener("click", () => {
      for (const other of options.children) other.removeAttribute("aria-pressed");
      button.setAttribute("aria-pressed", "true");
      const right = marks[index].tagName === "STRONG";
      const reason = item.cloneNode(true);
      reason.querySelector("strong, em").remove();
      showVerdict(verdict, right, [...reason.childNodes]);
    });
    options.append(button);
  });
  fold.before(question, options, verdict);
  const box = document.createElement("div");
  box.className = "predict";
  question.before(box);
  box.append(question, options, verdict, fold);
  fold.classList.remove("predict");
}

function showVerdict(place, right, reason) {
  place.className = `verdict ${right ? "right" : "wrong"}`;
  const word = document.createElement("b");
  word.textContent = right ? "Right. " : "No. ";
  place.replaceChildren(word, ...reason.flatMap(unwrapped));
}

const unwrapped = (node) => (node.tagName === "P" ? [...node.childNodes] : [node]);

// A quiz is a form; its reasons stand in a fold under each question.
function startQuiz(form) {
  form.addEventListener("submit", (event) => event.preventDefault());
  for (const field of form.querySelectorAll("fieldset")) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Check";
    button.addEventListener("click", () => {
      const verdict = field.querySelector("[role=status]");
      const chosen = field.querySelector("input:checked");
      if (!chosen) {
        verdict.textContent = "Choose an answer first.";
        return;
      }
      const reason = field.querySelector(`[data-option=${chosen.value}]`);
      const text = reason.querySelector("span:last-child").cloneNode(true);
      text.firstChild.textContent = text.firstChild.textContent.replace(/^\w+\. /, "");
      showVerdict(verdict, "right" in reason.dataset, [...text.childNodes]);
    });
    field.querySelector("[role=status]").before(button);
    field.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.type === "radio") button.click();
    });
  }
}

// Python in the browser needs WebAssembly; without it the link would lead nowhere.
function checkBrowserLink(item) {
  if (typeof WebAssembly === "object") return;
  item.textContent = "This browser cannot run Python (it has no WebAssembly)";
}

startThemeButton(document.querySelector(".theme-button"));
if (navigator.clipboard) {
  document.querySelectorAll(".cell_input, .copyable").forEach(addCopyButton);
}
document.querySelectorAll("details.predict").forEach(startPredict);
document.querySelectorAll("form.quiz").forEach(startQuiz);
document.querySelectorAll(".run-here:has(a)").forEach(checkBrowserLink);
letKeysScroll();
startFigures(document.querySelectorAll(".kl-embed"));
const contents = document.querySelector("#page-toc");
if (contents) followReading(contents);
document.querySelectorAll("[popover] a").forEach((link) =>
  link.addEventListener("click", () => {
    const box = link.closest("[popover]");
    if (box.matches(":popover-open")) box.hidePopover();
  }),
);
