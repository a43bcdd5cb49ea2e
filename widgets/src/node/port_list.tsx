// The ports of one side: colour and shape by type, what an input was given, and the path of a file for it.
import { Handle, Position } from "@xyflow/react";
import { type ReactNode, useState } from "react";

import type { InputNote, Port } from "./definition.ts";

/** More than these are folded away, or a node of a thousand ports would fill the notebook. */
export const SHOWN_PORTS = 12;

interface PortListProps {
  ports: Port[];
  side: "input" | "output";
  notes: Record<string, InputNote>;
  /** Absent where no file can be read. */
  onRead?: ((name: string, path: string) => void) | undefined;
}

export function PortList({ ports, side, notes, onRead }: PortListProps): ReactNode {
  const [all, setAll] = useState(false);
  const folded = ports.length > SHOWN_PORTS + 1;
  const shown = folded && !all ? ports.slice(0, SHOWN_PORTS) : ports;
  return (
    <ul aria-label={`${side}s`}>
      {shown.map((port) => (
        <PortRow key={port.name} port={port} side={side} note={notes[port.name]} onRead={port.type === "audio" && side === "input" ? onRead : undefined} />
      ))}
      {folded ? (
        <li className="sch-port-more nodrag nopan">
          <button type="button" className="sch-quiet" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? "show fewer" : `${ports.length - SHOWN_PORTS} more ${side}s`}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

interface PortRowProps {
  port: Port;
  side: "input" | "output";
  note: InputNote | undefined;
  onRead: ((name: string, path: string) => void) | undefined;
}

function PortRow({ port, side, note, onRead }: PortRowProps): ReactNode {
  const [path, setPath] = useState<string | null>(null);
  const words = [`${port.name}: ${port.type}${port.unit ? `, ${port.unit}` : ""}`];
  if (side === "input" && port.required === false) words.push("optional");
  if (port.tooltip) words.push(port.tooltip);
  const read = (): void => {
    if (path === null || path.trim() === "") return;
    onRead?.(port.name, path.trim());
    setPath(null);
  };
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
      {note ? (
        <span className={`sch-port-note sch-input-${note.state}`} role={note.state === "refused" ? "alert" : undefined}>
          {note.text}
        </span>
      ) : null}
      {onRead ? (
        <span className="sch-port-file nodrag nopan nowheel">
          {path === null ? (
            <>
              <button type="button" className="sch-quiet" aria-label={`file for ${port.label}`} onClick={() => setPath("")}>
                File …
              </button>
              {note?.state === "given" || note?.state === "refused" ? (
                <button type="button" className="sch-quiet" aria-label={`take ${port.label} away`} onClick={() => onRead(port.name, "")}>
                  Take away
                </button>
              ) : null}
            </>
          ) : (
            <>
              <input
                type="text"
                autoFocus
                aria-label={`path of a file for ${port.label}`}
                placeholder="path of an audio file"
                value={path}
                onChange={(event) => setPath(event.currentTarget.value)}
                onKeyDown={(event) => {
                  if (event.key === "Enter") read();
                  else if (event.key === "Escape") setPath(null);
                }}
              />
              <button type="button" onClick={read}>
                Read
              </button>
            </>
          )}
        </span>
      ) : null}
    </li>
  );
}
