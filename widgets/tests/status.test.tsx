import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it, vi } from "vitest";

import { memory, points, rate } from "../src/status/figures.ts";
import { EMPTY, SECONDS, sorted, take, turned } from "../src/status/rows.ts";
import { Table, type TableProps } from "../src/status/table.tsx";
import type { Row } from "../src/contract/status.ts";
import { row } from "./status_row.ts";

const EVIL = "<img src=x onerror=alert(1)>";

function board(...rows: Row[]) {
  return take(EMPTY, { kind: "table", rows, past: {}, cut: 0 });
}

function show(rows: Row[], given: Partial<TableProps> = {}) {
  const props: TableProps = {
    rows: sorted(board(...rows), { key: "name", down: false }), order: { key: "name", down: false }, busy: [], opened: "",
    onOrder: vi.fn(), onAct: vi.fn(), onLogs: vi.fn(), ...given,
  };
  render(<Table {...props} />);
  return props;
}

describe("the rows", () => {
  it("take a change, forget what is gone, and grow their past also where nothing changed, up to two minutes", () => {
    let now = board(row({}), row({ id: "instance:b-1", instance: "b-1" }));
    now = take(now, { kind: "tick", rows: [row({ calls: 3, calls_per_s: 2 })], gone: [], cut: 0 });
    expect(now.rows.get("instance:a-1")!.past.calls_per_s).toEqual([2]);
    expect(now.rows.get("instance:b-1")!.past.calls_per_s).toEqual([0]);
    now = take(now, { kind: "tick", rows: [], gone: ["instance:b-1"], cut: 0 });
    expect([...now.rows.keys()]).toEqual(["instance:a-1"]);
    for (let i = 0; i < 2 * SECONDS; i++) now = take(now, { kind: "tick", rows: [], gone: [], cut: 0 });
    expect(now.rows.get("instance:a-1")!.past.cpu_share).toHaveLength(SECONDS);
    now = take(now, { kind: "tick", rows: [row({ id: "instance:c-1", cpu_share: 1 })], gone: [], cut: 0 });
    expect(now.rows.get("instance:c-1")!.past.cpu_share).toEqual([1]);
    const past = { calls_per_s: [1, 2], cpu_share: [0, 1], memory_bytes: [1, 2] };
    now = take(now, { kind: "table", rows: [row({})], past: { "instance:a-1": past }, cut: 0 });
    expect(now.rows.get("instance:a-1")!.past).toEqual(past);
  });

  it("are sorted by figure and by name, numbers in names by value", () => {
    const now = board(row({ id: "1", instance: "a-10", calls: 1 }), row({ id: "2", instance: "a-9", calls: 5 }));
    expect(sorted(now, { key: "name", down: false }).map((kept) => kept.row.instance)).toEqual(["a-9", "a-10"]);
    const order = turned({ key: "name", down: false }, "calls");
    expect(order.down).toBe(true);
    expect(sorted(now, order)[0]!.row.calls).toBe(5);
    expect(turned(order, "calls").down).toBe(false);
    const shares = board(row({ id: "1", cpu_share: 0.25 }), row({ id: "2", cpu_share: 0.5 }));
    expect(sorted(shares, { key: "cpu_share", down: true }).map((kept) => kept.row.id)).toEqual(["2", "1"]);
    expect(turned(order, "state"), "words begin with the first").toEqual({ key: "state", down: false });
  });

  it("make a line within its box whatever the figures are", () => {
    const numbers = points([0, NaN, Infinity, -5, 3], 56, 16, 120, 1).split(/[ ,]/).map(Number);
    expect(numbers.every(Number.isFinite)).toBe(true);
    expect(points([], 56, 16, 120, 1)).toBe("");
    expect(points([0, 1, 2], 56, 16, 3, 1), "the newest at the right, the largest at the top").toBe("0.0,15.0 28.0,8.0 56.0,1.0");
  });
});

