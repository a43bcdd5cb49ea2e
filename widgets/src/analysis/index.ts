// The view of a result: figures, lanes over one time axis, a player. Plain DOM and canvas: small, and quick to draw.
import "../tokens.css";
import "./analysis.css";

import type { AnyModel, RenderProps } from "@anywidget/types";

import { type Ink, type Lane, type MarkLine, curveLane, imageLane, rowName, short, valueAt, waveLane } from "./lane.ts";
import type { Plan, PlanTrack } from "./plan.ts";
import { Player } from "./player.ts";
import { READY } from "../statics.ts";
import { TileStore, type Wire, floats } from "./tiles.ts";
import { type Span, follow, pan, ticks, writeTime, zoom } from "./time_axis.ts";

const CLICK_PX = 4;
const PLAY = "M3 1.5v11l9.5-5.5z";
const PAUSE = "M2.5 1.5h3.5v11H2.5zM8 1.5h3.5v11H8z";

function render({ model, el }: RenderProps<{ plan: Plan }>): () => void {
  const view = new View(model, el);
  return () => view.close();
}

class View {
  private readonly plan: Plan;
  private readonly wire: Wire;
  private readonly tiles: TileStore;
  private readonly gone = new AbortController();
  private readonly root = make("div", "sch sch-analysis");
  private readonly lanes = new Map<string, Lane>();
  private readonly tracks = new Map<string, PlanTrack>();
  private readonly laneBox = make("div", "sch-lanes");
  private readonly ruler = make("div", "sch-ruler");
  private readonly head = make("div", "sch-head");
  private readonly hover = make("div", "sch-hover");
  private readonly readout = make("span", "sch-readout");
  private readonly marks: MarkLine[];
  private readonly player: Player | undefined;
  private span: Span;
  private frame = 0;
  private showState: () => void = () => {};

