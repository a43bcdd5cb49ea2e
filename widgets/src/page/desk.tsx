// What stands around the canvas: which flow is open, saving, opening, the files of its inputs, and what went wrong.
import { ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from "react";

import type { Entry } from "../contract/flow.ts";
import { isRecord } from "../flow/document.ts";
import { Store } from "../flow/store.ts";
import { FlowView } from "../flow/widget.tsx";
import { type Api, Trouble } from "./api.ts";
import { Drafts, type Offer } from "./drafts.ts";
import { type FileInput, ServerFlow } from "./model.ts";
import { Offers } from "./offers.tsx";
import { palette } from "./plugins.ts";
import { showFlow } from "./session.ts";
import { watch } from "./watching.ts";

const FRESH = "untitled";
/** Beside the page itself. */
const drawer = (): Promise<string> => Promise.resolve(new URL("vega.js", document.baseURI).href);

interface DeskProps {
  api: Api;
  /** The flow to begin with. */
  first: string;
  onLeave: (why: string) => void;
}

export function Desk({ api, first, onLeave }: DeskProps): ReactNode {
  const [flow, setFlow] = useState<ServerFlow>(() => new ServerFlow(api, FRESH));
  const [saved, setSaved] = useState<string[]>([]);
  const [gone, setGone] = useState<Trouble | null>(null);
  const [offers, setOffers] = useState<Offer[]>([]);
  const [maySave, setMaySave] = useState(true);
  const drafts = useRef<Drafts | null>(null);
  const entries = useRef<Entry[]>([]);
  const now = useRef(flow);
  now.current = flow;

  const fail = useCallback((error: unknown) => {
    if (error instanceof Trouble && error.status === 401) onLeave("this token isn't known here");
    else now.current.complain(error);
  }, [onLeave]);
  const list = useCallback(async () => {
    const told = await api.json("GET", "api/flows?limit=1000");
    setSaved((Array.isArray(told["flows"]) ? told["flows"] : []).filter(isRecord).map((one) => String(one["name"])));
  }, [api]);
  const show = useCallback((next: ServerFlow, key?: string) => {
    now.current.close();
    next.setPalette(entries.current);
    if (drafts.current) next.keepIn(drafts.current.slot(key));
    now.current = next;
    setFlow(next);
  }, []);
  /** Whose token it is, and what they have left here. */
  const settle = useCallback(async () => {
    if (drafts.current) return;
    const told = await api.json("GET", "api/plugins/system/status");
    setMaySave(told["scope"] === "manage");
    drafts.current = new Drafts(api.base, String(told["user"]));
    now.current.keepIn(drafts.current.slot());
    setOffers(await drafts.current.offers());
  }, [api]);
  const takeBack = useCallback((offer: Offer) => {
    if (now.current.isDirty && !window.confirm(`${now.current.name} isn't saved. Open the draft ${offer.name} all the same?`)) return;
    setOffers((all) => all.filter((one) => one !== offer));
    const back = ServerFlow.back(api, offer);
    show(back, offer.key);
    void back.resume();
  }, [api, show]);
  const forget = useCallback((offer: Offer) => {
    setOffers((all) => all.filter((one) => one !== offer));
    drafts.current?.slot(offer.key).forget();
  }, []);
  const open = useCallback(async (name: string) => {
    if (now.current.isDirty && !window.confirm(`${now.current.name} isn't saved. Open ${name} all the same?`)) return;
    try {
      const next = await ServerFlow.open(api, name);
      show(next);
      void next.resume();
    } catch (error) {
      fail(error);
    }
  }, [api, show, fail]);

  useEffect(() => {
    const end = new AbortController();
    let again: ReturnType<typeof setTimeout> | undefined;
    const refresh = (): void => {
      clearTimeout(again);
      again = setTimeout(() => {
        palette(api, (told) => {
          entries.current = told;
          now.current.setPalette(told);
        }).catch(fail);
      }, 100);
    };
    void watch(api, {
      there: () => {
        setGone(null);
        refresh();
        list().catch(fail);
        settle().catch(fail);
      },
      changed: refresh,
      gone: (trouble) => (trouble.status === 401 ? fail(trouble) : setGone(trouble)),
    }, end.signal);
    if (first) void open(first);
    return () => {
      end.abort();
      clearTimeout(again);
      now.current.leave();
    };
  }, [api, first, open, list, settle, fail]);

  const tag = useFlow(flow, () => flow.tag);
  useEffect(() => {
    // Saved, or another one.
    showFlow(tag ? flow.name : "");
    list().catch(() => {}); // who watches tells
  }, [flow, tag, list]);

  useEffect(() => {
    const warn = (event: BeforeUnloadEvent): void => {
      if (now.current.isDirty) event.preventDefault();
    };
    const keep = (): void => now.current.keepNow();
    window.addEventListener("beforeunload", warn);
    window.addEventListener("pagehide", keep);
    return () => {
      window.removeEventListener("beforeunload", warn);
      window.removeEventListener("pagehide", keep);
    };
  }, []);

  return (
    <main className="sch sch-page">
      <Bar
        flow={flow}
        saved={saved}
        maySave={maySave}
        onSave={() => void flow.save()}
        onOpen={(name) => void open(name)}
        onNew={() => (!flow.isDirty || window.confirm(`${flow.name} isn't saved. Begin a new one all the same?`)) && show(new ServerFlow(api, FRESH))}
        onDelete={async () => {
          if (!window.confirm(`Delete ${flow.name} from the server?`) || !(await flow.remove())) return;
          show(new ServerFlow(api, FRESH));
        }}
        onLeave={api.token ? () => onLeave("") : null}
      />
      {gone ? <p className="sch-page-trouble" role="alert">{gone.message}</p> : null}
      <Offers offers={offers} onOpen={takeBack} onForget={forget} />
      <Words flow={flow} />
      <Files flow={flow} />
      <View key={keyOf(flow)} flow={flow} />
    </main>
  );
}

/** Each flow has views of its own. */
const keys = new WeakMap<ServerFlow, number>();
let lastKey = 0;
function keyOf(flow: ServerFlow): number {
  if (!keys.has(flow)) keys.set(flow, (lastKey += 1));
  return keys.get(flow)!;
}

function View({ flow }: { flow: ServerFlow }): ReactNode {
  const [model, store] = useMemo(() => {
    const made = flow.model;
    return [made, new Store(made)] as const;
  }, [flow]);
  useEffect(() => store.attach(model), [store, model]);
  return (
    <div className="sch-page-canvas">
      <ReactFlowProvider>
        <FlowView store={store} drawer={drawer} />
      </ReactFlowProvider>
    </div>
  );
}

function useFlow<T>(flow: ServerFlow, read: () => T): T {
  return useSyncExternalStore(flow.subscribe, read);
}

interface BarProps {
  flow: ServerFlow;
  saved: string[];
  /** Whether the token is good for that; running takes less. */
  maySave: boolean;
  onSave: () => void;
  onOpen: (name: string) => void;
  onNew: () => void;
  onDelete: () => void;
  /** None where a proxy knows who it is. */
  onLeave: (() => void) | null;
}

function Bar({ flow, saved, maySave, onSave, onOpen, onNew, onDelete, onLeave }: BarProps): ReactNode {
  const name = useFlow(flow, () => flow.name);
  const isDirty = useFlow(flow, () => flow.isDirty);
  const isSaved = useFlow(flow, () => flow.tag !== "");
  return (
    <header className="sch-page-bar">
      <h1 className="sch-hidden">Plugins</h1>
      <label>
        Flow
        <input type="text" aria-label="name of the flow" spellCheck={false} maxLength={64} value={name} onChange={(event) => flow.rename(event.currentTarget.value.trim())} />
      </label>
      <button type="button" onClick={onSave} disabled={!maySave || (isSaved && !isDirty)} title={maySave ? "" : "saving takes a token that manages"}>Save</button>
      <span className="sch-page-soft" role="status">{isDirty ? "not saved" : isSaved ? "saved" : ""}</span>
      <span className="sch-page-spring" />
      <label>
        Open
        <select aria-label="open a flow" value="" onChange={(event) => event.currentTarget.value && onOpen(event.currentTarget.value)}>
          <option value="">{saved.length === 0 ? "none is saved" : "choose…"}</option>
          {saved.map((one) => <option key={one}>{one}</option>)}
        </select>
      </label>
      <button type="button" onClick={onNew}>New</button>
      <button type="button" onClick={onDelete} disabled={!maySave || !isSaved}>Delete</button>
      {onLeave ? <button type="button" className="sch-quiet" onClick={onLeave}>Sign out</button> : null}
    </header>
  );
}

/** What went wrong last, until it is put away or something goes well. */
function Words({ flow }: { flow: ServerFlow }): ReactNode {
  const trouble = useFlow(flow, () => flow.trouble);
  if (!trouble) return null;
  return (
    <div className="sch-page-trouble" role="alert">
      <span>
        <strong>{trouble.title}</strong> {trouble.detail.slice(0, 1000)}
        {trouble.remedy ? <> → {trouble.remedy.slice(0, 500)}</> : null}
      </span>
      <button type="button" className="sch-quiet" onClick={() => flow.complain(null)}>Close</button>
    </div>
  );
}

function Files({ flow }: { flow: ServerFlow }): ReactNode {
  const text = useFlow(flow, () => JSON.stringify(flow.fileInputs().map(({ name, type, file }) => [name, type, file?.name ?? ""])));
  const inputs = useMemo(() => (text ? flow.fileInputs() : []), [flow, text]);
  if (inputs.length === 0) return null;
  return (
    <section className="sch-page-files" aria-label="files for the inputs">
      {inputs.map((input) => <FileChoice key={input.name} input={input} onChoose={(file) => flow.give(input.name, file)} />)}
    </section>
  );
}

function FileChoice({ input, onChoose }: { input: FileInput; onChoose: (file: File | null) => void }): ReactNode {
  const accept = input.type === "audio" ? "audio/*,.wav,.flac,.ogg,.mp3" : input.type === "array" ? ".npy" : input.type === "midi" ? ".mid,.midi" : (input.accept ?? []).join(",");
  return (
    <label>
      {input.name}
      <input type="file" accept={accept} aria-label={`file for ${input.name}`} onChange={(event) => onChoose(event.currentTarget.files?.[0] ?? null)} />
    </label>
  );
}
