// The bytes of sounds and pictures, which are no part of the saved state: asked for when they are to be shown.
import type { AnyModel } from "@anywidget/types";
import { useEffect, useState } from "react";

import { say } from "../saying.ts";
import type { Data, ToKernel, ToPage } from "../contract/panel.ts";

const MIMES: Data["mime"][] = ["audio/wav", "image/png", "image/jpeg", "image/svg+xml"];
const ASK_AGAIN_MS = 4000;

/** The address of an output's bytes within this page, or null until they are here. */
export function useData(model: AnyModel, key: string, version: number | null): string | null {
  const [address, setAddress] = useState<string | null>(null);
  useEffect(() => {
    if (version === null) {
      setAddress(null);
      return;
    }
    let made: string | null = null;
    const receive = (content: ToPage, buffers: DataView[]): void => {
      if (content.kind !== "data" || content.key !== key || content.version !== version || made !== null) return;
      const [bytes] = buffers;
      if (!bytes || !MIMES.includes(content.mime)) return;
      clearInterval(timer);
      made = URL.createObjectURL(new Blob([bytes as DataView<ArrayBuffer>], { type: content.mime }));
      setAddress(made);
    };
    const ask = (): void => void say(model, { kind: "data", key } satisfies ToKernel);
    model.on("msg:custom", receive);
    // The kernel may be busy, and a message sent before it listens is lost.
    const timer = setInterval(ask, ASK_AGAIN_MS);
    ask();
    return () => {
      clearInterval(timer);
      model.off("msg:custom", receive);
      if (made !== null) URL.revokeObjectURL(made);
    };
  }, [model, key, version]);
  return address;
}
