// What the parts of one view share: the store of the flow, and what this view shows.
import { createContext, useContext, useMemo, useRef, useSyncExternalStore } from "react";

import type { Change, Position } from "./document.ts";
import type { Drawer } from "../figures/drawer.ts";
import type { Store } from "./store.ts";

export interface SearchAsk {
  /** Where it opens, in pixels of the canvas's element. */
  at: Position;
  /** Where the node is put, in the flow's pixels. */
  place: Position;
  /** A port that was dragged from: what is added is connected to it. */
  from?: { node: string; port: string; side: "input" | "output"; type: string } | undefined;
}

export interface View {
  store: Store;
  drawer: Drawer;
  commit: (change: Change, tag?: string) => void;
  select: (nodes: Iterable<string>, reveal?: boolean) => void;
  selected: () => Set<string>;
  openSearch: (ask?: SearchAsk) => void;
  run: (nodes: string[], anew?: boolean) => void;
  show: (node: string) => void;
  hide: (node: string) => void;
  /** Move the canvas until all of an element is seen that has opened on it. */
  makeRoom: (element: Element) => void;
  /** Say something to who doesn't see it. */
  announce: (text: string) => void;
}

export const ViewContext = createContext<View | null>(null);

export function useView(): View {
  const view = useContext(ViewContext);
  if (!view) throw new Error("there is no view around it");
  return view;
}

/** What a view shows of the store; it is drawn again when `select` gives another object. */
export function useStore<T>(select: (store: Store) => T): T {
  const { store } = useView();
  const latest = useRef(select);
  latest.current = select;
  const snapshot = useMemo(() => () => latest.current(store), [store]);
  return useSyncExternalStore(store.subscribe, snapshot);
}
