// Made of schillinger_plugins/widgets/contract/panel.py by `make contract`: change that.

export type ToKernel = Press | AskData;
export type ToPage = Data;

export interface Contract {
  PanelState: PanelState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits of a panel.
 */
export interface PanelState {
  definition: Drawn;
  panel: Panel;
  plugin_id: string;
  level: string;
  parameters: {
    [k: string]: unknown;
  };
  parameter_errors: {
    [k: string]: string;
  };
  shown: {
    [k: string]: View;
  };
  status: "busy" | "failed" | "idle";
  message: string;
  error: Failure;
}
/**
 * Of a node definition what a panel draws.
 */
export interface Drawn {
  label: string;
  description: string;
  parameters: Parameter[];
  outputs: Output[];
}
/**
 * One thing that can be set.
 */
export interface Parameter {
  /**
   * what it is called in Python
   */
  name: string;
  /**
   * what people call it; the name, if not given
   */
  label: string;
  /**
   * what kind of value
   */
  type: "number" | "integer" | "boolean" | "string" | "choice" | "breakpoints" | "channels" | "file" | "any";
  /**
   * the value when nobody sets one; 0 (or the nearest in range), false, empty if not given
   */
  default: unknown;
  /**
   * smallest value allowed
   */
  min: number | null;
  /**
   * largest value allowed
   */
  max: number | null;
  /**
   * how far a slider or an arrow key moves; values between are allowed
   */
  step: number | null;
  /**
   * dB, Hz, s, …
   */
  unit: string;
  /**
   * the values of a choice
   *
   * @maxItems 512
   */
  options: string[];
  /**
   * whether it may change over time
   */
  automatable: boolean;
  /**
   * a sentence that explains it
   */
  tooltip: string;
  /**
   * how a slider maps its range
   */
  scale: "linear" | "log";
  /**
   * what it was called before; who still says so means this parameter
   *
   * @maxItems 16
   */
  aliases: string[];
  /**
   * how the name of a file may end, as .scl; however it likes if there is none
   *
   * @maxItems 32
   */
  accept: string[];
  /**
   * of a file, the most that is taken
   */
  max_bytes: number | null;
}
/**
 * An output, with what a plot needs to know (the descriptors of Vamp's feature extractors).
 */
export interface Output {
  /**
   * what it is called in Python
   */
  name: string;
  /**
   * what people call it; the name, if not given
   */
  label: string;
  /**
   * what kind of value
   */
  type:
    | "audio"
    | "array"
    | "number"
    | "integer"
    | "string"
    | "boolean"
    | "list"
    | "object"
    | "midi"
    | "events"
    | "figure"
    | "bytes"
    | "any";
  /**
   * dB, Hz, s, …
   */
  unit: string;
  /**
   * a sentence that explains it
   */
  tooltip: string;
  /**
   * one_per_step: a value per analysis step; fixed_rate: sample_rate values a second; variable_rate: events at `times`
   */
  sample_type: ("one_per_step" | "fixed_rate" | "variable_rate") | null;
  /**
   * the output that holds the times in s of the last axis
   */
  times: string | null;
  /**
   * the output that holds the bin centres of the first axis
   */
  bins: string | null;
  /**
   * length of the first axis
   */
  bin_count: number | null;
  /**
   * names of the bins, as C, C#, D
   *
   * @maxItems 1024
   */
  bin_names: string[];
  /**
   * whether each event lasts
   */
  has_duration: boolean;
  /**
   * values per second in Hz
   */
  sample_rate: number | null;
}
/**
 * Groups in one or more columns; where the page is narrow, in one.
 */
export interface Panel {
  /**
   * what belongs together, in this order
   *
   * @minItems 1
   * @maxItems 32
   */
  groups: Group[];
  /**
   * how many groups side by side
   */
  columns: number;
}
/**
 * Items that belong together: controls, tables and pictures below each other, buttons and values side by side.
 */
export interface Group {
  /**
   * what stands above them
   */
  label: string | null;
  /**
   * what is drawn, in this order
   *
   * @minItems 1
   * @maxItems 64
   */
  items: Item[];
}
/**
 * One thing on a panel.
 */
export interface Item {
  /**
   * what is drawn
   */
  kind: "control" | "button" | "heading" | "text" | "value" | "meter" | "table" | "figure" | "audio";
  /**
   * of a parameter, an output or the button itself
   */
  name: string | null;
  /**
   * what people read beside it
   */
  label: string | null;
  /**
   * a sentence that explains it
   */
  tooltip: string;
  /**
   * of a button
   */
  style: "primary" | "normal" | "danger";
  /**
   * where a meter begins
   */
  min: number | null;
  /**
   * where a meter ends
   */
  max: number | null;
}
/**
 * One output as it is shown; which fields there are depends on the kind of its item.
 */
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
/**
 * Why a call failed; empty if it didn't. Every text of it is hostile.
 */
export interface Failure {
  type?: string;
  message?: string;
  remedy?: string;
  path?: string;
  traceback?: string;
}
/**
 * A button was pressed.
 */
export interface Press {
  kind: "press";
  name: string;
  time_s?: number | null;
}
/**
 * The bytes of what is shown; answered by `Data`.
 */
export interface AskData {
  kind: "data";
  key: string;
}
/**
 * A sound, or what is drawn as a picture, in the buffer.
 */
export interface Data {
  kind: "data";
  key: string;
  version: number;
  mime: ("audio/wav" | "image/jpeg" | "image/png" | "image/svg+xml") | "application/vnd.vegalite.v5+json";
}
