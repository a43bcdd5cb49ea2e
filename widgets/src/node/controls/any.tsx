import { type ReactNode, useEffect, useState } from "react";

import { equal } from "../parameters.ts";
import { type ControlProps, Field } from "./field.tsx";

/** A value of no declared kind, as JSON: the plugin itself checks it. */
export function AnyControl({ parameter, value, onChange, error }: ControlProps<unknown>): ReactNode {
  const text = JSON.stringify(value ?? null);
  const [draft, setDraft] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | undefined>();
  useEffect(() => {
    setDraft(null);
    setRefused(undefined);
  }, [text]);
  const commit = (typed: string): void => {
    try {
      const read: unknown = JSON.parse(typed);
      setDraft(null);
      setRefused(undefined);
      if (!equal(read, value)) onChange(read);
    } catch {
      setRefused('not JSON: write 3, "word", true, [1, 2] or {"a": 1}');
    }
  };
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={refused ?? error}>
      {({ control, described }) => (
        <input
          id={control}
          className="sch-text"
          type="text"
          autoComplete="off"
          value={draft ?? text}
          aria-describedby={described}
          aria-invalid={refused || error ? true : undefined}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={(event) => draft !== null && commit(event.currentTarget.value)}
          onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget.value)}
        />
      )}
    </Field>
  );
}
