import { act, renderHook, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { EMPTY, MAX_LINES, passing, plugins, take } from "../src/logs/lines.ts";
import { List } from "../src/logs/list.tsx";
import type { Line } from "../src/contract/logs.ts";
import { type Channel, useLooking } from "../src/looking.ts";
import { slice } from "../src/windowing.ts";

const EVIL = "<img src=x onerror=alert(1)>";

function line(number: number, given: Partial<Line> = {}): Line {
  return { number, time_s: 0, plugin: "a", instance: "a-1", level: "", text: `line ${number}`, ...given };
}

describe("the lines", () => {
  it("are kept once, and the oldest make room and are counted", () => {
    let kept = take(EMPTY, { kind: "lines", lines: [line(1), line(2)], dropped: 0 });
    kept = take(kept, { kind: "lines", lines: [line(2), line(3)], dropped: 4 });
    expect(kept.lines.map((one) => one.number)).toEqual([1, 2, 3]);
    const many = Array.from({ length: MAX_LINES }, (_, i) => line(i + 4));
    kept = take(kept, { kind: "lines", lines: many, dropped: 4 });
    expect(kept).toMatchObject({ dropped: 4, cut: 3 });
    expect(kept.lines).toHaveLength(MAX_LINES);
  });

  it("pass by all the words in any case, by level and by plugin", () => {
    const lines = [line(1, { text: "Gain IS high", level: "warning" }), line(2, { plugin: "b", instance: "b-1", text: "gain" })];
    const every = { text: "", level: "all", plugin: "" } as const;
    expect(passing(lines, every)).toBe(lines);
    expect(passing(lines, { ...every, text: "high gain" })).toEqual([lines[0]]);
    expect(passing(lines, { ...every, text: "b-1" })).toEqual([lines[1]]);
    expect(passing(lines, { ...every, level: "warning" })).toEqual([lines[0]]);
    expect(passing(lines, { ...every, plugin: "b" })).toEqual([lines[1]]);
    expect(plugins(lines)).toEqual(["a", "b"]);
  });
});

describe("the list", () => {
  it("draws what is in sight of ten thousand lines, as text", () => {
    const lines = Array.from({ length: MAX_LINES }, (_, i) => line(i + 1, { text: EVIL, time_s: NaN }));
    render(<List lines={lines} count={lines.length} follows={false} onFollow={vi.fn()} />);
    expect(screen.getByRole("log").querySelectorAll(".sch-line").length).toBeLessThan(60);
    expect(document.querySelector("img")).toBeNull();
    expect(slice(10, 20, 1e9, 100)).toEqual({ first: 10, end: 10 });
    expect(slice(0, 20, 0, 100)).toEqual({ first: 0, end: 0 });
  });

  it("is as high as its lines need, up to a limit, and no lower when a filter hides some", () => {
    const height = (shown: number, count: number): number => {
      const lines = Array.from({ length: shown }, (_, i) => line(i + 1, {}));
      const { unmount } = render(<List lines={lines} count={count} follows onFollow={vi.fn()} />);
      const found = parseFloat(screen.getByRole("log").style.height);
      unmount();
      return found;
    };
    expect(height(0, 0)).toBeLessThan(80);
    expect(height(8, 8)).toBeGreaterThan(height(0, 0));
    expect(height(2, 8)).toBe(height(8, 8));
    expect(height(500, 500)).toBe(320);
  });
});

describe("a view that looks", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("asks until it is answered, says when Python falls silent, and leaves", () => {
    let tell: (content: unknown) => void = () => {};
    const sent: Record<string, unknown>[] = [];
    const model: Channel = { send: (content) => void sent.push(content as never), on: (_, callback) => void (tell = callback), off: vi.fn() };
    const { result, unmount } = renderHook(() => useLooking(model, () => ({ after: 7 }), () => true));
    expect(sent).toEqual([expect.objectContaining({ kind: "look", new: true, after: 7 })]);
    act(() => void vi.advanceTimersByTime(5_000));
    expect(sent).toHaveLength(2);
    act(() => tell({}));
    act(() => void vi.advanceTimersByTime(9_000));
    expect(sent).toHaveLength(2);
    expect(result.current).toBe(true);
    act(() => tell({}));
    expect(result.current).toBe(false);
    unmount();
    expect(sent.at(-1)).toMatchObject({ kind: "leave" });
    expect(model.off).toHaveBeenCalledOnce();
  });

  it("leaves when its page is hidden, and looks anew when it is shown again", () => {
    const sent: Record<string, unknown>[] = [];
    const model: Channel = { send: (content) => void sent.push(content as never), on: vi.fn(), off: vi.fn() };
    const { unmount } = renderHook(() => useLooking(model, () => ({ after: 7 }), () => true));
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    act(() => void document.dispatchEvent(new Event("visibilitychange")));
    act(() => void vi.advanceTimersByTime(60_000));
    expect(sent.map(({ kind }) => kind)).toEqual(["look", "leave"]);
    hidden.mockRestore();
    act(() => void document.dispatchEvent(new Event("visibilitychange")));
    expect(sent.at(-1)).toMatchObject({ kind: "look", new: true, after: 7 });
    unmount();
  });

  it("says that Python is silent, and nothing worse, when its kernel is gone and nothing can be sent", () => {
    const send = vi.fn(() => {
      throw new Error("Cannot send");
    });
    const model: Channel = { send, on: vi.fn(), off: vi.fn() };
    const { result, unmount } = renderHook(() => useLooking(model, () => ({}), () => true));
    act(() => void vi.advanceTimersByTime(9_000));
    expect(result.current).toBe(true);
    unmount();
    expect(send).toHaveBeenCalledTimes(4);
  });
});
