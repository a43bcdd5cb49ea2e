import { beforeEach, describe, expect, it } from "vitest";

import { Api, Trouble } from "../src/page/api.ts";
import { palette } from "../src/page/plugins.ts";
import { begin, forget, keep, showFlow } from "../src/page/session.ts";
import { watch } from "../src/page/watching.ts";
import { BASE, events, problem, server } from "./page_server.ts";

describe("the server, asked", () => {
  it("gets the token and JSON, and nothing is asked of another server", async () => {
    const { api, asked } = server({ "PUT api/flows/study": () => ({ name: "study" }) });
    await api.json("PUT", "api/flows/study", { body: { nodes: [] } });
    expect(asked[0]).toMatchObject({ headers: { Authorization: "Bearer secret", "Content-Type": "application/json" }, body: { nodes: [] } });
    for (const path of ["//evil.example/x", "http://evil.example/x"]) await expect(api.bytes(path)).rejects.toThrow("http://evil.example is not this server");
    expect(asked).toHaveLength(1);
  });

  it("stays below the address that a proxy gives it, whichever way an address is written", async () => {
    const urls: string[] = [];
    const api = new Api("", "http://hub/user/ada/schillinger/", async (url) => (urls.push(url), new Response("{}")));
    await api.json("GET", "api/plugins");
    await api.bytes("/user/ada/schillinger/api/plugins/runs/1/outputs/x?at=%2F0");
    expect(urls).toEqual(["http://hub/user/ada/schillinger/api/plugins", "http://hub/user/ada/schillinger/api/plugins/runs/1/outputs/x?at=%2F0"]);
  });

  it("tells its problems with the remedy, and its silence", async () => {
    const { api } = server({ "GET x": () => problem(422, "InputError", "600 is above the maximum", "take 24 at most") });
    await expect(api.json("GET", "x")).rejects.toMatchObject({ status: 422, title: "InputError", message: "600 is above the maximum → take 24 at most" });
    const silent = new Api("", BASE, () => Promise.reject(new TypeError("refused")));
    await expect(silent.json("GET", "x")).rejects.toMatchObject({ status: 0, title: "NoAnswer" });
    const other = new Api("", BASE, async () => new Response("<html>", { status: 502 }));
    await expect(other.json("GET", "x")).rejects.toMatchObject({ status: 502, detail: "the server answered 502" });
  });

  it("tells events whole, however they are cut", async () => {
    const { api } = server({ "GET stream": () => events(["run", { progress: 0.5, message: "ä" }], ["run", { progress: 1 }]) });
    const heard: unknown[] = [];
    await api.events("stream", (name, data) => heard.push([name, data]), new AbortController().signal);
    expect(heard).toEqual([["run", { progress: 0.5, message: "ä" }], ["run", { progress: 1 }]]);
  });
});

describe("the palette", () => {
  it("has the sound plugins of all pages, and their ports when those are there", async () => {
    const plugin = (id: string, more: object = {}) => ({ id, name: id, version: "1.0.0", plugin_type: "NODE", category: "x", description: "", state: "loaded", ...more });
    const all = [plugin("gain"), plugin("bad", { state: "broken", version: null }), plugin("mute")];
    let page = 0;
    const { api } = server({
      "GET api/plugins": () => ({ plugins: all.slice(page, (page += 2)), total: 3 }),
      "GET api/plugins/gain": () => ({ definition: { label: "Gain" } }),
      "GET api/plugins/mute": () => ({ definition: null }),
    });
    const told: unknown[] = [];
    await palette(api, (entries) => told.push(entries.map(({ plugin: id, definition }) => [id, definition])));
    expect(told.at(-1)).toEqual([["gain", { label: "Gain" }], ["mute", null]]);
  });
});

describe("the token", () => {
  beforeEach(() => {
    sessionStorage.clear();
    history.replaceState(null, "", "/");
  });

  it("is taken from behind the address, which forgets it, and kept for the tab", () => {
    history.replaceState(null, "", "/#token=abc&flow=study");
    expect(begin()).toMatchObject({ token: "abc", flow: "study" });
    expect(location.hash).toBe("#flow=study");
    expect(begin().token).toBe("abc");
    forget();
    expect(begin()).toMatchObject({ token: "", flow: "study" });
  });

  it("is not in the address that names a flow", () => {
    keep("abc");
    showFlow("my_flow");
    expect(location.href).not.toContain("abc");
    expect(begin()).toMatchObject({ token: "abc", flow: "my_flow" });
  });
});

describe("watching", () => {
  it("tells that the server has gone, and that it is there again", async () => {
    const told: string[] = [];
    const end = new AbortController();
    const { api, answers } = server({ "GET health": () => ({}), "GET api/plugins/events": () => events(["reloaded", {}], ["executed", {}]) });
    await watch(api, {
      there: () => void (told.push("there") > 4 && end.abort()),
      changed: () => told.push("changed"),
      gone: (trouble) => {
        told.push(`gone ${trouble.status}`);
        answers["GET api/plugins/events"] = () => (end.abort(), events());
      },
    }, end.signal);
    expect(told).toEqual(["there", "changed", "gone 0", "there"]);
  });

  it("ends when the token isn't known", async () => {
    const troubles: Trouble[] = [];
    const { api } = server({ "GET health": () => ({}), "GET api/plugins/events": () => problem(401, "NoToken", "no") });
    await watch(api, { there: () => {}, changed: () => {}, gone: (trouble) => troubles.push(trouble) }, new AbortController().signal);
    expect(troubles.map(({ status }) => status)).toEqual([401]);
  });
});
