// What Python and the table tell each other: contract/status.py has the words.

export type Action = "sleep" | "reload" | "destroy";

export interface Row {
  id: string;
  plugin: string;
  instance: string;
  version: string;
  state: string;
  level: string;
  waiting: number;
  calls: number;
  failures: number;
  cancelled: number;
  mean_s: number;
  calls_per_s: number;
  cpu_share: number;
  memory_bytes: number;
  leaks: boolean;
  last_error: string;
}

export interface Past {
  calls_per_s: number[];
  cpu_share: number[];
  memory_bytes: number[];
}

export interface Said {
  text?: string;
  ok?: boolean;
  number?: number;
}

export type ToPage =
  | { kind: "table"; rows: Row[]; past: Record<string, Past>; cut: number }
  | { kind: "tick"; rows: Row[]; gone: string[]; cut: number }
  | { kind: "tail"; row: string; lines: string[] };
