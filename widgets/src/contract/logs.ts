// Made of schillinger_plugins/widgets/contract/logs.py by `make contract`: change that.

export type ToKernel = Look | Leave;
export type ToPage = Lines;

export interface Contract {
  LogsState: LogsState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits of the log.
 */
export interface LogsState {
  plugin: string;
  ended: boolean;
}
/**
 * A view is shown; said again now and then. Answered by `Lines` if it is `new`.
 */
export interface Look {
  kind: "look";
  view: string;
  new?: boolean;
  after?: number;
}
/**
 * A view isn't shown any more.
 */
export interface Leave {
  kind: "leave";
  view: string;
}
/**
 * Lines, oldest first; also none, to say that all is well.
 */
export interface Lines {
  kind: "lines";
  lines: Line[];
  dropped: number;
}
/**
 * One line of a plugin; its text is hostile.
 */
export interface Line {
  number: number;
  time_s: number;
  plugin: string;
  instance: string;
  level: "" | "debug" | "error" | "host" | "info" | "warning";
  text: string;
}
