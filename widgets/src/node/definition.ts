// A node definition as it comes from Python (`NodeDefinition.as_dict()`), and the other shared traits of a node.

export type PortType =
  | "audio" | "array" | "number" | "integer" | "string" | "boolean"
  | "list" | "object" | "midi" | "events" | "figure" | "bytes" | "any";

export interface Port {
  name: string;
  label: string;
  type: PortType;
  unit: string;
  tooltip: string;
  required?: boolean;
}

export type ParameterType = "number" | "integer" | "boolean" | "string" | "choice" | "breakpoints" | "channels" | "any";

export interface Parameter {
  name: string;
  label: string;
  type: ParameterType;
  default: unknown;
  min: number | null;
  max: number | null;
  step: number | null;
  unit: string;
  options: string[];
  automatable: boolean;
  tooltip: string;
  scale: "linear" | "log";
}

export interface Definition {
  type: string;
  label: string;
  description: string;
  inputs: Port[];
  outputs: Port[];
  parameters: Parameter[];
  /** Hints of the author, free-form: nothing in it can be relied on. */
  ui?: unknown;
}

export interface InputNote {
  state: "given" | "tone" | "missing" | "reading" | "refused";
  text: string;
}

/** Something that a person has to grant, and whether somebody has. */
export interface Permission {
  name: string;
  granted: boolean;
  text: string;
}

export interface Failure {
  type?: string;
  message?: string;
  remedy?: string;
  path?: string;
  traceback?: string;
}

export interface Figure {
  label: string;
  text: string;
  unit: string;
}

export type Status = "idle" | "running" | "done" | "failed" | "cancelled";

export type Values = Record<string, unknown>;
