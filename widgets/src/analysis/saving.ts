// Saving: the view as a file, made by Python, saved by the browser.
import { make } from "./elements.ts";
import type { AskFile } from "../contract/analysis.ts";
import type { Wire } from "./wire.ts";

type Format = AskFile["format"];

const FORMATS: [Format, string][] = [
  ["png", "the picture, as pixels"],
  ["svg", "the picture, as lines"],
  ["csv", "figures, instants, parts and curves as a table"],
  ["jams", "annotations for other tools of the field"],
];
const TYPES: Record<Format, string> = { png: "image/png", svg: "image/svg+xml", csv: "text/csv", jams: "application/json" };

/** @returns the buttons, and the undo of their listening */
export function savingButtons(wire: Wire, notice: (text: string) => void): { element: HTMLElement; close: () => void } {
  const element = make("span", "sch-saving");
  element.setAttribute("role", "group");
  element.setAttribute("aria-label", "save as a file");
  // Another view of the same model may have asked: its file is not ours to save.
  const asked = new Set<string>();
  for (const [format, what] of FORMATS) {
    const button = make("button", "sch-quiet", format.toUpperCase());
    button.type = "button";
    button.title = `save ${what}`;
    button.setAttribute("aria-label", `save as ${format.toUpperCase()}: ${what}`);
    button.addEventListener("click", () => {
      asked.add(format);
      notice(`${format.toUpperCase()} is being made`);
      wire.send({ kind: "export", format });
    });
    element.append(button);
  }
  const close = wire.on((content, buffers) => {
    const format = String(content["format"]) as Format;
    if (content["kind"] !== "export" || !asked.delete(format)) return;
    const problem = String(content["problem"] ?? "");
    const data = buffers[0];
    if (problem || !data) return notice(problem || "no file came");
    const filename = String(content["filename"] ?? `view.${format}`);
    download(data, filename, TYPES[format]);
    notice(`saved as ${filename}`);
  });
  return { element, close };
}

function download(data: DataView, filename: string, type: string): void {
  const url = URL.createObjectURL(new Blob([data as DataView<ArrayBuffer>], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
