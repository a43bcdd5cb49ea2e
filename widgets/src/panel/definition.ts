// A panel and what it shows, as they come from Python (`definition/panel.py`, `widgets/panel_views.py`).
import type { Parameter, Port } from "../node/definition.ts";

export type ItemKind =
  | "control" | "button" | "heading" | "text" | "value" | "meter" | "table" | "figure" | "audio";

export interface Item {
  kind: ItemKind;
  name: string | null;
  label: string | null;
  tooltip: string;
  style: "primary" | "normal" | "danger";
  min: number | null;
  max: number | null;
}

export interface Group {
  label: string | null;
  items: Item[];
}

export interface Panel {
  groups: Group[];
  columns: number;
}

/** Of a node definition what a panel draws. */
export interface Drawn {
  label: string;
  description: string;
  parameters: Parameter[];
  outputs: Port[];
}

/** One output, by the key `kind:name`. */
export interface View {
  version: number;
  has_data: boolean;
  text?: string;
  number?: number | null;
  header?: string[];
  rows?: string[][];
  alt?: string;
  note?: string;
}

export type Views = Record<string, View>;
