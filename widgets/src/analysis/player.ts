// The player: sound asked from Python when it is first wanted, and a playhead for the time axis.
import type { PlanSound } from "./plan.ts";
import type { Wire } from "./tiles.ts";

export interface PlayerEvents {
  onState(): void;
  onHead(timeS: number): void;
}

export class Player {
  private readonly audio = new Audio();
  private readonly urls = new Map<string, string>();
  private waiting: (() => void) | undefined;
  private frame = 0;
  private readonly off: () => void;

  note = "";
  loading = false;
  headS = 0;

  constructor(
    private readonly wire: Wire,
    private sound: PlanSound,
    private readonly events: PlayerEvents,
  ) {
    this.off = wire.on((content, buffers) => this.receive(content, buffers));
    this.audio.addEventListener("ended", () => {
      this.headS = 0;
      this.changed();
    });
    for (const name of ["play", "pause", "error"]) this.audio.addEventListener(name, () => this.changed());
  }

  get playing(): boolean {
    return !this.audio.paused && !this.audio.ended;
  }

  get name(): string {
    return this.sound.name;
  }

  toggle(): void {
    if (this.playing) this.audio.pause();
    else this.whenLoaded(() => void this.audio.play().catch((error: unknown) => this.fail(error)));
  }

  seek(timeS: number): void {
    this.headS = Math.min(this.sound.duration_s, Math.max(0, timeS));
    if (this.urls.has(this.sound.name)) this.audio.currentTime = this.headS;
    this.events.onHead(this.headS);
  }

  /** Another sound at the same place: so an input and an output are compared by ear. */
  choose(sound: PlanSound): void {
    if (sound.name === this.sound.name) return;
    const resume = this.playing;
    this.audio.pause();
    this.sound = sound;
    this.note = "";
    const url = this.urls.get(sound.name);
    if (url) this.load(url);
    if (resume) this.toggle();
    else this.changed();
  }

  close(): void {
    this.off();
    cancelAnimationFrame(this.frame);
    this.audio.pause();
    this.audio.removeAttribute("src");
    for (const url of this.urls.values()) URL.revokeObjectURL(url);
  }

  private whenLoaded(then: () => void): void {
    if (this.urls.has(this.sound.name)) return then();
    this.waiting = then;
    this.loading = true;
    this.wire.send({ ask: "sound", name: this.sound.name });
    this.changed();
  }

  private receive(content: Record<string, unknown>, buffers: DataView[]): void {
    const data = buffers[0];
    if (typeof content["sound"] !== "string" || !data) return;
    const url = URL.createObjectURL(new Blob([data as DataView<ArrayBuffer>], { type: "audio/wav" }));
    this.urls.set(content["sound"], url);
    if (content["sound"] !== this.sound.name) return;
    this.note = String(content["note"] ?? "");
    this.loading = false;
    this.load(url);
    this.waiting?.();
    this.waiting = undefined;
    this.changed();
  }

  private load(url: string): void {
    this.audio.src = url;
    this.audio.currentTime = this.headS;
  }

  private fail(error: unknown): void {
    this.note = `the browser can't play this sound: ${error instanceof Error ? error.message : String(error)}`;
    this.changed();
  }

  private changed(): void {
    cancelAnimationFrame(this.frame);
    if (this.playing) this.tick();
    this.events.onState();
    this.events.onHead(this.headS);
  }

  private tick = (): void => {
    this.headS = this.audio.currentTime;
    this.events.onHead(this.headS);
    if (this.playing) this.frame = requestAnimationFrame(this.tick);
  };
}
