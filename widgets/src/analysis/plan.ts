// The plan as it comes from Python (`plan_of`): what there is to see. The arrays are asked for by name.

export interface PlanFigure {
  name: string;
  label: string;
  text: string;
  unit: string;
  tooltip?: string;
}

export interface PlanSound {
  name: string;
  label: string;
  channels: number;
  sample_rate: number;
  duration_s: number;
  peak: number;
}

export interface PlanMarks {
  name: string;
  label: string;
  count: number;
  tooltip: string;
  role: "beat" | "downbeat" | "";
}

export interface PlanSegments {
  name: string;
  label: string;
  count: number;
  tooltip: string;
}

export interface PlanTrack {
  name: string;
  label: string;
  kind: "image" | "curve";
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

export interface PlanDifference {
  label: string;
  unit: string;
  texts: string[];
  difference: string;
}

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

export interface Region {
  start_s: number;
  end_s: number;
}

/** What the widget shares with its views. */
export interface Shared {
  plan: Plan;
  region: Region | null;
  loop: boolean;
  sound: string;
}

export type Format = "png" | "svg" | "csv" | "jams";

/** Of what is compared a thing belongs to; empty where nothing is compared. `merged` in Python writes `0:name`. */
export function sideOf(name: string): string {
  return /^\d+:/.exec(name)?.[0] ?? "";
}
