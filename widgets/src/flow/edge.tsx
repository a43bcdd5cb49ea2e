// An edge in the colour of what flows through it; broken ones are dashed and say why.
import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import { type ReactNode, memo } from "react";

import { remove } from "./document.ts";
import { brief } from "./hostile.ts";
import { Icon } from "./icons.tsx";
import { Problems } from "./standing.tsx";
import type { Problem } from "../contract/flow.ts";
import { useStore, useView } from "./view.ts";

export const TypedEdge = memo(function TypedEdge(props: EdgeProps): ReactNode {
  const { id, target, data, selected, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition } = props;
  const { commit } = useView();
  // Not in its data: React Flow looks at all nodes and edges when one of its edges is another object.
  const flowing = useStore((store) => store.standingOf(target).state === "running");
  const [path, labelX, labelY] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const problem = data?.["problem"] as Problem | undefined;
  const broken = data?.["broken"] === true;
  const classes = [
    "sch-edge", `sch-type-${String(data?.["type"] ?? "any")}`,
    broken ? "sch-broken" : "", flowing ? "sch-flowing" : "", selected ? "sch-chosen" : "",
    data?.["passed"] ? "sch-passed" : "",
  ];
  return (
    <g className={classes.join(" ")}>
      <BaseEdge id={id} path={path} interactionWidth={16} />
      {selected || broken || problem ? (
        <EdgeLabelRenderer>
          <div
            className="sch-edge-label nodrag nopan"
            style={{ transform: `translate(-50%, -50%) translate(${labelX}px, ${labelY}px)` }}
          >
            {selected ? (
              <button
                type="button"
                aria-label="remove the connection"
                title="remove the connection (Delete)"
                onClick={() => commit(remove(new Set(), new Set([id])))}
              >
                <Icon name="cross" size={11} />
              </button>
            ) : (
              <span className="sch-edge-flaw" title={brief(problem?.message ?? "one of its ports is gone")}>
                <Icon name="warn" size={13} />
              </span>
            )}
            {selected && problem ? <div className="sch-edge-words"><Problems problems={[problem]} /></div> : null}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </g>
  );
});
