// React Flow's part of a view. A gesture moves React Flow's own nodes alone; what came of it goes into the document at its
// end, as one step.
import {
  type Connection, type Edge, type FinalConnectionState, MiniMap, type Node, ReactFlow,
  SelectionMode, applyEdgeChanges, applyNodeChanges, useReactFlow,
} from "@xyflow/react";
import { type ReactNode, type RefObject, memo, useCallback, useEffect, useImperativeHandle, useMemo, useRef, useState } from "react";

import { type Ask, feeds, refuse } from "./compatible.ts";
import { INPUT_TYPES, type Position, chain, connect, move, nodeOf, remove } from "./document.ts";
import { Distance } from "./distance.tsx";
import { drawnEdges, drawnNodes } from "./drawing.ts";
import { TypedEdge } from "./edge.tsx";
import { FirstView } from "./first_view.tsx";
import { type SizeOf, settle } from "./editing.ts";
import { ConnectionHint } from "./hint.tsx";
import { CommentNode, GroupNode, InputNode } from "./other_nodes.tsx";
import { PluginNode } from "./plugin_node.tsx";
import { useView } from "./view.ts";

const NODE_TYPES = { plugin: PluginNode, input: InputNode, comment: CommentNode, group: GroupNode };
const EDGE_TYPES = { typed: TypedEdge };
/** From so many nodes on, those out of sight aren't drawn. */
const MANY = 100;
const GRID: [number, number] = [8, 8];
const ALSO = ["Shift", "Control", "Meta"];

export interface CanvasHandle {
  select: (ids: ReadonlySet<string>) => void;
  selectedEdges: () => Set<string>;
}

interface CanvasProps {
  handle: RefObject<CanvasHandle | null>;
  /** Whether a hand has been at it since it was drawn. */
  touched: RefObject<boolean>;
  showMap: boolean;
  onSelection: (ids: ReadonlySet<string>) => void;
  onDropOffer: (key: string, place: Position) => void;
  dragged: string;
  children?: ReactNode;
}

