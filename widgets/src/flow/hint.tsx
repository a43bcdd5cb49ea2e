// While a connection is dragged: why it would be refused, at the pointer, and said aloud.
import { type ConnectionState, useConnection } from "@xyflow/react";
import { type ReactNode, useEffect } from "react";

import { refuse } from "./compatible.ts";
import type { Ask } from "./compatible.ts";
import { labelOf, nodeOf } from "./document.ts";
import { brief } from "./hostile.ts";
import { Icon } from "./icons.tsx";
import type { Store } from "./store.ts";
import { useView } from "./view.ts";

interface Word {
  text: string;
  isBad: boolean;
}

/** What is told of the connection that is under the pointer; null if it is over nothing. */
export function wordOf(store: Store, ask: Ask): Word {
  const why = refuse(store.document, ask, store.definitionOf);
  if (why !== null) return { text: why, isBad: true };
  const before = store.document.edges.find((edge) => edge.target === ask.target && edge.targetHandle === ask.targetHandle);
  if (!before || (before.source === ask.source && before.sourceHandle === ask.sourceHandle)) return { text: "", isBad: false };
  const node = nodeOf(store.document, before.source);
  return { text: `in the place of ${node ? brief(labelOf(node), 40) : before.source}`, isBad: false };
}

function askOf(state: ConnectionState): Ask | null {
  if (!state.inProgress || !state.toHandle) return null;
  const { fromHandle, toHandle } = state;
  const [source, target] = fromHandle.type === "source" ? [fromHandle, toHandle] : [toHandle, fromHandle];
  if (source.type === target.type) return null;
  return { source: source.nodeId, sourceHandle: source.id ?? "", target: target.nodeId, targetHandle: target.id ?? "" };
}

export function ConnectionHint(): ReactNode {
  const { store, announce } = useView();
  // A string, so that it is drawn again only when it says another thing or the pointer is over a port.
  const found = useConnection((state: ConnectionState) => {
    if (!state.inProgress || !state.toHandle) return "";
    const ask = askOf(state);
    const word = ask ? wordOf(store, ask) : { text: state.fromHandle.type === "source" ? "outputs lead to inputs" : "inputs are fed by outputs", isBad: true };
    return word.text === "" ? "" : `${word.isBad ? "!" : " "}${Math.round(state.pointer.x)},${Math.round(state.pointer.y)}|${word.text}`;
  });
  const text = found.slice(found.indexOf("|") + 1);
  useEffect(() => {
    if (text) announce(text);
  }, [text, announce]);
  if (found === "") return null;
  const [x, y] = found.slice(1, found.indexOf("|")).split(",").map(Number);
  const isBad = found.startsWith("!");
  return (
    <div className={`sch-hint${isBad ? " sch-refused" : ""}`} style={{ transform: `translate(${x! + 14}px, ${y! + 14}px)` }} aria-hidden="true">
      <Icon name={isBad ? "lock" : "check"} size={13} />
      <span>{text}</span>
    </div>
  );
}
