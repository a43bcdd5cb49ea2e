// Elements: text goes in as text, never as HTML.

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export const PLAY = "M3 1.5v11l9.5-5.5z";
export const PAUSE = "M2.5 1.5h3.5v11H2.5zM8 1.5h3.5v11H8z";

export function icon(path: string, outline = false): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const size = outline ? 12 : 14;
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("width", "14");
  svg.setAttribute("height", "14");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  shape.setAttribute("fill", outline ? "none" : "currentColor");
  if (outline) {
    shape.setAttribute("stroke", "currentColor");
    shape.setAttribute("stroke-width", "1.5");
    shape.setAttribute("stroke-linecap", "round");
    shape.setAttribute("stroke-linejoin", "round");
  }
  svg.append(shape);
  return svg;
}

/** A quiet button with an icon; its label is read and shown as a tooltip. */
export function tool(label: string, path: string, act: () => void): HTMLButtonElement {
  const button = make("button", "sch-quiet");
  button.type = "button";
  button.title = label;
  button.setAttribute("aria-label", label);
  button.append(icon(path, true));
  button.addEventListener("click", act);
  return button;
}

/** A button that stays down. What it says is told by `act`'s caller through `press`. */
export function chip(label: string, tooltip: string, on: boolean, act: (on: boolean) => void): HTMLButtonElement {
  const button = make("button", "sch-chip", label);
  button.type = "button";
  button.title = tooltip || label;
  press(button, on);
  button.addEventListener("click", () => {
    const next = button.getAttribute("aria-pressed") !== "true";
    press(button, next);
    act(next);
  });
  return button;
}

export function press(button: HTMLElement, on: boolean): void {
  button.setAttribute("aria-pressed", String(on));
}

export function choice(label: string, options: [string, string][], act: (value: string) => void): HTMLSelectElement {
  const select = make("select", "");
  select.setAttribute("aria-label", label);
  select.title = label;
  for (const [value, text] of options) {
    const option = make("option", "", text);
    option.value = value;
    select.append(option);
  }
  select.addEventListener("change", () => act(select.value));
  return select;
}
