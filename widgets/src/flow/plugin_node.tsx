// The face of a plugin on the canvas: what it is called, its ports, its parameters, how it stands, what is wrong.
import { type NodeProps, useUpdateNodeInternals } from "@xyflow/react";
import { type ReactNode, memo, useCallback, useEffect, useMemo } from "react";

import { Control } from "../node/controls/control.tsx";
import type { Definition, Parameter } from "../node/definition.ts";
import { equal } from "../node/parameters.ts";
import { type FlowNode, labelOf, parametersOf, pluginOf, setData, setParameters } from "./document.ts";
import { useDraft } from "./draft.ts";
import { EditableTitle } from "./editable.tsx";
import { brief } from "./hostile.ts";
import { Icon } from "./icons.tsx";
import { PortLists } from "./ports.tsx";
import { Badge, Problems } from "./standing.tsx";
import type { Standing } from "../contract/flow.ts";
import { useStore, useView } from "./view.ts";

export interface FaceData extends Record<string, unknown> {
  node: FlowNode;
}

const NO_PORTS = { inputs: [], outputs: [] };
/** Parameters of a node that is shown open unless somebody has closed it. */
const OPEN_MOST = 4;
const SHOWN_VALUES = 3;

export const PluginNode = memo(
  function PluginNode({ data, selected }: NodeProps): ReactNode {
    return <Face node={(data as FaceData).node} isSelected={selected} />;
  },
  (before, after) => before.data === after.data && before.selected === after.selected,
);

function Face({ node, isSelected }: { node: FlowNode; isSelected: boolean }): ReactNode {
  const view = useView();
  const plugin = pluginOf(node);
  const definition = useStore((store) => store.definitionOf(plugin));
  const standing = useStore((store) => store.standingOf(node.id));
  const problems = useStore((store) => store.problemsOf(node.id));
  const used = useStore((store) => store.usedPorts(node.id));
  useEffect(() => {
    if (!definition && plugin) view.store.define(plugin);
  }, [definition, plugin, view]);
  const ends = useMemo(() => view.store.endsOf(node), [view, node, definition]);
  const unknown = useMemo(() => ({ inputs: ends.inputs === null, outputs: ends.outputs === null }), [ends]);
  const rename = useCallback((label: string) => view.commit(setData(node.id, { label: label || undefined })), [view, node.id]);
  const bypassed = node.data["bypassed"] === true;
  const state = standing.stale ? "stale" : standing.state;
  const tone = definition?.outputs[0]?.type ?? definition?.inputs[0]?.type ?? "any";
  return (
    <section
      className={`sch-face sch-face-${state}${isSelected ? " sch-selected" : ""}${bypassed ? " sch-bypassed" : ""}${problems.length > 0 ? " sch-flawed" : ""} sch-type-${tone}`}
      aria-label={`${brief(labelOf(node), 100)}, ${standing.state}`}
    >
      <header>
        <EditableTitle
          text={labelOf(node)}
          hint={`${brief(labelOf(node))}\n${brief(plugin, 200)} ${brief(String(node.data["version"] ?? ""), 60)}${definition?.description ? `\n${brief(definition.description)}` : ""}`}
          onChange={rename}
        />
        {bypassed ? <span className="sch-state">bypassed</span> : <Badge standing={standing} />}
      </header>
      {standing.state === "running" ? (
        <div className="sch-flow-bar"><div style={{ width: `${Math.max(3, Math.min(100, standing.progress * 100))}%` }} /></div>
      ) : null}
      {definition || used.inputs.length + used.outputs.length > 0 ? null : <p className="sch-soft sch-pad">asking for its ports…</p>}
      <PortLists id={node.id} ports={definition ?? NO_PORTS} used={used} unknown={unknown} />
      {definition && definition.parameters.length > 0 ? <Parameters node={node} definition={definition} /> : null}
      <Outcome node={node} standing={standing} />
      <Problems problems={problems} />
    </section>
  );
}