  constructor(model: AnyModel<{ plan: Plan }>, el: HTMLElement) {
    this.plan = model.get("plan");
    this.wire = wireOf(model);
    const { plan } = this;
    this.span = { startS: 0, endS: Math.max(plan.duration_s, 1e-3) };
    this.tiles = new TileStore(this.wire, this.span.endS, () => {
      el.dispatchEvent(new Event(READY));
      this.redraw();
    });
    this.marks = plan.marks.map((marks, color) => ({ plan: marks, times: new Float32Array(), color, on: true }));
    const first = plan.sounds[0];
    if (first) {
      this.player = new Player(this.wire, first, {
        onState: () => this.showState(),
        onHead: (timeS) => this.moveHead(timeS),
      });
    }
    this.root.append(this.header());
    if (plan.figures.length > 0) this.root.append(this.figures());
    if (plan.sounds.length > 0 || plan.tracks.length > 0) this.root.append(this.bar(), this.stage());
    if (plan.rows.length > 0) this.root.append(this.rows());
    el.append(this.root);
    this.askForMarks();
    const observer = new ResizeObserver(() => this.redraw());
    observer.observe(this.laneBox);
    const theme = new MutationObserver(() => this.redraw());
    theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "class"] });
    this.gone.signal.addEventListener("abort", () => {
      observer.disconnect();
      theme.disconnect();
    });
    this.redraw();
    if (this.lanes.size === 0) queueMicrotask(() => el.dispatchEvent(new Event(READY)));
  }

  close(): void {
    this.gone.abort();
    cancelAnimationFrame(this.frame);
    this.player?.close();
    this.tiles.close();
    this.root.remove();
  }

  private header(): HTMLElement {
    const header = make("header", "");
    const title = make("h3", "", this.plan.title);
    header.append(title);
    if (this.plan.subtitle) header.append(make("span", "sch-soft", this.plan.subtitle));
    if (this.plan.level) header.append(make("span", `sch-badge sch-level-${this.plan.level}`, `sandbox: ${this.plan.level}`));
    return header;
  }

  private figures(): HTMLElement {
    const list = make("dl", "sch-figures");
    for (const figure of this.plan.figures) {
      const entry = make("div", "");
      entry.title = figure.tooltip || figure.name;
      const value = make("dd", "", figure.text);
      if (figure.unit && figure.text !== "–") value.append(make("span", "sch-soft", ` ${figure.unit}`));
      entry.append(make("dt", "", figure.label), value);
      list.append(entry);
    }
    return list;
  }

  private rows(): HTMLElement {
    const details = make("details", "sch-rows");
    details.append(make("summary", "", `${this.plan.rows.length} more output${this.plan.rows.length > 1 ? "s" : ""}`));
    const table = make("table", "");
    for (const row of this.plan.rows) {
      const line = make("tr", "");
      const name = make("th", "", row.label);
      name.scope = "row";
      line.append(name, make("td", "", row.unit ? `${row.text}, ${row.unit}` : row.text), make("td", "sch-soft", row.name));
      table.append(line);
    }
    details.append(table);
    return details;
  }

  /** Play, what to hear, what to see, zoom. */
  private bar(): HTMLElement {
    const bar = make("div", "sch-toolbar");
    const { player } = this;
    if (player) {
      const button = make("button", "sch-primary sch-play");
      button.type = "button";
      const time = make("span", "sch-time");
      const note = make("span", "sch-soft sch-sound-note");
      this.showState = () => {
        button.replaceChildren(icon(player.playing ? PAUSE : PLAY));
        button.setAttribute("aria-label", player.playing ? "Pause" : "Play");
        button.setAttribute("aria-busy", String(player.loading));
        note.textContent = player.loading ? "loading the sound" : player.note;
      };
      this.showState();
      this.moveTime = (timeS) => {
        time.textContent = `${writeTime(timeS, 0.1)} / ${writeTime(this.plan.duration_s, 0.1)}`;
      };
      this.moveTime(0);
      button.addEventListener("click", () => player.toggle());
      bar.append(button, time);
      if (this.plan.sounds.length > 1) bar.append(this.soundChoice(player));
      bar.append(note);
    }
    const right = make("span", "sch-tools");
    right.append(
      this.tool("Zoom in", "M6 2v8M2 6h8", () => this.zoomBy(0.5)),
      this.tool("Zoom out", "M2 6h8", () => this.zoomBy(2)),
      this.tool("Show all", "M1 6h10M1 6l3-3M1 6l3 3M11 6 8 3M11 6 8 9", () => this.look({ startS: 0, endS: this.plan.duration_s })),
    );
    bar.append(this.readout, right);
    return bar;
  }

  private soundChoice(player: Player): HTMLElement {
    const choice = make("select", "");
    choice.setAttribute("aria-label", "sound to play");
    for (const sound of this.plan.sounds) {
      const option = make("option", "", sound.label);
      option.value = sound.name;
      choice.append(option);
    }
    choice.addEventListener("change", () => {
      const sound = this.plan.sounds.find(({ name }) => name === choice.value);
      if (sound) player.choose(sound);
    });
    return choice;
  }

  private tool(label: string, path: string, act: () => void): HTMLElement {
    const button = make("button", "sch-quiet");
    button.type = "button";
    button.title = label;
    button.setAttribute("aria-label", label);
    button.append(icon(path, true));
    button.addEventListener("click", act);
    return button;
  }

  private stage(): HTMLElement {
    const stage = make("div", "sch-stage");
    stage.tabIndex = 0;
    stage.setAttribute("role", "group");
    stage.setAttribute(
      "aria-label",
      "time axis: space plays, arrow keys move the playhead, with Shift they scroll, plus and minus zoom, 0 shows all",
    );
    for (const sound of this.plan.sounds) this.add(waveLane(sound, () => (sound === this.plan.sounds[0] ? this.marks : [])));
    for (const track of this.plan.tracks) {
      this.tracks.set(track.name, track);
      if (track.shown) this.add(track.kind === "image" ? imageLane(track) : curveLane(track));
    }
    this.laneBox.append(this.ruler, this.head, this.hover);
    this.head.hidden = this.player === undefined;
    this.hover.hidden = true;
    const chips = this.chips();
    if (chips) stage.append(chips);
    stage.append(this.laneBox);
    this.handle(stage);
    return stage;
  }

  /** Marks and tracks can be shown and hidden. */
  private chips(): HTMLElement | null {
    const chips = make("div", "sch-chips");
    chips.setAttribute("role", "group");
    chips.setAttribute("aria-label", "what is shown");
    for (const mark of this.marks) {
      const chip = this.chip(`${mark.plan.label} ${mark.plan.count}`, mark.plan.tooltip, true, (on) => {
        mark.on = on;
        this.redraw();
      });
      chip.prepend(make("i", `sch-mark sch-mark-${mark.color % 3}`));
      chips.append(chip);
    }
    for (const track of this.plan.tracks) {
      chips.append(this.chip(track.label, track.tooltip, track.shown, (on) => this.show(track, on)));
    }
    return chips.childElementCount > 0 ? chips : null;
  }

  private chip(label: string, tooltip: string, on: boolean, act: (on: boolean) => void): HTMLButtonElement {
    const chip = make("button", "sch-chip", label);
    chip.type = "button";
    chip.title = tooltip;
    chip.setAttribute("aria-pressed", String(on));
    chip.addEventListener("click", () => {
      const next = chip.getAttribute("aria-pressed") !== "true";
      chip.setAttribute("aria-pressed", String(next));
      act(next);
    });
    return chip;
  }

  private show(track: PlanTrack, on: boolean): void {
    const lane = this.lanes.get(track.name);
    if (!on) {
      lane?.element.remove();
      this.lanes.delete(track.name);
    } else if (!lane) {
      const order = this.plan.tracks.map(({ name }) => name);
      const next = order.slice(order.indexOf(track.name) + 1).find((name) => this.lanes.has(name));
      this.add(track.kind === "image" ? imageLane(track) : curveLane(track), next ? this.lanes.get(next)!.element : this.ruler);
    }
    this.redraw();
  }

  private add(lane: Lane, before: HTMLElement | null = null): void {
    this.lanes.set(lane.name, lane);
    this.laneBox.insertBefore(lane.element, before);
  }

  private handle(stage: HTMLElement): void {
    const { signal } = this.gone;
    let drag: { x: number; span: Span; moved: boolean } | undefined;
    this.laneBox.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      this.look(zoom(this.span, this.plan.duration_s, Math.exp(event.deltaY * 0.004), this.timeUnder(event)));
    }, { passive: false, signal });
    this.laneBox.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.partUnder(event) < 0) return;
      drag = { x: event.clientX, span: this.span, moved: false };
      this.laneBox.setPointerCapture(event.pointerId);
    }, { signal });
    this.laneBox.addEventListener("pointermove", (event) => {
      if (!drag) return this.hoverAt(event);
      drag.moved ||= Math.abs(event.clientX - drag.x) > CLICK_PX;
      if (!drag.moved) return;
      const perPx = (drag.span.endS - drag.span.startS) / this.axisBox().width;
      this.look(pan(drag.span, this.plan.duration_s, (drag.x - event.clientX) * perPx));
    }, { signal });
    this.laneBox.addEventListener("pointerup", (event) => {
      if (drag && !drag.moved) this.player?.seek(this.timeUnder(event));
      drag = undefined;
    }, { signal });
    this.laneBox.addEventListener("pointercancel", () => (drag = undefined), { signal });
    this.laneBox.addEventListener("pointerleave", () => {
      this.hover.hidden = true;
      this.readout.textContent = "";
    }, { signal });
    stage.addEventListener("keydown", (event) => {
      if (event.target !== stage || event.ctrlKey || event.metaKey || event.altKey) return;
      const length = this.span.endS - this.span.startS;
      const step = event.key === "ArrowLeft" ? -1 : event.key === "ArrowRight" ? 1 : 0;
      if (event.key === " ") this.player?.toggle();
      else if (step !== 0 && event.shiftKey) this.look(pan(this.span, this.plan.duration_s, (step * length) / 5));
      else if (step !== 0 && this.player) this.player.seek(this.player.headS + (step * length) / 50);
      else if (event.key === "+" || event.key === "=") this.zoomBy(0.5);
      else if (event.key === "-") this.zoomBy(2);
      else if (event.key === "0") this.look({ startS: 0, endS: this.plan.duration_s });
      else if (event.key === "Home") this.player?.seek(0);
      else return;
      event.preventDefault();
    }, { signal });
  }

  private zoomBy(factor: number): void {
    const headS = this.player?.headS ?? 0;
    const seen = headS > this.span.startS && headS < this.span.endS;
    this.look(zoom(this.span, this.plan.duration_s, factor, seen ? headS : (this.span.startS + this.span.endS) / 2));
  }

  private look(span: Span): void {
    this.span = span;
    this.redraw();
  }

  private moveTime: (timeS: number) => void = () => {};

  private moveHead(timeS: number): void {
    this.moveTime(timeS);
    const span = this.player?.playing ? follow(this.span, this.plan.duration_s, timeS) : this.span;
    if (span !== this.span) this.look(span);
    this.placeLine(this.head, (timeS - this.span.startS) / (this.span.endS - this.span.startS));
  }

  private placeLine(line: HTMLElement, part: number): void {
    line.style.visibility = part >= 0 && part <= 1 ? "visible" : "hidden";
    line.style.setProperty("--at", String(part));
  }

  private hoverAt(event: PointerEvent): void {
    const part = this.partUnder(event);
    this.hover.hidden = part < 0 || part > 1;
    if (this.hover.hidden) {
      this.readout.textContent = "";
      return;
    }
    this.placeLine(this.hover, part);
    const words = [`${short(this.span.startS + part * (this.span.endS - this.span.startS))} s`];
    const lane = [...this.lanes.values()].find(({ element }) => element.contains(event.target as Element));
    const track = lane && this.tracks.get(lane.name);
    if (lane && track?.kind === "image") {
      const box = lane.canvas.getBoundingClientRect();
      const row = Math.floor((1 - (event.clientY - box.top) / box.height) * track.rows);
      const tile = this.tiles.best(lane.name, this.span);
      if (row >= 0 && row < track.rows) {
        words.push(rowName(track, row));
        const value = tile && tile.rows === track.rows ? valueAt(track, tile, this.span, part, row) : null;
        if (value !== null) words.push(`${short(value)} ${track.unit}`);
      }
    } else if (lane) {
      words.push(lane.read(part));
    }
    this.readout.textContent = words.filter((word) => word.trim() !== "").join(" · ");
  }

  private axisBox(): DOMRect {
    return this.ruler.getBoundingClientRect();
  }

  private partUnder(event: MouseEvent): number {
    const box = this.axisBox();
    return (event.clientX - box.left) / box.width;
  }

  private timeUnder(event: MouseEvent): number {
    return this.span.startS + Math.min(1, Math.max(0, this.partUnder(event))) * (this.span.endS - this.span.startS);
  }

  private askForMarks(): void {
    if (this.marks.length === 0) return;
    const off = this.wire.on((content, buffers) => {
      const mark = this.marks.find(({ plan }) => plan.name === content["marks"]);
      if (!mark || !buffers[0]) return;
      mark.times = floats(buffers[0]);
      this.redraw();
    });
    this.gone.signal.addEventListener("abort", off);
    for (const { plan } of this.marks) this.wire.send({ ask: "marks", name: plan.name });
  }

  /** Draw at the next frame, once for all that changed. */
  private redraw(): void {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => {
      if (this.gone.signal.aborted) return;
      const ink = inkOf(this.root);
      for (const lane of this.lanes.values()) lane.draw(this.tiles.best(lane.name, this.span), this.span, ink);
      this.drawRuler();
      if (this.player) this.moveHead(this.player.headS);
    });
  }

  private drawRuler(): void {
    const length = this.span.endS - this.span.startS;
    this.ruler.replaceChildren(
      ...ticks(this.span, this.ruler.clientWidth).map(({ timeS, text }) => {
        const tick = make("span", "", text);
        tick.style.left = `${((timeS - this.span.startS) / length) * 100}%`;
        return tick;
      }),
    );
  }
}

