// The faces of what is no plugin: inputs with their value, comments, and the frames of groups.
import { Handle, type NodeProps, NodeResizer, Position } from "@xyflow/react";
import { type ReactNode, memo, useEffect, useRef, useState } from "react";

import { INPUT_TYPES, VALUE, labelOf, setData, setSize } from "./document.ts";
import { EditableTitle } from "./editable.tsx";
import { brief } from "./hostile.ts";
import type { FaceData } from "./plugin_node.tsx";
import { Problems } from "./standing.tsx";
import { useStore, useView } from "./view.ts";

const same = (before: NodeProps, after: NodeProps): boolean => before.data === after.data && before.selected === after.selected;

export const InputNode = memo(function InputNode({ data, selected }: NodeProps): ReactNode {
  const { node } = data as FaceData;
  const { commit } = useView();
  const problems = useStore((store) => store.problemsOf(node.id));
  const type = INPUT_TYPES.includes(String(node.data["type"])) ? String(node.data["type"]) : "any";
  return (
    <section
      className={`sch-face sch-input-face sch-type-${type}${selected ? " sch-selected" : ""}${problems.length > 0 ? " sch-flawed" : ""}`}
      aria-label={`input ${brief(labelOf(node), 100)}, ${type}`}
    >
      <header>
        <EditableTitle text={labelOf(node)} hint={`${brief(labelOf(node))}\na source: ${type}`} onChange={(name) => name && commit(setData(node.id, { name }))} />
        <TypeChoice type={type} onChange={(to) => commit(setData(node.id, { type: to, value: undefined, held: undefined }))} />
      </header>
      <div className={`sch-flow-port sch-output sch-used sch-type-${type}`}>
        <ValueEntry id={node.id} type={type} value={node.data["value"]} held={node.data["held"]} />
        <Handle type="source" position={Position.Right} id={VALUE} role="img" aria-label={`output ${brief(labelOf(node), 100)}, ${type}`} />
      </div>
      <Problems problems={problems} />
    </section>
  );
}, same);

export function TypeChoice({ type, onChange }: { type: string; onChange: (type: string) => void }): ReactNode {
  return (
    <select className="sch-kind nodrag" aria-label="type" value={type} onChange={(event) => onChange(event.currentTarget.value)}>
      {INPUT_TYPES.map((name) => <option key={name}>{name}</option>)}
    </select>
  );
}

interface ValueProps {
  id: string;
  type: string;
  value: unknown;
  held: unknown;
}

export function ValueEntry({ id, type, value, held }: ValueProps): ReactNode {
  const { commit } = useView();
  const [draft, setDraft] = useState<string | null>(null);
  const [refused, setRefused] = useState("");
  useEffect(() => setDraft(null), [value]);
  const put = (to: unknown): void => commit(setData(id, { value: to, held: undefined }));
  if (type === "boolean") {
    return (
      <label className="sch-value nodrag">
        <input type="checkbox" role="switch" className="sch-switch" aria-label="value" checked={value === true} onChange={(event) => put(event.currentTarget.checked)} />
        {value === true ? "true" : value === false ? "false" : "not given"}
      </label>
    );
  }
  const finish = (): void => {
    if (draft === null) return;
    const entry = readValue(type, draft);
    setRefused(entry.error);
    if (entry.error) return;
    setDraft(null);
    if (entry.value !== value) put(entry.value);
  };
  const heldText = typeof held === "string" ? held : "";
  return (
    <>
      <input
        type="text"
        className="sch-value nodrag nopan"
        aria-label="value"
        aria-invalid={refused ? true : undefined}
        placeholder={heldText || (type === "audio" ? "path of a file" : "not given")}
        title={refused || brief(heldText ? `held by Python: ${heldText}` : writeValue(value), 500)}
        value={draft ?? brief(writeValue(value), 10_000)}
        onChange={(event) => setDraft(event.currentTarget.value)}
        onBlur={finish}
        onKeyDown={(event) => {
          if (event.key === "Enter") finish();
          if (event.key === "Escape") setDraft(null);
        }}
      />
      {refused ? <span className="sch-value-note" role="alert">{refused}</span> : null}
    </>
  );
}

/** A value as it is typed: words for audio (a path) and strings, JSON for what has parts. Empty takes it away. */
export function readValue(type: string, text: string): { value?: unknown; error: string } {
  const plain = text.trim();
  if (plain === "" && type !== "string") return { error: "" };
  if (type === "audio") return { value: plain, error: "" };
  if (type === "string") return text === "" ? { error: "" } : { value: text, error: "" };
  if (type === "number" || type === "integer") {
    const number = Number(plain.replace(/[−–]/g, "-").replace(",", "."));
    if (!Number.isFinite(number)) return { error: "not a number" };
    return type === "integer" && !Number.isInteger(number) ? { error: "not a whole number" } : { value: number, error: "" };
  }
  try {
    return { value: JSON.parse(plain) as unknown, error: "" };
  } catch {
    return type === "any" ? { value: text, error: "" } : { error: 'write it as JSON: [1, 2] or {"a": 1}' };
  }
}

export function writeValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  return typeof value === "number" ? String(value).replace("-", "−") : (JSON.stringify(value) ?? "");
}

export const CommentNode = memo(function CommentNode({ data, selected }: NodeProps): ReactNode {
  const { node } = data as FaceData;
  const { commit } = useView();
  const text = String(node.data["text"] ?? "");
  const [draft, setDraft] = useState<string | null>(null);
  const box = useRef<HTMLTextAreaElement>(null);
  const finish = (): void => {
    if (draft !== null && draft !== text) commit(setData(node.id, { text: draft }));
    setDraft(null);
  };
  return (
    <section className={`sch-comment${selected ? " sch-selected" : ""}`} aria-label="comment" title={brief(text)}>
      <NodeResizer
        isVisible={selected}
        minWidth={120}
        minHeight={48}
        onResizeEnd={(_, size) => commit(setSize(node.id, size, size))}
      />
      {draft === null ? (
        <p
          onDoubleClick={(event) => {
            event.stopPropagation();
            setDraft(text);
          }}
        >
          {brief(text, 5000) || <span className="sch-soft">double click to write</span>}
        </p>
      ) : (
        <textarea
          ref={box}
          className="nodrag nopan nowheel"
          aria-label="comment"
          autoFocus
          maxLength={100_000}
          value={draft}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={finish}
          onKeyDown={(event) => {
            event.stopPropagation();
            if (event.key === "Escape") finish();
          }}
        />
      )}
    </section>
  );
}, same);

export const GroupNode = memo(function GroupNode({ data, selected }: NodeProps): ReactNode {
  const { node } = data as FaceData;
  const { commit } = useView();
  return (
    <section className={`sch-frame${selected ? " sch-selected" : ""}`} aria-label={`group ${brief(labelOf(node), 100)}`}>
      <NodeResizer
        isVisible={selected}
        minWidth={160}
        minHeight={100}
        onResizeEnd={(_, size) => commit(setSize(node.id, size, size))}
      />
      <header>
        <EditableTitle text={labelOf(node)} hint={brief(labelOf(node))} placeholder="group" onChange={(label) => commit(setData(node.id, { label }))} />
      </header>
    </section>
  );
}, same);
