// What every control shares: a label with its tooltip, the place of an error, and the classes that keep React Flow away.
import type { ReactNode } from "react";

import { useUniqueId } from "../../ids.ts";
import type { Parameter } from "../definition.ts";

export interface ControlProps<T> {
  parameter: Parameter;
  value: T;
  onChange: (value: T) => void;
  /** What Python said about the value, if it refused it. */
  error: string | undefined;
}

interface FieldProps {
  parameter: Parameter;
  error: string | undefined;
  wide?: boolean;
  children: (ids: { control: string; described: string }) => ReactNode;
}

export function Field({ parameter, error, wide, children }: FieldProps): ReactNode {
  const id = useUniqueId();
  const described = `${id}-note`;
  return (
    <div className={`sch-field nodrag nopan nowheel${wide ? " sch-wide" : ""}`} data-parameter={parameter.name}>
      <label htmlFor={id} id={`${id}-label`} title={parameter.tooltip || parameter.name}>
        {parameter.label}
        {parameter.automatable ? <span className="sch-automatable" title="can be automated" aria-hidden="true" /> : null}
      </label>
      <div className="sch-control">{children({ control: id, described })}</div>
      <div className="sch-note" id={described} role={error ? "alert" : undefined}>
        {error ?? ""}
      </div>
    </div>
  );
}
