// From how far a flow is looked at. From so far that no word can be read, none is painted: the style sheet leaves of each node
// its shape and how it stands. What isn't painted is still there for those who don't see.
import { Background, BackgroundVariant, useStore as useReactFlowStore } from "@xyflow/react";
import { type ReactNode, type RefObject, useEffect } from "react";

const FAR = 0.35;

export function Distance({ box }: { box: RefObject<HTMLElement | null> }): ReactNode {
  const isFar = useReactFlowStore((state) => state.transform[2] < FAR);
  useEffect(() => void box.current?.classList.toggle("sch-far", isFar), [box, isFar]);
  return isFar ? null : <Background variant={BackgroundVariant.Dots} gap={24} size={1.4} color="var(--sch-dots)" bgColor="transparent" />;
}
