// The widget of the status: what it says of all, what it asks Python for, and what it tells when no more comes.
import { act, fireEvent, within } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Row, StatusState } from "../src/contract/status.ts";
import status from "../src/status/index.tsx";
import { type Page, page } from "./contract.ts";
import { STATUS } from "./states.ts";
import { row } from "./status_row.ts";

describe("the widget of the status", () => {
  let on: Page;
  let end: () => void;

  async function show(rows: Row[], given: Partial<StatusState> = {}, cut = 0): Promise<void> {
    on = page("status", { ...STATUS, ...given });
    end = await act(async () => (status.render as unknown as (props: unknown) => Promise<() => void>)(on.props));
    await act(async () => on.tell({ kind: "table", rows, past: {}, cut }));
  }
  const tick = (rows: Row[], gone: string[] = []): Promise<void> => act(async () => on.tell({ kind: "tick", rows, gone, cut: 0 }));
  const tail = (of: string, ...lines: string[]): Promise<void> => act(async () => on.tell({ kind: "tail", row: of, lines }));
  const button = (name: string): HTMLElement => within(on.el).getByRole("button", { name });
  const names = (): (string | undefined)[] => [...on.el.querySelectorAll<HTMLElement>("[data-row]")].map(({ dataset }) => dataset["row"]);
  const asked = (kind: string): unknown[] => on.sent.filter((message) => message.kind === kind);
  const lines = (): string | undefined => on.el.querySelector(".sch-tail pre")?.textContent;

  beforeEach(() => void vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] }));
  afterEach(() => {
    act(end);
    document.body.innerHTML = "";
    vi.useRealTimers();
  });

  it("says how all is confined, how many run and wait, how many plugins are in each state, and what isn't shown", async () => {
    await show([row({ state: "running", waiting: 2 }), row({ id: "instance:b-1", instance: "b-1", waiting: 1 })], { plugins: { loaded: 2, broken: 1 } }, 7);
    const header = on.el.querySelector("header")!.textContent;
    for (const text of ["sandbox full", "1 running · 3 waiting", "2 loaded, 1 broken"]) expect(header).toContain(text);
    expect(on.el.textContent).toContain("7 more are not shown");
  });

  it("sorts by the column that is pressed, figures by their size and the largest first, and back", async () => {
    await show([row({ id: "instance:a-1", memory_bytes: 9e6 }), row({ id: "instance:a-2", instance: "a-2", memory_bytes: 10e6 })]);
    fireEvent.click(button("Memory"));
    expect(names()).toEqual(["instance:a-2", "instance:a-1"]);
    fireEvent.click(button("Memory"));
    expect(names()).toEqual(["instance:a-1", "instance:a-2"]);
  });

  it("shows the level of each, that one leaks, and its figures as lines", async () => {
    await show([row({ level: "partial", leaks: true, cpu_share: 0.5 })]);
    await tick([row({ level: "partial", leaks: true, cpu_share: 1 })]);
    const cells = on.el.querySelector("[data-row]")!.textContent;
    for (const text of ["partial", "leaks", "100 %"]) expect(cells).toContain(text);
    const line = on.el.querySelector('[aria-label="CPU of a-1"] polyline')!.getAttribute("points")!;
    expect(line, "full at the right edge, at the top").toBe("48.0,1.0");
  });

  it("does what is pressed, and says what became of it", async () => {
    await show([row({})]);
    fireEvent.click(button("Reload a"));
    fireEvent.click(button("Sleep a-1"));
    expect(asked("act")).toEqual([
      { kind: "act", action: "reload", row: "instance:a-1" },
      { kind: "act", action: "sleep", row: "instance:a-1" },
    ]);
    await act(async () => on.put("said", { text: "it won't", ok: false, number: 2 }));
    const said = on.el.querySelector(".sch-said")!;
    expect([said.textContent, said.className]).toEqual(["it won't", "sch-said sch-bad"]);
    await tick([row({ state: "resting" })]);
    expect(button("Sleep a-1").getAttribute("aria-disabled")).toBe("true");
  });

  it("shows the last lines of a row, its own alone, asks for them each second, and closes them when it is gone", async () => {
    await show([row({}), row({ id: "instance:b-1", instance: "b-1" })]);
    fireEvent.click(button("Logs of a-1"));
    await tail("instance:b-1", "of another");
    expect(lines()).toBe("nothing was printed");
    await tail("instance:a-1", "first", "second");
    expect(lines()).toBe("first\nsecond");
    fireEvent.click(button("Close"));
    expect(lines()).toBeUndefined();
    fireEvent.click(button("Logs of a-1"));
    const before = asked("tail").length;
    await tick([]);
    expect(asked("tail")).toHaveLength(before + 1);
    await tick([], ["instance:a-1"]);
    expect(lines()).toBeUndefined();
    await tick([]);
    expect(asked("tail"), "nor are they asked for any more").toHaveLength(before + 1);
  });

  it("follows the end of the lines until they are scrolled up", async () => {
    await show([row({})]);
    fireEvent.click(button("Logs of a-1"));
    const box = on.el.querySelector<HTMLElement>(".sch-tail pre")!;
    Object.defineProperties(box, { scrollHeight: { value: 1000 }, clientHeight: { value: 200 } });
    await tail("instance:a-1", "first");
    expect(box.scrollTop).toBe(1000);
    box.scrollTop = 100;
    fireEvent.scroll(box);
    await tail("instance:a-1", "second");
    expect(box.scrollTop).toBe(100);
  });

  it("tells that Python is silent, and that its manager is closed", async () => {
    await show([row({})]);
    expect(on.el.querySelector(".sch-notice")).toBeNull();
    await act(async () => void vi.advanceTimersByTime(8000));
    expect(on.el.querySelector(".sch-notice")!.textContent).toContain("No news from the kernel");
    await act(async () => on.put("ended", true));
    expect(on.el.querySelector(".sch-notice")!.textContent).toContain("The manager is closed");
  });
});
