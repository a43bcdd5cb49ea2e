// Whether the server is there, and what becomes of its plugins: one stream of events, opened again whenever it breaks.
import { type Api, Trouble } from "./api.ts";

const EVENTS = ["registered", "unregistered", "loaded", "unloaded", "reloaded"];
const FIRST_MS = 500;
const LAST_MS = 5000;

export interface Heard {
  /** It is there: at first, and again after it was gone. */
  there: () => void;
  changed: () => void;
  gone: (trouble: Trouble) => void;
}

/** Until the signal is given; a token that isn't known any more ends it, too. */
export async function watch(api: Api, heard: Heard, signal: AbortSignal): Promise<void> {
  let wait = FIRST_MS;
  while (!signal.aborted) {
    try {
      await api.json("GET", "health", { signal });
      heard.there();
      wait = FIRST_MS;
      await api.events(`api/plugins/events?${EVENTS.map((name) => `name=${name}`).join("&")}`, (event) => EVENTS.includes(event) && heard.changed(), signal);
      if (!signal.aborted) heard.gone(new Trouble(0, "NoAnswer", "the server has ended", "start it again: this page finds it"));
    } catch (error) {
      if (signal.aborted) return;
      heard.gone(error instanceof Trouble ? error : new Trouble(0, "NoAnswer", "the server doesn't answer", String(error)));
      if (error instanceof Trouble && (error.status === 401 || error.status === 403)) return;
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, wait);
      signal.addEventListener("abort", () => (clearTimeout(timer), resolve()), { once: true });
    });
    wait = Math.min(LAST_MS, 2 * wait);
  }
}
