// The bytes of sounds and figures, which are no part of the saved state: asked for when they are to be shown.
import type { AnyModel } from "@anywidget/types";
import { useEffect, useState } from "react";

import { VEGA_LITE } from "../figures/vega_lite.tsx";
import { say } from "../saying.ts";
import type { Data, ToKernel, ToPage } from "../contract/panel.ts";

const MIMES: Data["mime"][] = ["audio/wav", "image/png", "image/jpeg", "image/svg+xml", VEGA_LITE];
const ASK_AGAIN_MS = 4000;

export interface Held {
  bytes: DataView;
  mime: Data["mime"];
}

/** An output's bytes, or null until they are here. */
export function useData(model: AnyModel, key: string, version: number | null): Held | null {
  const [held, setHeld] = useState<Held | null>(null);
  useEffect(() => {
    if (version === null) {
      setHeld(null);
      return;
    }
    const receive = (content: ToPage, buffers: DataView[]): void => {
      if (content.kind !== "data" || content.key !== key || content.version !== version) return;
      const [bytes] = buffers;
      if (!bytes || !MIMES.includes(content.mime)) return;
      stop();
      setHeld({ bytes, mime: content.mime });
    };
    const ask = (): void => void say(model, { kind: "data", key } satisfies ToKernel);
    model.on("msg:custom", receive);
    // The kernel may be busy, and a message sent before it listens is lost.
    const timer = setInterval(ask, ASK_AGAIN_MS);
    ask();
    const stop = (): void => {
      clearInterval(timer);
      model.off("msg:custom", receive);
    };
    return stop;
  }, [model, key, version]);
  return held;
}
