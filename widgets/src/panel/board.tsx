// The panel itself: groups of controls, buttons and outputs. All text from the plugin is text to React, never HTML.
import type { ReactNode } from "react";

import type { Drawer } from "../figures/drawer.ts";
import { Picture, useUrl } from "../figures/picture.tsx";
import { VEGA_LITE, VegaLite } from "../figures/vega_lite.tsx";
import { Gone } from "../gone.tsx";
import { useUniqueId } from "../ids.ts";
import { Control } from "../node/controls/control.tsx";
import type { Failure, Port, Values } from "../node/definition.ts";
import { Description } from "../node/description.tsx";
import { FailureBox } from "../node/failure.tsx";
import type { Held } from "./data.ts";
import type { Drawn, Group, Item, Panel, View, Views } from "./definition.ts";

export interface BoardProps {
  definition: Drawn;
  panel: Panel;
  pluginId: string;
  level: string;
  values: Values;
  errors: Record<string, string>;
  views: Views;
  /** Whether its kernel has ended. */
  gone: boolean;
  status: "idle" | "busy" | "failed";
  message: string;
  failure: Failure;
  onSet: (name: string, value: unknown) => void;
  onPress: (name: string, time_s: number) => void;
  /** An output's bytes; a hook, called for each sound and figure. */
  useBytes: (key: string, version: number | null) => Held | null;
  drawer: Drawer;
}

export function Board(props: BoardProps): ReactNode {
  const { definition, panel, pluginId, level, status, failure } = props;
  return (
    <section className="sch-board" aria-label={`panel ${definition.label}`} aria-busy={status === "busy"}>
      <header>
        <h3>{definition.label}</h3>
        {pluginId === definition.label ? null : <code>{pluginId}</code>}
        {level ? (
          <span className={`sch-badge sch-level-${level}`} title="how strictly this plugin is confined">
            {`sandbox: ${level}`}
          </span>
        ) : null}
      </header>
      {props.gone ? <Gone /> : null}
      <Description text={definition.description} />
      <div className={`sch-groups sch-columns-${panel.columns}`}>
        {panel.groups.map((group, index) => (
          <GroupBox key={index} group={group} board={props} />
        ))}
      </div>
      <footer>
        <span className={`sch-lamp sch-lamp-${status}`} aria-hidden="true" />
        <span className="sch-status" role="status">
          {props.message || (status === "idle" ? "ready" : status === "busy" ? "working" : "")}
          {status === "busy" && props.message ? <span className="sch-hidden">, working</span> : null}
        </span>
      </footer>
      {failure.message ? <FailureBox failure={failure} /> : null}
    </section>
  );
}

function GroupBox({ group, board }: { group: Group; board: BoardProps }): ReactNode {
  const id = useUniqueId();
  return (
    <div className="sch-panel-group" role="group" aria-labelledby={group.label ? id : undefined}>
      {group.label ? <h4 id={id}>{group.label}</h4> : null}
      <div className="sch-items">
        {group.items.map((item, index) => (
          <ItemView key={`${item.kind}:${item.name ?? index}`} item={item} board={board} />
        ))}
      </div>
    </div>
  );
}

function ItemView({ item, board }: { item: Item; board: BoardProps }): ReactNode {
  const name = item.name ?? "";
  if (item.kind === "heading") return <h5 className="sch-wide-item">{item.label}</h5>;
  if (item.kind === "button") {
    return (
      <button
        type="button"
        className={item.style === "normal" ? undefined : `sch-${item.style}`}
        title={item.tooltip || undefined}
        disabled={board.gone}
        onClick={(event) => board.onPress(name, event.timeStamp / 1000)}
      >
        {item.label ?? name}
      </button>
    );
  }
  if (item.kind === "control") {
    const parameter = board.definition.parameters.find((one) => one.name === name);
    if (!parameter) return null;
    return (
      <div className="sch-wide-item">
        <Control
          parameter={parameter}
          value={board.values[name] ?? parameter.default}
          error={board.errors[name]}
          onSet={board.onSet}
        />
      </div>
    );
  }
  const port = board.definition.outputs.find((one) => one.name === name);
  if (!port) return null;
  return <OutputView item={item} port={port} view={board.views[`${item.kind}:${name}`]} {...board} />;
}

