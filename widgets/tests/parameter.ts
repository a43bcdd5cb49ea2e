import type { Parameter } from "../src/node/definition.ts";

/** A parameter with what a test says and ordinary values for the rest. */
export function parameter(given: Partial<Parameter>): Parameter {
  return {
    name: "gain_db", label: "Gain", type: "number", default: 0, min: null, max: null, step: null, unit: "",
    options: [], automatable: false, tooltip: "", scale: "linear", ...given,
  };
}

/** One for each control. */
export const ONE_OF_EACH: Parameter[] = [
  parameter({ min: -96, max: 24, step: 0.1, unit: "dB" }),
  parameter({ name: "cutoff_hz", label: "Cut-off", min: 20, max: 20_000, default: 1000, scale: "log", unit: "Hz" }),
  parameter({ name: "invert", label: "Invert", type: "boolean", default: false }),
  parameter({ name: "mode", label: "Mode", type: "choice", default: "warm", options: ["warm", "cold"] }),
  parameter({ name: "automation", label: "Automation", type: "breakpoints", default: [[0, 0], [1, -6]], min: -96, max: 24 }),
  parameter({ name: "mute", label: "Mute", type: "channels", default: [] }),
  parameter({ name: "title", label: "Title", type: "string", default: "x" }),
  parameter({ name: "scale", label: "Scale", type: "file", default: null, accept: [".scl", ".tun"], max_bytes: 1000 }),
];
