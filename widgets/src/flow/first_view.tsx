// The first look at a flow, before any hand has touched it: all of it, or as much from its beginning as can still be read.
// It waits for the size of the element, which JupyterLab gives it after it is drawn, and of the nodes. A flow that Python has
// put together without placing anything is laid out first, now that the sizes are known.
import { type Rect, type Viewport, useNodesInitialized, useReactFlow, useStore as useReactFlowStore } from "@xyflow/react";
import { type RefObject, useEffect, useRef } from "react";

import { type FlowDocument, move } from "./document.ts";
import type { SizeOf } from "./editing.ts";
import { layout, withRoom } from "./layout.ts";
import { useView } from "./view.ts";

/** Around what is shown; below it is the bar of what is selected. */
export const MARGIN = 28;
export const FOOT = 64;
/** Smaller than this nobody reads a node. */
const READABLE = 0.5;
/** An element that is narrower isn't shown yet. */
const LEAST = 40;
/** The grid on which Python puts what nobody has placed, as `STEP_X` and `STEP_Y` of `flow/editing.py`. */
const AS_ADDED = { x: 260, y: 140 };

interface FirstViewProps {
  /** Whether a hand has been at it since it was drawn. */
  touched: RefObject<boolean>;
  sizeOf: SizeOf;
}

export function FirstView({ touched, sizeOf }: FirstViewProps): null {
  const { store } = useView();
  const flow = useReactFlow();
  const isReady = useNodesInitialized();
  const width = useReactFlowStore((state) => state.width);
  const height = useReactFlowStore((state) => state.height);
  const laidOut = useRef(false);
  const { nodes } = store.document;
  useEffect(() => {
    if (!isReady || touched.current || width < LEAST || height < LEAST) return;
    if (!laidOut.current && isAsAdded(store.document)) {
      laidOut.current = true; // once: a layout may leave everything where it is
      return store.place(move(layout(store.document, withRoom(store, sizeOf))));
    }
    const drawn = flow.getNodes();
    if (drawn.length === 0) return;
    const first = drawn.reduce((left, node) => (node.position.x < left.position.x ? node : left), drawn[0]!);
    void flow.setViewport(firstViewport(flow.getNodesBounds(drawn), flow.getNodesBounds([first]), width, height));
  }, [isReady, width, height, nodes, flow, store, touched, sizeOf]);
  return null;
}

/** Whether nothing has been placed since Python added it. */
export function isAsAdded(document: FlowDocument): boolean {
  return (
    document.nodes.length > 1 &&
    document.nodes.every(({ type, position }) => type !== "group" && position.x % AS_ADDED.x === 0 && position.y % AS_ADDED.y === 0)
  );
}

/** What of a flow of this extent, whose first node is there, is looked at in an element of this size. */
export function firstViewport(extent: Rect, first: Rect, width: number, height: number): Viewport {
  const wide = width - 2 * MARGIN;
  const high = height - MARGIN - FOOT;
  const zoom = Math.max(READABLE, Math.min(1, wide / Math.max(1, extent.width), high / Math.max(1, extent.height)));
  const along = (start: number, length: number, room: number, middle: number): number => {
    if (length * zoom <= room) return MARGIN + (room - length * zoom) / 2 - start * zoom;
    const latest = MARGIN - start * zoom;
    return Math.min(latest, Math.max(MARGIN + room - (start + length) * zoom, MARGIN + room / 2 - middle * zoom));
  };
  return {
    x: along(extent.x, extent.width, wide, first.x + first.width / 2),
    y: along(extent.y, extent.height, high, first.y + first.height / 2),
    zoom,
  };
}
