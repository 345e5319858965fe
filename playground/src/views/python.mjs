// The Python that reproduces the numbers, with a button that copies it.
import { element } from "./dom.mjs";

export function pythonView() {
  const code = element("code");
  const said = element("span", { role: "status" });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      said.textContent = "Copied.";
    } catch {
      said.textContent = "The browser does not allow copying; select the lines below.";
    }
  };
  const button = element("button", { type: "button", onclick: copy }, "Copy as Python");
  const lines = element(
    "pre",
    { tabindex: "0", role: "group", "aria-label": "Python" },
    code,
  );
  const box = element(
    "div",
    { class: "kl-python" },
    element("p", { class: "kl-buttons" }, button, " ", said),
    element("details", {}, element("summary", {}, "The lines"), lines),
  );
  const show = (text) => {
    code.textContent = text;
    said.textContent = "";
  };
  return { box, show };
}
