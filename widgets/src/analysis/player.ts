// The player: sounds asked from Python when they are first wanted, played through Web Audio, whose clock is exact: loops
// go round to the sample, another sound takes over at the same instant, and clicks fall where the marks are.
import { Clicker, type ClickTimes } from "./clicks.ts";
import type { PlanSound } from "../contract/analysis.ts";
import { type Loop, type Timeline, placeAt } from "./timeline.ts";
import type { Wire } from "./wire.ts";

export interface PlayerEvents {
  onState(): void;
  onHead(timeS: number): void;
}

const FADE_S = 0.006;

let sounding: Player | undefined;

export class Player {
  private context: AudioContext | undefined;
  private readonly sounds = new Map<string, { buffer: AudioBuffer; note: string }>();
  private source: { node: AudioBufferSourceNode; gain: GainNode; line: Timeline } | undefined;
  private readonly clicker = new Clicker();
  private clicks: ClickTimes | null = null;
  private region: Loop | null = null;
  private loop = false;
  private wanted = false;
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
    this.off = wire.on((content, buffers) => void this.receive(content, buffers));
  }

  get playing(): boolean {
    return this.source !== undefined;
  }

  get name(): string {
    return this.sound.name;
  }

  toggle(): void {
    if (this.playing || this.wanted) this.pause();
    else this.play();
  }

  play(): void {
    this.wanted = true;
    const known = this.sounds.get(this.sound.name);
    if (!known) {
      this.loading = true;
      this.wire.send({ kind: "sound", name: this.sound.name });
      this.events.onState();
      return;
    }
    this.note = known.note;
    if (sounding !== this) sounding?.pause();
    sounding = this;
    const bounds = this.bounds(known.buffer.duration);
    if (this.headS < bounds.startS - 1e-6 || this.headS >= bounds.endS - 1e-3) this.headS = bounds.startS;
    this.begin(known.buffer);
  }

  pause(): void {
    this.wanted = false;
    this.loading = false;
    this.end();
    this.events.onState();
    this.events.onHead(this.headS);
  }

  seek(timeS: number): void {
    this.headS = Math.min(this.sound.duration_s, Math.max(0, timeS));
    if (this.playing) this.play();
    this.events.onHead(this.headS);
  }

  /** Another sound at the same instant: so an input and an output are compared by ear. */
  choose(sound: PlanSound): void {
    if (sound.name === this.sound.name) return;
    const resume = this.wanted;
    this.headS = Math.min(this.nowS(), sound.duration_s);
    this.sound = sound;
    this.note = this.sounds.get(sound.name)?.note ?? "";
    if (!resume) return this.events.onState();
    // The one that plays goes on until the other is there.
    this.play();
  }

  /** What is selected, and whether it goes round. */
  within(region: Loop | null, loop: boolean): void {
    const same = region?.startS === this.region?.startS && region?.endS === this.region?.endS && loop === this.loop;
    [this.region, this.loop] = [region, loop];
    if (!same && this.playing) this.again();
  }

  click(clicks: ClickTimes | null): void {
    this.clicks = clicks;
    if (this.source && this.context) this.clicker.start(this.context, this.source.line, clicks);
  }

  close(): void {
    this.off();
    this.end();
    if (sounding === this) sounding = undefined;
    void this.context?.close().catch(() => {});
    this.sounds.clear();
  }

  /** The place that is heard now. */
  nowS(): number {
    if (!this.source || !this.context) return this.headS;
    // What the clock says now comes out of the loudspeaker a little later.
    const late = this.context.outputLatency || 0;
    return placeAt(this.source.line, this.context.currentTime - late);
  }

  private bounds(durationS: number): Loop {
    const region = this.region;
    if (!region || region.startS >= durationS) return { startS: 0, endS: durationS };
    return { startS: region.startS, endS: Math.min(region.endS, durationS) };
  }

  private again(): void {
    this.headS = this.nowS();
    this.play();
  }

  private begin(buffer: AudioBuffer): void {
    const context = this.context!;
    void context.resume().catch((error: unknown) => this.fail(error));
    const bounds = this.bounds(buffer.duration);
    const atS = context.currentTime + FADE_S;
    this.silence(atS);
    const loop = this.loop ? bounds : null;
    const line: Timeline = { atS, fromS: this.headS, endS: bounds.endS, loop };
    const node = new AudioBufferSourceNode(context, { buffer });
    if (loop) [node.loop, node.loopStart, node.loopEnd] = [true, loop.startS, loop.endS];
    const gain = new GainNode(context, { gain: 0 });
    gain.gain.setValueAtTime(0, atS);
    gain.gain.linearRampToValueAtTime(1, atS + FADE_S);
    node.connect(gain).connect(context.destination);
    if (loop) node.start(atS, line.fromS);
    else node.start(atS, line.fromS, bounds.endS - line.fromS);
    const source = { node, gain, line };
    this.source = source;
    node.addEventListener("ended", () => {
      if (this.source !== source) return;
      this.end(); // which leaves the playhead where it was heard last
      this.headS = bounds.startS;
      this.pause();
    });
    this.clicker.start(context, line, this.clicks);
    this.events.onState();
    cancelAnimationFrame(this.frame);
    this.tick();
  }

  /** The source fades out and is forgotten. */
  private silence(atS: number): void {
    const source = this.source;
    this.source = undefined;
    this.clicker.stop();
    if (!source) return;
    source.gain.gain.setValueAtTime(1, atS);
    source.gain.gain.linearRampToValueAtTime(0, atS + FADE_S);
    source.node.stop(atS + FADE_S);
  }

  private end(): void {
    cancelAnimationFrame(this.frame);
    if (!this.source || !this.context) return;
    this.headS = this.nowS();
    this.silence(this.context.currentTime);
  }

  private async receive(content: Record<string, unknown>, buffers: DataView[]): Promise<void> {
    const data = buffers[0];
    const name = String(content["name"]);
    if (content["kind"] !== "sound" || !data || this.sounds.has(name)) return;
    // Another view of this model may have asked.
    if (!this.wanted) return;
    try {
      this.context ??= new AudioContext();
      const bytes = new Uint8Array(data.byteLength);
      bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      const buffer = await this.context.decodeAudioData(bytes.buffer);
      this.sounds.set(name, { buffer, note: String(content["note"] ?? "") });
    } catch (error) {
      return this.fail(error);
    }
    if (name !== this.sound.name) return;
    this.loading = false;
    if (this.wanted) {
      if (this.playing) this.headS = this.nowS();
      this.play();
    } else this.events.onState();
  }

  private fail(error: unknown): void {
    this.note = `the browser can't play this sound: ${error instanceof Error ? error.message : String(error)}`;
    this.pause();
  }

  private tick = (): void => {
    if (!this.source) return;
    this.headS = this.nowS();
    this.events.onHead(this.headS);
    this.frame = requestAnimationFrame(this.tick);
  };
}
