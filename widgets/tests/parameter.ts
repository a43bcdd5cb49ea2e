import type { Parameter } from "../src/node/definition.ts";

/** A parameter with what a test says and ordinary values for the rest. */
export function parameter(given: Partial<Parameter>): Parameter {
  return {
    name: "gain_db", label: "Gain", type: "number", default: 0, min: null, max: null, step: null, unit: "",
    options: [], automatable: false, tooltip: "", scale: "linear", ...given,
  };
}
