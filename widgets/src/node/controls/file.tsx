// A file: the path of one that the kernel reads, or one of the computer that the page is on.
import { type ReactNode, useEffect, useRef, useState } from "react";

import type { InputNote } from "../definition.ts";
import type { Files } from "../port_list.tsx";
import { type ControlProps, Field } from "./field.tsx";

/** A path, what Python holds of a file that was sent, or nothing. */
export type FileValue = string | { name: string; bytes: number } | null;

export function fileValue(value: unknown): FileValue {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null) return null;
  const { name, bytes } = value as Record<string, unknown>;
  return typeof bytes === "number" ? { name: String(name ?? ""), bytes } : null;
}

export function sizeInWords(bytes: number): string {
  if (bytes >= 1e6) return `${Number((bytes / 1e6).toPrecision(3))} MB`;
  return bytes >= 1e3 ? `${Number((bytes / 1e3).toPrecision(3))} kB` : `${bytes} bytes`;
}

interface FileControlProps extends ControlProps<FileValue> {
  /** How one of the page's computer comes; absent where none can. */
  send?: Files["send"] | undefined;
  note?: InputNote | undefined;
}

export function FileControl({ parameter, value, onChange, error, send, note }: FileControlProps): ReactNode {
  const shown = typeof value === "string" ? value : (value?.name ?? "");
  const [draft, setDraft] = useState(shown);
  const chooser = useRef<HTMLInputElement>(null);
  useEffect(() => setDraft(shown), [shown]);
  const commit = (): void => {
    if (draft.trim() !== shown) onChange(draft.trim() || null);
  };
  const accept = parameter.accept ?? [];
  const words = note?.text ?? (value !== null && typeof value === "object" ? sizeInWords(value.bytes) : "");
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={error ?? (note?.state === "refused" ? note.text : undefined)} wide>
      {({ control, described }) => (
        <span className="sch-file">
          <input
            id={control}
            className="sch-text"
            type="text"
            placeholder={accept.length ? `path of a file, ${accept.join(" or ")}` : "path of a file"}
            value={draft}
            aria-describedby={`${described} ${described}-file`}
            aria-invalid={error || note?.state === "refused" ? true : undefined}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onBlur={commit}
            onKeyDown={(event) => event.key === "Enter" && commit()}
          />
          {send ? (
            <>
              <button type="button" aria-label={`choose ${parameter.label}`} title="a file of the computer that this page is on" onClick={() => chooser.current?.click()}>
                Choose …
              </button>
              <input
                ref={chooser}
                type="file"
                accept={accept.join(",")}
                hidden
                aria-label={`file of this computer for ${parameter.label}`}
                onChange={(event) => {
                  const file = event.currentTarget.files?.[0];
                  if (file) send(parameter.name, file);
                  event.currentTarget.value = ""; // the same one again is another choice
                }}
              />
            </>
          ) : null}
          {value === null ? null : (
            <button type="button" className="sch-quiet" aria-label={`take ${parameter.label} away`} onClick={() => onChange(null)}>
              Take away
            </button>
          )}
          <span className="sch-soft" id={`${described}-file`} aria-live="polite">
            {note?.state === "refused" ? "" : words}
          </span>
        </span>
      )}
    </Field>
  );
}
