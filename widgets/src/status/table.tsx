// The table: one row for an instance, drawn where it is in sight only. All text of plugins is text.
import { type ReactNode, type RefObject, memo, useEffect, useRef, useState } from "react";

import { useUniqueId } from "../ids.ts";
import { slice } from "../windowing.ts";
import { count, duration, memory, points, rate, share } from "./figures.ts";
import { type Key, type Kept, type Order, SECONDS, name, turned } from "./rows.ts";
import type { Act, Row } from "../contract/status.ts";

const ROW_PX = 44;
const SEEN_PX = 440;
const SPARK = { width: 48, height: 16 };

/** `mid` and `wide`: shown where there is room for them. */
const COLUMNS: { key: Key; label: string; title: string; mid?: boolean; wide?: boolean; figure?: boolean }[] = [
  { key: "name", label: "Instance", title: "instance, and the plugin that it is of" },
  { key: "state", label: "State", title: "running, ready, or asleep until the next call" },
  { key: "calls", label: "Calls", title: "calls that returned", figure: true },
  { key: "calls_per_s", label: "Calls/s", title: "calls in a second, over two minutes", mid: true, figure: true },
  { key: "failures", label: "Failed", title: "calls that raised", figure: true },
  { key: "p50_s", label: "Time", title: "half of the last calls took less; below, all but one in a hundred", wide: true, figure: true },
  { key: "cpu_share", label: "CPU", title: "of one core, over two minutes", mid: true, figure: true },
  { key: "memory_bytes", label: "Memory", title: "private memory of its worker, over two minutes", figure: true },
  { key: "level", label: "Sandbox", title: "the level of confinement", wide: true },
];

export interface TableProps {
  rows: Kept[];
  order: Order;
  busy: readonly string[];
  opened: string;
  onOrder(order: Order): void;
  onAct(action: Act["action"], row: Row): void;
  onLogs(row: Row): void;
}

export function Table(props: TableProps): ReactNode {
  const { rows, order, busy, opened, onOrder, onAct, onLogs } = props;
  const [top, setTop] = useState(0);
  const [asked, setAsked] = useState("");
  /** The row whose last error is told below it. */
  const [told, setTold] = useState("");
  const { first, end } = slice(rows.length, ROW_PX, top, SEEN_PX);
  const scroll = useRef<HTMLDivElement>(null);
  const toldAt = rows.findIndex(({ row }) => row.id === told && row.last_error !== "");
  return (
    <div
      className="sch-status-scroll"
      ref={scroll}
      style={{ maxHeight: SEEN_PX }}
      tabIndex={0}
      role="region"
      aria-label="instances"
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <table aria-rowcount={rows.length + (toldAt < 0 ? 1 : 2)}>
        <thead>
          <tr aria-rowindex={1}>
            {COLUMNS.map(({ key, label, title, mid, wide, figure }) => (
              <th
                key={key}
                scope="col"
                className={`${mid ? "sch-mid" : ""} ${wide ? "sch-wide" : ""} ${figure ? "sch-figure" : ""}`}
                aria-sort={order.key === key ? (order.down ? "descending" : "ascending") : "none"}
              >
                <button type="button" className="sch-quiet" title={title} onClick={() => onOrder(turned(order, key))}>
                  {label}
                  <svg className="sch-arrow" viewBox="0 0 8 8" width="8" height="8" aria-hidden="true">
                    {order.key === key ? <path d={order.down ? "M0 2h8L4 7z" : "M0 6h8L4 1z"} /> : null}
                  </svg>
                </button>
              </th>
            ))}
            <th scope="col" className="sch-actions"><span className="sch-hidden">Actions</span></th>
          </tr>
        </thead>
        <tbody>
          {first > 0 ? <tr aria-hidden="true" style={{ height: first * ROW_PX }} /> : null}
          {rows.slice(first, end).map((kept, index) => (
            <Line
              key={kept.row.id}
              kept={kept}
              index={first + index + (toldAt >= 0 && toldAt < first + index ? 3 : 2)}
              busy={busy.includes(kept.row.id)}
              asked={asked === kept.row.id}
              opened={opened === kept.row.id}
              told={toldAt === first + index}
              onTold={(yes) => setTold(yes ? kept.row.id : "")}
              onAsk={(yes) => setAsked(yes ? kept.row.id : "")}
              onAct={(action, of) => {
                // Its row goes, and whoever destroyed it by keyboard stays at the table.
                if (action === "destroy") scroll.current?.focus();
                onAct(action, of);
              }}
              onLogs={onLogs}
            />
          ))}
          {end < rows.length ? <tr aria-hidden="true" style={{ height: (rows.length - end) * ROW_PX }} /> : null}
        </tbody>
      </table>
      {rows.length === 0 ? <p className="sch-none">No instance runs. A first call or %plugin load makes one.</p> : null}
    </div>
  );
}