function wireOf(model: AnyModel): Wire {
  return {
    send: (content) => model.send(content),
    on(receive) {
      model.on("msg:custom", receive);
      return () => model.off("msg:custom", receive);
    },
  };
}

function inkOf(root: HTMLElement): Ink {
  const style = getComputedStyle(root);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: of("--sch-ink"),
    soft: of("--sch-ink-soft"),
    line: of("--sch-line"),
    accent: of("--sch-wave"),
    marks: [of("--sch-mark-0"), of("--sch-mark-1"), of("--sch-mark-2")],
  };
}

function make<K extends keyof HTMLElementTagNameMap>(tag: K, className: string, text = ""): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

function icon(path: string, outline = false): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const size = outline ? 12 : 14;
  svg.setAttribute("viewBox", `0 0 ${size} ${size}`);
  svg.setAttribute("width", "14");
  svg.setAttribute("height", "14");
  svg.setAttribute("aria-hidden", "true");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  shape.setAttribute("fill", outline ? "none" : "currentColor");
  if (outline) {
    shape.setAttribute("stroke", "currentColor");
    shape.setAttribute("stroke-width", "1.5");
    shape.setAttribute("stroke-linecap", "round");
    shape.setAttribute("stroke-linejoin", "round");
  }
  svg.append(shape);
  return svg;
}

export default { render };
