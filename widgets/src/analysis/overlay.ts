// The overlay: what lies over all lanes. The playhead, the line under the pointer, and the selection.
import { make } from "./elements.ts";
import type { Looking } from "./looking.ts";
import type { Region } from "../contract/analysis.ts";

export class Overlay {
  readonly element = make("div", "sch-over");
  private readonly head = make("div", "sch-head");
  private readonly hover = make("div", "sch-hover");
  private readonly region = make("div", "sch-region");

  constructor(private readonly looking: Looking, withHead: boolean) {
    this.element.append(this.region, this.hover, this.head);
    this.head.hidden = !withHead;
    this.hover.hidden = true;
    this.region.hidden = true;
  }

  moveHead(timeS: number): void {
    place(this.head, this.looking.partAt(timeS));
  }

  hoverAt(part: number | null): void {
    this.hover.hidden = part === null || part < 0 || part > 1;
    if (part !== null) place(this.hover, part);
  }

  showRegion(region: Region | null): void {
    this.region.hidden = region === null;
    if (!region) return;
    const from = Math.max(-0.01, this.looking.partAt(region.start_s));
    const to = Math.min(1.01, this.looking.partAt(region.end_s));
    this.region.hidden = to <= 0 || from >= 1;
    this.region.style.left = `${from * 100}%`;
    this.region.style.width = `${Math.max(0, to - from) * 100}%`;
  }
}

function place(line: HTMLElement, part: number): void {
  line.style.visibility = part >= 0 && part <= 1 ? "visible" : "hidden";
  line.style.left = `${part * 100}%`;
}
