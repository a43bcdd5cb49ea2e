// The ports of a node: those that are connected, a few more, and the others on request. What an edge leads to and isn't
// there is drawn, too: as broken.
import { Handle, Position, useUpdateNodeInternals } from "@xyflow/react";
import { type ReactNode, memo, useEffect, useRef, useState } from "react";

import type { Port } from "../node/definition.ts";
import { brief } from "./hostile.ts";

/** Ports of a side that are shown without asking. */
const SHOWN = 8;
const FEW = 4;

export interface Ports {
  inputs: Port[];
  outputs: Port[];
}

interface PortsProps {
  id: string;
  ports: Ports;
  /** Names that edges lead to. */
  used: { inputs: readonly string[]; outputs: readonly string[] };
  /** Nothing is known of the ports yet: those that edges lead to are taken as they are. */
  unknown: { inputs: boolean; outputs: boolean };
}

export const PortLists = memo(function PortLists({ id, ports, used, unknown }: PortsProps): ReactNode {
  const [all, setAll] = useState(false);
  const inputs = split(ports.inputs, used.inputs);
  const outputs = split(ports.outputs, used.outputs);
  const rest = inputs.rest.length + outputs.rest.length;
  const update = useUpdateNodeInternals();
  const key = [...inputs.shown, ...outputs.shown].map((port) => port.name).join("\n") + [...used.inputs, ...used.outputs].join("\n") + String(all);
  const drawn = useRef(key);
  useEffect(() => {
    // React Flow measures a new node by itself; two hundred of them need not ask for it.
    if (drawn.current === key) return;
    drawn.current = key;
    update(id);
  }, [id, key, update]);
  return (
    <>
      <div className="sch-flow-ports">
        <Side side="input" ports={inputs.shown} used={used.inputs} known={ports.inputs} unknown={unknown.inputs} />
        <Side side="output" ports={outputs.shown} used={used.outputs} known={ports.outputs} unknown={unknown.outputs} />
      </div>
      {all && rest > 0 ? <Rest id={id} inputs={inputs.rest} outputs={outputs.rest} /> : null}
      {rest > 0 ? (
        <button type="button" className="sch-quiet sch-more nodrag" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "fewer ports" : `${rest} more port${rest > 1 ? "s" : ""}`}
        </button>
      ) : null}
    </>
  );
});

function split(ports: Port[], used: readonly string[]): { shown: Port[]; rest: Port[] } {
  if (ports.length <= SHOWN) return { shown: ports, rest: [] };
  const wanted = new Set(used);
  let spare = FEW;
  const shown = ports.filter((port) => wanted.has(port.name) || spare-- > 0);
  const rest = ports.filter((port) => !shown.includes(port));
  return { shown, rest };
}

interface SideProps {
  side: "input" | "output";
  ports: Port[];
  used: readonly string[];
  known: Port[];
  unknown: boolean;
}

function Side({ side, ports, used, known, unknown }: SideProps): ReactNode {
  const names = new Set(known.map((port) => port.name));
  const gone = [...new Set(used)].filter((name) => !names.has(name));
  return (
    <ul aria-label={`${side}s`}>
      {ports.map((port) => (
        <PortRow key={port.name} port={port} side={side} isUsed={used.includes(port.name)} />
      ))}
      {gone.map((name) => (
        <PortRow
          key={`gone ${name}`}
          port={{ name, label: name, type: "any", unit: "", tooltip: "" }}
          side={side}
          isUsed
          isGone={!unknown}
        />
      ))}
    </ul>
  );
}

/** The others scroll within the node; React Flow is told where they have got to. */
function Rest({ id, inputs, outputs }: { id: string; inputs: Port[]; outputs: Port[] }): ReactNode {
  const update = useUpdateNodeInternals();
  const frame = useRef(0);
  useEffect(() => () => cancelAnimationFrame(frame.current), []);
  const onScroll = (): void => {
    cancelAnimationFrame(frame.current);
    frame.current = requestAnimationFrame(() => update(id));
  };
  return (
    <div className="sch-flow-ports sch-rest nodrag nopan nowheel" onScroll={onScroll}>
      <ul aria-label="more inputs">
        {inputs.map((port) => <PortRow key={port.name} port={port} side="input" isUsed={false} />)}
      </ul>
      <ul aria-label="more outputs">
        {outputs.map((port) => <PortRow key={port.name} port={port} side="output" isUsed={false} />)}
      </ul>
    </div>
  );
}

interface RowProps {
  port: Port;
  side: "input" | "output";
  isUsed: boolean;
  isGone?: boolean;
}

function PortRow({ port, side, isUsed, isGone }: RowProps): ReactNode {
  const words = [`${port.name}: ${port.type}${port.unit ? `, ${port.unit}` : ""}`];
  if (isGone) words.push("this port is gone");
  else if (side === "input" && port.required === false) words.push("optional");
  if (port.tooltip) words.push(port.tooltip);
  const optional = side === "input" && port.required === false;
  return (
    <li
      className={`sch-flow-port sch-${side} sch-type-${port.type}${isUsed ? " sch-used" : ""}${isGone ? " sch-gone" : ""}${optional ? " sch-optional" : ""}`}
      title={brief(words.join("\n"))}
    >
      <Handle
        type={side === "input" ? "target" : "source"}
        position={side === "input" ? Position.Left : Position.Right}
        id={port.name}
        isConnectable={!isGone}
        role="img"
        aria-label={`${side} ${brief(port.label, 100)}, ${port.type}`}
      />
      <span className="sch-clip">{brief(port.label, 300)}</span>
      {isGone ? <span className="sch-hidden">gone</span> : null}
    </li>
  );
}
