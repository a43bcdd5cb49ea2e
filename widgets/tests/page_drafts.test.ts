import { beforeEach, describe, expect, it, vi } from "vitest";

import { Store } from "../src/flow/store.ts";
import { addNode } from "../src/flow/document.ts";
import { type Draft, Drafts } from "../src/page/drafts.ts";
import { ServerFlow } from "../src/page/model.ts";
import { plugin } from "./flow_model.ts";
import { BASE, events, server } from "./page_server.ts";

const DRAFT: Draft = { name: "study", tag: '"tag"', at: 5, document: { nodes: [], edges: [] } };

/** As a browser has them for all pages of an address: jsdom has none. */
function locks(): LockManager {
  const held = new Set<string>();
  return {
    request: async (name: string, work: () => Promise<void>) => (held.add(name), await work(), held.delete(name)),
    query: async () => ({ held: [...held].map((name) => ({ name })) }),
  } as unknown as LockManager;
}

function drafts(user = "ada", base = BASE, manager = locks()): Drafts {
  return new Drafts(base, user, localStorage, manager);
}

async function drawn(answers: Parameters<typeof server>[0] = {}) {
  const there = server({ "PUT api/flows/mine": () => ({}), "GET api/flows": () => ({ flows: [] }), "POST api/flows/problems": () => ({ problems: [] }), ...answers });
  const flow = new ServerFlow(there.api, "mine");
  const store = new Store(flow.model);
  store.attach(flow.model);
  return { ...there, flow, store };
}

describe("what isn't saved", () => {
  beforeEach(() => localStorage.clear());

  it("is kept as it is drawn, without the token, and offered to the next page", async () => {
    const kept = drafts();
    const { flow, store } = await drawn();
    flow.keepIn(kept.slot());
    store.commit(addNode(plugin("a")));
    await vi.waitFor(() => expect(localStorage.length).toBe(1));
    expect(JSON.stringify({ ...localStorage })).not.toContain("secret");
    expect(await kept.offers(), "it is open here").toEqual([]);
    const [offer] = await drafts().offers(); // another page, after this one has crashed
    expect(offer).toMatchObject({ name: "mine", tag: "" });
    const back = ServerFlow.back(server({}).api, offer!);
    expect(back.document.nodes.map(({ id }) => id)).toEqual(["a"]);
    expect(back.isDirty).toBe(true);
  });

  it("is offered when its page was left, and forgotten when it is saved or given up", async () => {
    const kept = drafts();
    for (const end of ["leave", "save", "close"] as const) {
      const { flow, store } = await drawn();
      flow.keepIn(kept.slot());
      store.commit(addNode(plugin("a")));
      await vi.waitFor(() => expect(flow.isDirty).toBe(true));
      flow.keepNow();
      expect(localStorage.length).toBe(1);
      await flow[end]();
      expect(localStorage.length, end).toBe(end === "leave" ? 1 : 0);
      await Promise.resolve();
      expect(await kept.offers()).toHaveLength(end === "leave" ? 1 : 0);
      localStorage.clear();
    }
  });

  it("is its user's and its server's", async () => {
    drafts("ada").slot().keep(DRAFT);
    for (const other of [drafts("eve"), drafts("ada x"), drafts("ad"), drafts("ada", `${BASE}user/ada/`)]) expect(await other.offers()).toEqual([]);
    expect(await drafts("ada").offers()).toHaveLength(1);
  });

  it("is believed no more than anything else that stands there, and only so many are kept", async () => {
    const kept = drafts();
    kept.slot().keep(DRAFT);
    const key = localStorage.key(0)!;
    for (const text of ["", "{", "[]", '{"name": 1}', JSON.stringify({ ...DRAFT, document: "x" }), JSON.stringify({ ...DRAFT, at: null })]) {
      localStorage.setItem(key, text);
      expect(await drafts().offers()).toEqual([]);
      expect(localStorage.getItem(key)).toBe(null);
    }
    for (let at = 0; at < 10; at += 1) kept.slot().keep({ ...DRAFT, at });
    expect((await drafts().offers()).map(({ at }) => at)).toEqual([9, 8, 7, 6, 5, 4, 3, 2]);
    expect(localStorage.length).toBe(8);
  });

  it("that has no room is said to have none", async () => {
    const { flow, store } = await drawn();
    flow.keepIn(drafts().slot());
    store.commit(addNode({ ...plugin("a"), data: { plugin: "x".repeat(2_100_000) } }));
    await vi.waitFor(() => expect(flow.trouble?.title).toBe("NotKept"));
    expect(localStorage.length).toBe(0);
  });

  it("runs without being saved", async () => {
    const run = { id: "r1", state: "running", progress: 0, message: "", nodes: {} };
    const { flow, store, asked } = await drawn({
      "POST api/flows/runs": () => run,
      "GET api/plugins/runs/r1/events": () => events(),
      "GET api/plugins/runs/r1": () => ({ ...run, state: "done", stats: { wall_s: 1 }, outputs: {} }),
    });
    store.commit(addNode(plugin("a")));
    await vi.waitFor(() => expect(flow.isDirty).toBe(true));
    await flow.run(["a"]);
    expect(asked.find(({ path }) => path === "api/flows/runs")?.body).toMatchObject({ nodes: ["a"], flow: { nodes: [{ id: "a" }], schillinger: { format: 1 } } });
    expect(asked.filter(({ method }) => method === "PUT")).toEqual([]);
    expect(flow.isDirty).toBe(true);
    expect(await flow.save()).toBe(true);
    expect(flow.isDirty).toBe(false);
  });
});
