// Room for the results that are open: the canvas moves until they are seen, when one opens or grows, and when the canvas has
// become smaller under them.
import { useReactFlow } from "@xyflow/react";
import { type RefObject, useCallback, useEffect } from "react";

/** Between a result and the edge of the canvas. */
export const GAP = 8;

/**
 * Results open at the right of their node, in the size of the page whatever the zoom is.
 *
 * @param root in which the canvas is
 * @returns what to call for one that has opened or grown
 */
export function useRoom(root: RefObject<HTMLElement | null>): (element: Element) => void {
  const flow = useReactFlow();
  const makeRoom = useCallback((elements: Element[]): void => {
    const frame = frameIn(root.current)?.getBoundingClientRect();
    if (!frame) return;
    const boxes = elements.map((element) => element.getBoundingClientRect());
    // As far as the end of each is hidden, but no further than to its beginning.
    const beyond = Math.max(0, ...boxes.map((box) => Math.min(box.right + GAP - frame.right, box.left - GAP - frame.left)));
    const below = Math.max(0, ...boxes.map((box) => Math.min(box.bottom + GAP - frame.bottom, box.top - GAP - frame.top)));
    const { x, y, zoom } = flow.getViewport();
    if (beyond + below > 1) void flow.setViewport({ x: x - beyond, y: y - below, zoom }, { duration: 200 });
  }, [flow, root]);
  useEffect(() => {
    const frame = frameIn(root.current);
    if (!frame) return;
    let { clientWidth: width, clientHeight: height } = frame;
    const observer = new ResizeObserver(() => {
      const isSmaller = frame.clientWidth < width || frame.clientHeight < height;
      const before = frame.getBoundingClientRect();
      const [right, bottom] = [before.left + width, before.top + height];
      ({ clientWidth: width, clientHeight: height } = frame);
      if (!isSmaller) return;
      // What a hand has moved out of sight stays there.
      makeRoom([...frame.querySelectorAll(".sch-result")].filter((element) => {
        const box = element.getBoundingClientRect();
        return box.left < right && box.top < bottom && box.right > before.left && box.bottom > before.top;
      }));
    });
    observer.observe(frame);
    return () => observer.disconnect();
  }, [makeRoom, root]);
  return useCallback((element) => makeRoom([element]), [makeRoom]);
}

function frameIn(root: HTMLElement | null): Element | null {
  return root?.querySelector(".sch-canvas") ?? null;
}
