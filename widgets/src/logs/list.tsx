// The list: only what is in sight is drawn; it follows the end until it is scrolled up.
import { type ReactNode, useLayoutEffect, useRef, useState } from "react";

import { slice } from "../windowing.ts";
import { clock } from "./lines.ts";
import type { Line } from "../contract/logs.ts";

const LINE_PX = 20;
const SEEN_PX = 320;
/** Of an empty list; from there on it grows with its lines, and never shrinks under a filter. */
const LEAST_LINES = 2;
const NEAR_PX = 24;
/** Room for the border, and for a bar under lines that are too wide. */
const EDGE_PX = 18;

export interface ListProps {
  lines: readonly Line[];
  /** How many there are, those included that pass no filter. */
  count: number;
  follows: boolean;
  onFollow(follows: boolean): void;
}

export function List({ lines, count, follows, onFollow }: ListProps): ReactNode {
  const box = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element || !follows) return;
    element.scrollTop = element.scrollHeight;
    setTop(element.scrollTop);
  }, [lines, follows]);
  const { first, end } = slice(lines.length, LINE_PX, top, SEEN_PX);
  return (
    <div
      className="sch-log"
      ref={box}
      style={{ height: Math.min(SEEN_PX, Math.max(LEAST_LINES, count) * LINE_PX + EDGE_PX) }}
      tabIndex={0}
      role="log"
      aria-live="off"
      aria-label="lines"
      onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        setTop(scrollTop);
        const isAtEnd = scrollHeight - scrollTop - clientHeight < NEAR_PX;
        if (isAtEnd !== follows) onFollow(isAtEnd);
      }}
    >
      <div style={{ height: lines.length * LINE_PX, position: "relative" }}>
        <div style={{ position: "absolute", top: first * LINE_PX, minWidth: "100%" }}>
          {lines.slice(first, end).map((line) => (
            <div className={`sch-line sch-level-${line.level || "none"}`} key={line.number} style={{ height: LINE_PX }}>
              <time>{clock(line.time_s)}</time>
              <span className="sch-of">{line.instance || line.plugin}</span>
              <span className="sch-text">{line.text}</span>
            </div>
          ))}
        </div>
      </div>
    </div>
  );
}
