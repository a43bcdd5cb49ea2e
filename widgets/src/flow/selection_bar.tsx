// What can be done with what is selected, at the foot of the canvas.
import type { ReactNode } from "react";

import type { FlowNode } from "./document.ts";
import type { Edge } from "./editing.ts";
import { Icon, IconButton } from "./icons.tsx";
import type { Deed } from "./keys.ts";

const EDGES: readonly [Edge, string][] = [
  ["left", "align left"], ["centre", "align centres"], ["right", "align right"],
  ["top", "align tops"], ["middle", "align middles"], ["bottom", "align bottoms"],
];

interface BarProps {
  nodes: readonly FlowNode[];
  canRun: boolean;
  onDo: (deed: Deed) => void;
  onAlign: (edge: Edge) => void;
  onCopy: () => void;
}

export function SelectionBar({ nodes, canRun, onDo, onAlign, onCopy }: BarProps): ReactNode {
  if (nodes.length === 0) return null;
  const plugins = nodes.some((node) => node.type === "plugin");
  return (
    <div className="sch-selection-bar nodrag nopan" role="toolbar" aria-label={`${nodes.length} selected`}>
      <span className="sch-soft">{nodes.length > 1 ? `${nodes.length} selected` : ""}</span>
      {plugins ? (
        <button type="button" className="sch-quiet" title="Run only what leads here (Shift+R)" disabled={!canRun} onClick={() => onDo("runTo")}>
          <Icon name="run" size={12} /> Run to here
        </button>
      ) : null}
      {plugins ? <IconButton icon="bypass" label="pass by, or not" keys="B" onClick={() => onDo("bypass")} /> : null}
      {nodes.length > 1 ? EDGES.map(([edge, label]) => <IconButton key={edge} icon={edge} label={label} onClick={() => onAlign(edge)} />) : null}
      {nodes.some((node) => node.type === "group") ? (
        <button type="button" className="sch-quiet" title="Ctrl+Shift+G" onClick={() => onDo("ungroup")}>Ungroup</button>
      ) : (
        <IconButton icon="group" label="group" keys="Ctrl+G" onClick={() => onDo("group")} />
      )}
      <IconButton icon="copy" label="copy" keys="Ctrl+C" onClick={onCopy} />
      <IconButton icon="plus" label="duplicate" keys="Ctrl+D" onClick={() => onDo("duplicate")} />
      <IconButton icon="trash" label="delete" keys="Delete" onClick={() => onDo("delete")} />
    </div>
  );
}