interface LineProps {
  kept: Kept;
  index: number;
  busy: boolean;
  asked: boolean;
  opened: boolean;
  told: boolean;
  onTold(yes: boolean): void;
  onAsk(yes: boolean): void;
  onAct(action: Act["action"], row: Row): void;
  onLogs(row: Row): void;
}

// What of a worker's memory is worth knowing beside how much it is now.
function remembered(row: Row): string {
  const told = [`at most ${memory(row.peak_memory_bytes)}`];
  if (row.leaks || row.growth_bytes_per_call >= 1000) told.push(`grows by ${(row.growth_bytes_per_call / 1000).toFixed(0)} kB with each call`);
  if (row.given_back_bytes > 0) told.push(`sleeping and collecting garbage gave back ${memory(row.given_back_bytes)}`);
  return told.join("; ");
}

const Line = memo(function Line(props: LineProps): ReactNode {
  const { kept, index, busy, asked, opened, told, onTold, onAsk, onAct, onLogs } = props;
  const { row, past } = kept;
  const of = name(row);
  const why = useUniqueId();
  const destroy = useRef<HTMLButtonElement>(null);
  const wasAsked = useRef(asked);
  useEffect(() => {
    if (wasAsked.current && !asked && document.activeElement === document.body) destroy.current?.focus();
    wasAsked.current = asked;
  }, [asked]);
  const line = (
    <tr aria-rowindex={index} data-row={row.id} style={{ height: ROW_PX }} aria-busy={busy}>
      <th scope="row" className="sch-name">
        <div title={of}>{of}</div>
        <small title={row.plugin}>{row.plugin} {row.version}</small>
      </th>
      <td>
        <span className={`sch-badge sch-state-${known(row.state)}`}>{row.state}</span>
        {row.waiting > 0 ? <small>{row.waiting} wait</small> : null}
        {row.restarts > 0 ? <small>restarted {row.restarts}×</small> : null}
      </td>
      {row.instance === "" ? (
        <>
          <td colSpan={3} className="sch-soft">no instance</td>
          <td colSpan={2} className="sch-mid" />
          <td colSpan={2} className="sch-wide" />
        </>
      ) : (
        <>
          <td className="sch-figure" data-figure="calls">{count(row.calls)}</td>
          <td className="sch-figure sch-mid">
            <span data-figure="rate">{rate(row.calls_per_s)}</span>
            <Spark label={`calls in a second of ${of}`} values={past.calls_per_s} least={1} />
          </td>
          <td className={`sch-figure ${row.failures > 0 ? "sch-bad" : ""}`} title={row.last_error || undefined}>
            {row.last_error === "" ? count(row.failures) : (
              <button
                type="button"
                className="sch-quiet sch-why"
                aria-label={`${count(row.failures)} failed, the last error of ${of}`}
                aria-expanded={told}
                aria-controls={why}
                onClick={() => onTold(!told)}
              >
                {count(row.failures)}
              </button>
            )}
          </td>
          <td className="sch-figure sch-wide">
            {duration(row.p50_s)}
            {row.p99_s > 0 ? <small>p99 {duration(row.p99_s)}</small> : null}
          </td>
          <td className="sch-figure sch-mid">
            {share(row.cpu_share)}
            <Spark label={`CPU of ${of}`} values={past.cpu_share} least={1} />
          </td>
          <td className={`sch-figure ${row.leaks ? "sch-bad" : ""}`} title={remembered(row)}>
            {memory(row.memory_bytes)}{row.leaks ? <small>leaks</small> : null}
            <Spark label={`memory of ${of}`} values={past.memory_bytes} least={1e6} />
          </td>
        </>
      )}
      {row.instance === "" ? null : <td className="sch-wide">{row.level}</td>}
      <td className="sch-actions">
        {asked ? (
          <Confirm of={of} onYes={() => { onAsk(false); onAct("destroy", row); }} onNo={() => onAsk(false)} />
        ) : (
          <>
            {row.instance === "" ? null : (
              <Button label={`Sleep ${of}`} disabled={busy || row.state === "resting"} onPress={() => onAct("sleep", row)} path="M10.5 9.5A5 5 0 0 1 6.5 2.6 5.5 5.5 0 1 0 13 9.2a5 5 0 0 1-2.5.3z" />
            )}
            <Button label={`Reload ${row.plugin}`} disabled={busy} onPress={() => onAct("reload", row)} path="M13 3v4H9M12.5 7A5 5 0 1 0 13 9.5" />
            <Button label={`Logs of ${of}`} pressed={opened} onPress={() => onLogs(row)} path="M3 4h10M3 8h10M3 12h6" />
            {row.instance === "" ? null : (
              <Button label={`Destroy ${of}`} to={destroy} disabled={busy} onPress={() => onAsk(true)} path="M4 4l8 8M12 4l-8 8" />
            )}
          </>
        )}
      </td>
    </tr>
  );
  if (!told) return line;
  return (
    <>
      {line}
      <tr aria-rowindex={index + 1}>
        <td colSpan={COLUMNS.length + 1} className="sch-bad"><div id={why}>{row.last_error}</div></td>
      </tr>
    </>
  );
});

