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
  tracks: PlanTrack[];
}
