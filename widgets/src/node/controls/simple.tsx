// The controls of a boolean, a choice, a string and a list of channels.
import { type ReactNode, useEffect, useState } from "react";

import { readChannels } from "../parameters.ts";
import { type ControlProps, Field } from "./field.tsx";

export function ToggleControl({ parameter, value, onChange, error }: ControlProps<boolean>): ReactNode {
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={error}>
      {({ control, described }) => (
        <input
          id={control}
          type="checkbox"
          role="switch"
          className="sch-switch"
          checked={value}
          aria-describedby={described}
          onChange={(event) => onChange(event.currentTarget.checked)}
        />
      )}
    </Field>
  );
}

export function ChoiceControl({ parameter, value, onChange, error }: ControlProps<string>): ReactNode {
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={error}>
      {({ control, described }) => (
        <>
          <select id={control} value={value} aria-describedby={described} onChange={(event) => onChange(event.currentTarget.value)}>
            {parameter.options.map((option) => (
              <option key={option} value={option}>
                {option}
              </option>
            ))}
          </select>
          <span className="sch-unit">{parameter.unit}</span>
        </>
      )}
    </Field>
  );
}

export function TextControl({ parameter, value, onChange, error }: ControlProps<string>): ReactNode {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={error}>
      {({ control, described }) => (
        <input
          id={control}
          className="sch-text"
          type="text"
          value={draft}
          aria-describedby={described}
          aria-invalid={error ? true : undefined}
          onChange={(event) => setDraft(event.currentTarget.value)}
          onBlur={() => draft !== value && onChange(draft)}
          onKeyDown={(event) => event.key === "Enter" && onChange(draft)}
        />
      )}
    </Field>
  );
}

const BOXES = 8;

/** Boxes for the first channels, and an entry for any. */
export function ChannelsControl({ parameter, value, onChange, error }: ControlProps<number[]>): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | undefined>();
  useEffect(() => {
    setDraft(null);
    setRefused(undefined);
  }, [value]);
  const commit = (text: string): void => {
    const entry = readChannels(text);
    if ("error" in entry) return setRefused(entry.error);
    setRefused(undefined);
    setDraft(null);
    onChange(entry.value);
  };
  const toggle = (channel: number): void =>
    onChange(value.includes(channel) ? value.filter((c) => c !== channel) : [...value, channel].sort((a, b) => a - b));
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={refused ?? error}>
      {({ control, described }) => (
        <>
          <span className="sch-boxes" role="group" aria-label={`${parameter.label}: channels`}>
            {Array.from({ length: Math.max(2, Math.min(BOXES, Math.max(-1, ...value) + 1)) }, (_, channel) => (
              <button
                key={channel}
                type="button"
                aria-pressed={value.includes(channel)}
                title={`channel ${channel}`}
                onClick={() => toggle(channel)}
              >
                {channel}
              </button>
            ))}
          </span>
          <input
            id={control}
            className="sch-text"
            type="text"
            placeholder="none"
            value={draft ?? value.join(", ")}
            aria-describedby={described}
            aria-invalid={refused || error ? true : undefined}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onBlur={(event) => draft !== null && commit(event.currentTarget.value)}
            onKeyDown={(event) => event.key === "Enter" && commit(event.currentTarget.value)}
          />
        </>
      )}
    </Field>
  );
}