function Confirm({ of, onYes, onNo }: { of: string; onYes(): void; onNo(): void }): ReactNode {
  const keep = useRef<HTMLButtonElement>(null);
  useEffect(() => keep.current?.focus(), []);
  return (
    <span role="group" aria-label={`destroy ${of}?`} onKeyDown={(event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      onNo();
    }}>
      <button type="button" className="sch-danger" onClick={onYes}>Destroy</button>
      <button type="button" ref={keep} onClick={onNo}>Keep</button>
    </span>
  );
}

interface ButtonProps {
  label: string;
  path: string;
  disabled?: boolean;
  pressed?: boolean;
  to?: RefObject<HTMLButtonElement | null>;
  onPress(): void;
}

// One that is off keeps the focus: it is off for as long as what it began goes on.
function Button({ label, path, disabled, pressed, to, onPress }: ButtonProps): ReactNode {
  return (
    <button type="button" className="sch-quiet sch-icon" ref={to} aria-label={label} title={label} aria-disabled={disabled || undefined} aria-pressed={pressed} onClick={disabled ? undefined : onPress}>
      <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d={path} /></svg>
    </button>
  );
}

function Spark({ label, values, least }: { label: string; values: readonly number[]; least: number }): ReactNode {
  const { width, height } = SPARK;
  const line = points(values, width, height, SECONDS, least);
  return (
    <svg className="sch-spark" viewBox={`0 0 ${width} ${height}`} width={width} height={height} role="img" aria-label={label} data-points={values.length}>
      <path d={`M0 ${height - 0.5}H${width}`} className="sch-base" />
      <polyline points={line} />
    </svg>
  );
}

function known(state: string): string {
  return /^[a-z]{1,12}$/.test(state) ? state : "other";
}
