// The widget of the log: what passes its filters as they are set, and that it follows the end.
import { act, fireEvent, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { Line } from "../src/contract/logs.ts";
import logs from "../src/logs/index.tsx";
import { type Page, page } from "./contract.ts";
import { LOGS } from "./states.ts";

describe("the widget of the log", () => {
  let on: Page;
  let end: () => void;
  let number: number;

  async function show(given: Partial<typeof LOGS> = {}): Promise<void> {
    on = page("logs", { ...LOGS, ...given });
    end = await act(async () => (logs.render as unknown as (props: unknown) => Promise<() => void>)(on.props));
  }
  const say = (texts: Partial<Line>[], dropped = 0): Promise<void> =>
    act(async () => on.tell({ kind: "lines", lines: texts.map((line) => ({ number: ++number, time_s: 0, plugin: "a", instance: "a-1", level: "", text: "", ...line })), dropped }));
  const shown = (): (string | null)[] => [...on.el.querySelectorAll(".sch-line .sch-text")].map((one) => one.textContent);
  const box = (): HTMLElement => on.el.querySelector(".sch-log")!;
  const foot = (): string => on.el.querySelector("footer")!.textContent!;

  beforeEach(() => {
    number = 0;
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  });
  afterEach(() => {
    act(end);
    document.body.innerHTML = "";
    vi.useRealTimers();
  });

  it("shows what passes as one types, and how much that is", async () => {
    await show();
    await say([{ text: "gain is high" }, { text: "gain is low" }, { text: "nothing" }]);
    await userEvent.type(within(on.el).getByRole("searchbox", { name: "Filter" }), "GAIN l");
    expect(shown()).toEqual(["gain is low"]);
    expect(foot()).toBe("1 of 3 lines");
    await userEvent.type(within(on.el).getByRole("searchbox", { name: "Filter" }), "oud");
    expect(shown()).toEqual([]);
    expect(on.el.textContent).toContain("No line passes the filter.");
  });

  it("shows one level, and one of the plugins there are", async () => {
    await show();
    await say([{ text: "well", level: "info" }, { text: "clips", level: "warning" }, { text: "of b", plugin: "b", level: "warning" }]);
    expect([...on.el.querySelectorAll(".sch-line")].map(({ className }) => className)).toEqual(["sch-line sch-level-info", "sch-line sch-level-warning", "sch-line sch-level-warning"]);
    await userEvent.selectOptions(within(on.el).getByRole("combobox", { name: "Level" }), "warning");
    expect(shown()).toEqual(["clips", "of b"]);
    const plugins = within(on.el).getByRole("combobox", { name: "Plugin" });
    expect([...plugins.querySelectorAll("option")].map(({ value }) => value)).toEqual(["", "a", "b"]);
    await userEvent.selectOptions(plugins, "b");
    expect(shown()).toEqual(["of b"]);
  });

  it("of one plugin says whose it is, and offers no other", async () => {
    await show({ plugin: "gain_node" });
    expect(on.el.querySelector("header strong")!.textContent).toBe("Logs of gain_node");
    expect(within(on.el).queryByRole("combobox", { name: "Plugin" })).toBeNull();
  });

  it("follows the end, waits where it is scrolled up, and follows again when it is asked to", async () => {
    await show();
    Object.defineProperties(box(), { scrollHeight: { value: 1000 }, clientHeight: { value: 200 } });
    await say([{ text: "first" }]);
    expect(box().scrollTop).toBe(1000);
    box().scrollTop = 100;
    fireEvent.scroll(box());
    expect(foot()).toContain("paused");
    await say([{ text: "second" }]);
    expect(box().scrollTop).toBe(100);
    fireEvent.click(within(on.el).getByRole("button", { name: "Follow the end" }));
    expect(box().scrollTop).toBe(1000);
    expect(foot()).not.toContain("paused");
  });

  it("says how many lines were lost, that Python is silent, and that its manager is closed", async () => {
    await show();
    await say([{ text: "late" }], 12);
    expect(foot()).toBe("1 of 1 lines, 12 older ones dropped");
    await act(async () => void vi.advanceTimersByTime(8000));
    expect(on.el.querySelector(".sch-notice")!.textContent).toContain("No news from the kernel");
    await act(async () => on.put("ended", true));
    expect(on.el.querySelector(".sch-notice")!.textContent).toContain("The manager is closed");
  });
});
