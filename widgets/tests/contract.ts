// The contract, to hold what is said and shared to it: contract.json is what Python reads and writes.
import { Ajv2020 } from "ajv/dist/2020.js";
import { expect } from "vitest";

import contract from "../contract.json";

type Definitions = Record<string, { properties?: Record<string, unknown> }>;

const CONTRACT = contract as Record<string, { $defs: Definitions }>;

// `strict` knows no tsType.
const ajv = new Ajv2020({ allErrors: true, strict: false });

export function expectValid(widget: string, type: string, value: unknown): void {
  const valid = ajv.compile({ ...CONTRACT[widget], $ref: `#/$defs/${type}` });
  valid(value);
  expect(valid.errors ?? [], `${widget}: ${type} of ${JSON.stringify(value)}`).toEqual([]);
}

export function stateOf(widget: string): string {
  return Object.keys(CONTRACT[widget]!.$defs).find((name) => name.endsWith("State"))!;
}

/** The names of the traits that a widget shares. */
export function traitsOf(widget: string): string[] {
  const fields = (part: string): string[] => Object.keys(CONTRACT[part]!.$defs[stateOf(part)]!.properties!);
  return [...fields(widget), ...fields("bundle")];
}

export interface Page {
  props: { model: never; el: HTMLElement; experimental: never };
  el: HTMLElement;
  sent: { kind: string }[];
  /** What it has shared: set and saved. */
  shared: Record<string, unknown>;
  /** Its kernel has gone. */
  lose(): void;
  tell(content: object, buffers?: DataView[]): void;
  put(name: string, value: unknown): void;
}

/** A model of a widget that keeps the contract, and an element to draw it in. Whatever breaks the contract fails at once. */
export function page(widget: string, state: object): Page {
  expectValid(widget, stateOf(widget), state);
  const now: Record<string, unknown> = { bundle_key: "", code: [], static_id: "", static_count: 0, ...state };
  const traits = traitsOf(widget);
  const sent: { kind: string }[] = [];
  const shared: Record<string, unknown> = {};
  const unsaved: Record<string, unknown> = {};
  const listeners = new Map<string, Set<(...given: unknown[]) => void>>();
  const say = (event: string, ...given: unknown[]): void => [...(listeners.get(event) ?? [])].forEach((listen) => listen(...given));
  const put = (name: string, value: unknown): void => {
    expect(traits).toContain(name);
    now[name] = value;
    expectValid(widget, stateOf(widget), Object.fromEntries(Object.keys(state).map((key) => [key, now[key]])));
    say(`change:${name}`);
  };
  const model = {
    get(name: string) {
      expect(traits).toContain(name);
      return now[name];
    },
    set(name: string, value: unknown) {
      unsaved[name] = value;
      put(name, value);
    },
    save_changes() {
      Object.assign(shared, unsaved);
    },
    send(message: { kind: string }) {
      expectValid(widget, "ToKernel", message);
      sent.push(message);
    },
    on(event: string, listen: () => void) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listen));
    },
    off(event: string, listen: () => void) {
      listeners.get(event)?.delete(listen);
    },
    widget_manager: {},
  };
  const el = document.body.appendChild(document.createElement("div"));
  return {
    props: { model: model as never, el, experimental: {} as never },
    el,
    sent,
    shared,
    lose: () => say("comm_live_update"),
    put,
    tell(content, buffers = []) {
      expectValid(widget, "ToPage", content);
      say("msg:custom", content, buffers);
    },
  };
}