describe("the table", () => {
  it("tells percentiles, restarts, and what is known of its memory", () => {
    show([row({
      p50_s: 0.012, p99_s: 0.25, restarts: 2, waiting: 3, memory_bytes: 5e6, peak_memory_bytes: 2e7, growth_bytes_per_call: 20_000, given_back_bytes: 3e7,
    })]);
    for (const text of ["12.0 ms", "p99 250.0 ms", "restarted 2×", "3 wait"]) expect(screen.getByText(text)).toBeTruthy();
    expect(screen.getByTitle("at most 20 MB; grows by 20 kB with each call; sleeping and collecting garbage gave back 30 MB")).toBeTruthy();
  });

  it("tells the last error below its row when its figure is pressed, by keys, too, and counts that row", async () => {
    show([row({ failures: 2, last_error: `${EVIL} division by zero` }), row({ id: "instance:b-1", instance: "b-1" })]);
    const figure = screen.getByRole("button", { name: "2 failed, the last error of a-1" });
    expect(figure.getAttribute("aria-expanded")).toBe("false");
    expect(screen.queryByText(/division by zero/)).toBeNull();
    figure.focus();
    await userEvent.keyboard("{Enter}");
    expect(document.activeElement).toBe(figure);
    expect(figure.getAttribute("aria-expanded")).toBe("true");
    expect(document.getElementById(figure.getAttribute("aria-controls")!)!.textContent).toBe(`${EVIL} division by zero`);
    const rows = screen.getAllByRole("row");
    expect(rows.map((one) => one.getAttribute("aria-rowindex"))).toEqual(["1", "2", "3", "4"]);
    expect(rows[2]!.textContent).toContain("division by zero");
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("4");
    await userEvent.keyboard(" ");
    expect(screen.queryByText(/division by zero/)).toBeNull();
  });

  it("has no button for an error where there was none", () => {
    show([row({ failures: 0 })]);
    expect(screen.queryByRole("button", { name: /last error/ })).toBeNull();
  });

  it("asks once more before it destroys, and keeps on Escape", async () => {
    const { onAct } = show([row({})]);
    await userEvent.click(screen.getByRole("button", { name: "Destroy a-1" }));
    expect(onAct).not.toHaveBeenCalled();
    await userEvent.keyboard("{Escape}");
    await userEvent.click(screen.getByRole("button", { name: "Destroy a-1" }));
    await userEvent.click(screen.getByRole("button", { name: "Destroy" }));
    expect(onAct).toHaveBeenCalledExactlyOnceWith("destroy", expect.objectContaining({ instance: "a-1" }));
  });

  it("shows a plugin's text as text, and no class of its making", () => {
    show([row({ plugin: EVIL, instance: EVIL, version: EVIL, state: EVIL, last_error: EVIL, failures: 1 })]);
    expect(document.querySelector("img")).toBeNull();
    expect(document.querySelector(".sch-state-other")!.textContent).toBe(EVIL);
  });

  it("keeps the focus in its row when nothing is destroyed, and at the table when it is", async () => {
    const { onAct } = show([row({})]);
    const user = userEvent.setup();
    await user.click(screen.getByRole("button", { name: "Destroy a-1" }));
    await user.keyboard("{Escape}");
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Destroy a-1" }));
    await user.keyboard("{Enter}{Shift>}{Tab}{/Shift}{Enter}");
    expect(onAct).toHaveBeenCalledWith("destroy", expect.objectContaining({ instance: "a-1" }));
    expect(document.activeElement).toBe(screen.getByRole("region", { name: "instances" }));
  });

  it("does nothing while an action goes on, and keeps the focus", async () => {
    const { onAct } = show([row({})], { busy: ["instance:a-1"] });
    const sleep = screen.getByRole("button", { name: "Sleep a-1" });
    sleep.focus();
    await userEvent.keyboard("{Enter}");
    expect(onAct).not.toHaveBeenCalled();
    expect(document.activeElement).toBe(sleep);
    expect(sleep.getAttribute("aria-disabled")).toBe("true");
  });

  it("draws what is in sight of many rows", () => {
    show(Array.from({ length: 500 }, (_, i) => row({ id: `instance:a-${i}`, instance: `a-${i}` })));
    expect(screen.getByRole("table").getAttribute("aria-rowcount")).toBe("501");
    expect(document.querySelectorAll("[data-row]").length).toBeLessThan(40);
  });

  it("offers a plugin without an instance nothing but reload and logs", () => {
    show([row({ id: "plugin:a", instance: "", state: "loaded" })]);
    expect(screen.queryByRole("button", { name: /Destroy|Sleep/ })).toBeNull();
    expect(screen.getByRole("button", { name: "Reload a" })).toBeTruthy();
    const [header, line] = screen.getAllByRole("row");
    const width = (cells: Iterable<Element>): number => [...cells].reduce((sum, cell) => sum + (cell as HTMLTableCellElement).colSpan, 0);
    expect(width(line!.children)).toBe(width(header!.children));
  });
});

describe("rates in words", () => {
  it("are exact where they are small", () => {
    expect([0, 0.25, 9.96, 54.4].map(rate)).toEqual(["0", "0.3", "10.0", "54"]);
  });
});

describe("memory in words", () => {
  it("says more of little than of much", () => {
    expect([400_000, 12_345_678, 2_500_000_000].map(memory)).toEqual(["0.4 MB", "12 MB", "2.5 GB"]);
  });
});
