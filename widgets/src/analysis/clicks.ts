// Clicks: made by oscillators on the audio clock, a second ahead, so that a page that is busy doesn't shift them.
import { type Timeline, clicksBetween } from "./timeline.ts";

const AHEAD_S = 1.2;
const EVERY_MS = 250;
const LASTS_S = 0.03;
const WEAK = { hertz: 1000, gain: 0.3 };
const STRONG = { hertz: 1600, gain: 0.6 };

export interface ClickTimes {
  times: Float64Array;
  strong: Float64Array;
}

export class Clicker {
  private timer: ReturnType<typeof setInterval> | undefined;
  private readonly planned = new Set<OscillatorNode>();
  private untilS = 0;

  /** Click along a line from now on, in place of what was. */
  start(context: AudioContext, line: Timeline, clicks: ClickTimes | null): void {
    this.stop();
    if (!clicks) return;
    this.untilS = Math.max(context.currentTime, line.atS);
    const plan = (): void => {
      const untilS = context.currentTime + AHEAD_S;
      for (const click of clicksBetween(line, this.untilS, untilS, clicks.times, clicks.strong)) this.plan(context, click.atS, click.strong);
      this.untilS = Math.max(this.untilS, untilS);
    };
    plan();
    this.timer = setInterval(plan, EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    for (const oscillator of this.planned) oscillator.stop();
    this.planned.clear();
  }

  private plan(context: AudioContext, atS: number, strong: boolean): void {
    const { hertz, gain } = strong ? STRONG : WEAK;
    const oscillator = new OscillatorNode(context, { frequency: hertz });
    const envelope = new GainNode(context, { gain: 0 });
    envelope.gain.setValueAtTime(gain, atS);
    envelope.gain.exponentialRampToValueAtTime(1e-3, atS + LASTS_S);
    oscillator.connect(envelope).connect(context.destination);
    oscillator.start(atS);
    oscillator.stop(atS + LASTS_S);
    this.planned.add(oscillator);
    oscillator.addEventListener("ended", () => this.planned.delete(oscillator));
  }
}
