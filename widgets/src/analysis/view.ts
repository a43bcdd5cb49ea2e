// The view of a result: figures, lanes over one time axis, a player. Plain DOM and canvas: small, and quick to draw.
import type { AnyModel } from "@anywidget/types";

import { READY } from "../statics.ts";
import { Coloring } from "./coloring.ts";
import { make, tool } from "./elements.ts";
import { differences, figures, header, inWords, rows } from "./heading.ts";
import { type Ink, inkOf } from "./ink.ts";
import { type Commands, HINT, press } from "./keys.ts";
import { Looking } from "./looking.ts";
import { type MarkLine, askForMarks, beatsOf } from "./marks.ts";
import { Overlay } from "./overlay.ts";
import { Overview } from "./overview.ts";
import type { AnalysisState, Plan, PlanSound, Region } from "../contract/analysis.ts";
import { sideOf } from "./sides.ts";
import { Player } from "./player.ts";
import { followPointer } from "./pointer.ts";
import { savingButtons } from "./saving.ts";
import { withEnd } from "./selecting.ts";
import { Stage } from "./stage.ts";
import { TileStore } from "./tiles.ts";
import { Transport } from "./transport.ts";
import { type Wire, wireOf } from "./wire.ts";
import { barOf, short } from "./words.ts";

const COLUMNS = 1024;
const COMPUTED_COLUMNS = 256;

export class View {
  private readonly plan: Plan;
  private readonly wire: Wire;
  private readonly looking: Looking;
  private readonly tiles: TileStore;
  private readonly coloring: Coloring;
  private readonly stage: Stage;
  private readonly overlay: Overlay;
  private readonly overview: Overview;
  private readonly player: Player | undefined;
  private readonly transport: Transport | undefined;
  private readonly marks: MarkLine[];
  private readonly gone = new AbortController();
  private readonly undo: (() => void)[] = [];
  private readonly root = make("div", "sch sch-analysis");
  private readonly readout = make("span", "sch-readout");
  private readonly notice = make("span", "sch-soft sch-notice");
  private region: Region | null;
  private clicks = "";
  private ink: Ink | undefined;

  constructor(private readonly model: AnyModel<AnalysisState>, private readonly el: HTMLElement) {
    const plan = (this.plan = model.get("plan"));
    this.region = model.get("region");
    this.wire = wireOf(model);
    this.looking = new Looking(plan.duration_s, () => this.draw());
    const computed = new Set(plan.tracks.filter((track) => track.computed).map(({ name }) => name));
    this.tiles = new TileStore(
      this.wire,
      this.looking.durationS,
      (name) => (computed.has(name) ? COMPUTED_COLUMNS : COLUMNS),
      () => {
        el.dispatchEvent(new Event(READY));
        this.looking.redraw();
      },
      (silent) => this.tell(silent ? "Python is busy or gone; what is loaded can still be used" : ""),
    );
    this.coloring = new Coloring((name) => this.tiles.whole(name), () => this.looking.redraw());
    this.marks = plan.marks.map((marks) => ({ plan: marks, times: new Float64Array(), color: colorOf(plan, marks.name), on: true }));
    this.stage = new Stage(plan, this.marks, this.tiles, this.looking, this.coloring, this.wire);
    const sound = this.soundNamed(model.get("sound")) ?? plan.sounds[0];
    this.overlay = new Overlay(this.looking, sound !== undefined);
    this.overview = new Overview(this.looking, plan.sounds[0], this.gone.signal);
    if (sound) {
      this.player = new Player(this.wire, sound, { onState: () => this.transport?.update(), onHead: (timeS) => this.moveHead(timeS) });
      this.transport = new Transport(this.player, plan.duration_s, plan.sounds, plan.marks, {
        choose: (chosen) => this.choose(chosen),
        loop: (on) => this.share("loop", on),
        clicks: (name) => this.clickOn(name),
      });
    }
    this.build();
    this.listen();
    this.heed();
    this.looking.redraw();
  }

  close(): void {
    this.gone.abort();
    for (const step of this.undo.splice(0).reverse()) step();
    this.looking.close();
    this.player?.close();
    this.stage.close();
    this.tiles.close();
    this.root.remove();
  }

