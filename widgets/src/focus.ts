// Whoever goes by keyboard keeps his place: when the control that has the focus vanishes or is switched off, the nearest that is
// left takes it. Else the page takes it, and the next Tab begins at its top.
import { type RefObject, useEffect } from "react";

const CONTROLS = "a[href], button, input, select, textarea, [tabindex='0']";

function canHaveFocus(element: Element): boolean {
  return element.isConnected && !(element as HTMLButtonElement).disabled;
}

/** @returns the undo */
export function keepFocus(root: HTMLElement): () => void {
  let last: Element | null = null;
  let around: Element[] = [];
  const onFocus = (event: FocusEvent): void => {
    last = event.target as Element;
    around = [...root.querySelectorAll(CONTROLS)];
  };
  const onBlur = (event: FocusEvent): void => {
    const left = event.target as Element;
    // Whether somebody left it, or it was taken away, is known when all of the change is done.
    queueMicrotask(() => {
      if (last === left && canHaveFocus(left) && document.activeElement !== left) last = null;
    });
  };
  let held = false;
  const onKey = (event: KeyboardEvent): void => void (held = event.type === "keydown");
  const take = (before: Element, beside: Element[]): void => {
    const now = document.activeElement ?? document.body;
    // One that is switched off keeps it until the page is drawn next.
    if (now !== document.body && now !== before) return;
    (nearest(root, before, beside) as HTMLElement | undefined)?.focus();
  };
  const observer = new MutationObserver(() => {
    if (last === null || canHaveFocus(last)) return;
    const [before, beside] = [last, around];
    last = null;
    // The key that did it must not press what gets the focus: Enter does so when it has gone down.
    if (held) document.addEventListener("keyup", () => setTimeout(take, 0, before, beside), { once: true });
    else take(before, beside);
  });
  document.addEventListener("keydown", onKey, true);
  document.addEventListener("keyup", onKey, true);
  root.addEventListener("focusin", onFocus);
  root.addEventListener("focusout", onBlur);
  observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled"] });
  return () => {
    root.removeEventListener("focusin", onFocus);
    root.removeEventListener("focusout", onBlur);
    document.removeEventListener("keydown", onKey, true);
    document.removeEventListener("keyup", onKey, true);
    observer.disconnect();
  };
}

/** What stands in its place now, or what is left nearest to it, rather before than after. */
function nearest(root: HTMLElement, gone: Element, around: Element[]): Element | undefined {
  const at = around.indexOf(gone);
  const before = around.slice(0, Math.max(0, at)).reverse().find(canHaveFocus);
  const now = [...root.querySelectorAll(CONTROLS)].filter(canHaveFocus);
  const next = now[before ? now.indexOf(before) + 1 : 0];
  return next && !around.includes(next) ? next : (before ?? next);
}

export function useKeptFocus(root: RefObject<HTMLElement | null>): void {
  useEffect(() => (root.current ? keepFocus(root.current) : undefined), [root]);
}
