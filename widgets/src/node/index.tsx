// The widget of a single node: one React Flow node in a pane as large as itself, which never takes the page's wheel.
import "@xyflow/react/dist/base.css";
import "../tokens.css";
import "./controls/controls.css";
import "./node.css";

import { createRender, useModel, useModelState } from "@anywidget/react";
import { type Node, type NodeProps, ReactFlow, ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, createContext, useCallback, useContext, useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";

import type { ToKernel } from "../contract/node.ts";
import { useKeptFocus } from "../focus.ts";
import { useKernelGone } from "../gone.tsx";
import { READY } from "../statics.ts";
import { Card, type CardProps } from "./card.tsx";
import type { Definition, Failure, Figure, InputNote, Permission, Status, Values } from "./definition.ts";
import type { Waveform } from "./controls/waveform.tsx";
import { type Action, reduce } from "./parameters.ts";
import type { Presets } from "./presets.ts";
import { Sending } from "./sending.ts";

/** Room for the ports, which stand half outside the card. */
const MARGIN = 14;
const WIDEST = 620;

// Through a context and not the node's data: React Flow would take every change for a new node.
const CardContext = createContext<CardProps | null>(null);

function FlowCard(_: NodeProps): ReactNode {
  const props = useContext(CardContext);
  return props ? <Card {...props} /> : null;
}

const NODE_TYPES = { card: FlowCard };

function NodePane(): ReactNode {
  const model = useModel();
  const [definition] = useModelState<Definition>("definition");
  const [pluginId] = useModelState<string>("plugin_id");
  const [level] = useModelState<string>("level");
  const [values] = useModelState<Values>("parameters");
  const [errors] = useModelState<Record<string, string>>("parameter_errors");
  const [inputsSet] = useModelState<Record<string, InputNote>>("inputs_set");
  const [filesSet] = useModelState<Record<string, InputNote>>("files_set");
  const [canRun] = useModelState<boolean>("can_run");
  const [status] = useModelState<Status>("status");
  const [progress] = useModelState<number>("progress");
  const [message] = useModelState<string>("message");
  const [failure] = useModelState<Failure>("error");
  const [permissions] = useModelState<Permission[]>("permissions");
  const [live, setLive] = useModelState<boolean>("live");
  const [waiting] = useModelState<boolean>("waiting");
  const [waveform] = useModelState<Waveform>("waveform");
  const [canRead] = useModelState<boolean>("can_read");
  const [canSave] = useModelState<boolean>("can_save");
  const [presets] = useModelState<Presets>("presets");
  const [saved] = useModelState<Presets>("saved_presets");
  const [presetError] = useModelState<string>("preset_error");
  const [summary] = useModelState<Figure[]>("summary");

  const act = useCallback(
    (action: Action): void => {
      const before = model.get("parameters") as Values;
      const after = reduce((model.get("definition") as Definition).parameters, before, action);
      if (after === before) return;
      model.set("parameters", after);
      model.save_changes();
    },
    [model],
  );
  const gone = useKernelGone(model);
  const sending = useMemo(() => new Sending(model), [model]);
  useEffect(() => sending.listen(), [sending]);
  const onSet = useCallback((name: string, to: unknown) => act({ set: name, to }), [act]);
  const props: CardProps = {
    definition, pluginId, level, permissions, values, errors, inputsSet, filesSet, canRun, canRead, live, waiting, waveform, presets, saved,
    canSave, presetError, gone, status: gone && status === "running" ? "idle" : status, progress, message, failure, summary, onSet,
    onSetAll: (all) => act({ all }),
    onLive: setLive,
    onRead: (name, path) => {
      sending.forget(name);
      model.send({ kind: "read", name, path } satisfies ToKernel);
    },
    onSend: (name, file) => sending.offer(name, file),
    onSave: (name) => model.send({ kind: "save", name } satisfies ToKernel),
    onDelete: (name) => model.send({ kind: "delete", name } satisfies ToKernel),
    onReset: () => act({ reset: true }),
    onRun: () => model.send({ kind: "run" } satisfies ToKernel),
    onCancel: () => model.send({ kind: "cancel" } satisfies ToKernel),
  };

  useEffect(() => {
    pane.current?.dispatchEvent(new Event(READY, { bubbles: true }));
  }, []);
  const pane = useRef<HTMLDivElement>(null);
  useKeptFocus(pane);
  const [width, setWidth] = useState(WIDEST);
  const [height, setHeight] = useState(240);
  useLayoutEffect(() => {
    const element = pane.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) setWidth(Math.min(WIDEST, element.clientWidth - 2 * MARGIN));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  const nodes = useMemo<Node[]>(
    () => [{ id: "node", type: "card", position: { x: 0, y: 0 }, data: {}, style: { width, pointerEvents: "all" }, focusable: false }],
    [width],
  );
  return (
    <div className="sch sch-node-pane" ref={pane} style={{ height: height + 2 * MARGIN }}>
      <CardContext.Provider value={props}>
        <ReactFlowProvider>
          <ReactFlow
            nodes={nodes}
            edges={[]}
            nodeTypes={NODE_TYPES}
            onNodesChange={(changes) => {
              for (const change of changes) {
                if (change.type === "dimensions" && change.dimensions) setHeight(Math.ceil(change.dimensions.height));
              }
            }}
            viewport={{ x: MARGIN, y: MARGIN, zoom: 1 }}
            nodesDraggable={false}
            nodesConnectable={false}
            nodesFocusable={false}
            elementsSelectable={false}
            panOnDrag={false}
            zoomOnScroll={false}
            zoomOnPinch={false}
            zoomOnDoubleClick={false}
            preventScrolling={false}
            deleteKeyCode={null}
            disableKeyboardA11y
          />
        </ReactFlowProvider>
      </CardContext.Provider>
    </div>
  );
}

export default { render: createRender(NodePane) };
