// The widget of the live status.
import "../tokens.css";
import "./status.css";

import { createRender, useModel, useModelState } from "@anywidget/react";
import { type ReactNode, useEffect, useMemo, useRef, useState } from "react";

import { useKeptFocus } from "../focus.ts";
import { type Channel, useLooking } from "../looking.ts";
import { say } from "../saying.ts";
import { READY } from "../statics.ts";
import { EMPTY, type Order, name, sorted, take } from "./rows.ts";
import { Table } from "./table.tsx";
import type { Act, Row, StatusState, ToKernel, ToPage } from "../contract/status.ts";

function StatusPane(): ReactNode {
  const model = useModel();
  const send = (message: ToKernel): void => void say(model, message);
  const [level] = useModelState<StatusState["level"]>("level");
  const [plugins] = useModelState<StatusState["plugins"]>("plugins");
  const [busy] = useModelState<StatusState["busy"]>("busy");
  const [said] = useModelState<StatusState["said"]>("said");
  const [ended] = useModelState<StatusState["ended"]>("ended");
  const [board, setBoard] = useState(EMPTY);
  const [order, setOrder] = useState<Order>({ key: "name", down: false });
  const [opened, setOpened] = useState("");
  const [tail, setTail] = useState<string[]>([]);
  const isOpen = useRef("");
  isOpen.current = opened;

  const silent = useLooking(model as unknown as Channel, () => ({}), (content) => {
    const message = content as ToPage;
    if (message.kind === "tail") {
      if (message.row === isOpen.current) setTail(message.lines);
      return false;
    }
    if (message.kind !== "table" && message.kind !== "tick") return false;
    setBoard((before) => take(before, message));
    if (message.kind === "tick" && message.gone.includes(isOpen.current)) setOpened("");
    else if (isOpen.current !== "") send({ kind: "tail", row: isOpen.current });
    return message.kind === "table";
  });

  const pane = useRef<HTMLDivElement>(null);
  useKeptFocus(pane);
  useEffect(() => {
    pane.current?.dispatchEvent(new Event(READY, { bubbles: true }));
  }, []);
  const rows = useMemo(() => sorted(board, order), [board, order]);
  const running = rows.filter(({ row }) => row.state === "running").length;
  const waiting = rows.reduce((sum, { row }) => sum + row.waiting, 0);
  const act = (action: Act["action"], row: Row): void => send({ kind: "act", action, row: row.id });
  const openedRow = board.rows.get(opened)?.row;
  return (
    <div className="sch sch-status-pane" ref={pane}>
      <header>
        <strong>Status</strong>
        <span className={`sch-badge ${level === "full" ? "sch-well" : ""}`}>sandbox {level || "not started"}</span>
        <span className="sch-counts">{running} running · {waiting} waiting</span>
        <span className="sch-counts">{Object.entries(plugins).map(([state, number]) => `${number} ${state}`).join(", ") || "no plugins"}</span>
      </header>
      {ended ? <p className="sch-notice" role="status">The manager is closed: these are its last figures.</p>
        : silent ? <p className="sch-notice" role="status">No news from the kernel: it was restarted or has gone. Run the cell again.</p> : null}
      <Table
        rows={rows}
        order={order}
        busy={busy}
        opened={opened}
        onOrder={setOrder}
        onAct={act}
        onLogs={(row) => {
          const next = opened === row.id ? "" : row.id;
          setOpened(next);
          setTail([]);
          if (next !== "") send({ kind: "tail", row: next });
        }}
      />
      {board.cut > 0 ? <p className="sch-soft">{board.cut} more are not shown</p> : null}
      <p className={`sch-said ${said.ok === false ? "sch-bad" : ""}`} role="status">{said.text ?? ""}</p>
      {openedRow ? <TailView of={name(openedRow)} lines={tail} onClose={() => {
        pane.current?.querySelector<HTMLElement>("[aria-pressed=true]")?.focus();
        setOpened("");
      }} /> : null}
    </div>
  );
}

function TailView({ of, lines, onClose }: { of: string; lines: string[]; onClose(): void }): ReactNode {
  const box = useRef<HTMLPreElement>(null);
  const follows = useRef(true);
  useEffect(() => {
    if (follows.current && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [lines]);
  return (
    <section className="sch-tail" aria-label={`logs of ${of}`}>
      <header>
        <span>{of}: its last lines</span>
        <button type="button" className="sch-quiet" onClick={onClose}>Close</button>
      </header>
      <pre ref={box} tabIndex={0} onScroll={(event) => {
        const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
        follows.current = scrollHeight - scrollTop - clientHeight < 24;
      }}>{lines.length > 0 ? lines.join("\n") : "nothing was printed"}</pre>
    </section>
  );
}

export default { render: createRender(StatusPane) };
