// Web Audio whose clock a test turns: what was started, when and how, and nothing is heard.
import { vi } from "vitest";

export interface Started {
  kind: "sound" | "click";
  atS: number;
  fromS?: number | undefined;
  lengthS?: number | undefined;
  loop?: [startS: number, endS: number] | undefined;
  gain: number;
  hertz: number;
  stopped: boolean;
  /** It comes to its end. */
  end(): void;
}

export interface Audio {
  started: Started[];
  /** How long each sound is, by the first byte of what came. */
  durationS: number;
  nowS: number;
  lateS: number;
}

/** Until the stubs are undone. */
export function fakeAudio(): Audio {
  const audio: Audio = { started: [], durationS: 4, nowS: 10, lateS: 0 };

  class Gain {
    level = 0;
    gain = { setValueAtTime: (level: number) => void (this.level = Math.max(this.level, level)), linearRampToValueAtTime: (level: number) => void (this.level = level), exponentialRampToValueAtTime: () => {} };
    connect<T>(to: T): T {
      return to;
    }
  }
  class Source extends EventTarget {
    loop = false;
    loopStart = 0;
    loopEnd = 0;
    private gain: Gain | undefined;
    private mine: Started | undefined;
    constructor(_: unknown, private readonly options: { frequency?: number }) {
      super();
    }
    connect(to: Gain): Gain {
      this.gain = to;
      return to;
    }
    start(atS = 0, fromS?: number, lengthS?: number): void {
      const of = this;
      this.mine = {
        kind: this.options.frequency === undefined ? "sound" : "click",
        atS, fromS, lengthS,
        loop: this.loop ? [this.loopStart, this.loopEnd] : undefined,
        get gain() {
          return of.gain?.level ?? 0;
        },
        hertz: this.options.frequency ?? 0,
        stopped: false,
        end: () => void this.dispatchEvent(new Event("ended")),
      };
      audio.started.push(this.mine);
    }
    stop(atS?: number): void {
      // A click is told its own end when it begins.
      if (this.mine) this.mine.stopped = this.mine.kind === "sound" || atS === undefined;
    }
  }
  class Context {
    destination = {};
    get currentTime(): number {
      return audio.nowS;
    }
    get outputLatency(): number {
      return audio.lateS;
    }
    resume = async (): Promise<void> => {};
    close = async (): Promise<void> => {};
    decodeAudioData = async (): Promise<{ duration: number }> => ({ duration: audio.durationS });
  }
  vi.stubGlobal("AudioContext", Context);
  vi.stubGlobal("AudioBufferSourceNode", Source);
  vi.stubGlobal("OscillatorNode", Source);
  vi.stubGlobal("GainNode", Gain);
  return audio;
}

/** Frames of the page that come when a test says so. */
export function fakeFrames(): () => void {
  const waiting = new Map<number, FrameRequestCallback>();
  let count = 0;
  vi.stubGlobal("requestAnimationFrame", (act: FrameRequestCallback) => {
    waiting.set(++count, act);
    return count;
  });
  vi.stubGlobal("cancelAnimationFrame", (id: number) => waiting.delete(id));
  return () => {
    const now = [...waiting.values()];
    waiting.clear();
    for (const act of now) act(0);
  };
}
