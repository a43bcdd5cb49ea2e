// Made of schillinger_plugins/widgets/contract/node.py by `make contract`: change that.

export type ToKernel = Run | Cancel | Read | Offer | Piece | Save | Delete;
export type ToPage = Want;

export interface Contract {
  NodeState: NodeState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits of a node.
 */
export interface NodeState {
  definition: NodeDefinition;
  plugin_id: string;
  level: string;
  can_run: boolean;
  parameters: {
    [k: string]: unknown;
  };
  parameter_errors: {
    [k: string]: string;
  };
  inputs_set: {
    [k: string]: InputNote;
  };
  files_set: {
    [k: string]: InputNote;
  };
  status: "cancelled" | "done" | "failed" | "idle" | "running";
  progress: number;
  message: string;
  error: Failure;
  summary: Figure[];
  live: boolean;
  waiting: boolean;
  permissions: Permission[];
  waveform: Waveform;
  can_read: boolean;
  can_save: boolean;
  presets: {
    [k: string]: {
      [k: string]: unknown;
    };
  };
  saved_presets: {
    [k: string]: {
      [k: string]: unknown;
    };
  };
  preset_error: string;
}
/**
 * A node, described.
 */
export interface NodeDefinition {
  /**
   * the node's type, a word for programs
   */
  type: string;
  /**
   * what people call the node
   */
  label: string;
  /**
   * what the node does, in a sentence or two
   */
  description: string;
  /**
   * @maxItems 64
   */
  inputs: Port[];
  /**
   * @maxItems 256
   */
  outputs: Output[];
  /**
   * @maxItems 256
   */
  parameters: Parameter[];
  /**
   * hints for an editor: groups, widgets
   */
  ui: {
    [k: string]: unknown;
  };
  /**
   * values to try the node with
   */
  example: Example | null;
  /**
   * settings by name: parameters that differ from the defaults
   */
  presets: {
    /*     */
    [k: string]: {
      [k: string]: unknown;
    };
  };
  /**
   * @maxItems 64
   */
  steps: Step[];
  /**
   * how a UI plugin's controls and outputs are arranged
   */
  panel: Panel | null;
}
/**
 * An input.
 */
export interface Port {
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
   * whether the node runs only with it
   */
  required: boolean;
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
 * Values to try the node with.
 */
export interface Example {
  /**
   * a value for each input that plain data can express
   */
  inputs: {
    [k: string]: unknown;
  };
  /**
   * values that differ from the defaults
   */
  parameters: {
    [k: string]: unknown;
  };
}
/**
 * One call of another plugin.
 */
export interface Step {
  /**
   * what later steps call it
   */
  id: string;
  /**
   * the id of the plugin that does it
   */
  plugin: string;
  /**
   * values or references, by the plugin's inputs
   */
  inputs: {
    /*     */
    [k: string]: unknown;
  };
  /**
   * values or references, by the plugin's parameters
   */
  parameters: {
    /*     */
    [k: string]: unknown;
  };
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
 * What an input, or a parameter that is a file, gets in the next run.
 */
export interface InputNote {
  state: "given" | "missing" | "reading" | "refused" | "tone";
  text: string;
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
 * A value of the last result.
 */
export interface Figure {
  label: string;
  text: string;
  unit: string;
}
/**
 * Something that a person has to grant, and whether somebody has.
 */
export interface Permission {
  name: string;
  granted: boolean;
  text: string;
}
/**
 * The outline of the first sound, for the curves that are drawn over it; empty if there is none.
 */
export interface Waveform {
  duration_s?: number;
  lows?: number[];
  highs?: number[];
}
/**
 * Run it.
 */
export interface Run {
  kind: "run";
}
/**
 * End the run.
 */
export interface Cancel {
  kind: "cancel";
}
/**
 * Take a file for an audio input; no path takes it away again.
 */
export interface Read {
  kind: "read";
  name: string;
  path: string;
}
/**
 * Offer a file of the page's own computer for an audio input or a parameter; answered by `Want`, if it may come.
 */
export interface Offer {
  kind: "offer";
  name: string;
  file: string;
  size: number;
}
/**
 * What was wanted of that file: at most 1 MiB, in the one buffer beside.
 */
export interface Piece {
  kind: "piece";
  name: string;
  at: number;
}
/**
 * Keep the values as a preset of one's own.
 */
export interface Save {
  kind: "save";
  name: string;
}
/**
 * Forget a preset of one's own.
 */
export interface Delete {
  kind: "delete";
  name: string;
}
/**
 * Send the file that was offered for that name, from that byte on.
 */
export interface Want {
  kind: "want";
  name: string;
  at: number;
}
