// Runs of a flow as the server knows them: found again by a page that didn't begin them, and told in a few words.
import { isRecord } from "../flow/document.ts";
import { type Api, Trouble } from "./api.ts";

export type Told = Record<string, unknown>;

/** The run of a saved flow that goes on, whoever has begun it. */
export async function goingOn(api: Api, flow: string): Promise<Told | undefined> {
  const known = await api.json("GET", "api/plugins/runs?limit=100");
  const runs = Array.isArray(known["runs"]) ? known["runs"].filter(isRecord) : [];
  return runs.find((run) => run["flow"] === flow && run["state"] === "running");
}

/** A run by its id, going on or not; null if the server knows it no more. */
export async function known(api: Api, id: string): Promise<Told | null> {
  try {
    return await api.json("GET", `api/plugins/runs/${id}`);
  } catch (error) {
    if (error instanceof Trouble && error.status === 404) return null;
    throw error;
  }
}

/** How it ended, and after how long. */
export function ended(run: Told): string {
  const state = String(run["state"] ?? "");
  const wall = isRecord(run["stats"]) && typeof run["stats"]["wall_s"] === "number" ? ` in ${Number(run["stats"]["wall_s"].toPrecision(2))} s` : "";
  return `${state}${wall}`;
}
