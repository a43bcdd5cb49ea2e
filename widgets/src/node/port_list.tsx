// The ports of one side: colour and shape by type, what an input was given, and a file for it.
import { Handle, Position } from "@xyflow/react";
import { type ReactNode, useRef, useState } from "react";

import { AskedText } from "./asked_text.tsx";
import type { InputNote, Port } from "./definition.ts";

/** More than these are folded away, or a node of a thousand ports would fill the notebook. */
export const SHOWN_PORTS = 12;

/** How an input gets a file; absent where none can be read. */
export interface Files {
  /** By the path that the kernel knows it by; an empty one takes it away again. */
  read: (name: string, path: string) => void;
  send: (name: string, file: File) => void;
}

interface PortListProps {
  ports: Port[];
  side: "input" | "output";
  notes: Record<string, InputNote>;
  files?: Files | undefined;
}

export function PortList({ ports, side, notes, files }: PortListProps): ReactNode {
  const [all, setAll] = useState(false);
  const folded = ports.length > SHOWN_PORTS + 1;
  const shown = folded && !all ? ports.slice(0, SHOWN_PORTS) : ports;
  return (
    <ul aria-label={`${side}s`}>
      {shown.map((port) => (
        <PortRow key={port.name} port={port} side={side} note={notes[port.name]} files={port.type === "audio" && side === "input" ? files : undefined} />
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
  files: Files | undefined;
}

function PortRow({ port, side, note, files }: PortRowProps): ReactNode {
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
      {note ? (
        <span className={`sch-port-note sch-input-${note.state}`} role={note.state === "refused" ? "alert" : undefined}>
          {note.text}
        </span>
      ) : null}
      {files ? <FileRow port={port} note={note} files={files} /> : null}
    </li>
  );
}

/** A file for an input: its path, or one of the computer that the page is on. */
function FileRow({ port, note, files }: { port: Port; note: InputNote | undefined; files: Files }): ReactNode {
  const [path, setPath] = useState<string | null>(null);
  const chooser = useRef<HTMLInputElement>(null);
  const read = (): void => {
    if (path === null || path.trim() === "") return;
    files.read(port.name, path.trim());
    setPath(null);
  };
  const send = (file: File | undefined): void => {
    if (!file) return;
    files.send(port.name, file);
    setPath(null);
  };
  return (
    <span className="sch-port-file nodrag nopan nowheel">
      {path === null ? (
        <>
          <button type="button" className="sch-quiet" aria-label={`file for ${port.label}`} onClick={() => setPath("")}>
            File …
          </button>
          {note && ["given", "refused", "reading"].includes(note.state) ? (
            <button type="button" className="sch-quiet" aria-label={`take ${port.label} away`} onClick={() => files.read(port.name, "")}>
              Take away
            </button>
          ) : null}
        </>
      ) : (
        <AskedText
          label={`path of a file for ${port.label}`}
          placeholder="path of an audio file"
          value={path}
          verb="Read"
          onChange={setPath}
          onTake={read}
          onBack={() => setPath(null)}
        >
          <button type="button" title="a file of the computer that this page is on" onClick={() => chooser.current?.click()}>
            Choose …
          </button>
          <input
            ref={chooser}
            type="file"
            accept="audio/*"
            hidden
            aria-label={`file of this computer for ${port.label}`}
            onChange={(event) => send(event.currentTarget.files?.[0])}
          />
        </AskedText>
      )}
    </span>
  );
}
