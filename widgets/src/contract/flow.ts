// Made of schillinger_plugins/widgets/contract/flow.py by `make contract`: change that.

export type ToKernel = Run | Cancel | Define | Show;
export type ToPage = Shown;

export interface Contract {
  FlowState: FlowState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits of a flow's widget.
 */
export interface FlowState {
  name: string;
  document: Document;
  palette: Entry[];
  definitions: {
    [k: string]: {
      [k: string]: unknown;
    };
  };
  problems: Problem[];
  standings: {
    [k: string]: Standing;
  };
  running: boolean;
  progress: number;
  eta_s: number | null;
  message: string;
}
/**
 * A flow as React Flow saves it, and the revision that it is.
 */
export interface Document {
  nodes: FlowNode[];
  edges: FlowEdge[];
  viewport: Viewport;
  revision: number;
  page: string;
  write: number;
  heard: {
    [k: string]: number;
  };
}
/**
 * A node of React Flow. What else it has of React Flow's fields is kept as it is.
 */
export interface FlowNode {
  id: string;
  type: "comment" | "group" | "input" | "plugin";
  position: Position;
  data: {
    [k: string]: unknown;
  };
  parentId?: string | null;
  width?: number | null;
  height?: number | null;
}
/**
 * In the canvas's pixels.
 */
export interface Position {
  x: number;
  y: number;
}
/**
 * A connection from an output to an input.
 */
export interface FlowEdge {
  id: string;
  source: string;
  sourceHandle: string;
  target: string;
  targetHandle: string;
}
/**
 * What was looked at last.
 */
export interface Viewport {
  x: number;
  y: number;
  zoom: number;
}
/**
 * A plugin in the palette. Its definition is None until a worker was asked for it; see `Define`.
 */
export interface Entry {
  plugin: string;
  version: string;
  label: string;
  plugin_type: string;
  category: string;
  description: string;
  definition: {
    [k: string]: unknown;
  } | null;
}
/**
 * What keeps a flow from running, at the node or edge where it is.
 */
export interface Problem {
  message: string;
  node: string;
  edge: string;
  port: string;
  remedy: string;
  fixes: Remedy[];
}
/**
 * Something that a click would mend: use another version or plugin, or remove an edge.
 */
export interface Remedy {
  label: string;
  do: "disconnect" | "grant" | "reset" | "use";
  plugin: string;
  version: string;
}
/**
 * How it stands with one node.
 */
export interface Standing {
  state: "blocked" | "cached" | "cancelled" | "done" | "failed" | "idle" | "queued" | "running";
  progress: number;
  message: string;
  wall_s: number | null;
  stale: boolean;
  error: {
    [k: string]: string;
  };
  summary: {
    [k: string]: string;
  }[];
  has_result: boolean;
}
/**
 * Run the flow, or what leads to these nodes and these.
 */
export interface Run {
  kind: "run";
  nodes?: string[];
  anew?: boolean;
}
/**
 * End the run.
 */
export interface Cancel {
  kind: "cancel";
}
/**
 * Ask a plugin for its definition: it comes in ``palette`` and ``definitions``.
 */
export interface Define {
  kind: "define";
  plugin: string;
}
/**
 * Ask for a node's result, to be opened beside it; answered by `Shown`.
 */
export interface Show {
  kind: "show";
  node: string;
}
/**
 * A node's result: its outputs as text, its drawings, a still picture and its sounds in the buffers.
 */
export interface Shown {
  kind: "shown";
  node: string;
  outputs: {
    [k: string]: string;
  }[];
  parts: Part[];
  view: string;
}
/**
 * What a buffer of a shown result is.
 */
export interface Part {
  mime: ("audio/wav" | "image/jpeg" | "image/png" | "image/svg+xml") | "application/vnd.vegalite.v5+json";
  label: string;
  is_still: boolean;
}
