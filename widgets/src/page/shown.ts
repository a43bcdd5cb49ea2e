// A node's result, opened: its outputs in words, its sounds to be played, its pictures.
import type { Part, Shown } from "../contract/flow.ts";
import { isRecord } from "../flow/document.ts";
import type { Definition } from "../node/definition.ts";
import type { Outputs } from "./standings.ts";

/** Of what is fetched to be looked at. */
const MAX_BYTES = 64e6;
const MAX_PARTS = 4;
const MAX_OUTPUTS = 400;
const MAX_TEXT = 400;
const MAX_NUMBERS = 16;
/** Formats of figures that an image can show; Vega-Lite is told in words. */
const DRAWN = ["svg", "image"];

export type Bytes = (href: string) => Promise<ArrayBuffer>;

export async function shownOf(node: string, outputs: Outputs, definition: Definition | null, bytes: Bytes): Promise<{ shown: Shown; buffers: DataView[] }> {
  const shown: Shown = { kind: "shown", node, outputs: [], parts: [], view: "" };
  const buffers: DataView[] = [];
  for (const [name, value] of Object.entries(outputs).slice(0, MAX_OUTPUTS)) {
    const port = definition?.outputs.find((one) => one.name === name);
    let text = textOf(value);
    if (buffers.length < MAX_PARTS && isRecord(value) && typeof value["href"] === "string") {
      const isSound = value["type"] === "audio";
      if (isSound && 4 * Number(value["channels"]) * Number(value["frames"]) > MAX_BYTES) text += "; too large to be shown here";
      else if (isSound || (value["type"] === "figure" && DRAWN.includes(String(value["format"])))) {
        const data = await bytes(value["href"]);
        shown.parts.push({ mime: isSound ? "audio/wav" : mimeOf(value["format"], data), label: isSound ? (port?.label ?? name) : textOf(value), is_still: false });
        buffers.push(new DataView(data));
      }
    }
    shown.outputs.push({ name, label: port?.label ?? name, text: text.slice(0, MAX_TEXT), unit: port?.unit ?? "", tooltip: port?.tooltip ?? "" });
  }
  return { shown, buffers };
}

/** Of what a page can draw by itself. An SVG is drawn as an image, in which nothing of it runs and nothing is fetched. */
function mimeOf(format: unknown, data: ArrayBuffer): Part["mime"] {
  if (format === "svg") return "image/svg+xml";
  return new Uint8Array(data, 0, Math.min(2, data.byteLength)).join() === "255,216" ? "image/jpeg" : "image/png";
}

/** An output in words, as the server has it in JSON. */
export function textOf(value: unknown): string {
  if (typeof value === "number") return plain(value);
  if (typeof value === "string") return value;
  if (!isRecord(value)) return Array.isArray(value) ? listed(value) : String(value);
  if (typeof value["href"] !== "string") return JSON.stringify(value);
  switch (value["type"]) {
    case "audio": {
      const rate = Number(value["sample_rate"]);
      return `${Number(value["channels"])} ch, ${(Number(value["frames"]) / rate).toFixed(2)} s, ${rate} Hz`;
    }
    case "array": {
      const shape = Array.isArray(value["shape"]) ? value["shape"].map(Number).join(" × ") : "";
      return Array.isArray(value["values"]) ? listed(value["values"]) : `${shape || "one"} numbers`;
    }
    case "figure":
      return String(value["alt"] ?? "");
    default:
      return `${Number(value["size"] ?? 0)} bytes`;
  }
}

function listed(values: unknown[]): string {
  const text = values.slice(0, MAX_NUMBERS).map((one) => (Array.isArray(one) ? `[${listed(one)}]` : typeof one === "object" ? JSON.stringify(one) : textOf(one))).join(", ");
  return values.length > MAX_NUMBERS ? `${text}, … (${values.length})` : text;
}

function plain(value: number): string {
  return Number.isInteger(value) && Math.abs(value) < 1e15 ? String(value) : String(Number(value.toPrecision(6)));
}
