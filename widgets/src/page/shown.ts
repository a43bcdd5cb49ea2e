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
/** The first byte of a PNG. */
const PNG = 0x89;

export type Bytes = (href: string) => Promise<ArrayBuffer>;

export async function shownOf(node: string, outputs: Outputs, definition: Definition | null, bytes: Bytes): Promise<{ shown: Shown; buffers: DataView[] }> {
  const shown: Shown = { kind: "shown", node, outputs: [], parts: [], view: "" };
  const buffers: DataView[] = [];
  for (const [name, value] of Object.entries(outputs).slice(0, MAX_OUTPUTS)) {
    const port = definition?.outputs.find((one) => one.name === name);
    let text = textOf(value);
    if (buffers.length < MAX_PARTS && isRecord(value) && typeof value["href"] === "string") {
      const isDrawn = value["type"] === "audio" || value["type"] === "figure";
      if (isDrawn && sizeOf(value) <= MAX_BYTES) {
        const data = await bytes(value["href"]);
        const mime = mimeOf(value, data);
        if (mime) {
          shown.parts.push({ mime, label: value["type"] === "audio" ? (port?.label ?? name) : text, is_still: false });
          buffers.push(new DataView(data));
        }
      } else if (isDrawn) text += "; too large to be shown here";
    }
    shown.outputs.push({ name, label: port?.label ?? name, text: text.slice(0, MAX_TEXT), unit: port?.unit ?? "", tooltip: port?.tooltip ?? "" });
  }
  return { shown, buffers };
}

function sizeOf(value: Record<string, unknown>): number {
  return value["type"] === "audio" ? 4 * Number(value["channels"]) * Number(value["frames"]) : 0;
}

/** What a buffer is: a picture is PNG or JPEG by what it begins with. Null for what a page can't draw by itself. */
function mimeOf(value: Record<string, unknown>, data: ArrayBuffer): Part["mime"] | null {
  if (value["type"] === "audio") return "audio/wav";
  if (value["format"] === "svg") return "image/svg+xml";
  if (value["format"] === "vega_lite") return "application/vnd.vegalite.v5+json";
  if (value["format"] !== "image") return null;
  return new Uint8Array(data)[0] === PNG ? "image/png" : "image/jpeg";
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
