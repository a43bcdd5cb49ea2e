// The server's plugins, as the canvas's palette has them. Nothing of them is run to be listed.
import type { Entry } from "../contract/flow.ts";
import { isRecord } from "../flow/document.ts";
import type { Api } from "./api.ts";

const PAGE = 200;
const MOST = 2000;
const AT_ONCE = 6;

/** What can be added: the names at once, and again with their ports when those are there. */
export async function palette(api: Api, tell: (entries: Entry[]) => void): Promise<void> {
  const entries: Entry[] = [];
  for (let total = 1; entries.length < Math.min(total, MOST); ) {
    const page = await api.json("GET", `api/plugins?limit=${PAGE}&offset=${entries.length}`);
    const plugins = Array.isArray(page["plugins"]) ? page["plugins"].filter(isRecord) : [];
    if (plugins.length === 0) break;
    total = Number(page["total"]);
    entries.push(...plugins.map(entryOf));
  }
  const sound = entries.filter((entry) => entry.version !== "");
  tell(sound);
  const waiting = [...sound];
  const fetch = async (): Promise<void> => {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      const details = await api.json("GET", `api/plugins/${encodeURIComponent(entry.plugin)}`).catch(() => ({}) as Record<string, unknown>);
      if (isRecord(details["definition"])) Object.assign(entry, { definition: details["definition"] });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, fetch));
  tell(sound.map((entry) => ({ ...entry })));
}

function entryOf(plugin: Record<string, unknown>): Entry {
  const word = (key: string): string => (typeof plugin[key] === "string" ? (plugin[key] as string) : "");
  return {
    plugin: word("id"),
    version: plugin["state"] === "broken" ? "" : word("version"),
    label: word("name"),
    plugin_type: word("plugin_type"),
    category: word("category"),
    description: word("description").slice(0, 1000),
    definition: null,
  };
}
