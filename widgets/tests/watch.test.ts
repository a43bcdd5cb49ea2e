// The line that tells what is watched: Python's word, and that it is over when the kernel is gone.
import axe from "axe-core";
import { afterEach, expect, it } from "vitest";

import watch from "../src/watch/index.ts";
import type { WatchState } from "../src/contract/watch.ts";
import { page } from "./contract.ts";

const WATCHED: WatchState = { text: "<b>probe</b> is watched" };

afterEach(() => {
  document.body.innerHTML = "";
});

it("says what Python says, as text, until the kernel is gone", async () => {
  const on = page("watch", WATCHED);
  let status: (sender: unknown, value: string) => void = () => {};
  const statusChanged = { connect: (slot: typeof status) => void (status = slot), disconnect: () => void (status = () => {}) };
  (on.props.model as { widget_manager: unknown }).widget_manager = { kernel: { statusChanged } };
  const end = watch.render(on.props as never);
  const line = on.el.querySelector("[role=status]")!;
  expect(line.textContent).toBe("<b>probe</b> is watched");
  expect((await axe.run(on.el)).violations.filter(({ tags }) => tags.includes("wcag2a"))).toEqual([]);
  on.put("text", "probe is watched no more");
  expect(line.textContent).toBe("probe is watched no more");
  status(null, "restarting");
  expect(line.textContent).toContain("Nobody watches any more");
  on.put("text", "probe is watched");
  expect(line.textContent).toContain("Nobody watches any more");
  end();
});
