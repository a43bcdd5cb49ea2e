// A view tells Python that it is looked at, so that nothing is measured for nobody, and notices when Python falls silent.
import { useEffect, useRef, useState } from "react";

import type * as logs from "./contract/logs.ts";
import type * as status from "./contract/status.ts";
import { say } from "./saying.ts";

export interface Channel {
  send(content: logs.Look | logs.Leave | status.Look | status.Leave): void;
  on(event: "msg:custom", callback: (content: unknown) => void): void;
  off(event: "msg:custom", callback: (content: unknown) => void): void;
}

const AGAIN_MS = 20_000;
/** A kernel that runs a cell may hear no page: a question that got no answer is asked again. */
const ASK_AGAIN_MS = 4_000;
const SILENT_MS = 6_000;

/**
 * Look for as long as the view is mounted and its page is shown.
 *
 * @param after what to add to a new look, such as the last number that the view has
 * @param receive gets every message; returns whether it answers a new look
 * @returns whether Python has fallen silent
 */
export function useLooking(
  model: Channel,
  after: () => Record<string, unknown>,
  receive: (message: unknown) => boolean,
): boolean {
  const [silent, setSilent] = useState(false);
  const latest = useRef({ after, receive });
  latest.current = { after, receive };
  useEffect(() => {
    const view = Math.random().toString(36).slice(2, 14);
    let heard = Date.now();
    let asked = 0;
    let answered = false;
    let said = 0;
    const look = (isNew: boolean): void => {
      said = Date.now();
      if (isNew) asked = said;
      say(model, { kind: "look", view, ...(isNew ? { new: true, ...latest.current.after() } : {}) });
    };
    const onMessage = (message: unknown): void => {
      heard = Date.now();
      setSilent(false);
      if (latest.current.receive(message)) answered = true;
    };
    const onVisibility = (): void => {
      if (document.hidden) {
        say(model, { kind: "leave", view });
        return;
      }
      heard = Date.now();
      answered = false;
      look(true);
    };
    const timer = setInterval(() => {
      if (document.hidden) return;
      const now = Date.now();
      setSilent(now - heard > SILENT_MS);
      if (!answered && now - asked >= ASK_AGAIN_MS) look(true);
      else if (now - said >= AGAIN_MS) look(false);
    }, 1000);
    model.on("msg:custom", onMessage);
    document.addEventListener("visibilitychange", onVisibility);
    if (!document.hidden) look(true);
    return () => {
      clearInterval(timer);
      model.off("msg:custom", onMessage);
      document.removeEventListener("visibilitychange", onVisibility);
      say(model, { kind: "leave", view });
    };
  }, [model]);
  return silent;
}