  private build(): void {
    const { plan, root } = this;
    root.append(header(plan));
    if (plan.figures.length > 0) root.append(figures(plan.figures));
    if (plan.differences.length > 0) root.append(differences(plan.compared, plan.differences));
    if (this.stage.lanes.size > 0 || plan.tracks.length > 0) root.append(this.bar(), this.stageBox(), inWords(plan));
    else root.append(make("p", "sch-soft sch-nothing", "Nothing here lies in time: there is no sound, or it has no length."));
    if (plan.rows.length > 0) root.append(rows(plan.rows));
    this.el.append(root);
  }

  private bar(): HTMLElement {
    const bar = make("div", "sch-toolbar");
    if (this.transport) bar.append(this.transport.element);
    const tools = make("span", "sch-tools");
    tools.append(
      tool("Zoom in", "M6 2v8M2 6h8", () => this.zoomBy(0.5)),
      tool("Zoom out", "M2 6h8", () => this.zoomBy(2)),
      tool("Show all", "M1 6h10M1 6l3-3M1 6l3 3M11 6 8 3M11 6 8 9", () => this.looking.all()),
    );
    const images = this.plan.tracks.filter(({ kind }) => kind === "image");
    const saving = savingButtons(this.wire, (text) => this.tell(text));
    this.undo.push(saving.close);
    const right = make("span", "sch-right");
    if (images.length > 0) right.append(this.coloring.controls(images.some(({ unit }) => unit.startsWith("dB"))));
    right.append(saving.element);
    bar.append(tools, right);
    return bar;
  }

  private stageBox(): HTMLElement {
    const box = make("div", "sch-stage");
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", HINT);
    const chips = this.stage.chips();
    if (chips) box.append(chips);
    this.notice.setAttribute("role", "status");
    const foot = make("div", "sch-foot");
    foot.append(this.readout, this.notice);
    this.stage.box.append(this.overlay.element);
    box.append(this.overview.element, this.stage.box, foot);
    const { signal } = this.gone;
    followPointer(this.stage.box, this.stage.ruler, this.looking, {
      region: () => this.region,
      select: (region, done) => this.select(region, done),
      seek: (timeS) => this.player?.seek(timeS),
      hover: (part, event) => this.hover(part, event),
    }, signal);
    const commands = this.commands();
    box.addEventListener("keydown", (event) => {
      if (event.target !== box || event.ctrlKey || event.metaKey || event.altKey) return;
      if (!press(event.key, event.shiftKey, commands)) return;
      event.preventDefault();
      event.stopPropagation();
    }, { signal });
    return box;
  }

  private commands(): Commands {
    const { looking, player, plan } = this;
    const headS = (): number => player?.headS ?? looking.span.startS;
    return {
      toggle: () => player?.toggle(),
      step: (part) => player?.seek(player.headS + part * looking.length),
      pan: (part) => looking.panBy(part * looking.length),
      zoom: (factor) => this.zoomBy(factor),
      all: () => looking.all(),
      home: () => player?.seek(0),
      end: () => player?.seek(plan.duration_s),
      begin: () => this.select(withEnd(this.region, "start", headS(), looking.durationS), true),
      finish: () => this.select(withEnd(this.region, "end", headS(), looking.durationS), true),
      clear: () => {
        const had = this.region !== null;
        if (had) this.select(null, true);
        return had;
      },
      loop: () => this.share("loop", !this.model.get("loop")),
      clicks: () => this.clickOn(this.transport?.nextClicks(sideOf(player?.name ?? "")) ?? ""),
      swap: () => {
        const next = plan.sounds[(plan.sounds.findIndex(({ name }) => name === player?.name) + 1) % plan.sounds.length];
        if (next) this.choose(next);
      },
      fit: () => this.region && looking.fit(this.region.start_s, this.region.end_s),
    };
  }