export const Canvas = memo(function Canvas({ handle, touched, showMap, onSelection, onDropOffer, dragged, children }: CanvasProps): ReactNode {
  const view = useView();
  const { store, commit, openSearch } = view;
  const flow = useReactFlow();
  const [nodes, setNodes] = useState<Node[]>(() => drawnNodes(store.document, []));
  const [edges, setEdges] = useState<Edge[]>(() => drawnEdges(store, []));
  const box = useRef<HTMLDivElement>(null);
  const letGo = useRef<() => void>(() => {});
  const latest = useRef(edges);
  latest.current = edges;

  useEffect(() => {
    const draw = (): void => {
      setNodes((before) => drawnNodes(store.document, before));
      setEdges((before) => drawnEdges(store, before));
    };
    draw();
    return store.subscribe(draw);
  }, [store]);

  useImperativeHandle(handle, () => ({
    select: (ids) => {
      setNodes((before) => drawnNodes(store.document, before, ids));
      setEdges((before) => before.map((edge) => (edge.selected ? { ...edge, selected: false } : edge)));
    },
    selectedEdges: () => new Set(latest.current.filter((edge) => edge.selected).map((edge) => edge.id)),
  }), [store]);

  const sizeOf: SizeOf = useCallback((node) => sizeIn(flow.getNode(node.id), node), [flow]);

  const onDragStart = useCallback(() => {
    letGo.current();
    letGo.current = store.gesture();
  }, [store]);
  const onDragStop = useCallback((_: unknown, __: unknown, moved: Node[]) => {
    const places = new Map(moved.map((node) => [node.id, node.position]));
    commit(chain(move(places), settle(new Set(places.keys()), sizeOf)));
    letGo.current();
    letGo.current = () => {};
  }, [commit, sizeOf]);
  useEffect(() => () => letGo.current(), []);

  // React Flow calls a new callback at once: one that were new at each drawing would have it drawn for ever.
  const onSelectionChange = useCallback(({ nodes: chosen }: { nodes: Node[] }) => onSelection(new Set(chosen.map((node) => node.id))), [onSelection]);
  const isValid = useCallback((connection: Connection | Edge): boolean =>
    refuse(store.document, askOf(connection), store.definitionOf) === null, [store]);
  const onConnect = useCallback((connection: Connection) => commit(connect(askOf(connection))), [commit]);
  const onConnectStart = useCallback((_: unknown, from: { nodeId: string | null; handleId: string | null; handleType: string | null }) => {
    const node = nodeOf(store.document, from.nodeId ?? "");
    const isSource = from.handleType === "source";
    const ends = node ? store.endsOf(node)[isSource ? "outputs" : "inputs"] : null;
    const type = ends?.get(from.handleId ?? "") ?? "any";
    // The style sheet dims what doesn't fit.
    const fits = INPUT_TYPES.filter((other) => (isSource ? feeds(type, other) : feeds(other, type)));
    if (box.current) box.current.dataset[isSource ? "fitsIn" : "fitsOut"] = fits.join(" ");
  }, [store]);
  const onConnectEnd = useCallback((event: MouseEvent | TouchEvent, state: FinalConnectionState) => {
    delete box.current?.dataset["fitsIn"];
    delete box.current?.dataset["fitsOut"];
    if (!state.fromHandle || state.toHandle || state.toNode || !box.current) return;
    const point = "changedTouches" in event ? event.changedTouches[0]! : event;
    if (!(event.target instanceof Element) || !event.target.closest(".react-flow__pane")) return;
    const side = state.fromHandle.type === "source" ? "output" : "input";
    const node = nodeOf(store.document, state.fromHandle.nodeId);
    const port = state.fromHandle.id ?? "";
    const type = node ? (store.endsOf(node)[side === "output" ? "outputs" : "inputs"]?.get(port) ?? "any") : "any";
    const frame = box.current.getBoundingClientRect();
    openSearch({
      at: { x: point.clientX - frame.x, y: point.clientY - frame.y },
      place: flow.screenToFlowPosition({ x: point.clientX - (side === "input" ? 260 : 0), y: point.clientY - 40 }),
      from: { node: state.fromHandle.nodeId, port, side, type },
    });
  }, [store, openSearch, flow]);
  const onReconnect = useCallback((old: Edge, connection: Connection) => {
    commit(chain(remove(new Set(), new Set([old.id])), connect(askOf(connection))));
  }, [commit]);
  const onReconnectEnd = useCallback((_: unknown, edge: Edge, __: unknown, state: FinalConnectionState) => {
    delete box.current?.dataset["fitsIn"];
    delete box.current?.dataset["fitsOut"];
    if (!state.toHandle && !state.isValid) commit(remove(new Set(), new Set([edge.id])));
  }, [commit]);

  const start = useMemo(() => store.document.viewport, [store]);
  const isNew = start.x === 0 && start.y === 0 && start.zoom === 1;
  return (
    <div
      className={`sch-canvas${nodes.length > MANY ? " sch-many" : ""}`}
      ref={box}
      onDoubleClick={(event) => {
        if (!(event.target instanceof Element) || !event.target.classList.contains("react-flow__pane")) return;
        const frame = event.currentTarget.getBoundingClientRect();
        openSearch({
          at: { x: event.clientX - frame.x, y: event.clientY - frame.y },
          place: flow.screenToFlowPosition({ x: event.clientX, y: event.clientY }),
        });
      }}
      onDragOver={(event) => {
        if (!event.dataTransfer.types.includes(dragged)) return;
        event.preventDefault();
        event.dataTransfer.dropEffect = "copy";
      }}
      onDrop={(event) => {
        const key = event.dataTransfer.getData(dragged);
        if (!key) return;
        event.preventDefault();
        onDropOffer(key, flow.screenToFlowPosition({ x: event.clientX - 60, y: event.clientY - 16 }));
      }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={NODE_TYPES}
        edgeTypes={EDGE_TYPES}
        onNodesChange={(changes) => setNodes((before) => applyNodeChanges(changes.filter((one) => one.type !== "remove"), before))}
        onEdgesChange={(changes) => setEdges((before) => applyEdgeChanges(changes.filter((one) => one.type !== "remove"), before))}
        onSelectionChange={onSelectionChange}
        onNodeDragStart={onDragStart}
        onNodeDragStop={onDragStop}
        onSelectionDragStart={onDragStart}
        onSelectionDragStop={(event, moved) => onDragStop(event, null, moved)}
        onConnect={onConnect}
        onConnectStart={onConnectStart}
        onConnectEnd={onConnectEnd}
        onReconnect={onReconnect}
        onReconnectEnd={onReconnectEnd}
        isValidConnection={isValid}
        onMoveEnd={(_, viewport) => store.look(viewport)}
        onError={() => {}}
        defaultViewport={start}
        minZoom={0.02}
        maxZoom={2.5}
        snapToGrid
        snapGrid={GRID}
        selectionKeyCode="Shift"
        selectionMode={SelectionMode.Partial}
        multiSelectionKeyCode={ALSO}
        deleteKeyCode={null}
        disableKeyboardA11y
        zoomOnScroll={false}
        zoomOnDoubleClick={false}
        preventScrolling={false}
        elevateNodesOnSelect
        connectionRadius={24}
        onlyRenderVisibleElements={nodes.length > MANY}
      >
        <Distance box={box} />
        {showMap ? (
          <MiniMap
            pannable
            zoomable
            ariaLabel="map"
            style={{ width: 150, height: 100 }}
            nodeColor={(node) => (node.type === "group" ? "transparent" : node.type === "comment" ? "var(--sch-note)" : "var(--sch-line-strong)")}
            nodeStrokeColor={(node) => (node.selected ? "var(--sch-accent)" : node.type === "group" ? "var(--sch-line-strong)" : "transparent")}
            nodeStrokeWidth={6}
            nodeBorderRadius={6}
            maskColor="var(--sch-mask)"
            bgColor="var(--sch-raised)"
          />
        ) : null}
        <ConnectionHint />
        {isNew ? <FirstView touched={touched} sizeOf={sizeOf} /> : null}
        {children}
      </ReactFlow>
    </div>
  );
});

function askOf(connection: Connection | Edge): Ask {
  const { source, target, sourceHandle, targetHandle } = connection;
  return { source, target, sourceHandle: sourceHandle ?? "", targetHandle: targetHandle ?? "" };
}

/** The size of a node as it was drawn, or about. */
export function sizeIn(drawn: Node | undefined, node: { width?: number | undefined; height?: number | undefined }): { width: number; height: number } {
  return {
    width: drawn?.measured?.width ?? drawn?.width ?? node.width ?? 240,
    height: drawn?.measured?.height ?? drawn?.height ?? node.height ?? 120,
  };
}
