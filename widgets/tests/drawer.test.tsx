import { act, render, screen } from "@testing-library/react";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { drawn, kernelsDrawer } from "../src/figures/drawer.ts";
import { Store } from "../src/flow/store.ts";
import { VegaLite } from "../src/figures/vega_lite.tsx";
import type { Answer, Ask } from "../src/vega/words.ts";
import { expectValid } from "./contract.ts";
import { fakeModel } from "./flow_model.ts";

/** jsdom has no workers: one that says what the test wants it to. */
class StillWorker extends EventTarget {
  static all: StillWorker[] = [];
  asked: Ask | null = null;
  isOver = false;
  constructor(readonly address: string) {
    super();
    StillWorker.all.push(this);
  }
  postMessage(ask: Ask): void {
    this.asked = ask;
  }
  terminate(): void {
    this.isOver = true;
  }
  answer(data: Answer): void {
    this.dispatchEvent(new MessageEvent("message", { data }));
  }
}

const ASK: Ask = { spec: "{}", width_px: 300, ratio: 2, colors: { ink: "", soft: "", line: "", accent: "", font: "" } };
const PNG = { png: new ArrayBuffer(4), width_px: 200 };
const here = (): Promise<string> => Promise.resolve("vega.js");
const workers = (count: number) => vi.waitFor(() => expect(StillWorker.all).toHaveLength(count));
const last = (): StillWorker => StillWorker.all.at(-1)!;

beforeEach(() => {
  StillWorker.all = [];
  vi.stubGlobal("Worker", StillWorker);
  URL.createObjectURL = () => "blob:it";
  URL.revokeObjectURL = () => {};
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("what draws Vega-Lite", () => {
  it("is a worker for each drawing, one after the other, and none when it has drawn", async () => {
    const both = [drawn(here, ASK, new AbortController().signal), drawn(here, { ...ASK, spec: "[]" }, new AbortController().signal)];
    await workers(1);
    expect(last().asked).toEqual(ASK);
    last().answer(PNG);
    expect(await both[0]).toEqual(PNG);
    expect(StillWorker.all[0]!.isOver).toBe(true);
    await workers(2);
    last().answer({ flaw: "no mark" });
    await expect(both[1]).rejects.toThrow("no mark");
    expect(last().isOver).toBe(true);
  });

  it("is ended when it takes too long, and when nobody looks any more", async () => {
    vi.useFakeTimers();
    const endless = drawn(here, ASK, new AbortController().signal).catch(String);
    await workers(1);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(await endless).toContain("longer than 15 s");
    const gone = new AbortController();
    const unseen = drawn(here, ASK, gone.signal).catch(String);
    await workers(2);
    gone.abort();
    expect(await unseen).toContain("nobody");
    expect(StillWorker.all.map(({ isOver }) => isOver)).toEqual([true, true]);
  });

  it("says so where no worker may run", async () => {
    const refused = drawn(here, ASK, new AbortController().signal).catch(String);
    await workers(1);
    last().dispatchEvent(new Event("error"));
    expect(await refused).toContain("lets no worker run");
  });

  it("keeps nobody waiting for a kernel that is gone", async () => {
    void drawn(() => new Promise(() => {}), ASK, new AbortController().signal);
    void drawn(here, ASK, new AbortController().signal);
    await workers(1);
    last().answer(PNG);
  });

  it("comes from the kernel, which is asked once for all widgets of a page", async () => {
    const { model, sent, say } = fakeModel();
    const store = new Store(model);
    store.attach(model);
    const asked = [kernelsDrawer(store)(), kernelsDrawer(store)()];
    expect(sent).toEqual([{ kind: "drawer" }]);
    expectValid("bundle", "ToKernel", sent[0]);
    const told = { kind: "drawer" };
    expectValid("bundle", "ToPage", told);
    say("msg:custom", told, [new DataView(new ArrayBuffer(1))]);
    expect(await Promise.all(asked)).toEqual(["blob:it", "blob:it"]);
    const another = fakeModel();
    expect(await kernelsDrawer(new Store(another.model))()).toBe("blob:it");
    expect(another.sent).toEqual([]);
  });
});

describe("a drawing in Vega-Lite", () => {
  const bytes = new DataView(new TextEncoder().encode('{"mark": "bar"}').buffer as ArrayBuffer);
  const show = () => render(<VegaLite drawer={here} bytes={bytes} words="Levels that fall" />);

  it("is announced by its words, and then a picture with them, as wide as it was drawn", async () => {
    show();
    expect(screen.getByRole("status").textContent).toBe("drawing: Levels that fall");
    await workers(1);
    expect(last().asked!.spec).toBe('{"mark": "bar"}');
    act(() => last().answer(PNG));
    const image = await screen.findByRole("img", { name: "Levels that fall" });
    expect([image.getAttribute("src"), image.getAttribute("width")]).toEqual(["blob:it", "200"]);
  });

  it("is drawn anew in another theme, and seen as it was until then", async () => {
    show();
    await workers(1);
    act(() => last().answer(PNG));
    await screen.findByRole("img");
    vi.stubGlobal("getComputedStyle", () => ({ getPropertyValue: (name: string) => `${name} at night` }));
    document.body.dataset["jpThemeLight"] = "false";
    await workers(2);
    expect(last().asked!.colors.ink).toBe("--sch-ink at night");
    expect(screen.getByRole("img")).toBeTruthy();
    act(() => last().answer({ flaw: "it has grown tired" }));
    expect((await screen.findByText(/Levels that fall/)).textContent).toBe("Levels that fall (it can't be drawn here: it has grown tired)");
    delete document.body.dataset["jpThemeLight"];
  });

  it("is given up with its panel", async () => {
    const { unmount } = show();
    await workers(1);
    unmount();
    expect(last().isOver).toBe(true);
  });
});
