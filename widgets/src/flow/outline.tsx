// The flow without the canvas: a tree of its nodes in the order in which they run, each with what feeds it and what it
// feeds, and a sheet for the node that is selected. All that can be drawn can be done here by keyboard.
import { type KeyboardEvent, type ReactNode, useMemo, useRef, useState } from "react";

import { Control } from "../node/controls/control.tsx";
import { fitting, ordered } from "./compatible.ts";
import { type FlowEdge, type FlowNode, connect, labelOf, nodeOf, parametersOf, pluginOf, remove, setData } from "./document.ts";
import { useDraft } from "./draft.ts";
import { bypass, spoken } from "./editing.ts";
import { brief } from "./hostile.ts";
import { TypeChoice, ValueEntry } from "./other_nodes.tsx";
import { drawable } from "./plugin_node.tsx";
import { Badge, Problems, wordsOf } from "./standing.tsx";
import { useStore, useView } from "./view.ts";

/** Ports that a list offers; more than that nobody reads. */
const MOST = 300;

export function Outline(): ReactNode {
  const view = useView();
  const document = useStore((store) => store.document);
  const nodes = useMemo(() => {
    const running = ordered(document);
    const others = document.nodes.filter((node) => node.type === "comment" || node.type === "group");
    return [...running, ...others];
  }, [document]);
  // By its id from the beginning: a new connection changes the order, and the sheet must not change under the hand.
  const [current, setCurrent] = useState<string | null>(() => [...view.selected()][0] ?? nodes[0]?.id ?? null);
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const tree = useRef<HTMLUListElement>(null);
  const active = nodes.find((node) => node.id === current) ?? nodes[0];

  const go = (node: FlowNode): void => {
    setCurrent(node.id);
    view.select([node.id], true);
    tree.current?.querySelector<HTMLElement>(`[data-node="${CSS.escape(node.id)}"]`)?.focus();
  };
  const onKey = (event: KeyboardEvent<HTMLUListElement>): void => {
    if (!active || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = nodes.indexOf(active);
    const isOpen = open.has(active.id);
    const next = { ArrowDown: nodes[index + 1], ArrowUp: nodes[index - 1], Home: nodes[0], End: nodes.at(-1) }[event.key];
    if (next) go(next);
    else if ((event.key === "ArrowRight" && !isOpen) || (event.key === "ArrowLeft" && isOpen)) setOpen(flipped(open, active.id));
    else if (event.key === "Enter" || event.key === " ") go(active);
    else if (event.key === "Delete" || event.key === "Backspace") {
      view.commit(remove(new Set([active.id])));
      const other = nodes[index + 1] ?? nodes[index - 1];
      if (other) setTimeout(() => go(other));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <aside className="sch-outline" aria-label="outline">
      <h4>{nodes.length === 0 ? "Outline: nothing yet" : "Outline"}</h4>
      <ul role="tree" aria-label="nodes in the order in which they run" ref={tree} onKeyDown={onKey}>
        {nodes.map((node) => (
          <Item
            key={node.id}
            node={node}
            isActive={node === active}
            isOpen={open.has(node.id)}
            edges={document.edges}
            onGo={() => go(node)}
            onOpen={() => setOpen(flipped(open, node.id))}
          />
        ))}
      </ul>
      {active ? <Sheet key={active.id} node={active} onFocus={() => setCurrent(active.id)} /> : null}
    </aside>
  );
}

function flipped(set: ReadonlySet<string>, id: string): Set<string> {
  const other = new Set(set);
  if (!other.delete(id)) other.add(id);
  return other;
}

interface ItemProps {
  node: FlowNode;
  isActive: boolean;
  isOpen: boolean;
  edges: readonly FlowEdge[];
  onGo: () => void;
  onOpen: () => void;
}

function Item({ node, isActive, isOpen, edges, onGo, onOpen }: ItemProps): ReactNode {
  const { store } = useView();
  const standing = useStore((one) => one.standingOf(node.id));
  const flaws = useStore((one) => one.problemsOf(node.id).length);
  const mine = edges.filter((edge) => edge.target === node.id || edge.source === node.id);
  const name = (id: string): string => brief(labelOf(nodeOf(store.document, id) ?? node), 60);
  const words = wordsOf(standing);
  return (
    <li
      role="treeitem"
      data-node={node.id}
      aria-selected={isActive}
      aria-expanded={mine.length > 0 ? isOpen : undefined}
      aria-label={`${brief(spoken(node), 100)}${node.type === "plugin" ? "" : `, ${node.type}`}${words ? `, ${words}` : ""}${flaws > 0 ? `, ${flaws} problems` : ""}`}
      tabIndex={isActive ? 0 : -1}
      onClick={(event) => {
        event.stopPropagation();
        onGo();
      }}
      onDoubleClick={onOpen}
    >
      <span className="sch-item">
        <span className="sch-clip">{brief(labelOf(node) || node.type, 200)}</span>
        {flaws > 0 ? <span className="sch-state sch-state-blocked">{flaws}</span> : null}
        <Badge standing={standing} />
      </span>
      {isOpen ? (
        <ul role="group">
          {mine.map((edge) => (
            <li key={edge.id} role="treeitem" aria-selected={false} className="sch-clip sch-soft">
              {edge.target === node.id
                ? `${brief(edge.targetHandle, 60)} ← ${name(edge.source)}.${brief(edge.sourceHandle, 60)}`
                : `${brief(edge.sourceHandle, 60)} → ${name(edge.target)}.${brief(edge.targetHandle, 60)}`}
            </li>
          ))}
        </ul>
      ) : null}
    </li>
  );
}

/** What can be set of one node. */
function Sheet({ node, onFocus }: { node: FlowNode; onFocus: () => void }): ReactNode {
  const view = useView();
  const { store } = view;
  const definition = useStore((one) => one.definitionOf(pluginOf(node)));
  const problems = useStore((one) => one.problemsOf(node.id));
  const standing = useStore((one) => one.standingOf(node.id));
  const { draft, set } = useDraft(node.id);
  const values = { ...parametersOf(node), ...draft };
  const key = node.type === "input" ? "name" : node.type === "comment" ? "text" : "label";
  return (
    <section className="sch-sheet" onFocusCapture={onFocus} aria-label={`node ${brief(spoken(node), 100)}`}>
      <Entry label={key} value={String(node.data[key] ?? "")} onChange={(text) => (text || key !== "name") && view.commit(setData(node.id, { [key]: text || undefined }))} />
      {node.type === "input" ? (
        <div className="sch-field">
          <TypeChoice type={String(node.data["type"] ?? "any")} onChange={(type) => view.commit(setData(node.id, { type, value: undefined, held: undefined }))} />
          <ValueEntry id={node.id} type={String(node.data["type"] ?? "any")} value={node.data["value"]} held={node.data["held"]} />
        </div>
      ) : null}
      <Problems problems={problems} />
      <Connections node={node} />
      {definition?.parameters.map((parameter) => (
        <Control key={parameter.name} parameter={parameter} value={drawable(parameter, values[parameter.name])} error={undefined} onSet={set} />
      ))}
      <div className="sch-deeds">
        {node.type === "plugin" ? (
          <>
            <button type="button" onClick={() => view.run([node.id])}>Run to here</button>
            <button type="button" aria-pressed={node.data["bypassed"] === true} onClick={() => view.commit(bypass(store.document, new Set([node.id])))}>Bypass</button>
            {standing.has_result ? <button type="button" onClick={() => view.show(node.id)}>Result</button> : null}
          </>
        ) : null}
        <button type="button" onClick={() => view.commit(remove(new Set([node.id])))}>Delete</button>
      </div>
    </section>
  );
}

function Entry({ label, value, onChange }: { label: string; value: string; onChange: (text: string) => void }): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const finish = (): void => {
    if (draft !== null && draft !== value) onChange(label === "text" ? draft : draft.replace(/\s+/g, " ").trim().slice(0, 200));
    setDraft(null);
  };
  return (
    <label className="sch-field">
      <span>{label}</span>
      <input
        type="text"
        value={draft ?? brief(value, 10_000)}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={finish}
        onKeyDown={(event) => event.key === "Enter" && finish()}
      />
    </label>
  );
}

/** For each input a list of the outputs that fit it; for each output one of inputs. */
function Connections({ node }: { node: FlowNode }): ReactNode {
  const { store, commit } = useView();
  const document = useStore((one) => one.document);
  const definition = useStore((one) => one.definitionOf(pluginOf(node)));
  const ends = useMemo(() => store.endsOf(node), [store, node, definition]);
  const inputs = [...(ends.inputs?.keys() ?? [])].slice(0, MOST);
  const outputs = [...(ends.outputs?.keys() ?? [])].slice(0, MOST);
  return (
    <>
      {inputs.map((port) => {
        const edge = document.edges.find((one) => one.target === node.id && one.targetHandle === port);
        const fits = fitting(document, { node: node.id, port, side: "input" }, store.definitionOf).slice(0, MOST);
        const now = edge ? `${edge.source}\n${edge.sourceHandle}` : "";
        return (
          <label className="sch-field" key={port}>
            <span className="sch-clip" title={brief(port, 300)}>{brief(port, 80)} ←</span>
            <select
              value={now}
              aria-label={`what feeds ${brief(port, 80)}`}
              onChange={(event) => {
                const [source, sourceHandle] = event.currentTarget.value.split("\n");
                if (source) commit(connect({ source, sourceHandle: sourceHandle!, target: node.id, targetHandle: port }));
                else if (edge) commit(remove(new Set(), new Set([edge.id])));
              }}
            >
              <option value="">nothing</option>
              {edge && !fits.some((fit) => `${fit.node.id}\n${fit.port}` === now) ? (
                <option value={now}>{brief(`${edge.source}.${edge.sourceHandle}`, 100)}</option>
              ) : null}
              {fits.map((fit) => (
                <option key={`${fit.node.id}\n${fit.port}`} value={`${fit.node.id}\n${fit.port}`}>
                  {brief(`${spoken(fit.node)}.${fit.port} (${fit.type})`, 100)}
                </option>
              ))}
            </select>
          </label>
        );
      })}
      {outputs.length > 0 ? <NewConnection node={node} outputs={outputs} /> : null}
    </>
  );
}

/** From one of the outputs to one of the inputs that it fits. */
function NewConnection({ node, outputs }: { node: FlowNode; outputs: string[] }): ReactNode {
  const { store, commit } = useView();
  const document = useStore((one) => one.document);
  const [chosen, setChosen] = useState(outputs[0]!);
  const port = outputs.includes(chosen) ? chosen : outputs[0]!;
  const fits = useMemo(
    () => fitting(document, { node: node.id, port, side: "output" }, store.definitionOf).slice(0, MOST),
    [document, node.id, port, store],
  );
  return (
    <div className="sch-field">
      <select aria-label="output" value={port} onChange={(event) => setChosen(event.currentTarget.value)}>
        {outputs.map((name) => <option key={name} value={name}>{brief(name, 80)}</option>)}
      </select>
      <select
        aria-label={`connect ${brief(port, 80)} to`}
        value=""
        onChange={(event) => {
          const [target, targetHandle] = event.currentTarget.value.split("\n");
          if (target) commit(connect({ source: node.id, sourceHandle: port, target, targetHandle: targetHandle! }));
        }}
      >
        <option value="">→ connect to…</option>
        {fits.map((fit) => (
          <option key={`${fit.node.id}\n${fit.port}`} value={`${fit.node.id}\n${fit.port}`}>
            {brief(`${spoken(fit.node)}.${fit.port} (${fit.type})`, 100)}
          </option>
        ))}
      </select>
    </div>
  );
}
