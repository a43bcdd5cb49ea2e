// The node itself: ports at its sides, parameters within, Run below. React Flow places it, here as on the canvas.
import { Handle, Position } from "@xyflow/react";
import type { ReactNode } from "react";

import { Control } from "./controls/control.tsx";
import type { Definition, Failure, Figure, InputNote, Port, Status, Values } from "./definition.ts";
import { FailureBox } from "./failure.tsx";
import { groupsOf, isDefault } from "./parameters.ts";

export interface CardProps {
  definition: Definition;
  pluginId: string;
  level: string;
  values: Values;
  errors: Record<string, string>;
  inputsSet: Record<string, InputNote>;
  canRun: boolean;
  status: Status;
  progress: number;
  message: string;
  failure: Failure;
  summary: Figure[];
  onSet: (name: string, value: unknown) => void;
  onReset: () => void;
  onRun: () => void;
  onCancel: () => void;
}

export function Card(props: CardProps): ReactNode {
  const { definition, level, values, errors, canRun, status } = props;
  const missing = Object.entries(props.inputsSet).filter(([, note]) => note.state === "missing");
  const running = status === "running";
  return (
    <section className="sch-card" aria-label={`node ${definition.label}`}>
      <header>
        <h3>{definition.label}</h3>
        {props.pluginId === definition.label ? null : <code>{props.pluginId}</code>}
        {level ? (
          <span className={`sch-badge sch-level-${level}`} title="how strictly this plugin is confined">
            {`sandbox: ${level}`}
          </span>
        ) : null}
      </header>
      {definition.description ? <p className="sch-description">{definition.description}</p> : null}
      <div className="sch-ports">
        <ul aria-label="inputs">
          {definition.inputs.map((port) => (
            <PortRow key={port.name} port={port} side="input" note={props.inputsSet[port.name]} />
          ))}
        </ul>
        <ul aria-label="outputs">
          {definition.outputs.map((port) => (
            <PortRow key={port.name} port={port} side="output" note={undefined} />
          ))}
        </ul>
      </div>
      {definition.parameters.length > 0 ? (
        <div className="sch-parameters">
          {groupsOf(definition.parameters, definition.ui).map((group, index) => (
            <div key={index} className="sch-group" role="group" aria-label={group.label || "parameters"}>
              {group.label ? <h4>{group.label}</h4> : null}
              {group.parameters.map((parameter) => (
                <Control
                  key={parameter.name}
                  parameter={parameter}
                  value={values[parameter.name] ?? parameter.default}
                  error={errors[parameter.name]}
                  onSet={props.onSet}
                />
              ))}
            </div>
          ))}
        </div>
      ) : null}
      <footer className="nodrag nopan nowheel">
        {canRun ? (
          running ? (
            <button type="button" onClick={props.onCancel}>
              Cancel
            </button>
          ) : (
            <button type="button" className="sch-primary" disabled={missing.length > 0} onClick={props.onRun}>
              Run
            </button>
          )
        ) : null}
        <StatusLine {...props} missing={missing.map(([name]) => name)} />
        {definition.parameters.length > 0 ? (
          <button
            type="button"
            className="sch-quiet"
            disabled={running || isDefault(definition.parameters, values)}
            onClick={props.onReset}
          >
            Reset
          </button>
        ) : null}
      </footer>
      {running ? (
        <div className="sch-bar" role="progressbar" aria-label="progress" aria-valuenow={Math.round(props.progress * 100)}>
          <div style={{ width: `${Math.max(3, props.progress * 100)}%` }} />
        </div>
      ) : null}
      {status === "failed" ? <FailureBox failure={props.failure} /> : null}
      {props.summary.length > 0 && status !== "failed" ? (
        <dl className="sch-summary" aria-label="last result">
          {props.summary.map((figure, index) => (
            <div key={index}>
              <dt>{figure.label}</dt>
              <dd>
                {figure.text} {figure.unit}
              </dd>
            </div>
          ))}
        </dl>
      ) : null}
    </section>
  );
}

function PortRow({ port, side, note }: { port: Port; side: "input" | "output"; note: InputNote | undefined }): ReactNode {
  const words = [`${port.name}: ${port.type}${port.unit ? `, ${port.unit}` : ""}`];
  if (side === "input" && port.required === false) words.push("optional");
  if (port.tooltip) words.push(port.tooltip);
  return (
    <li className={`sch-port sch-type-${port.type}`} title={words.join("\n")}>
      <Handle
        type={side === "input" ? "target" : "source"}
        position={side === "input" ? Position.Left : Position.Right}
        id={port.name}
        isConnectable={false}
        role="img"
        aria-label={`${side} ${port.label}, ${port.type}`}
      />
      <span className="sch-port-label">{port.label}</span>
      <span className="sch-port-type">{port.unit ? `${port.type}, ${port.unit}` : port.type}</span>
      {note ? <span className={`sch-port-note sch-input-${note.state}`}>{note.text}</span> : null}
    </li>
  );
}

function StatusLine({ status, progress, message, missing, canRun }: CardProps & { missing: string[] }): ReactNode {
  const words: Record<Status, string> = {
    idle: "",
    running: message ? `${Math.round(progress * 100)} % · ${message}` : progress > 0 ? `${Math.round(progress * 100)} %` : "running",
    done: `done in ${message}`,
    failed: "failed",
    cancelled: "cancelled",
  };
  const waits = canRun && missing.length > 0 && status !== "running";
  return (
    <span className={`sch-status sch-status-${status}`} role="status">
      {waits ? `needs ${missing.join(", ")}` : words[status]}
    </span>
  );
}
