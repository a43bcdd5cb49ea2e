// The sheet of keys.
import { type ReactNode, useEffect, useRef } from "react";

import { IconButton } from "./icons.tsx";
import { SHORTCUTS, shown } from "./keys.ts";

const BY_HAND: readonly [string, string][] = [
  ["Double click", "add a node there"],
  ["Drag from a port", "connect; on the empty canvas: add what fits"],
  ["Shift+drag", "select a box"],
  ["Shift+click", "select one more"],
  ["Ctrl+wheel, pinch", "nearer and further"],
  ["Ctrl+C, X, V", "copy, cut, paste, also between notebooks"],
];

export function Help({ onClose }: { onClose: () => void }): ReactNode {
  const sheet = useRef<HTMLDivElement>(null);
  useEffect(() => sheet.current?.focus({ preventScroll: true }), []);
  return (
    <div
      className="sch-help nowheel"
      role="dialog"
      aria-label="keys"
      tabIndex={-1}
      ref={sheet}
      onKeyDown={(event) => {
        if (event.key !== "Escape" && event.key !== "?") return;
        event.stopPropagation();
        onClose();
      }}
    >
      <header>
        <h3>Keys</h3>
        <IconButton icon="close" label="close" onClick={onClose} />
      </header>
      <dl>
        {SHORTCUTS.filter((shortcut) => shortcut.words).map((shortcut) => (
          <div key={shortcut.deed}>
            <dt>{(shortcut.deed === "moveLeft" ? ["arrows"] : shortcut.keys).map((key) => <kbd key={key}>{shown(key)}</kbd>)}</dt>
            <dd>{shortcut.words}</dd>
          </div>
        ))}
        {BY_HAND.map(([hand, words]) => (
          <div key={hand}>
            <dt><kbd>{hand}</kbd></dt>
            <dd>{words}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
