// What each widget shares with its page, once with something in every part.
import type { AnalysisState } from "../src/contract/analysis.ts";
import type { FlowState } from "../src/contract/flow.ts";
import type { LogsState } from "../src/contract/logs.ts";
import type { NodeState, Output, Parameter, Port } from "../src/contract/node.ts";
import type { PanelState } from "../src/contract/panel.ts";
import type { StatusState } from "../src/contract/status.ts";
import { ONE_OF_EACH } from "./parameter.ts";

function output(name: string, type: Port["type"]): Output {
  return {
    name, label: name, type, unit: "", tooltip: "", sample_type: null, times: null, bins: null, bin_count: null, bin_names: [],
    has_duration: false, sample_rate: null,
  };
}

const PARAMETERS: Parameter[] = ONE_OF_EACH.map((one) => ({ ...one, aliases: [], accept: one.accept ?? [], max_bytes: one.max_bytes ?? null }));
const VALUES = Object.fromEntries(PARAMETERS.map((one) => [one.name, one.default]));
const FAILURE = { type: "PluginError", message: "it broke", remedy: "mend it", path: "$.x", traceback: "main.py, line 1" };

export const NODE: NodeState = {
  definition: {
    type: "gain_node", label: "Gain", description: "Changes the level.",
    inputs: [{ name: "audio", label: "Audio", type: "audio", unit: "", tooltip: "what to change", required: true }],
    outputs: [output("audio", "audio"), output("peak", "number")],
    parameters: PARAMETERS, ui: {}, example: null, presets: {}, steps: [], panel: null,
  },
  plugin_id: "gain_node", level: "full", can_run: true, parameters: { ...VALUES, gain_db: -6 }, parameter_errors: { mode: "no such mode" },
  inputs_set: { audio: { state: "tone", text: "test tone" } }, files_set: { scale: { state: "refused", text: "it is gone" } }, status: "done", progress: 1, message: "3 ms", error: {},
  summary: [{ label: "Peak", text: "−6", unit: "dB" }],
  live: false, waiting: false, permissions: [{ name: "network", granted: true, text: "example.org" }],
  waveform: { duration_s: 2, lows: [-0.5, -1], highs: [0.5, 1] }, can_read: true, can_save: true,
  presets: { Quiet: { ...VALUES, gain_db: -24 } }, saved_presets: { Mine: { ...VALUES } }, preset_error: "",
};

export const FAILED_NODE: NodeState = { ...NODE, status: "failed", error: FAILURE };
export const RUNNING_NODE: NodeState = { ...NODE, status: "running", progress: 0.4, message: "reading" };

const item = { label: null, tooltip: "", style: "normal", min: null, max: null } as const;

export const PANEL: PanelState = {
  definition: {
    label: "Desk", description: "A desk.", parameters: PARAMETERS,
    outputs: [output("level", "number"), output("said", "string"), output("notes", "list"), output("sound", "audio"), output("picture", "figure")],
  },
  panel: {
    columns: 2,
    groups: [{
      label: "Level",
      items: [
        { ...item, kind: "heading", name: null, label: "Out" },
        ...PARAMETERS.map(({ name }) => ({ ...item, kind: "control" as const, name })),
        { ...item, kind: "button", name: "play", label: "Play", style: "primary" },
        { ...item, kind: "value", name: "level" },
        { ...item, kind: "meter", name: "level", min: -60, max: 0 },
        { ...item, kind: "text", name: "said" },
        { ...item, kind: "table", name: "notes" },
        { ...item, kind: "audio", name: "sound" },
        { ...item, kind: "figure", name: "picture" },
      ],
    }],
  },
  plugin_id: "desk", level: "full", parameters: VALUES, parameter_errors: {},
  shown: {
    "value:level": { version: 1, has_data: false, text: "−3", number: -3 },
    "meter:level": { version: 2, has_data: false, text: "−3", number: -3 },
    "text:said": { version: 3, has_data: false, text: "well" },
    "table:notes": { version: 4, has_data: false, header: ["note", "Hz"], rows: [["A", "440"]], note: "" },
    "audio:sound": { version: 5, has_data: true, text: "1.00 s", note: "" },
    "figure:picture": { version: 6, has_data: true, alt: "a picture" },
  },
  status: "failed", message: "played", error: FAILURE,
};

export const STATUS: StatusState = { level: "full", plugins: { loaded: 2 }, busy: [], said: { text: "a sleeps", ok: true, number: 1 }, ended: false };
export const LOGS: LogsState = { plugin: "", ended: false };

const lane = { label: "x", tooltip: "" };

export const ANALYSIS: AnalysisState = {
  plan: {
    title: "Analyzer", subtitle: "of a sound", level: "full", duration_s: 4,
    figures: [{ ...lane, name: "tempo", text: "120", unit: "BPM" }],
    rows: [{ ...lane, name: "key", text: "A minor", unit: "" }],
    sounds: [{ name: "input:audio", label: "Audio", channels: 1, sample_rate: 8000, duration_s: 4, peak: 0.5 }],
    marks: [{ ...lane, name: "beats", count: 8, role: "beat" }],
    segments: [{ ...lane, name: "parts", count: 2 }],
    tracks: [
      { ...lane, name: "mel", kind: "image", unit: "dB", rows: 64, low: -80, high: 0, bins: null, bins_unit: "", bin_names: [], shown: true, computed: false },
      { ...lane, name: "centroid", kind: "curve", unit: "Hz", rows: 1, low: 0, high: 900, bins: null, bins_unit: "", bin_names: [], shown: true, computed: false },
    ],
    compared: [], differences: [],
  },
  region: { start_s: 1, end_s: 2 }, loop: false, sound: "input:audio",
};

export const FLOW: FlowState = {
  name: "study",
  document: {
    nodes: [
      { id: "a", type: "plugin", position: { x: 0, y: 0 }, data: { plugin: "gain_node", parameters: {} } },
      { id: "b", type: "plugin", position: { x: 300, y: 0 }, data: { plugin: "gain_node", parameters: {} }, parentId: "g" },
      { id: "g", type: "group", position: { x: 280, y: 0 }, data: { label: "Group" }, width: 300, height: 200 },
      { id: "c", type: "comment", position: { x: 0, y: 300 }, data: { text: "a note" } },
      { id: "i", type: "input", position: { x: -300, y: 0 }, data: { name: "sound", type: "audio" } },
    ],
    edges: [{ id: "i-a", source: "i", sourceHandle: "value", target: "a", targetHandle: "audio" }],
    viewport: { x: 0, y: 0, zoom: 1 }, revision: 1, page: "", write: 0, heard: {},
  },
  palette: [{ plugin: "gain_node", version: "1.0.0", label: "Gain", plugin_type: "EFFECT", category: "Effects", description: "", definition: null }],
  definitions: { gain_node: { ...NODE.definition } },
  problems: [{ message: "no input", node: "b", edge: "", port: "audio", remedy: "connect it", fixes: [] }],
  standings: { a: { state: "failed", progress: 0, message: "", wall_s: null, stale: false, error: FAILURE, summary: [], has_result: false } },
  running: false, progress: 0, eta_s: null, message: "",
};
