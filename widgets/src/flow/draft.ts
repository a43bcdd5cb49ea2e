// Values that are still being set: drawn at once, and put into the document when the hand lets go, as one step.
import { useCallback, useEffect, useRef, useState } from "react";

import { setParameters } from "./document.ts";
import { isHeld, onRelease } from "./pointer.ts";
import { useView } from "./view.ts";

/** After the last key or turn of the wheel. */
const SETTLE_MS = 300;

export function useDraft(id: string): { draft: Record<string, unknown>; set: (name: string, value: unknown) => void } {
  const { store, commit } = useView();
  const [draft, setDraft] = useState<Record<string, unknown>>({});
  const pending = useRef<Record<string, unknown>>({});
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);

  const flush = useCallback((): void => {
    clearTimeout(timer.current);
    const values = pending.current;
    const names = Object.keys(values);
    if (names.length === 0) return;
    pending.current = {};
    setDraft({});
    commit(setParameters(id, values), `set ${id} ${names.join(" ")}`);
  }, [commit, id]);

  useEffect(() => {
    const unregister = store.onFlush(flush);
    const unfollow = onRelease(flush);
    return () => {
      unregister();
      flush();
      unfollow();
    };
  }, [store, flush]);

  const set = useCallback((name: string, value: unknown): void => {
    pending.current = { ...pending.current, [name]: value };
    setDraft(pending.current);
    clearTimeout(timer.current);
    if (!isHeld()) timer.current = setTimeout(flush, SETTLE_MS);
  }, [flush]);

  return { draft, set };
}