  /** What is asked once, and what changes outside. */
  private listen(): void {
    this.undo.push(askForMarks(this.wire, this.marks, () => {
      if (this.clicks) this.clickOn(this.clicks);
      this.looking.redraw();
    }));
    const size = new ResizeObserver(() => this.looking.redraw());
    size.observe(this.stage.box);
    const theme = new MutationObserver(() => {
      this.ink = undefined;
      this.looking.redraw();
    });
    theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
    this.undo.push(() => size.disconnect(), () => theme.disconnect());
    for (const name of ["region", "loop", "sound"] as const) {
      const changed = (): void => this.heed();
      this.model.on(`change:${name}`, changed);
      this.undo.push(() => this.model.off(`change:${name}`, changed));
    }
  }

  /** Take over what is shared with Python and the other views. */
  private heed(): void {
    this.region = this.model.get("region");
    const loop = this.model.get("loop");
    const region = this.region && { startS: this.region.start_s, endS: this.region.end_s };
    const sound = this.soundNamed(this.model.get("sound"));
    this.transport?.showLoop(loop);
    this.player?.within(region, loop);
    if (sound) this.player?.choose(sound);
    this.looking.redraw();
  }

  private share<K extends keyof AnalysisState>(name: K, value: AnalysisState[K]): void {
    this.model.set(name, value);
    this.model.save_changes();
  }

  private soundNamed(name: string): PlanSound | undefined {
    return this.plan.sounds.find((sound) => sound.name === name);
  }

  private choose(sound: PlanSound): void {
    this.player?.choose(sound);
    this.share("sound", sound.name);
  }

  private clickOn(name: string): void {
    this.clicks = name;
    const mark = this.marks.find(({ plan }) => plan.name === name);
    const strong = beatsOf(this.marks, sideOf(name)).downbeats;
    this.player?.click(mark ? { times: mark.times, strong: mark.plan.role === "beat" ? strong : new Float64Array() } : null);
  }

  private select(region: Region | null, done: boolean): void {
    this.region = region;
    if (done) {
      this.share("region", region);
      this.tell(region ? `selected ${short(region.start_s)} to ${short(region.end_s)} s (${short(region.end_s - region.start_s)} s)` : "");
    }
    this.looking.redraw();
  }

  private zoomBy(factor: number): void {
    const headS = this.player?.headS ?? -1;
    const { startS, endS } = this.looking.span;
    this.looking.zoomBy(factor, headS > startS && headS < endS ? headS : (startS + endS) / 2);
  }

  private moveHead(timeS: number): void {
    this.transport?.moveTime(timeS);
    if (this.player?.playing) this.looking.follow(timeS);
    this.overlay.moveHead(timeS);
  }

  private hover(part: number | null, event: PointerEvent | null): void {
    this.overlay.hoverAt(part);
    if (part === null || part < 0 || part > 1 || !event) {
      this.readout.textContent = "";
      return;
    }
    const timeS = this.looking.timeAt(part);
    const lane = this.stage.laneUnder(event.target);
    const { beats, downbeats } = beatsOf(this.marks, sideOf(lane?.name ?? this.plan.marks[0]?.name ?? ""));
    const words = [`${short(timeS)} s`, barOf(timeS, beats, downbeats)];
    if (lane) {
      const box = lane.canvas.getBoundingClientRect();
      const height = 1 - (event.clientY - box.top) / Math.max(1, box.height);
      if (height >= 0 && height <= 1) words.push(lane.read(timeS, height, this.tiles.at(lane.name, timeS)));
    }
    this.readout.textContent = words.filter(Boolean).join(" · ");
  }

  private tell(text: string): void {
    this.notice.textContent = text;
  }

  private draw(): void {
    this.ink ??= inkOf(this.root);
    this.stage.draw(this.ink);
    const first = this.plan.sounds[0];
    this.overview.draw(first && this.tiles.whole(first.name), this.region, this.ink);
    this.overlay.showRegion(this.region);
    if (this.player) this.overlay.moveHead(this.player.headS);
    // What is not made of tiles has been drawn now.
    if (![...this.stage.lanes.values()].some(({ tiled }) => tiled)) this.el.dispatchEvent(new Event(READY));
  }
}

/** Marks of the same name have the same colour on all sides of a comparison. */
function colorOf(plan: Plan, name: string): number {
  const names = [...new Set(plan.marks.map((marks) => marks.name.slice(sideOf(marks.name).length)))];
  return names.indexOf(name.slice(sideOf(name).length));
}
