// The traits and messages of a flow, to the names of `schillinger_plugins/widgets/contract/flow.py`.

export type NodeState = "idle" | "queued" | "running" | "done" | "cached" | "failed" | "blocked" | "cancelled";

export interface Entry {
  plugin: string;
  version: string;
  label: string;
  plugin_type: string;
  category: string;
  description: string;
  definition: Record<string, unknown> | null;
}

export interface Remedy {
  label: string;
  do: "use" | "disconnect" | "reset" | "grant";
  plugin: string;
  version: string;
}

export interface Problem {
  message: string;
  node: string;
  edge: string;
  port: string;
  remedy: string;
  fixes: Remedy[];
}

export interface Standing {
  state: NodeState;
  progress: number;
  message: string;
  wall_s: number | null;
  stale: boolean;
  error: Record<string, string>;
  summary: Record<string, string>[];
  has_result: boolean;
}

export interface FlowState {
  name: string;
  document: unknown;
  palette: Entry[];
  definitions: Record<string, Record<string, unknown>>;
  problems: Problem[];
  standings: Record<string, Standing>;
  running: boolean;
  progress: number;
  eta_s: number | null;
  message: string;
}

export type ToKernel =
  | { kind: "run"; nodes: string[]; anew: boolean }
  | { kind: "cancel" }
  | { kind: "define"; plugin: string }
  | { kind: "show"; node: string };

export interface Shown {
  kind: "shown";
  node: string;
  outputs: Record<string, string>[];
  parts: string[];
  view: string;
}
