// Keys on the time axis. What is used is kept from the notebook; Ctrl, Alt and Meta are the notebook's and the browser's.

export interface Commands {
  toggle(): void;
  step(part: number): void;
  pan(part: number): void;
  zoom(factor: number): void;
  all(): void;
  home(): void;
  end(): void;
  begin(): void;
  finish(): void;
  clear(): boolean;
  loop(): void;
  clicks(): void;
  swap(): void;
  fit(): void;
}

export const HINT =
  "time axis: space plays, arrow keys move the playhead, with Shift they scroll, plus and minus zoom, 0 shows all, " +
  "brackets begin and end a selection at the playhead, F shows it, L loops, Escape clears it, C clicks on beats, X changes the sound";

/** Do what a key means. @returns whether it meant something */
export function press(key: string, shift: boolean, on: Commands): boolean {
  switch (key) {
    case " ": on.toggle(); break;
    case "ArrowLeft": shift ? on.pan(-0.2) : on.step(-0.02); break;
    case "ArrowRight": shift ? on.pan(0.2) : on.step(0.02); break;
    case "PageUp": on.pan(-0.9); break;
    case "PageDown": on.pan(0.9); break;
    case "+": case "=": on.zoom(0.5); break;
    case "-": on.zoom(2); break;
    case "0": on.all(); break;
    case "Home": on.home(); break;
    case "End": on.end(); break;
    case "[": on.begin(); break;
    case "]": on.finish(); break;
    case "f": case "F": on.fit(); break;
    case "l": case "L": on.loop(); break;
    case "c": case "C": on.clicks(); break;
    case "x": case "X": on.swap(); break;
    case "Escape": return on.clear();
    default: return false;
  }
  return true;
}
