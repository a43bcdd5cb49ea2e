// The player and its clicks, by an audio clock that a test turns.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { Player } from "../src/analysis/player.ts";
import type { Wire } from "../src/analysis/wire.ts";
import type { PlanSound } from "../src/contract/analysis.ts";
import { type Audio, fakeAudio, fakeFrames } from "./audio.ts";

const FADE_S = 0.006;
const sound = (name: string): PlanSound => ({ name, label: name, channels: 1, sample_rate: 8000, duration_s: 4, peak: 1 });

/** A kernel that sends a sound when it is told to. */
function kernel() {
  const asked: unknown[] = [];
  const listeners = new Set<(content: Record<string, unknown>, buffers: DataView[]) => void>();
  const wire: Wire = {
    send: (content) => void asked.push(content),
    on: (receive) => {
      listeners.add(receive);
      return () => void listeners.delete(receive);
    },
  };
  const answer = async (name: string, note = ""): Promise<void> => {
    for (const receive of listeners) receive({ kind: "sound", name, note, duration_s: 4 }, [new DataView(new ArrayBuffer(4))]);
    await new Promise((done) => setTimeout(done));
  };
  return { wire, asked, answer };
}

describe("the player", () => {
  let audio: Audio;
  let frame: () => void;
  const players: Player[] = [];
  const heads: number[] = [];

  beforeEach(() => {
    audio = fakeAudio();
    frame = fakeFrames();
    heads.length = 0;
  });
  afterEach(() => {
    for (const player of players.splice(0)) player.close();
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  function make(wire: Wire, name = "a"): Player {
    const player = new Player(wire, sound(name), { onState: () => {}, onHead: (timeS) => heads.push(timeS) });
    players.push(player);
    return player;
  }
  const sounds = () => audio.started.filter(({ kind }) => kind === "sound");

  async function playing(name = "a") {
    const { wire, asked, answer } = kernel();
    const player = make(wire, name);
    player.play();
    await answer(name);
    return { player, asked, answer };
  }

  it("asks for a sound once, when it is first wanted, and says that it is loading", async () => {
    const { wire, asked, answer } = kernel();
    const player = make(wire);
    expect(asked).toEqual([]);
    player.toggle();
    expect([player.playing, player.loading]).toEqual([false, true]);
    await answer("a", "the first minute");
    expect([player.playing, player.loading, player.note]).toEqual([true, false, "the first minute"]);
    player.toggle();
    player.toggle();
    expect(asked).toEqual([{ kind: "sound", name: "a" }]);
    expect(sounds()).toHaveLength(2);
  });

  it("plays no sound that another view has asked for", async () => {
    const { wire, answer } = kernel();
    const player = make(wire);
    await answer("a");
    expect([player.playing, sounds().length]).toEqual([false, 0]);
    player.play();
    expect(player.loading).toBe(true);
  });

  it("plays from the playhead to the end, tells where it is, and stands at the beginning when it is over", async () => {
    const { player } = await playing();
    player.seek(1);
    expect(sounds().at(-1)).toMatchObject({ atS: 10 + FADE_S, fromS: 1, lengthS: 3, loop: undefined, gain: 1 });
    audio.nowS = 11 + FADE_S;
    frame();
    expect(heads.at(-1)).toBeCloseTo(2, 6);
    sounds().at(-1)!.end();
    expect([player.playing, player.headS]).toEqual([false, 0]);
  });

  it("says what is heard now, which the clock is ahead of", async () => {
    const { player } = await playing();
    audio.nowS = 11 + FADE_S;
    audio.lateS = 0.25;
    expect(player.nowS()).toBeCloseTo(0.75, 6);
  });

  it("stops where it is, and goes on from there", async () => {
    const { player } = await playing();
    audio.nowS = 11.5 + FADE_S;
    player.pause();
    expect(sounds()[0]!.stopped).toBe(true);
    expect(player.headS).toBeCloseTo(1.5, 6);
    player.play();
    expect(sounds()[1]!.fromS).toBeCloseTo(1.5, 6);
  });

  it("keeps to what is selected, and goes round there", async () => {
    const { player } = await playing();
    player.within({ startS: 1, endS: 2 }, false);
    expect(sounds().at(-1)).toMatchObject({ fromS: 1, lengthS: 1 });
    player.within({ startS: 1, endS: 2 }, true);
    expect(sounds().at(-1)).toMatchObject({ fromS: 1, loop: [1, 2] });
    player.within(null, true);
    expect(sounds().at(-1)).toMatchObject({ loop: [0, 4] });
    const before = sounds().length;
    player.within(null, true);
    expect(sounds()).toHaveLength(before);
  });

  it("lets another sound take over at the same instant", async () => {
    const { player, answer } = await playing();
    audio.nowS = 11 + FADE_S;
    player.choose(sound("b"));
    expect(sounds()[0]!.stopped, "it goes on until the other is there").toBe(false);
    await answer("b");
    expect(sounds()[0]!.stopped).toBe(true);
    expect(sounds()[1]!.fromS).toBeCloseTo(1, 6);
    expect(player.name).toBe("b");
  });

  it("is the only one that sounds on a page", async () => {
    const { player: first } = await playing("a");
    const { player: second } = await playing("b");
    expect([first.playing, second.playing]).toEqual([false, true]);
  });

  it("seeks within the sound", () => {
    const player = make(kernel().wire);
    for (const [to, at] of [[-3, 0], [2.5, 2.5], [99, 4]] as const) {
      player.seek(to);
      expect(player.headS).toBe(at);
      expect(heads.at(-1)).toBe(at);
    }
  });

  it("clicks at the marks of what is heard, a second ahead and further as it goes on, louder on downbeats", async () => {
    const { player } = await playing();
    vi.useFakeTimers();
    player.click({ times: Float64Array.from([0.5, 1, 1.5, 2]), strong: Float64Array.from([1]) });
    const clicks = () => audio.started.filter(({ kind, stopped }) => kind === "click" && !stopped).map(({ atS, gain, hertz }) => [Number((atS - FADE_S - 10).toFixed(3)), gain, hertz]);
    expect(clicks()).toEqual([[0.5, 0.3, 1000], [1, 0.6, 1600]]);
    audio.nowS = 11;
    vi.advanceTimersByTime(250);
    expect(clicks().map(([atS]) => atS)).toEqual([0.5, 1, 1.5, 2]);
    player.pause();
    expect(clicks()).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(clicks()).toEqual([]);
  });

  it("clicks with the next sound as with this one, until it is told not to", async () => {
    const { player } = await playing();
    player.click({ times: Float64Array.from([0.5]), strong: new Float64Array() });
    player.pause();
    const before = audio.started.filter(({ kind }) => kind === "click").length;
    player.seek(0);
    player.play();
    expect(audio.started.filter(({ kind }) => kind === "click").length).toBe(before + 1);
    player.click(null);
    expect(audio.started.filter(({ kind, stopped }) => kind === "click" && !stopped)).toEqual([]);
  });

  it("says when the browser can't play a sound", async () => {
    const { wire, answer } = kernel();
    const player = make(wire);
    vi.stubGlobal("AudioContext", class {
      decodeAudioData = async (): Promise<never> => Promise.reject(new Error("no codec"));
      close = async (): Promise<void> => {};
    });
    player.play();
    await answer("a");
    expect([player.playing, player.note]).toEqual([false, "the browser can't play this sound: no codec"]);
  });
});
