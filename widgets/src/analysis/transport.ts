// The transport: play, which sound, loop, clicks, and the time.
import { PAUSE, PLAY, chip, choice, icon, make, press } from "./elements.ts";
import type { PlanMarks, PlanSound } from "../contract/analysis.ts";
import { sideOf } from "./sides.ts";
import type { Player } from "./player.ts";
import { writeTime } from "./time_axis.ts";

export interface TransportActs {
  choose(sound: PlanSound): void;
  loop(on: boolean): void;
  clicks(name: string): void;
}

export class Transport {
  readonly element = make("span", "sch-transport");
  private readonly button = make("button", "sch-primary sch-play");
  private readonly time = make("span", "sch-time");
  private readonly note = make("span", "sch-soft sch-sound-note");
  private readonly loop: HTMLButtonElement;
  private readonly clicks: HTMLSelectElement | null;
  private readonly sounds = new Map<string, HTMLButtonElement>();
  private shown = "";

  constructor(
    private readonly player: Player,
    private readonly durationS: number,
    sounds: PlanSound[],
    private readonly marks: PlanMarks[],
    acts: TransportActs,
  ) {
    this.button.type = "button";
    this.button.addEventListener("click", () => player.toggle());
    this.loop = chip("Loop", "go round within the selection, or all there is (L)", false, acts.loop);
    const audible = marks.filter(({ role, count }) => count > 0 && role !== "downbeat");
    const heard = audible.length > 0 ? audible : marks.filter(({ count }) => count > 0);
    const options = heard.map(({ name, label }) => [name, `click on ${label.toLowerCase()}`] as [string, string]);
    this.clicks = options.length > 0 ? choice("clicks", [["", "no clicks"], ...options], acts.clicks) : null;
    this.element.append(this.button, this.time);
    if (sounds.length > 1) this.element.append(this.choices(sounds, acts));
    this.element.append(this.loop);
    if (this.clicks) this.element.append(this.clicks);
    this.element.append(this.note);
    this.update();
    this.moveTime(0);
  }

  update(): void {
    const { player } = this;
    const label = player.playing ? "Pause" : "Play";
    if (this.button.getAttribute("aria-label") !== label) {
      this.button.replaceChildren(icon(player.playing ? PAUSE : PLAY));
      this.button.setAttribute("aria-label", label);
    }
    this.button.setAttribute("aria-busy", String(player.loading));
    this.note.textContent = player.loading ? "loading the sound" : player.note;
    for (const [name, button] of this.sounds) press(button, name === player.name);
  }

  moveTime(timeS: number): void {
    const text = `${writeTime(timeS, 0.1)} / ${writeTime(this.durationS, 0.1)}`;
    if (text !== this.shown) this.time.textContent = this.shown = text;
  }

  showLoop(on: boolean): void {
    press(this.loop, on);
  }

  /** From no clicks to those on beats, and back. @returns the name of the marks */
  nextClicks(side: string): string {
    if (!this.clicks) return "";
    const mine = this.marks.filter(({ name, count }) => sideOf(name) === side && count > 0);
    const beats = mine.find(({ role }) => role === "beat") ?? mine.find(({ name }) => this.has(name));
    this.clicks.value = this.clicks.value === "" && beats ? beats.name : "";
    return this.clicks.value;
  }

  private has(name: string): boolean {
    return [...(this.clicks?.options ?? [])].some(({ value }) => value === name);
  }

  private choices(sounds: PlanSound[], acts: TransportActs): HTMLElement {
    const group = make("span", "sch-sounds");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "sound to play");
    for (const sound of sounds) {
      const button = make("button", "sch-chip", sound.label);
      button.type = "button";
      button.title = `hear ${sound.label} (X changes)`;
      button.addEventListener("click", () => acts.choose(sound));
      this.sounds.set(sound.name, button);
      group.append(button);
    }
    return group;
  }
}
