// Made of schillinger_plugins/widgets/contract/analysis.py by `make contract`: change that.

export type ToKernel = AskTile | AskMarks | AskSegments | AskSound | AskFile;
export type ToPage = Tile | Marks | Segments | Sound | File;

export interface Contract {
  AnalysisState: AnalysisState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits of an explorer.
 */
export interface AnalysisState {
  plan: Plan;
  region: Region | null;
  loop: boolean;
  sound: string;
}
/**
 * What there is to see: finite numbers and strings only.
 */
export interface Plan {
  title: string;
  subtitle: string;
  level: string;
  duration_s: number;
  figures: PlanFigure[];
  rows: PlanFigure[];
  sounds: PlanSound[];
  marks: PlanMarks[];
  segments: PlanSegments[];
  tracks: PlanTrack[];
  compared: string[];
  differences: PlanDifference[];
}
/**
 * A value to read.
 */
export interface PlanFigure {
  name: string;
  label: string;
  text: string;
  unit: string;
  tooltip: string;
}
/**
 * A sound to see and to hear. Its tile has a row of minima and one of maxima for each channel (float32).
 */
export interface PlanSound {
  name: string;
  label: string;
  channels: number;
  sample_rate: number;
  duration_s: number;
  peak: number;
}
/**
 * Instants.
 */
export interface PlanMarks {
  name: string;
  label: string;
  count: number;
  tooltip: string;
  role: "" | "beat" | "downbeat";
}
/**
 * Parts with a name each.
 */
export interface PlanSegments {
  name: string;
  label: string;
  count: number;
  tooltip: string;
}
/**
 * Values over time. A curve's tile has a row of minima and one of maxima (float32), an image's a byte per row.
 */
export interface PlanTrack {
  name: string;
  label: string;
  kind: "curve" | "image";
  unit: string;
  rows: number;
  low: number;
  high: number;
  bins: number[] | null;
  bins_unit: string;
  bin_names: string[];
  shown: boolean;
  tooltip: string;
  computed: boolean;
}
/**
 * A figure of each of the compared, and what lies between the last and the first of them.
 */
export interface PlanDifference {
  label: string;
  unit: string;
  texts: string[];
  difference: string;
}
/**
 * A part of the time axis.
 */
export interface Region {
  start_s: number;
  end_s: number;
}
/**
 * Columns of a sound or a track; answered by `Tile`.
 */
export interface AskTile {
  kind: "tile";
  name: string;
  start_s?: number;
  end_s?: number;
  columns?: number;
}
/**
 * The times of marks; answered by `Marks`.
 */
export interface AskMarks {
  kind: "marks";
  name: string;
}
/**
 * The parts; answered by `Segments`.
 */
export interface AskSegments {
  kind: "segments";
  name: string;
}
/**
 * A sound to play; answered by `Sound`.
 */
export interface AskSound {
  kind: "sound";
  name: string;
}
/**
 * The view as a file; answered by `File`.
 */
export interface AskFile {
  kind: "export";
  format: "csv" | "jams" | "png" | "svg";
}
/**
 * Columns, in the buffer. They cover `start_s` to `end_s`, made sane, and may be fewer than asked.
 */
export interface Tile {
  kind: "tile";
  name: string;
  start_s: number;
  end_s: number;
  columns: number;
  rows: number;
  rough: boolean;
}
/**
 * Times in s, as float64, in the buffer.
 */
export interface Marks {
  kind: "marks";
  name: string;
}
/**
 * Begins, then ends, in s, as float64, in the buffer.
 */
export interface Segments {
  kind: "segments";
  name: string;
  labels: string[];
}
/**
 * A WAV file in the buffer. `note` says what was left out.
 */
export interface Sound {
  kind: "sound";
  name: string;
  note: string;
  duration_s: number;
}
/**
 * The file in the buffer; or, where `problem` isn't empty, why there is none.
 */
export interface File {
  kind: "export";
  format: "csv" | "jams" | "png" | "svg";
  filename: string;
  problem: string;
}
