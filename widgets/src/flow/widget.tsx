// One view of a flow: the bar, the palette, the canvas, the outline, and what keys and the clipboard do there.
import { useReactFlow } from "@xyflow/react";
import { type CSSProperties, type ClipboardEvent, type KeyboardEvent, type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from "react";

import { READY } from "../statics.ts";
import { added } from "./adding.ts";
import { Canvas, type CanvasHandle, sizeIn } from "./canvas.tsx";
import { type Position, STEP, type Change, fresh, addNode, move, nodeOf, remove } from "./document.ts";
import { type Edge, type SizeOf, align, bypass, cut, duplicate, group, paste, readClip, ungroup, writeClip } from "./editing.ts";
import type { Drawer } from "../figures/drawer.ts";
import { FOOT, MARGIN } from "./first_view.tsx";
import { Grip } from "./grip.tsx";
import { Help } from "./help.tsx";
import { type Deed, deedOf, isTyping } from "./keys.ts";
import { free, layout, roomFor, withRoom } from "./layout.ts";
import { Outline } from "./outline.tsx";
import { DRAGGED, Palette } from "./palette.tsx";
import { type Offer, offersOf } from "./rank.ts";
import { type Opened, Results } from "./results.tsx";
import { Search } from "./search.tsx";
import { GAP, useRoom } from "./room.ts";
import { SelectionBar } from "./selection_bar.tsx";
import type { Shown } from "../contract/flow.ts";
import type { Store } from "./store.ts";
import { type Shows, Toolbar } from "./toolbar.tsx";
import { type SearchAsk, type View, ViewContext } from "./view.ts";

const HEIGHT = 520;
/** Narrower than this there is no room for the map; for palette and canvas side by side. */
const MAP_WIDTH = 620;
const PALETTE_WIDTH = 860;
/** As the style sheet has them. */
const PALETTE_ROOM = 190;
const OUTLINE_ROOM = 270;
/** So few are seen without a map. */
const FEW = 12;
const FIT = { padding: { x: `${MARGIN}px`, top: `${MARGIN}px`, bottom: `${FOOT}px` }, maxZoom: 1, duration: 200 } as const;

/** What was copied last, for when the clipboard is refused. */
let lastClip = "";

export function FlowView({ store, drawer }: { store: Store; drawer: Drawer }): ReactNode {
  const flow = useReactFlow();
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<CanvasHandle>(null);
  const pointer = useRef<Position | null>(null);
  const touched = useRef(false);
  const [width, setWidth] = useState(1000);
  const [height, setHeight] = useState(HEIGHT);
  const [shows, setShows] = useState<Shows>(() => ({ palette: false, outline: false, map: store.document.nodes.length > FEW, full: false }));
  const [search, setSearch] = useState<SearchAsk | null>(null);
  const [help, setHelp] = useState(false);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [opened, setOpened] = useState<ReadonlyMap<string, Opened>>(new Map());
  const [spoken, setSpoken] = useState("");
  const [tick, redraw] = useState(0);

  useEffect(() => store.subscribe(() => redraw((count) => count + 1)), [store]);
  useEffect(() => {
    const element = root.current;
    if (!element) return;
    element.dispatchEvent(new Event(READY, { bubbles: true }));
    setShows((now) => ({ ...now, palette: element.clientWidth >= PALETTE_WIDTH }));
    const observer = new ResizeObserver(() => element.clientWidth > 0 && setWidth(element.clientWidth));
    observer.observe(element);
    const onFull = (): void => setShows((now) => ({ ...now, full: element.ownerDocument.fullscreenElement === element }));
    element.ownerDocument.addEventListener("fullscreenchange", onFull);
    return () => {
      observer.disconnect();
      element.ownerDocument.removeEventListener("fullscreenchange", onFull);
    };
  }, []);

  const middle = useCallback((): Position => {
    const frame = root.current?.querySelector(".sch-canvas")?.getBoundingClientRect();
    return frame ? { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 } : { x: 0, y: 0 };
  }, []);
  const sizeOf: SizeOf = useCallback((node) => sizeIn(flow.getNode(node.id), node), [flow]);

  const makeRoom = useRoom(root);

  const view = useMemo<View>(() => {
    const commit = (change: Change, tag?: string): void => store.commit(change, tag);
    return {
      store,
      drawer,
      commit,
      announce: setSpoken,
      selected: () => new Set(flow.getNodes().filter((node) => node.selected).map((node) => node.id)),
      select: (ids, reveal) => {
        const wanted = new Set(ids);
        canvas.current?.select(wanted);
        if (reveal) void flow.fitView({ nodes: [...wanted].map((id) => ({ id })), padding: 0.4, maxZoom: Math.min(1, flow.getZoom() || 1), duration: 200 });
      },
      openSearch: (ask) => {
        const frame = root.current?.querySelector(".sch-canvas")?.getBoundingClientRect();
        const at = middle();
        setSearch(ask ?? {
          at: { x: at.x - (frame?.x ?? 0) - 140, y: Math.max(16, at.y - (frame?.y ?? 0) - 140) },
          place: flow.screenToFlowPosition(pointer.current ?? at),
        });
      },
      run: (nodes, anew = false) => store.send({ kind: "run", nodes, anew }),
      show: (node) => {
        setOpened((now) => new Map([...now, [node, now.get(node) ?? { shown: null, buffers: [] }]]));
        store.send({ kind: "show", node });
      },
      makeRoom,
      hide: (node) => setOpened((now) => new Map([...now].filter(([id]) => id !== node))),
    };
  }, [store, drawer, flow, middle, makeRoom]);

  useEffect(() => store.listen((content, buffers) => {
    const shown = content as Shown | null;
    if (shown?.kind !== "shown") return;
    setOpened((now) => (now.has(shown.node) ? new Map([...now, [shown.node, { shown, buffers: buffers ?? [] }]]) : now));
  }), [store]);

  const onSelection = useCallback((ids: ReadonlySet<string>) => {
    setChosen((before) => (before.size === ids.size && [...ids].every((id) => before.has(id)) ? before : ids));
  }, []);
  const touch = useCallback(() => void (touched.current = true), []);
  const focus = useCallback(() => root.current?.focus({ preventScroll: true }), []);
  const addOffer = useCallback((offer: Offer, place: Position, from?: SearchAsk["from"]) => {
    const { change, node } = added(store, offer, place, from);
    store.commit(change);
    view.select([node.id]);
    setSpoken(`added ${offer.label}`);
    focus();
    return node.id;
  }, [store, view, focus]);
  const addInMiddle = useCallback((offer: Offer) => {
    const at = flow.screenToFlowPosition(middle());
    const { node } = added(store, offer, { x: at.x - 120, y: at.y - 60 });
    const id = addOffer(offer, free(store.document, node, (one) => (flow.getNode(one.id)?.measured ? sizeOf(one) : roomFor(one, sizeOf(one)))));
    afterDrawing(() => {
      const element = root.current?.querySelector(`.react-flow__node[data-id="${CSS.escape(id)}"]`);
      if (element) makeRoom(element);
    });
  }, [flow, middle, addOffer, store, sizeOf, makeRoom]);
  const onDropOffer = useCallback((key: string, place: Position) => {
    const offer = offersOf(store.traits.palette).find((one) => one.key === key);
    if (offer) addOffer(offer, place);
  }, [store, addOffer]);

  const toggle = useCallback((what: keyof Shows) => {
    if (what !== "full") return setShows((now) => ({ ...now, [what]: !now[what] }));
    const element = root.current;
    if (!element) return;
    if (element.ownerDocument.fullscreenElement) void element.ownerDocument.exitFullscreen();
    else element.requestFullscreen?.().catch(() => setShows((now) => ({ ...now, full: !now.full })));
  }, []);
  const fit = useCallback(() => void flow.fitView(FIT), [flow]);
  const layOut = useCallback(() => {
    store.commit(move(layout(store.document, withRoom(store, sizeOf), view.selected())));
    afterDrawing(fit);
  }, [store, view, sizeOf, fit]);
  const copy = useCallback((): string => {
    const ids = view.selected();
    if (ids.size === 0) return "";
    lastClip = writeClip(cut(store.document, ids));
    setSpoken(`${ids.size} copied`);
    return lastClip;
  }, [store, view]);
  const insert = useCallback((text: string) => {
    const piece = readClip(text);
    if (!piece) return setSpoken("the clipboard holds no piece of a flow");
    const at = flow.screenToFlowPosition(pointer.current ?? middle());
    const left = Math.min(...piece.nodes.filter((node) => node.parentId === undefined).map((node) => node.position.x));
    const top = Math.min(...piece.nodes.filter((node) => node.parentId === undefined).map((node) => node.position.y));
    const made = paste(store.document, piece, { x: at.x - left, y: at.y - top });
    store.commit(made.change);
    view.select(made.ids);
    setSpoken(`${made.ids.size} pasted`);
  }, [flow, middle, store, view]);

  /** @returns whether there was anything to do */
  const perform = useCallback((deed: Deed, step = STEP / 4): boolean => {
    const ids = view.selected();
    const { document } = store;
    const shift = (x: number, y: number): boolean => {
      if (ids.size === 0) return false;
      const places = document.nodes.filter((node) => ids.has(node.id)).map((node) => [node.id, { x: node.position.x + x, y: node.position.y + y }] as const);
      store.commit(move(new Map(places)), `move ${[...ids].join(" ")}`);
      return true;
    };
    switch (deed) {
      case "search": view.openSearch(); return true;
      case "undo": store.undo(); return true;
      case "redo": store.redo(); return true;
      case "delete": {
        const edges = canvas.current?.selectedEdges() ?? new Set<string>();
        if (ids.size + edges.size === 0) return true; // Backspace must not leave the page or reach the cell
        store.commit(remove(ids, edges));
        setSpoken(`${ids.size + edges.size} deleted`);
        return true;
      }
      case "duplicate": {
        if (ids.size === 0) return true;
        const made = duplicate(document, ids);
        store.commit(made.change);
        view.select(made.ids);
        return true;
      }
      case "all": view.select(document.nodes.map((node) => node.id)); return true;
      case "group": {
        const made = group(document, ids, sizeOf);
        if (made) {
          store.commit(made.change);
          view.select([made.id]);
        }
        return true;
      }
      case "ungroup": store.commit(ungroup(ids)); return true;
      case "bypass": store.commit(bypass(document, ids)); return true;
      case "comment": {
        const at = flow.screenToFlowPosition(pointer.current ?? middle());
        const node = { ...fresh(document, "comment", { text: "" }, at), width: 200, height: 80 };
        store.commit(addNode(node));
        view.select([node.id]);
        return true;
      }
      case "layout": layOut(); return true;
      case "fit": fit(); return true;
      case "in": void flow.zoomIn(); return true;
      case "out": void flow.zoomOut(); return true;
      case "run": view.run([]); return true;
      case "runTo": if (ids.size > 0) view.run([...ids].filter((id) => nodeOf(document, id)?.type === "plugin")); return true;
      case "result": for (const id of ids) if (store.standingOf(id).has_result || store.standingOf(id).state === "failed") view.show(id); return ids.size > 0;
      case "outline": case "palette": case "map": case "full": toggle(deed); return true;
      case "help": setHelp((now) => !now); return true;
      case "leave": {
        if (help || search) {
          setHelp(false);
          setSearch(null);
          focus();
          return true;
        }
        if (ids.size === 0) return false;
        view.select([]);
        return true;
      }
      case "moveLeft": return shift(-step, 0);
      case "moveRight": return shift(step, 0);
      case "moveUp": return shift(0, -step);
      case "moveDown": return shift(0, step);
    }
  }, [view, store, flow, sizeOf, layOut, fit, toggle, help, search, focus, middle]);

  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    if (event.defaultPrevented || isTyping(event.target)) return;
    const onButton = event.target instanceof Element && event.target.closest("button, summary, audio, [role=treeitem]") !== null;
    if (onButton && (event.key === "Enter" || event.key === " ")) return;
    if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) return;
    const node = event.target instanceof Element ? event.target.closest<HTMLElement>(".react-flow__node") : null;
    if (node && (event.key === " " || (event.key === "Enter" && !view.selected().has(node.dataset["id"] ?? "")))) {
      view.select([node.dataset["id"] ?? ""]);
    } else {
      const deed = deedOf(event);
      if (!deed || !perform(deed, event.shiftKey ? STEP : STEP / 4)) return;
    }
    event.preventDefault();
    event.stopPropagation();
  };
  const onCopy = (event: ClipboardEvent<HTMLDivElement>, isCut: boolean): void => {
    if (isTyping(event.target) || !(root.current?.ownerDocument.getSelection()?.isCollapsed ?? true)) return;
    const text = copy();
    if (!text) return;
    event.clipboardData.setData("text/plain", text);
    event.preventDefault();
    event.stopPropagation();
    if (isCut) perform("delete");
  };
  const onPaste = (event: ClipboardEvent<HTMLDivElement>): void => {
    if (isTyping(event.target)) return;
    event.preventDefault();
    event.stopPropagation();
    insert(event.clipboardData.getData("text/plain") || lastClip);
  };
  const save = (): void => {
    const { nodes, edges, viewport } = store.document;
    const text = JSON.stringify({ nodes, edges, viewport, schillinger: { format: 1, name: String(store.traits.name) } }, null, 1);
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    const link = Object.assign(document.createElement("a"), { href: url, download: `${String(store.traits.name).replace(/[^\p{L}\p{N}_-]+/gu, "_").slice(0, 60) || "flow"}.json` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
  };

  // The same element as before, or the whole canvas is drawn again with each word of Python's.
  const results = useMemo(() => <Results opened={opened} />, [opened]);
  const isNarrow = width < PALETTE_WIDTH;
  const room = isNarrow ? width : width - (shows.palette ? PALETTE_ROOM : 0) - (shows.outline ? OUTLINE_ROOM : 0);
  const hasMap = shows.map && room >= MAP_WIDTH;
  const picked = useMemo(() => store.document.nodes.filter((node) => chosen.has(node.id)), [chosen, store, tick]);
  return (
    <ViewContext.Provider value={view}>
      <div
        className={`sch sch-flow${shows.full ? " sch-full" : ""}${isNarrow ? " sch-narrow" : ""}`}
        ref={root}
        tabIndex={0}
        role="application"
        aria-label={`flow ${String(store.traits.name).slice(0, 100)}; press ? for the keys, o for the outline`}
        style={{ height, "--sch-most": `${room - 2 * GAP}px` } as CSSProperties}
        onPointerDownCapture={touch}
        onKeyDownCapture={touch}
        onWheelCapture={(event) => event.ctrlKey && touch()}
        onKeyDown={onKeyDown}
        onCopy={(event) => onCopy(event, false)}
        onCut={(event) => onCopy(event, true)}
        onPaste={onPaste}
        onPointerDown={(event) => {
          if (event.target instanceof Element && event.target.closest(".react-flow") && !isTyping(event.target) && !event.target.closest("button, audio, summary, label")) focus();
        }}
        onPointerMove={(event) => {
          pointer.current = event.target instanceof Element && event.target.closest(".react-flow") ? { x: event.clientX, y: event.clientY } : null;
        }}
        onPointerLeave={() => void (pointer.current = null)}
      >
        <Toolbar shows={{ ...shows, map: hasMap }} onToggle={toggle} onLayout={layOut} onFit={fit} onHelp={() => setHelp(true)} onExport={save} />
        {store.gone ? (
          <p className="sch-banner" role="alert">
            The kernel is gone: nothing runs, and what you draw stays in this page only. <button type="button" onClick={save}>Save as a file</button>
          </p>
        ) : null}
        {store.dropped > 0 ? <p className="sch-banner" role="status">{store.dropped} nodes or edges of the document can't be read and aren't shown.</p> : null}
        <div className="sch-body">
          {shows.palette ? <Palette onAdd={addInMiddle} /> : null}
          <div className="sch-stage">
            <Canvas handle={canvas} touched={touched} showMap={hasMap && store.document.nodes.length > 0} onSelection={onSelection} onDropOffer={onDropOffer} dragged={DRAGGED}>
              {results}
            </Canvas>
            {store.document.nodes.length === 0 && !search ? (
              <div className="sch-empty">
                <p>Double click, or press <kbd>/</kbd>, to add the first node.</p>
                <p>Drag from port to port to connect.</p>
              </div>
            ) : null}
            <SelectionBar
              nodes={picked}
              canRun={!store.traits.running && !store.gone}
              onDo={perform}
              onAlign={(edge: Edge) => store.commit(move(align(store.document, view.selected(), edge, sizeOf)))}
              onCopy={() => void navigator.clipboard?.writeText(copy()).catch(() => {})}
            />
            {search ? (
              <Search
                ask={search}
                onAdd={(offer) => {
                  setSearch(null);
                  addOffer(offer, search.place, search.from);
                }}
                onClose={() => {
                  setSearch(null);
                  focus();
                }}
              />
            ) : null}
            {help ? <Help onClose={() => { setHelp(false); focus(); }} /> : null}
          </div>
          {shows.outline ? <Outline /> : null}
        </div>
        {shows.full ? null : <Grip height={height} onChange={setHeight} />}
        <div className="sch-hidden" role="status" aria-live="polite">{spoken}</div>
      </div>
    </ViewContext.Provider>
  );
}

/** React Flow draws a frame after the document has changed. */
function afterDrawing(act: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(act));
}
