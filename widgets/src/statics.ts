// The still picture and table that a notebook keeps beside a live view: hidden while the view is on the page.

/** A view dispatches this on its element when it has something to show. */
export const READY = "schillinger-ready";

const OUTPUT = ".jp-OutputArea-child, .output_area";

/**
 * Hide the `count` outputs before the one that holds `el`, the last of which is marked with the view's id.
 * Where the page is built otherwise, only the marked element is hidden.
 *
 * @returns the undo
 */
export function hideStatics(el: Element, id: string, count: number): () => void {
  const hidden: { element: HTMLElement; display: string }[] = [];
  for (const element of staticsOf(el, id, count)) {
    hidden.push({ element, display: element.style.display });
    element.style.display = "none";
  }
  return () => {
    for (const { element, display } of hidden.splice(0)) element.style.display = display;
  };
}

function staticsOf(el: Element, id: string, count: number): HTMLElement[] {
  if (!/^[0-9a-f]+$/.test(id) || count < 1) return [];
  const mark = `.schillinger-static-${id}`;
  const own = el.closest(OUTPUT);
  const found: HTMLElement[] = [];
  let sibling = own?.previousElementSibling ?? null;
  while (sibling && !(sibling.matches(OUTPUT) && sibling.querySelector(mark))) sibling = sibling.previousElementSibling;
  for (; sibling instanceof HTMLElement && found.length < count; sibling = sibling.previousElementSibling as HTMLElement | null) {
    found.push(sibling);
  }
  if (found.length > 0) return found;
  // A second view of the same output stands elsewhere on the page, away from the still ones, which stay as they are.
  if (own) return [];
  const root = el.getRootNode() as Document | ShadowRoot;
  const marked = root.querySelector<HTMLElement>(mark);
  return marked ? [marked] : [];
}

/** Call `then` once `el` is in the document. @returns the undo */
export function whenConnected(el: Element, then: () => void): () => void {
  if (el.isConnected) {
    then();
    return () => {};
  }
  const observer = new MutationObserver(() => {
    if (!el.isConnected) return;
    observer.disconnect();
    then();
  });
  observer.observe(document, { childList: true, subtree: true });
  return () => observer.disconnect();
}
