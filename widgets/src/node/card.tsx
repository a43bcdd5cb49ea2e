// The node itself: ports at its sides, parameters within, Run below. React Flow places it, here as on the canvas.
import type { ReactNode } from "react";

import { Gone } from "../gone.tsx";
import { Badges } from "./badges.tsx";
import { Control } from "./controls/control.tsx";
import { type Waveform, WaveformContext } from "./controls/waveform.tsx";
import type { Definition, Failure, Figure, InputNote, Permission, Status, Values } from "./definition.ts";
import { Description } from "./description.tsx";
import { FailureBox } from "./failure.tsx";
import { groupsOf, isDefault } from "./parameters.ts";
import { PortList } from "./port_list.tsx";
import { PresetBar } from "./preset_bar.tsx";
import type { Presets } from "./presets.ts";

export interface CardProps {
  definition: Definition;
  pluginId: string;
  level: string;
  permissions: Permission[];
  values: Values;
  errors: Record<string, string>;
  inputsSet: Record<string, InputNote>;
  /** Of parameters that are files. */
  filesSet: Record<string, InputNote>;
  canRun: boolean;
  canRead: boolean;
  live: boolean;
  /** Whether a run with newer values waits for the one that goes on. */
  waiting: boolean;
  waveform: Waveform;
  presets: Presets;
  saved: Presets;
  canSave: boolean;
  presetError: string;
  /** Whether its kernel has ended. */
  gone: boolean;
  status: Status;
  progress: number;
  message: string;
  failure: Failure;
  summary: Figure[];
  onSet: (name: string, value: unknown) => void;
  onSetAll: (values: Values) => void;
  onReset: () => void;
  onLive: (live: boolean) => void;
  onRead: (name: string, path: string) => void;
  onSend: (name: string, file: File) => void;
  onSave: (name: string) => void;
  onDelete: (name: string) => void;
  onRun: () => void;
  onCancel: () => void;
}

export function Card(props: CardProps): ReactNode {
  const { definition, level, values, errors, canRun, gone, status } = props;
  const missing = Object.entries(props.inputsSet).filter(([, note]) => note.state === "missing");
  const running = status === "running";
  const isEarlier = status === "failed" || status === "cancelled";
  return (
    <section className="sch-card" aria-label={`node ${definition.label}`}>
      <header>
        <h3 title={definition.label}>{definition.label}</h3>
        {props.pluginId === definition.label ? null : <code>{props.pluginId}</code>}
        <Badges level={level} permissions={props.permissions} />
      </header>
      {gone ? <Gone /> : null}
      <Description text={definition.description} />
      <div className="sch-ports">
        <PortList ports={definition.inputs} side="input" notes={props.inputsSet} files={props.canRead ? { read: props.onRead, send: props.onSend } : undefined} />
        <PortList ports={definition.outputs} side="output" notes={{}} />
      </div>
      <PresetBar
        parameters={definition.parameters}
        values={values}
        presets={props.presets}
        saved={props.saved}
        canSave={props.canSave}
        error={props.presetError}
        onApply={props.onSetAll}
        onSave={props.onSave}
        onDelete={props.onDelete}
      />
      {definition.parameters.length > 0 ? (
        <WaveformContext value={props.waveform}>
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
                    send={props.canRead ? props.onSend : undefined}
                    note={props.filesSet[parameter.name]}
                  />
                ))}
              </div>
            ))}
          </div>
        </WaveformContext>
      ) : null}
      <footer className="nodrag nopan nowheel">
        {canRun ? (
          running ? (
            <button type="button" onClick={props.onCancel}>
              Cancel
            </button>
          ) : (
            <button type="button" className="sch-primary" disabled={gone || missing.length > 0} onClick={props.onRun}>
              Run
            </button>
          )
        ) : null}
        {canRun && definition.parameters.length > 0 ? (
          <label className="sch-live" title="run whenever a value changes">
            <input type="checkbox" role="switch" className="sch-switch" checked={props.live} disabled={gone} onChange={(event) => props.onLive(event.currentTarget.checked)} />
            Live
          </label>
        ) : null}
        <StatusLine {...props} missing={missing.map(([name]) => name)} />
        {definition.parameters.length > 0 ? (
          <button
            type="button"
            className="sch-quiet"
            title="every parameter back to its default"
            disabled={isDefault(definition.parameters, values)}
            onClick={props.onReset}
          >
            Reset all
          </button>
        ) : null}
      </footer>
      {running ? (
        <div className="sch-bar" role="progressbar" aria-label="progress" aria-valuemin={0} aria-valuemax={100} aria-valuenow={Math.round(props.progress * 100)}>
          <div style={{ width: `${Math.max(3, props.progress * 100)}%` }} />
        </div>
      ) : null}
      {status === "failed" ? <FailureBox failure={props.failure} /> : null}
      {props.summary.length > 0 ? (
        <>
          {isEarlier ? <p className="sch-earlier">of an earlier run</p> : null}
          <dl className="sch-summary" aria-label={isEarlier ? "last result, of an earlier run" : "last result"}>
            {props.summary.map((figure, index) => (
              <div key={index}>
                <dt>{figure.label}</dt>
                <dd>
                  {figure.text} {figure.unit}
                </dd>
              </div>
            ))}
          </dl>
        </>
      ) : null}
    </section>
  );
}

function StatusLine({ status, progress, message, missing, canRun, waiting }: CardProps & { missing: string[] }): ReactNode {
  const words: Record<Status, string> = {
    idle: message,
    running: message ? `${Math.round(progress * 100)} % · ${message}` : progress > 0 ? `${Math.round(progress * 100)} %` : "running",
    done: `done in ${message}`,
    failed: "failed",
    cancelled: "cancelled",
  };
  const waits = canRun && missing.length > 0 && status !== "running";
  return (
    <span className={`sch-status sch-status-${status}`} role="status">
      {waiting ? "running; newer values wait" : waits ? `needs ${missing.join(", ")}` : words[status]}
    </span>
  );
}
