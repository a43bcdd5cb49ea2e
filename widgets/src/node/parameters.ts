// The values of a node's parameters: what may be set, and what is wrong with what may not. Python checks again.
import type { Parameter, Values } from "./definition.ts";
import { type Range, read, write } from "./scale.ts";

/** The range of a number, or null where it has no end on one side, or none that can be drawn, and so no slider. */
export function rangeOf(parameter: Parameter): Range | null {
  const { min, max, step } = parameter;
  // A range whose width overflows has no middle; neither has one from NaN or to infinity.
  if (min === null || max === null || !(min < max) || !Number.isFinite(max - min)) return null;
  return {
    min,
    max,
    step: step !== null && step > 0 && Number.isFinite(step) ? step : null,
    integer: parameter.type === "integer",
    log: parameter.scale === "log" && min > 0 && Number.isFinite(max / min),
  };
}

export type Entry = { value: number; error?: undefined } | { value?: undefined; error: string };

/** A typed number, or why it is refused. Nothing is clipped behind the user's back. */
export function readEntry(parameter: Parameter, text: string): Entry {
  const value = read(text);
  if (value === null) return { error: "not a number" };
  if (parameter.type === "integer" && !Number.isInteger(value)) return { error: "not a whole number" };
  const unit = parameter.unit ? ` ${parameter.unit}` : "";
  if (parameter.min !== null && value < parameter.min) return { error: `below the minimum ${write(parameter.min)}${unit}` };
  if (parameter.max !== null && value > parameter.max) return { error: `above the maximum ${write(parameter.max)}${unit}` };
  return { value };
}

export type Action = { set: string; to: unknown } | { all: Values } | { reset: true };

/** The values after an action; the same object if nothing changes. */
export function reduce(parameters: Parameter[], values: Values, action: Action): Values {
  if ("reset" in action) {
    return isDefault(parameters, values) ? values : Object.fromEntries(parameters.map((p) => [p.name, p.default]));
  }
  if ("all" in action) {
    const after = Object.fromEntries(parameters.map((p) => [p.name, action.all[p.name] ?? p.default]));
    return parameters.every((p) => equal(values[p.name], after[p.name])) ? values : after;
  }
  return equal(values[action.set], action.to) ? values : { ...values, [action.set]: action.to };
}

export function isDefault(parameters: Parameter[], values: Values): boolean {
  return parameters.every((p) => equal(values[p.name] ?? p.default, p.default));
}

/** Equality of plain data. */
export function equal(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, index) => equal(item, b[index]));
  if (isRecord(a) && isRecord(b)) {
    const names = Object.keys(a);
    return names.length === Object.keys(b).length && names.every((name) => name in b && equal(a[name], b[name]));
  }
  return Object.is(a, b);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** `0, 2` as channel indices, or why not. */
export function readChannels(text: string): { value: number[] } | { error: string } {
  const words = text.split(/[\s,;]+/).filter((word) => word !== "");
  const channels: number[] = [];
  for (const word of words) {
    if (!/^\d{1,3}$/.test(word)) return { error: `${word} is no channel; the first is 0` };
    const channel = Number(word);
    if (channel > 255) return { error: `${word} is above the last channel 255` };
    if (channels.includes(channel)) return { error: `${word} is there twice` };
    channels.push(channel);
  }
  return { value: channels };
}

export interface Group {
  label: string;
  parameters: Parameter[];
}

/** The parameters in the author's groups (`ui.groups`); those that are in none come last, without a label. */
export function groupsOf(parameters: Parameter[], ui: unknown): Group[] {
  const hints = (ui as { groups?: unknown } | null | undefined)?.groups;
  const left = new Map(parameters.map((p) => [p.name, p]));
  const groups: Group[] = [];
  for (const hint of Array.isArray(hints) ? (hints as { label?: unknown; parameters?: unknown }[]) : []) {
    const names: unknown[] = Array.isArray(hint?.parameters) ? hint.parameters : [];
    const members = names.flatMap((name) => {
      const found = left.get(String(name));
      left.delete(String(name));
      return found ? [found] : [];
    });
    if (members.length > 0) groups.push({ label: String(hint.label ?? ""), parameters: members });
  }
  if (left.size > 0) groups.push({ label: "", parameters: [...left.values()] });
  return groups;
}
