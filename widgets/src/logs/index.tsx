// The widget of the live log.
import "../tokens.css";
import "./logs.css";

import { createRender, useModel, useModelState } from "@anywidget/react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { useKeptFocus } from "../focus.ts";
import { type Channel, useLooking } from "../looking.ts";
import { READY } from "../statics.ts";
import { EMPTY, type Filter, type Kept, passing, plugins, take } from "./lines.ts";
import { List } from "./list.tsx";
import type { Lines } from "../contract/logs.ts";

const LEVELS: [Filter["level"], string][] = [
  ["all", "every level"], ["error", "errors"], ["warning", "warnings"], ["info", "info"], ["debug", "debug"],
  ["host", "from the host"], ["", "printed"],
];

function LogsPane(): ReactNode {
  const model = useModel();
  const [plugin] = useModelState<string>("plugin");
  const [ended] = useModelState<boolean>("ended");
  const [kept, setKept] = useState<Kept>(EMPTY);
  const [filter, setFilter] = useState<Filter>({ text: "", level: "all", plugin: "" });
  const [follows, setFollows] = useState(true);
  const last = useRef(0);
  last.current = kept.lines.at(-1)?.number ?? 0;

  const silent = useLooking(model as unknown as Channel, () => ({ after: last.current }), (content) => {
    const message = content as Lines;
    if (message.kind !== "lines") return false;
    setKept((before) => take(before, message));
    return true;
  });

  const pane = useRef<HTMLDivElement>(null);
  useKeptFocus(pane);
  useEffect(() => {
    pane.current?.dispatchEvent(new Event(READY, { bubbles: true }));
  }, []);
  const shown = useMemo(() => passing(kept.lines, filter), [kept.lines, filter]);
  const known = useMemo(() => plugins(kept.lines), [kept.lines]);
  const lost = kept.dropped + kept.cut;
  return (
    <div className="sch sch-logs-pane" ref={pane}>
      <header>
        <strong>{plugin === "" ? "Logs" : `Logs of ${plugin}`}</strong>
        <input
          type="search"
          aria-label="Filter"
          placeholder="Filter by words"
          value={filter.text}
          onChange={(event) => setFilter({ ...filter, text: event.target.value })}
        />
        <select aria-label="Level" value={filter.level} onChange={(event) => setFilter({ ...filter, level: event.target.value as Filter["level"] })}>
          {LEVELS.map(([value, label]) => <option key={value} value={value}>{label}</option>)}
        </select>
        {plugin === "" ? (
          <select aria-label="Plugin" value={filter.plugin} onChange={(event) => setFilter({ ...filter, plugin: event.target.value })}>
            <option value="">every plugin</option>
            {known.map((id) => <option key={id} value={id}>{id}</option>)}
          </select>
        ) : null}
      </header>
      {ended ? <p className="sch-notice" role="status">The manager is closed: no more lines come.</p>
        : silent ? <p className="sch-notice" role="status">No news from the kernel: it was restarted or has gone. Run the cell again.</p> : null}
      <div className="sch-log-frame">
        <List lines={shown} count={kept.lines.length} follows={follows} onFollow={setFollows} />
        {shown.length === 0 ? <p className="sch-none">{kept.lines.length === 0 ? "Nothing was printed yet." : "No line passes the filter."}</p> : null}
        {follows ? null : <button type="button" className="sch-to-end" onClick={() => setFollows(true)}>Follow the end</button>}
      </div>
      <footer role="status">
        {shown.length} of {kept.lines.length} lines{lost > 0 ? `, ${lost} older ones dropped` : ""}{follows ? "" : " · paused"}
      </footer>
    </div>
  );
}

export default { render: createRender(LogsPane) };
