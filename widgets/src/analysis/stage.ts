// The stage: the lanes over one ruler, which of them are shown, and their drawing.
import type { Coloring } from "./coloring.ts";
import { curveLane } from "./curve_lane.ts";
import { chip, make } from "./elements.ts";
import { imageLane } from "./image_lane.ts";
import type { Ink } from "./ink.ts";
import { type Lane, frame, prepare } from "./lane.ts";
import type { Looking } from "./looking.ts";
import { type MarkLine, drawMarks } from "./marks.ts";
import type { Plan, PlanTrack } from "../contract/analysis.ts";
import { sideOf } from "./sides.ts";
import { segmentLane } from "./segment_lane.ts";
import type { TileStore } from "./tiles.ts";
import { ticks } from "./time_axis.ts";
import { waveLane } from "./wave_lane.ts";
import type { Wire } from "./wire.ts";

const MARK_HEIGHT = 30;
const UNSEEN_PX = 1000;

interface Entry {
  name: string;
  label: string;
  tooltip: string;
  shown: boolean;
  make(): Lane;
}

export class Stage {
  readonly box = make("div", "sch-lanes");
  readonly ruler = make("div", "sch-ruler");
  readonly lanes = new Map<string, Lane>();
  private readonly entries: Entry[];
  private readonly undo: (() => void)[] = [];
  private rulerText = "";

  constructor(
    private readonly plan: Plan,
    private readonly marks: MarkLine[],
    private readonly tiles: TileStore,
    private readonly looking: Looking,
    private readonly coloring: Coloring,
    private readonly wire: Wire,
  ) {
    this.entries = this.list();
    this.box.append(this.ruler);
    for (const entry of this.entries) if (entry.shown) this.show(entry, true);
  }

  /** Marks and lanes can be shown and hidden. */
  chips(): HTMLElement | null {
    const chips = make("div", "sch-chips");
    chips.setAttribute("role", "group");
    chips.setAttribute("aria-label", "what is shown");
    for (const mark of this.marks) {
      const button = chip(`${mark.plan.label} ${mark.plan.count}`, mark.plan.tooltip, true, (on) => {
        mark.on = on;
        this.looking.redraw();
      });
      button.prepend(make("i", `sch-mark sch-mark-${mark.color % 3}`));
      chips.append(button);
    }
    for (const entry of this.entries) chips.append(chip(entry.label, entry.tooltip, entry.shown, (on) => this.show(entry, on)));
    return chips.childElementCount > 1 ? chips : null;
  }

  draw(ink: Ink): void {
    // The view is unseen until it has something to show: what it will need is asked for all the same.
    const width = this.ruler.clientWidth || UNSEEN_PX;
    for (const lane of this.lanes.values()) {
      lane.draw(lane.tiled ? this.tiles.pieces(lane.name, this.looking.span, width) : [], this.looking.span, ink);
    }
    this.drawRuler(width);
  }

  laneUnder(target: EventTarget | null): Lane | undefined {
    return [...this.lanes.values()].find(({ element }) => element.contains(target as Node));
  }

  close(): void {
    for (const step of this.undo.splice(0)) step();
  }

  private list(): Entry[] {
    const { plan } = this;
    const loudest = Math.max(...plan.sounds.map(({ peak }) => peak), 0);
    const entries: Entry[] = plan.sounds.map((sound) => ({
      name: sound.name,
      label: sound.label,
      tooltip: "the waveform",
      shown: true,
      make: () => waveLane(sound, plan.compared.length > 0 ? loudest : sound.peak, () => this.marks.filter((mark) => sideOf(mark.plan.name) === sideOf(sound.name))),
    }));
    if (plan.sounds.length === 0 && plan.marks.length > 0) entries.push(this.marksAlone());
    for (const parts of plan.segments) {
      entries.push({
        ...parts,
        shown: true,
        make: () => {
          const { lane, close } = segmentLane(parts, this.wire, () => this.looking.redraw());
          this.undo.push(close);
          return lane;
        },
      });
    }
    for (const track of plan.tracks) entries.push({ ...track, make: () => this.trackLane(track) });
    return entries;
  }

  private trackLane(track: PlanTrack): Lane {
    return track.kind === "image" ? imageLane(track, this.coloring) : curveLane(track);
  }

  /** Where there is no sound to draw the marks on. */
  private marksAlone(): Entry {
    const make = (): Lane => {
      const { element, canvas } = frame(this.plan.marks.map(({ label }) => label).join(", "), "", MARK_HEIGHT);
      const draw: Lane["draw"] = (_pieces, span, ink) => {
        const pen = prepare(canvas, span);
        if (pen) drawMarks(pen, this.marks, span, ink);
      };
      return { name: "marks", element, canvas, tiled: false, draw, read: () => "" };
    };
    return { name: "marks", label: "Instants", tooltip: "", shown: true, make };
  }

  private show(entry: Entry, on: boolean): void {
    entry.shown = on;
    const lane = this.lanes.get(entry.name);
    if (!on) {
      lane?.element.remove();
      this.lanes.delete(entry.name);
      this.tiles.forget(entry.name);
    } else if (!lane) {
      const at = this.entries.indexOf(entry);
      const next = this.entries.slice(at + 1).find(({ name }) => this.lanes.has(name));
      const made = entry.make();
      this.lanes.set(entry.name, made);
      this.box.insertBefore(made.element, next ? this.lanes.get(next.name)!.element : this.ruler);
    }
    this.looking.redraw();
  }

  private drawRuler(width: number): void {
    const { looking } = this;
    const now = `${looking.span.startS} ${looking.span.endS} ${width}`;
    if (now === this.rulerText) return;
    this.rulerText = now;
    this.ruler.replaceChildren(
      ...ticks(looking.span, width).map(({ timeS, text }) => {
        const tick = make("span", "", text);
        tick.style.left = `${looking.partAt(timeS) * 100}%`;
        return tick;
      }),
    );
  }
}
