import { type KeyboardEvent, type ReactNode, useEffect, useState } from "react";

import { rangeOf, readEntry } from "../parameters.ts";
import { POSITIONS, nudge, toPosition, toValue, write } from "../scale.ts";
import { type ControlProps, Field } from "./field.tsx";

/** A slider and a number entry. The entry takes any value of the range, the slider its steps. */
export function NumberControl({ parameter, value, onChange, error }: ControlProps<number>): ReactNode {
  const range = rangeOf(parameter);
  const [draft, setDraft] = useState<string | null>(null);
  const [refused, setRefused] = useState<string | undefined>();
  useEffect(() => {
    setDraft(null);
    setRefused(undefined);
  }, [value]);

  const commit = (text: string): void => {
    const entry = readEntry(parameter, text);
    setRefused(entry.error);
    if (entry.error === undefined) {
      setDraft(null);
      if (entry.value !== value) onChange(entry.value);
    }
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>): void => {
    if (event.key === "Enter") commit(event.currentTarget.value);
    else if (event.key === "Escape") {
      setDraft(null);
      setRefused(undefined);
    } else if (range && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      onChange(nudge(range, value, (event.key === "ArrowUp" ? 1 : -1) * (event.shiftKey ? 10 : 1)));
    }
  };
  const spoken = parameter.unit ? `${write(value)} ${parameter.unit}` : write(value);
  const native = range && !range.log;
  return (
    <Field parameter={parameter} value={value} onChange={onChange} error={refused ?? error}>
      {({ control, described }) => (
        <>
          {range ? (
            <input
              type="range"
              aria-label={parameter.label}
              aria-valuetext={spoken}
              min={native ? range.min : 0}
              max={native ? range.max : POSITIONS}
              step={native ? (range.step ?? (range.integer ? 1 : (range.max - range.min) / POSITIONS)) : 1}
              value={native ? value : toPosition(range, value)}
              onChange={(event) => {
                const at = event.currentTarget.valueAsNumber;
                onChange(native ? nudge({ ...range, log: false }, at, 0) : toValue(range, at));
              }}
              onDoubleClick={() => onChange(Number(parameter.default))}
              onKeyDown={(event) => {
                if (native || !/^Arrow/.test(event.key)) return;
                event.preventDefault();
                onChange(nudge(range, value, event.key === "ArrowUp" || event.key === "ArrowRight" ? 1 : -1));
              }}
            />
          ) : null}
          <input
            id={control}
            className="sch-entry"
            type="text"
            inputMode="decimal"
            autoComplete="off"
            value={draft ?? write(value)}
            aria-invalid={refused || error ? true : undefined}
            aria-describedby={described}
            onChange={(event) => setDraft(event.currentTarget.value)}
            onBlur={(event) => draft !== null && commit(event.currentTarget.value)}
            onKeyDown={onKey}
          />
          <span className="sch-unit">{parameter.unit}</span>
        </>
      )}
    </Field>
  );
}
