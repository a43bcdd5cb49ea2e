import { beforeEach, describe, expect, it, vi } from "vitest";

import { Store } from "../src/flow/store.ts";
import { addNode } from "../src/flow/document.ts";
import { type Draft, Drafts } from "../src/page/drafts.ts";
import { ServerFlow } from "../src/page/model.ts";
import { plugin } from "./flow_model.ts";
import { BASE, events, server } from "./page_server.ts";

const DRAFT: Draft = { name: "study", tag: '"tag"', at: 5, document: { nodes: [], edges: [] }, run: null };

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

  describe("has a run, too, which", () => {
    const AT = { progress: 1, message: "", wall_s: 0.5, problem: null };
    const GOING = { id: "5f-1", flow: "", state: "running", progress: 0.5, message: "half", nodes: { a: { ...AT, state: "running" } } };
    const DONE = { ...GOING, state: "done", progress: 1, nodes: { a: { ...AT, state: "done" } }, stats: { wall_s: 1 }, outputs: { a: { peak: -3 } } };

    /** A page that ended while its draft ran, and what the next one is offered. */
    async function left() {
      const stays = new Response(new ReadableStream());
      const { flow, store } = await drawn({ "POST api/flows/runs": () => GOING, "GET api/plugins/runs/5f-1/events": () => stays });
      flow.keepIn(drafts().slot());
      store.commit(addNode(plugin("a")));
      await vi.waitFor(() => expect(flow.isDirty).toBe(true));
      void flow.run();
      await vi.waitFor(() => expect(store.standingOf("a").state).toBe("running"));
      const kept = drafts(); // of another page: this one has crashed
      return { kept, offer: (await kept.offers())[0]! };
    }

    async function back(answers: Parameters<typeof server>[0], drawsOn = (_: Draft): void => {}) {
      const { kept, offer } = await left();
      drawsOn(offer);
      const there = server({ "POST api/flows/problems": () => ({ problems: [] }), ...answers });
      const flow = ServerFlow.back(there.api, offer);
      flow.keepIn(kept.slot(offer.key));
      const store = new Store(flow.model);
      store.attach(flow.model);
      await flow.resume();
      await Promise.resolve();
      return { ...there, flow, store };
    }

    it("is seen through to its end by the next page", async () => {
      const told = [GOING, DONE];
      const { flow, store, asked } = await back({ "GET api/plugins/runs/5f-1": () => told.shift(), "GET api/plugins/runs/5f-1/events": () => events(["run", GOING]) });
      expect(asked.map(({ path }) => path).filter((path) => path.includes("runs"))).toEqual(["api/plugins/runs/5f-1", "api/plugins/runs/5f-1/events", "api/plugins/runs/5f-1"]);
      expect(store.traits).toMatchObject({ running: false, message: "done in 1 s" });
      expect(store.standingOf("a")).toMatchObject({ state: "done", has_result: true, stale: false });
      expect(flow.trouble).toBe(null);
    });

    it("has given what it gave if it has ended meanwhile, stale where the draft was drawn on since", async () => {
      const draw = (offer: Draft): void => {
        offer.document = { nodes: [plugin("a", 0, 0, { parameters: { gain_db: 1 } })], edges: [] };
      };
      for (const [drawsOn, stale] of [[undefined, false], [draw, true]] as const) {
        const { store, asked } = await back({ "GET api/plugins/runs/5f-1": () => DONE }, drawsOn);
        expect(store.standingOf("a")).toMatchObject({ state: "done", has_result: true, stale });
        expect(asked.filter(({ path }) => path.endsWith("/events"))).toEqual([]);
        localStorage.clear();
      }
    });

    it("is said to be gone if the server knows it no more, once", async () => {
      const { flow, store, asked } = await back({});
      expect(flow.trouble).toMatchObject({ status: 404, title: "RunGone" });
      expect(flow.trouble?.message).toBe("the server knows the last run of mine no more → its result was forgotten, or the server began anew: run it again");
      expect(store.traits.running).toBe(false);
      expect(JSON.parse(localStorage.getItem(localStorage.key(0)!)!)).toMatchObject({ run: null });
      expect(asked.some(({ path }) => path === "api/plugins/runs")).toBe(false);
    });

    it("leads nowhere else, whatever stands in its place", async () => {
      const { kept } = await left();
      const key = localStorage.key(0)!;
      const draft = JSON.parse(localStorage.getItem(key)!);
      for (const run of ["../../x", { id: "../../x", then: {} }, { id: "a/b", then: {} }, { id: "5f-1" }, { id: 1, then: {} }, [], 7]) {
        localStorage.setItem(key, JSON.stringify({ ...draft, run }));
        expect((await kept.offers())[0], JSON.stringify(run)).toMatchObject({ name: "mine", run: null });
      }
    });
  });
});
