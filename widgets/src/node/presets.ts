// Presets: the author's and the person's, by name; each has a value for every parameter.
import type { Parameter, Values } from "./definition.ts";
import { equal } from "./parameters.ts";

export type Presets = Record<string, Values>;

export interface Choice {
  key: string;
  name: string;
  saved: boolean;
  values: Values;
}

/** All there are. The keys tell two of the same name apart. */
export function choicesOf(presets: Presets, saved: Presets): Choice[] {
  const of = (from: Presets, kept: boolean): Choice[] =>
    Object.entries(from).map(([name, values]) => ({ key: `${kept ? "saved" : "plugin"}:${name}`, name, saved: kept, values }));
  return [...of(presets, false), ...of(saved, true)];
}

/** The one whose values these are; of two alike the one that was chosen. */
export function chosen(choices: Choice[], parameters: Parameter[], values: Values, last: string): Choice | undefined {
  const alike = choices.filter((choice) =>
    parameters.every((p) => equal(values[p.name] ?? p.default, choice.values[p.name] ?? p.default)),
  );
  return alike.find((choice) => choice.key === last) ?? alike[0];
}
