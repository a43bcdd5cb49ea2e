// What Python and the log tell each other: contract/logs.py has the words.

export type Level = "debug" | "info" | "warning" | "error" | "host" | "";

export interface Line {
  number: number;
  time_s: number;
  plugin: string;
  instance: string;
  level: Level;
  text: string;
}

export interface Lines {
  kind: "lines";
  lines: Line[];
  dropped: number;
}