/** Like the ports and the name, it is no other one while a run goes on: of two hundred nodes each draws only how it stands. */
const Parameters = memo(function Parameters({ node, definition }: { node: FlowNode; definition: Definition }): ReactNode {
  const { commit } = useView();
  const update = useUpdateNodeInternals();
  const { draft, set } = useDraft(node.id);
  const values: Record<string, unknown> = { ...parametersOf(node), ...draft };
  const chosen = node.data["open"];
  const open = typeof chosen === "boolean" ? chosen : definition.parameters.length <= OPEN_MOST;
  const changed = definition.parameters.filter((p) => p.name in values && !equal(values[p.name], p.default));
  const toggle = useCallback((): void => {
    commit(setData(node.id, { open: !open }));
    requestAnimationFrame(() => update(node.id));
  }, [commit, node.id, open, update]);
  return (
    <div className="sch-flow-parameters">
      <button type="button" className="sch-quiet sch-disclose nodrag" aria-expanded={open} onClick={toggle}>
        <Icon name="chevron" size={12} />
        Parameters
        <span className="sch-count">{changed.length > 0 ? `${changed.length} set` : definition.parameters.length}</span>
      </button>
      {open ? (
        <div className="sch-flow-controls nodrag nopan nowheel">
          {definition.parameters.map((parameter) => (
            <Control
              key={parameter.name}
              parameter={parameter}
              value={drawable(parameter, values[parameter.name])}
              error={undefined}
              onSet={set}
            />
          ))}
          {changed.length > 0 ? (
            <button
              type="button"
              className="sch-quiet sch-reset"
              onClick={() => commit(setParameters(node.id, Object.fromEntries(changed.map((p) => [p.name, undefined]))))}
            >
              Reset
            </button>
          ) : null}
        </div>
      ) : changed.length > 0 ? (
        <ul className="sch-set" aria-label="parameters that are set">
          {changed.slice(0, SHOWN_VALUES).map((parameter) => (
            <li key={parameter.name} className="sch-clip" title={brief(`${parameter.label}: ${written(values[parameter.name])}`, 500)}>
              {brief(parameter.label, 60)} <b>{brief(written(values[parameter.name]), 40)}</b> {parameter.unit}
            </li>
          ))}
          {changed.length > SHOWN_VALUES ? <li>and {changed.length - SHOWN_VALUES} more</li> : null}
        </ul>
      ) : null}
    </div>
  );
});

/** A value that the control of its type can draw, whatever a document says. */
export function drawable(parameter: Parameter, value: unknown): unknown {
  const given = value === undefined ? parameter.default : value;
  if (parameter.type === "number" || parameter.type === "integer") {
    const number = typeof given === "number" ? given : Number.NaN;
    if (Number.isFinite(number)) return number;
    return typeof parameter.default === "number" && Number.isFinite(parameter.default) ? parameter.default : (parameter.min ?? 0);
  }
  if (parameter.type === "channels") return Array.isArray(given) ? given.filter((item) => Number.isInteger(item) && item >= 0 && item < 256) : [];
  if (parameter.type === "string" || parameter.type === "choice") return typeof given === "string" ? given.slice(0, 10_000) : given === undefined || given === null ? "" : written(given);
  if (parameter.type === "file") return typeof given === "string" ? given.slice(0, 4096) : null;
  return given;
}

function written(value: unknown): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value).replace("-", "−");
  if (typeof value === "boolean") return value ? "on" : "off";
  if (Array.isArray(value)) return value.length > 4 ? `${value.length} points` : JSON.stringify(value);
  return JSON.stringify(value) ?? "";
}

function Outcome({ node, standing }: { node: FlowNode; standing: Standing }): ReactNode {
  const view = useView();
  const failed = standing.state === "failed" || standing.state === "blocked";
  const message = failed ? standing.error?.["message"] || standing.message : standing.state === "running" ? standing.message : "";
  const summary = Array.isArray(standing.summary) ? standing.summary.slice(0, 3) : [];
  const showable = standing.has_result || (standing.state === "failed" && Object.keys(standing.error ?? {}).length > 0);
  if (!message && !showable) return null;
  return (
    <footer className="sch-outcome">
      {message ? (
        <p className={failed ? "sch-bad-words" : "sch-soft"} title={brief(message)}>{brief(message, 300)}</p>
      ) : null}
      {!failed && summary.length > 0 ? (
        <dl>
          {summary.map((figure, index) => (
            <div key={index}>
              <dt className="sch-clip">{brief(String(figure["label"] ?? ""), 60)}</dt>
              <dd className="sch-clip">{brief(String(figure["text"] ?? ""), 60)} {brief(String(figure["unit"] ?? ""), 20)}</dd>
            </div>
          ))}
        </dl>
      ) : null}
      {showable ? (
        <button type="button" className="sch-quiet sch-open nodrag" onClick={() => view.show(node.id)}>
          <Icon name="eye" size={13} /> {failed ? "What happened" : "Result"}
        </button>
      ) : null}
    </footer>
  );
}
