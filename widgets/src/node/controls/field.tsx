// What every control shares: a label with its tooltip, the place of an error, and the classes that keep React Flow away.
import type { ReactNode } from "react";

import { useUniqueId } from "../../ids.ts";
import type { Parameter } from "../definition.ts";
import { equal } from "../parameters.ts";

export interface ControlProps<T> {
  parameter: Parameter;
  value: T;
  onChange: (value: T) => void;
  /** What Python said about the value, if it refused it. */
  error: string | undefined;
}

interface FieldProps {
  parameter: Parameter;
  value: unknown;
  onChange: (value: never) => void;
  error: string | undefined;
  wide?: boolean;
  children: (ids: { control: string; described: string }) => ReactNode;
}

export function Field({ parameter, value, onChange, error, wide, children }: FieldProps): ReactNode {
  const id = useUniqueId();
  const described = `${id}-note`;
  const differs = !equal(value, parameter.default);
  const reset = (): void => onChange(parameter.default as never);
  return (
    <div className={`sch-field nodrag nopan nowheel${wide ? " sch-wide" : ""}`} data-parameter={parameter.name}>
      <label htmlFor={id} id={`${id}-label`} title={parameter.tooltip || parameter.name} onDoubleClick={reset}>
        {parameter.label}
        {parameter.automatable ? <span className="sch-automatable" title="can be automated" aria-hidden="true" /> : null}
      </label>
      <div className="sch-control">
        {children({ control: id, described })}
        <button
          type="button"
          className="sch-back"
          aria-label={`reset ${parameter.label}`}
          title="back to its default"
          disabled={!differs}
          onClick={reset}
        >
          <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
            <path d="M2.5 5.5a4 4 0 1 1 1.2 3.3M2.5 1.8v3.7h3.7" fill="none" stroke="currentColor" strokeWidth="1.4" />
          </svg>
        </button>
      </div>
      <div className="sch-note" id={described} role={error ? "alert" : undefined}>
        {error ?? ""}
      </div>
    </div>
  );
}
