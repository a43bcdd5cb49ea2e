// Made of schillinger_plugins/widgets/contract/status.py by `make contract`: change that.

export type ToKernel = Look | Leave | Act | AskTail;
export type ToPage = Table | Tick | Tail;

export interface Contract {
  StatusState: StatusState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits of the table.
 */
export interface StatusState {
  level: string;
  plugins: {
    [k: string]: number;
  };
  busy: string[];
  said: Said;
  ended: boolean;
}
/**
 * What became of an action; empty as long as there was none.
 */
export interface Said {
  text?: string;
  ok?: boolean;
  number?: number;
}
/**
 * A view is shown; said again now and then. Answered by `Table` if it is `new`.
 */
export interface Look {
  kind: "look";
  view: string;
  new?: boolean;
}
/**
 * A view isn't shown any more.
 */
export interface Leave {
  kind: "leave";
  view: string;
}
/**
 * Do something with a row; `Said` tells what became of it.
 */
export interface Act {
  kind: "act";
  action: "destroy" | "reload" | "sleep";
  row: string;
}
/**
 * The last lines of a row; answered by `Tail`.
 */
export interface AskTail {
  kind: "tail";
  row: string;
}
/**
 * All rows, and their past by row.
 */
export interface Table {
  kind: "table";
  rows: Row[];
  past: {
    [k: string]: Past;
  };
  cut: number;
}
/**
 * An instance; or a plugin that has none, then `instance` is empty.
 */
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
  restarts: number;
  p50_s: number;
  p99_s: number;
  calls_per_s: number;
  cpu_share: number;
  memory_bytes: number;
  peak_memory_bytes: number;
  growth_bytes_per_call: number;
  given_back_bytes: number;
  leaks: boolean;
  last_error: string;
}
/**
 * What a row's figures were, oldest first, a second apart.
 */
export interface Past {
  calls_per_s: number[];
  cpu_share: number[];
  memory_bytes: number[];
}
/**
 * Another second: the rows that have changed, and the ids of those that are gone.
 */
export interface Tick {
  kind: "tick";
  rows: Row[];
  gone: string[];
  cut: number;
}
/**
 * The last lines that a row printed.
 */
export interface Tail {
  kind: "tail";
  row: string;
  lines: string[];
}
