// One flow of the server's, as the canvas wants it: what a kernel is in a notebook, here are the server's addresses. Owns the
// draft, what it was saved as, where this browser keeps it, and its run. What goes wrong is told in a word that says what to do next.
import type { AnyModel } from "@anywidget/types";

import type { Entry, FlowState, Standing, ToKernel } from "../contract/flow.ts";
import { type FlowDocument, EMPTY, isRecord, labelOf, pluginOf } from "../flow/document.ts";
import { readDefinition, readDocument } from "../flow/hostile.ts";
import { type Api, Trouble, readProblem } from "./api.ts";
import type { Draft, DraftRun, Slot } from "./drafts.ts";
import { ended, goingOn, known } from "./runs.ts";
import { shownOf } from "./shown.ts";
import { type Outputs, signatures, standingsOf } from "./standings.ts";

type Callback = (...given: never[]) => void;

export const NAME = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$/;
/** Inputs that are given as files: nothing of the server's own is read for a page. */
const FILES = ["audio", "array", "bytes", "midi"];

const REST_MS = 300;

export interface FileInput {
  node: string;
  /** How it is sent: the name of an input, or NODE.PARAMETER. */
  name: string;
  type: string;
  /** Of a node's parameter: which, and how the file's name may end. */
  parameter?: string;
  accept?: string[];
  file: File | null;
}

