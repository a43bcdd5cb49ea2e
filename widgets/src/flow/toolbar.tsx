// The bar above the canvas: run and its progress, undo, layout, and what is shown.
import type { ReactNode } from "react";

import { brief } from "./hostile.ts";
import { Icon, IconButton } from "./icons.tsx";
import { duration } from "./standing.tsx";
import { useStore, useView } from "./view.ts";

export interface Shows {
  palette: boolean;
  outline: boolean;
  map: boolean;
  full: boolean;
}

interface ToolbarProps {
  shows: Shows;
  onToggle: (what: keyof Shows) => void;
  onLayout: () => void;
  onFit: () => void;
  onHelp: () => void;
  onExport: () => void;
}

export function Toolbar({ shows, onToggle, onLayout, onFit, onHelp, onExport }: ToolbarProps): ReactNode {
  const view = useView();
  const { store } = view;
  const name = useStore((one) => one.traits.name);
  const canUndo = useStore((one) => one.history.canUndo);
  const canRedo = useStore((one) => one.history.canRedo);
  return (
    <div className="sch-toolbar" role="toolbar" aria-label="flow">
      <IconButton icon="plus" label="palette" keys="P" pressed={shows.palette} onClick={() => onToggle("palette")} />
      <strong className="sch-clip sch-name" title={brief(String(name), 500)}>{brief(String(name), 200)}</strong>
      <RunButtons />
      <Progress />
      <span className="sch-tools">
        <IconButton icon="undo" label="undo" keys="Ctrl+Z" disabled={!canUndo} onClick={() => store.undo()} />
        <IconButton icon="redo" label="redo" keys="Ctrl+Shift+Z" disabled={!canRedo} onClick={() => store.redo()} />
        <i className="sch-rule" aria-hidden="true" />
        <IconButton icon="layout" label="lay out" keys="L" onClick={onLayout} />
        <IconButton icon="fit" label="show all" keys="F" onClick={onFit} />
        <IconButton icon="map" label="map" keys="M" pressed={shows.map} onClick={() => onToggle("map")} />
        <IconButton icon="outline" label="outline" keys="O" pressed={shows.outline} onClick={() => onToggle("outline")} />
        <IconButton icon="save" label="save as a file" onClick={onExport} />
        <IconButton icon="help" label="keys" keys="?" onClick={onHelp} />
        <IconButton icon="full" label="full screen" keys="Shift+F" pressed={shows.full} onClick={() => onToggle("full")} />
      </span>
    </div>
  );
}

function RunButtons(): ReactNode {
  const view = useView();
  const running = useStore((store) => store.traits.running === true);
  const empty = useStore((store) => !store.document.nodes.some((node) => node.type === "plugin"));
  const gone = useStore((store) => store.gone);
  if (running) {
    return (
      <button type="button" className="sch-cancel" onClick={() => view.store.send({ kind: "cancel" })}>
        <Icon name="stop" size={12} /> Cancel
      </button>
    );
  }
  return (
    <span className="sch-run">
      <button type="button" className="sch-primary" disabled={empty || gone} title="Run what has changed (R)" onClick={() => view.run([])}>
        <Icon name="run" size={12} /> Run
      </button>
      <button type="button" disabled={empty || gone} title="Run all of it, also what is in the cache" onClick={() => view.run([], true)}>
        Anew
      </button>
    </span>
  );
}

function Progress(): ReactNode {
  const running = useStore((store) => store.traits.running === true);
  const progress = useStore((store) => store.traits.progress);
  const eta = useStore((store) => store.traits.eta_s);
  const message = useStore((store) => store.traits.message);
  const problems = useStore((store) => store.traits.problems.length);
  if (!running) {
    const words = message || (problems > 0 ? `${problems} problem${problems > 1 ? "s" : ""}` : "");
    return <span className={`sch-run-words sch-clip${message || problems === 0 ? "" : " sch-warn-words"}`} role="status" title={brief(words)}>{brief(words, 200)}</span>;
  }
  const part = Math.round(100 * Math.min(1, Math.max(0, Number(progress) || 0)));
  const rest = typeof eta === "number" && eta > 0.5 ? `, ${duration(eta)} left` : "";
  return (
    <span className="sch-total">
      <span className="sch-flow-bar" role="progressbar" aria-label="the run" aria-valuenow={part} aria-valuemin={0} aria-valuemax={100}>
        <div style={{ width: `${Math.max(2, part)}%` }} />
      </span>
      <span className="sch-run-words sch-clip" title={brief(message)}>{`${part} %${rest}${message ? ` · ${brief(message, 100)}` : ""}`}</span>
    </span>
  );
}
