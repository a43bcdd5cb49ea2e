// What all views of one flow share: its document with undo and redo, and what Python says of it. There is one for each
// model, however many views it has, and it stays when they go. It writes the document whole after each gesture, and takes over what comes from
// Python once all that was written here is in it: a document that is older than the last gesture never replaces it.
import type { AnyModel } from "@anywidget/types";

import { type Change, EMPTY, type FlowDocument, type FlowNode, isRecord, shared } from "./document.ts";
import { type Ends, type DefinitionOf, endsOf } from "./compatible.ts";
import { History } from "./history.ts";
import { readDefinition, readDocument } from "./hostile.ts";
import { kernelGone } from "../kernel.ts";
import type { AskDrawer } from "../contract/bundle.ts";
import type { Entry, FlowState, Problem, Standing, ToKernel } from "../contract/flow.ts";

const IDLE: Standing = { state: "idle", progress: 0, message: "", wall_s: null, stale: false, error: {}, summary: [], has_result: false };
const NO_PROBLEMS: Problem[] = [];
const UNUSED: Used = { inputs: [], outputs: [] };

interface Used {
  inputs: string[];
  outputs: string[];
}

/** How long a run waits for Python to have heard of the last gesture. */
const WAIT_MS = 2000;

const NOTHING: Record<string, unknown> = {
  name: "", palette: [], definitions: {}, problems: [], standings: {}, running: false, progress: 0, eta_s: null, message: "",
};
const TRAITS = ["name", "palette", "definitions", "problems", "standings", "running", "progress", "eta_s", "message"] as const;
type Traits = Pick<FlowState, (typeof TRAITS)[number]>;

export type Model = AnyModel<FlowState>;