interface OutputProps {
  item: Item;
  port: Port;
  view: View | undefined;
  useBytes: BoardProps["useBytes"];
  drawer: Drawer;
}

function OutputView({ item, port, view, useBytes, drawer }: OutputProps): ReactNode {
  const id = useUniqueId();
  const label = item.label ?? port.label;
  const tooltip = item.tooltip || port.tooltip || undefined;
  const wide = item.kind === "value" ? "sch-reading" : "sch-reading sch-wide-item";
  const caption = (
    <span className="sch-reading-label" id={id}>
      {label}
    </span>
  );
  switch (item.kind) {
    case "value":
    case "text":
      return (
        <div className={wide} title={tooltip}>
          {caption}
          <span className={`sch-${item.kind}`} role="group" aria-labelledby={id}>
            {view?.text ?? "–"}
            {view && item.kind === "value" && port.unit && view.text !== "–" ? (
              <span className="sch-reading-unit"> {port.unit}</span>
            ) : null}
          </span>
        </div>
      );
    case "meter":
      return (
        <div className={wide} title={tooltip}>
          {caption}
          <Meter item={item} port={port} view={view} labelledBy={id} />
        </div>
      );
    case "table":
      return (
        <div className={wide} title={tooltip}>
          {caption}
          {view?.rows ? <Table view={view} labelledBy={id} /> : <span>–</span>}
        </div>
      );
    case "figure":
    case "audio":
      return (
        <div className={wide} title={tooltip}>
          {caption}
          <Bytes kind={item.kind} name={port.name} {...{ label, view, useBytes, drawer }} />
        </div>
      );
    default:
      return null;
  }
}

function Meter({ item, port, view, labelledBy }: { item: Item; port: Port; view: View | undefined; labelledBy: string }): ReactNode {
  const min = item.min ?? 0;
  const max = item.max ?? 1;
  const value = view?.number ?? null;
  const share = value === null ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min)));
  const text = view ? `${view.text ?? "–"} ${port.unit}`.trim() : "–";
  return (
    <div className="sch-meter-row">
      <div
        className="sch-meter"
        role="meter"
        aria-labelledby={labelledBy}
        aria-valuemin={min}
        aria-valuemax={max}
        aria-valuenow={value === null ? min : Math.min(max, Math.max(min, value))}
        aria-valuetext={text}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      <span className="sch-meter-text">{text}</span>
    </div>
  );
}

function Table({ view, labelledBy }: { view: View; labelledBy: string }): ReactNode {
  const header = view.header ?? [];
  return (
    <>
      <div className="sch-table-box" tabIndex={0} role="region" aria-labelledby={labelledBy}>
        <table aria-labelledby={labelledBy}>
          {header.length > 0 ? (
            <thead>
              <tr>
                {header.map((name, index) => (
                  <th key={index} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
          ) : null}
          <tbody>
            {(view.rows ?? []).map((row, index) => (
              <tr key={index}>
                {row.map((cell, column) => (
                  <td key={column}>{cell}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {view.note ? <span className="sch-reading-note">{view.note}</span> : null}
    </>
  );
}

interface BytesProps {
  kind: "figure" | "audio";
  name: string;
  label: string;
  view: View | undefined;
  useBytes: BoardProps["useBytes"];
  drawer: Drawer;
}

function Bytes({ kind, name, label, view, useBytes, drawer }: BytesProps): ReactNode {
  const held = useBytes(`${kind}:${name}`, view?.has_data ? view.version : null);
  const note = view?.note ? <span className="sch-reading-note">{view.note}</span> : null;
  if (!view?.has_data) return <span>{view?.alt || view?.text || "–"} {note}</span>;
  if (held === null) return <span className="sch-reading-note">loading</span>;
  const words = view.alt ?? "";
  return (
    <>
      {kind === "audio" ? <Sound {...held} label={label} />
        : held.mime === VEGA_LITE ? <VegaLite bytes={held.bytes} {...{ drawer, words }} />
        : <Picture {...held} words={words} />}
      {note}
    </>
  );
}

function Sound({ bytes, mime, label }: Held & { label: string }): ReactNode {
  return <audio controls src={useUrl(bytes, mime)} aria-label={label} />;
}
