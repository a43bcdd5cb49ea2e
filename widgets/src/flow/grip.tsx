// The lower edge of a view, which makes it higher or lower.
import { type ReactNode, useRef } from "react";

const LEAST = 260;
const MOST = 2400;

/** Drag, or arrow keys, for another height. */
export function Grip({ height, onChange }: { height: number; onChange: (height: number) => void }): ReactNode {
  const from = useRef<{ y: number; height: number } | null>(null);
  const set = (to: number): void => onChange(Math.round(Math.min(MOST, Math.max(LEAST, to))));
  return (
    <div
      className="sch-grip"
      role="separator"
      aria-orientation="horizontal"
      aria-label="height"
      aria-valuenow={height}
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      tabIndex={0}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { y: event.clientY, height };
      }}
      onPointerMove={(event) => from.current && set(from.current.height + event.clientY - from.current.y)}
      onPointerUp={() => void (from.current = null)}
      onPointerCancel={() => void (from.current = null)}
      onKeyDown={(event) => {
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        event.preventDefault();
        event.stopPropagation();
        set(height + (event.key === "ArrowDown" ? 24 : -24));
      }}
    />
  );
}