export class ServerFlow {
  /** Of what the server has; empty if it has nothing yet. */
  tag = "";
  isDirty = false;
  trouble: Trouble | null = null;
  private readonly state: Record<string, unknown>;
  private readonly callbacks = new Map<string, Set<Callback>>();
  private readonly listeners = new Set<() => void>();
  private readonly files = new Map<string, File>();
  /** What else is saved of it: its seed, for example. */
  private readonly about: Record<string, unknown>;
  private revision = 1;
  /** The one that goes on. */
  private runId = "";
  /** The last one, whether it goes on or not. */
  private ran: DraftRun | null = null;
  private following: AbortController | null = null;
  private nodes: unknown = {};
  private outputs: Record<string, Outputs> = {};
  private looking: ReturnType<typeof setTimeout> | undefined;
  private slot: Slot | null = null;
  private keeping: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly api: Api, name: string, document: unknown = EMPTY, tag = "") {
    this.tag = tag;
    this.about = isRecord(document) && isRecord(document["schillinger"]) ? document["schillinger"] : { format: 1 };
    this.state = {
      name,
      layout: {}, // by which views know that they are of one model
      document: told(readDocument(document).document, 1),
      palette: [],
      definitions: {},
      problems: [],
      standings: {},
      running: false,
      progress: 0,
      eta_s: null,
      message: "",
    } satisfies FlowState & { layout: object };
  }

  static async open(api: Api, name: string): Promise<ServerFlow> {
    const answer = await api.ask("GET", `api/flows/${encodeURIComponent(name)}`);
    return new ServerFlow(api, name, await answer.json(), answer.headers.get("ETag") ?? "");
  }

  /** What was drawn and not saved, as it was kept. */
  static back(api: Api, draft: Draft): ServerFlow {
    const flow = new ServerFlow(api, draft.name, draft.document, draft.tag);
    flow.isDirty = true;
    flow.ran = draft.run;
    return flow;
  }

  /** What the canvas draws. */
  get model(): AnyModel<FlowState> {
    const model = {
      get: (name: string) => this.state[name],
      set: (name: string, value: unknown) => {
        if (name === "document") this.state["document"] = value;
      },
      save_changes: () => this.take(),
      send: (message: ToKernel) => void this.answer(message),
      on: (name: string, callback: Callback) => void (this.callbacks.get(name) ?? this.callbacks.set(name, new Set()).get(name)!).add(callback),
      off: (name: string, callback: Callback) => void this.callbacks.get(name)?.delete(callback),
      widget_manager: {},
    };
    return model as unknown as AnyModel<FlowState>;
  }

  get name(): string {
    return String(this.state["name"]);
  }

  get running(): boolean {
    return this.state["running"] === true;
  }

  get document(): FlowDocument {
    return readDocument(this.state["document"]).document;
  }

  subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  rename(name: string): void {
    if (name === this.name) return;
    this.tag = "";
    this.isDirty = true;
    this.put("name", name);
    this.keepSoon();
    this.tell();
  }

  /** Where to keep what isn't saved. */
  keepIn(slot: Slot): void {
    this.slot = slot;
    this.keepNow();
  }

  /** Keep what isn't saved, or forget what was kept of it. */
  keepNow(): void {
    clearTimeout(this.keeping);
    if (!this.slot) return;
    if (!this.isDirty) this.slot.forget();
    else if (!this.slot.keep({ name: this.name, tag: this.tag, at: Date.now(), document: this.written(), run: this.ran }))
      this.complain(new Trouble(0, "NotKept", "this browser has no room to keep what isn't saved", "save it before you leave"));
  }

  /** The page goes; what isn't saved is offered to the next one. */
  leave(): void {
    this.keepNow();
    clearTimeout(this.looking);
    this.following?.abort();
    this.slot?.release();
    this.slot = null;
  }

  setPalette(palette: Entry[]): void {
    this.put("palette", palette);
    this.define();
    this.look();
  }

  /** The inputs and parameters that take a file, each with the one that was chosen. */
  fileInputs(): FileInput[] {
    const parameters = this.document.nodes.flatMap((node) =>
      (this.definitionOf(node.id)?.parameters ?? [])
        .filter((parameter) => node.type === "plugin" && parameter.type === "file")
        .map((parameter) => {
          const name = `${node.id}.${parameter.name}`;
          return { node: node.id, name, type: "file", parameter: parameter.name, accept: parameter.accept ?? [], file: this.files.get(name) ?? null };
        }),
    );
    const inputs = this.document.nodes
      .filter((node) => node.type === "input" && FILES.includes(String(node.data["type"])))
      .map((node) => ({ node: node.id, name: labelOf(node), type: String(node.data["type"]), file: this.files.get(labelOf(node)) ?? null }));
    return [...inputs, ...parameters];
  }

  give(input: string, file: File | null): void {
    if (file) this.files.set(input, file);
    else this.files.delete(input);
    this.look();
    this.tell();
  }

  /** Save what is drawn. @returns whether it is saved */
  async save(): Promise<boolean> {
    const { name } = this;
    try {
      if (!NAME.test(name)) throw new Trouble(422, "InputError", `${name.slice(0, 64) || "nothing"} is no name of a flow`, "take up to 64 letters, digits, - and _, as study_2");
      if (!this.tag) await this.demandFree(name);
      const { document } = this;
      const body = { ...this.written(), schillinger: { ...this.about, name } };
      const headers: Record<string, string> = this.tag ? { "If-Match": this.tag } : {};
      const answer = await this.api.ask("PUT", `api/flows/${encodeURIComponent(name)}`, { body, headers });
      this.tag = answer.headers.get("ETag") ?? "";
      this.isDirty = JSON.stringify(this.document) !== JSON.stringify(document); // drawn on meanwhile
      this.keepNow();
      this.complain(null);
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }

  async remove(): Promise<boolean> {
    try {
      if (this.tag) await this.api.json("DELETE", `api/flows/${encodeURIComponent(this.name)}`);
      return true;
    } catch (error) {
      this.complain(error);
      return false;
    }
  }

  /** Run what is drawn, saved or not: what the server doesn't have is sent along, and isn't saved by that. */
  async run(nodes: string[] = []): Promise<void> {
    await this.busy(async () => {
      const asked = { nodes: nodes.length > 0 ? nodes : null };
      const isDraft = this.isDirty || !this.tag;
      const path = isDraft ? "api/flows/runs" : `api/flows/${encodeURIComponent(this.name)}/runs`;
      await this.follow(await this.api.json("POST", path, { body: this.sent(isDraft ? { ...asked, flow: this.written() } : asked) }));
    });
  }

  /** The run that goes on already, begun by a page that was closed, or by somebody else; of a draft the last one, with what it gave. */
  async resume(): Promise<void> {
    try {
      const draft = this.isDirty ? this.ran : null;
      const run = draft ? await known(this.api, draft.id) : await goingOn(this.api, this.name);
      if (run?.["state"] === "running") await this.busy(() => this.follow(run));
      else if (run) await this.conclude(run);
      else if (draft) this.miss();
    } catch (error) {
      this.complain(error);
    }
  }

  async cancel(): Promise<void> {
    if (!this.runId) return;
    try {
      await this.api.json("POST", `api/plugins/runs/${this.runId}/cancel`);
    } catch (error) {
      this.complain(error);
    }
  }

  /** Nobody wants it any more, saved or not. Its run goes on. */
  close(): void {
    this.isDirty = false;
    this.leave();
  }

  complain(error: unknown): void {
    this.trouble = error === null ? null : error instanceof Trouble ? error : new Trouble(0, "Error", String(error), "");
    this.tell();
  }

  private async busy(work: () => Promise<void>): Promise<void> {
    if (this.running) return;
    this.put("running", true);
    this.put("progress", 0);
    this.put("message", "");
    try {
      await work();
    } catch (error) {
      if (!this.following?.signal.aborted) this.complain(error);
    } finally {
      this.following = null;
      this.runId = "";
      this.put("running", false);
      this.tell();
    }
  }

  private miss(): void {
    this.ran = null;
    this.keepNow();
    this.complain(new Trouble(404, "RunGone", `the server knows the last run of ${this.name || "this draft"} no more`, "its result was forgotten, or the server began anew: run it again"));
  }

  /** See a run through to its end, and take what it gave. */
  private async follow(run: Record<string, unknown>): Promise<void> {
    this.runId = String(run["id"]);
    if (this.ran?.id !== this.runId) {
      this.ran = { id: this.runId, then: signatures(this.document) };
      this.keepNow();
    }
    this.nodes = {};
    this.hear(run);
    this.complain(null);
    this.following = new AbortController();
    await this.api.events(`api/plugins/runs/${this.runId}/events`, (_, told) => this.hear(told), this.following.signal);
    if (this.following.signal.aborted) return;
    await this.conclude(await this.api.json("GET", `api/plugins/runs/${this.runId}`));
  }

  private async demandFree(name: string): Promise<void> {
    const known = await this.api.json("GET", "api/flows?limit=1000");
    const taken = Array.isArray(known["flows"]) && known["flows"].some((one) => isRecord(one) && one["name"] === name);
    if (taken) throw new Trouble(412, "Taken", `there is a flow ${name} already`, "open it, or give this one another name");
  }

  private written(): Record<string, unknown> {
    const { nodes, edges, viewport } = this.document;
    return { nodes, edges, viewport, schillinger: this.about };
  }

  private sent(request: Record<string, unknown>): unknown {
    const given = this.fileInputs().filter((one) => one.file !== null);
    if (given.length === 0) return request;
    const form = new FormData();
    form.set("request", JSON.stringify(request));
    for (const { name, file } of given) form.append(name, file!, file!.name);
    return form;
  }

  private async answer(message: ToKernel): Promise<void> {
    switch (message.kind) {
      case "run":
        return this.run(message.nodes ?? []);
      case "cancel":
        return this.cancel();
      case "define":
        return this.ask(message.plugin);
      case "show":
        return this.show(message.node);
    }
  }

  /** A page has drawn: that is the document now, and the canvas is told that it was heard. */
  private take(): void {
    const written = this.state["document"] as Record<string, unknown>;
    if (!written["page"]) return;
    this.revision += 1;
    this.isDirty = true;
    const heard = { [String(written["page"])]: Number(written["write"]) };
    queueMicrotask(() => {
      if (this.state["document"] !== written) return; // it has drawn on
      this.put("document", { ...written, page: "", write: 0, revision: this.revision, heard });
      this.define();
      this.stand();
      this.look();
      this.keepSoon();
      this.tell();
    });
  }

  /** Have the server look over what is drawn, once the hand rests. */
  private look(): void {
    clearTimeout(this.looking);
    this.looking = setTimeout(() => void this.findProblems(), REST_MS);
  }

  private keepSoon(): void {
    clearTimeout(this.keeping);
    this.keeping = setTimeout(() => this.keepNow(), REST_MS);
  }

  private async findProblems(): Promise<void> {
    const { nodes, edges, viewport } = this.document;
    const told = await this.api.json("POST", "api/flows/problems", { body: { nodes, edges, viewport } }).catch(() => ({}) as Record<string, unknown>);
    const found = Array.isArray(told["problems"]) ? told["problems"].filter(isRecord) : [];
    // A file that was chosen is no part of the document: the server doesn't know of it yet.
    const given = this.fileInputs().filter(({ file }) => file !== null);
    this.put("problems", found.filter((problem) => !given.some(({ node, parameter }) => node === problem["node"] && (parameter ?? problem["port"]) === problem["port"])));
  }

  private hear(run: Record<string, unknown>): void {
    if (isRecord(run["nodes"])) this.nodes = run["nodes"];
    if (run["state"] === "running") {
      this.put("progress", typeof run["progress"] === "number" ? run["progress"] : 0);
      this.put("message", String(run["message"] ?? ""));
    }
    this.stand();
  }

  private async conclude(run: Record<string, unknown>): Promise<void> {
    this.hear(run);
    const given = isRecord(run["outputs"]) ? run["outputs"] : {};
    for (const [node, outputs] of Object.entries(given)) if (isRecord(outputs)) this.outputs[node] = outputs;
    this.put("message", ended(run));
    this.stand();
    if (isRecord(run["problem"])) this.complain(readProblem(run["problem"], Number(run["problem"]["status"] ?? 0)));
  }

  private stand(): void {
    const { document } = this;
    const kept = new Set(document.nodes.map((node) => node.id));
    const standings = standingsOf(this.nodes, this.outputs, this.ran?.then ?? {}, signatures(document), (id) => this.definitionOf(id));
    this.put("standings", Object.fromEntries(Object.entries(standings).filter(([id]) => kept.has(id))) satisfies Record<string, Standing>);
  }

  private definitionOf(node: string) {
    const plugin = this.document.nodes.filter((one) => one.id === node).map(pluginOf)[0] ?? "";
    return readDefinition((this.state["definitions"] as Record<string, unknown>)[plugin]);
  }

  /** The definitions of what is drawn, as far as the palette has them. */
  private define(): void {
    const known = { ...(this.state["definitions"] as Record<string, Record<string, unknown>>) };
    for (const entry of this.state["palette"] as Entry[]) if (entry.definition) known[entry.plugin] = entry.definition;
    if (Object.keys(known).some((key) => known[key] !== (this.state["definitions"] as Record<string, unknown>)[key])) this.put("definitions", known);
  }

  /** What no manifest tells of a plugin, it is asked. */
  private async ask(plugin: string): Promise<void> {
    try {
      const definition = await this.api.json("GET", `api/plugins/${encodeURIComponent(plugin)}/definition`);
      this.put("definitions", { ...(this.state["definitions"] as object), [plugin]: definition });
    } catch (error) {
      this.complain(error);
    }
  }

  private async show(node: string): Promise<void> {
    const outputs = Object.hasOwn(this.outputs, node) ? this.outputs[node]! : {};
    try {
      const { shown, buffers } = await shownOf(node, outputs, this.definitionOf(node), (href) => this.api.bytes(href));
      this.say("msg:custom", shown, buffers);
    } catch (error) {
      this.complain(error);
      const text = error instanceof Trouble ? error.message : "it can't be shown";
      this.say("msg:custom", { kind: "shown", node, outputs: [{ name: "", label: "", text }], parts: [], view: "" }, []);
    }
  }

  private put(name: keyof FlowState, value: unknown): void {
    this.state[name] = value;
    this.say(`change:${name}`);
  }

  private say(event: string, ...given: unknown[]): void {
    for (const callback of [...(this.callbacks.get(event) ?? [])]) (callback as (...all: unknown[]) => void)(...given);
  }

  private tell(): void {
    for (const listener of [...this.listeners]) listener();
  }
}

function told(document: FlowDocument, revision: number): FlowState["document"] {
  return { ...document, revision, page: "", write: 0, heard: {} } as FlowState["document"];
}