export class Store {
  readonly history = new History();
  document: FlowDocument = EMPTY;
  /** What couldn't be read of the document that came last. */
  dropped = 0;
  gone = false;
  traits: Traits;
  /** How often a document was written. */
  writes = 0;
  private readonly page = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}`;
  private revision = 0;
  private heard = 0;
  private gestures = 0;
  private late: unknown = null;
  private isTelling = false;
  private readonly listeners = new Set<() => void>();
  private readonly flushers = new Set<() => void>();
  private readonly awaiting = new Set<() => void>();
  private problemsAt = new Map<string, Problem[]>();
  private told: string[] = [];
  private used = new Map<string, Used>();
  private usedOf: unknown = null;

  /** The faces of the model that the views were given; the first of them is listened to. */
  private readonly models: Model[] = [];
  private unlisten: () => void = () => {};
  private readonly hearers = new Set<(content: unknown, buffers: DataView[]) => void>();

  constructor(model: Model) {
    this.traits = readTraits(model);
    this.sort();
    this.take(model.get("document"));
  }

  /** A view is there. @returns what to call when it has gone */
  attach(model: Model): () => void {
    this.models.push(model);
    if (this.models.length === 1) this.follow();
    return () => {
      const index = this.models.indexOf(model);
      if (index < 0) return;
      this.models.splice(index, 1);
      if (index === 0) this.follow();
    };
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  definitionOf: DefinitionOf = (plugin) =>
    readDefinition(own(this.traits.definitions, plugin)) ?? readDefinition(this.entryOf(plugin)?.definition);

  entryOf(plugin: string): Entry | undefined {
    return this.traits.palette.find((entry) => entry.plugin === plugin);
  }

  endsOf(node: FlowNode): Ends {
    return endsOf(node, this.definitionOf);
  }

  standingOf(node: string): Standing {
    return own(this.traits.standings, node) ?? IDLE;
  }

  /** The ports of a node that edges lead to. */
  usedPorts(node: string): Used {
    if (this.usedOf !== this.document.edges) {
      const now = new Map<string, Used>();
      const at = (id: string): Used => now.get(id) ?? now.set(id, { inputs: [], outputs: [] }).get(id)!;
      for (const edge of this.document.edges) {
        at(edge.source).outputs.push(edge.sourceHandle);
        at(edge.target).inputs.push(edge.targetHandle);
      }
      this.used = new Map([...now].map(([id, used]) => [id, shared(this.used.get(id) ?? used, used)]));
      this.usedOf = this.document.edges;
    }
    return this.used.get(node) ?? UNUSED;
  }

  /** What is wrong at a node, or at an edge (`edge:ID`). */
  problemsOf(place: string): Problem[] {
    return this.problemsAt.get(place) ?? NO_PROBLEMS;
  }

  /**
   * Do something to the document, once and for all: it is remembered for undo and written to Python.
   *
   * @param tag steps of one tag soon after each other are undone together
   */
  commit(change: Change, tag = ""): void {
    const before = this.document;
    const after = change(before);
    if (after === before) return;
    this.history.push(before, after, tag);
    this.put(after);
  }

  /** Put what nobody has placed into its place: no step that anybody would take back. */
  place(change: Change): void {
    this.put(change(this.document));
  }

  undo(): void {
    this.flush();
    this.put(this.history.undo(this.document));
  }

  redo(): void {
    this.flush();
    this.put(this.history.redo(this.document));
  }

  /** Remember what is looked at; it is saved with the next gesture. */
  look(viewport: FlowDocument["viewport"]): void {
    this.document = { ...this.document, viewport };
  }

  /** What comes from Python waits until the hand has let go. @returns the end of it */
  gesture(): () => void {
    this.gestures += 1;
    let open = true;
    return () => {
      if (!open) return;
      open = false;
      this.gestures -= 1;
      const late = this.late;
      this.late = null;
      if (this.gestures === 0 && late !== null) this.receive(late);
    };
  }

  /** Before something counts on the document, what is still being typed is put into it. @returns the undo */
  onFlush(flush: () => void): () => void {
    this.flushers.add(flush);
    return () => this.flushers.delete(flush);
  }

  flush(): void {
    for (const flush of [...this.flushers]) flush();
  }

  /** Send a message once Python has heard of all that was done here before. */
  send(message: ToKernel | AskDrawer): void {
    this.flush();
    const send = (): void => this.models[0]?.send(message);
    if (this.heard >= this.writes || this.gone) return send();
    const go = (): void => {
      clearTimeout(timer);
      if (this.awaiting.delete(go)) send();
    };
    const timer = setTimeout(go, WAIT_MS);
    this.awaiting.add(go);
  }

  /** A node of a plugin whose ports aren't known yet: ask for them. */
  define(plugin: string): void {
    if (this.told.includes(plugin)) return;
    this.told.push(plugin);
    this.models[0]?.send({ kind: "define", plugin } satisfies ToKernel);
  }

  /** Custom messages of Python. @returns the undo */
  listen(callback: (content: unknown, buffers: DataView[]) => void): () => void {
    this.hearers.add(callback);
    return () => this.hearers.delete(callback);
  }

  get manager(): unknown {
    return this.models[0]?.widget_manager;
  }

  private follow(): void {
    this.unlisten();
    this.unlisten = () => {};
    const model = this.models[0];
    if (!model) return;
    const undo: (() => void)[] = [];
    // biome-ignore lint: the names of the events are many, their callbacks differ
    const on = (name: any, callback: any): void => {
      model.on(name, callback);
      undo.push(() => model.off(name, callback));
    };
    on("change:document", () => this.receive(model.get("document")));
    on("msg:custom", (content: unknown, buffers: DataView[]) => {
      for (const hearer of [...this.hearers]) hearer(content, buffers);
    });
    for (const name of TRAITS) on(`change:${name}`, () => this.learn(name));
    undo.push(
      kernelGone(model, () => {
        this.gone = true;
        this.tell();
      }),
    );
    this.unlisten = () => {
      for (const step of undo) step();
    };
    // What was said while nobody listened.
    for (const name of TRAITS) this.learn(name);
    this.receive(model.get("document"));
  }

  private put(document: FlowDocument): void {
    if (document === this.document) return;
    this.document = document;
    this.writes += 1;
    this.tell();
    const { nodes, edges, viewport } = document;
    const model = this.models[0];
    model?.set("document", { nodes, edges, viewport, revision: this.revision, page: this.page, write: this.writes, heard: {} });
    model?.save_changes();
  }

  private receive(raw: unknown): void {
    // What a page has written, this one or another, comes back merged.
    if (!isRecord(raw) || (typeof raw["page"] === "string" && raw["page"] !== "")) return;
    if (this.gestures > 0) {
      this.late = raw;
      return;
    }
    this.heard = Math.max(this.heard, heardOf(raw, this.page));
    if (this.heard < this.writes) return;
    this.take(raw);
    this.tellSoon();
    for (const go of [...this.awaiting]) go();
  }

  private take(raw: unknown): void {
    const { document, dropped } = readDocument(raw);
    const { nodes, edges } = this.document;
    const same = shared({ nodes, edges }, { nodes: document.nodes, edges: document.edges });
    this.document = { ...same, viewport: this.revision === 0 ? document.viewport : this.document.viewport };
    this.dropped = dropped;
    this.revision = isRecord(raw) && typeof raw["revision"] === "number" ? raw["revision"] : 0;
  }

  private learn(name: (typeof TRAITS)[number]): void {
    const now = shared<unknown>(this.traits[name], readTrait(this.models[0]!, name));
    if (now === this.traits[name]) return;
    this.traits = { ...this.traits, [name]: now };
    if (name === "problems") this.sort();
    if (name === "definitions" || name === "palette") this.told = [];
    this.tellSoon();
  }

  /** One message of Python's changes several traits, one after the other. */
  private tellSoon(): void {
    if (this.isTelling) return;
    this.isTelling = true;
    queueMicrotask(() => {
      this.isTelling = false;
      this.tell();
    });
  }

  private sort(): void {
    const at = new Map<string, Problem[]>();
    const add = (place: string, problem: Problem): void => void at.set(place, [...(at.get(place) ?? []), problem]);
    for (const problem of Array.isArray(this.traits.problems) ? this.traits.problems : []) {
      if (problem.node) add(problem.node, problem);
      if (problem.edge) add(`edge:${problem.edge}`, problem);
    }
    this.problemsAt = shared2(this.problemsAt, at);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

/** The lists of before, where they say the same: so that a node isn't drawn again for another's problem. */
function shared2(before: Map<string, Problem[]>, now: Map<string, Problem[]>): Map<string, Problem[]> {
  return new Map([...now].map(([place, problems]) => [place, shared(before.get(place) ?? problems, problems)]));
}

function heardOf(raw: Record<string, unknown>, page: string): number {
  const heard = own(raw["heard"], page);
  return typeof heard === "number" ? heard : 0;
}

function own<T>(record: Record<string, T> | unknown, key: string): T | undefined {
  return isRecord(record) && Object.hasOwn(record, key) ? (record[key] as T) : undefined;
}

function readTraits(model: Model): Traits {
  return Object.fromEntries(TRAITS.map((name) => [name, readTrait(model, name)])) as unknown as Traits;
}

function readTrait(model: Model, name: string): unknown {
  const value: unknown = model.get(name as "name");
  const usual = NOTHING[name];
  if (Array.isArray(usual)) return Array.isArray(value) ? value.filter(isRecord) : usual;
  if (isRecord(usual)) return isRecord(value) ? value : usual;
  return value ?? usual;
}

const stores = new WeakMap<object, Store>();

/** The store of a model. Each view is given a face of the model of its own, but they all have the same layout object. */
export function storeOf(model: Model): Store {
  const layout: unknown = (model as AnyModel).get("layout");
  const key = typeof layout === "object" && layout !== null ? layout : model;
  let store = stores.get(key);
  if (!store) {
    store = new Store(model);
    stores.set(key, store);
  }
  return store;
}
