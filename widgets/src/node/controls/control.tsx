// The control that a parameter's type asks for: on the node and on panels alike.
import { type ReactNode, memo } from "react";

import type { Parameter } from "../definition.ts";
import { AnyControl } from "./any.tsx";
import { BreakpointsControl } from "./breakpoints.tsx";
import { NumberControl } from "./number.tsx";
import { ChannelsControl, ChoiceControl, TextControl, ToggleControl } from "./simple.tsx";

interface ControlSwitchProps {
  parameter: Parameter;
  value: unknown;
  error: string | undefined;
  onSet: (name: string, value: unknown) => void;
}

export const Control = memo(function Control({ parameter, value, error, onSet }: ControlSwitchProps): ReactNode {
  const common = { parameter, error, onChange: (to: unknown): void => onSet(parameter.name, to) };
  switch (parameter.type) {
    case "number":
    case "integer":
      return <NumberControl {...common} value={Number(value)} />;
    case "boolean":
      return <ToggleControl {...common} value={value === true} />;
    case "choice":
      return <ChoiceControl {...common} value={String(value)} />;
    case "breakpoints":
      return <BreakpointsControl {...common} value={value} />;
    case "channels":
      return <ChannelsControl {...common} value={Array.isArray(value) ? (value as number[]) : []} />;
    case "string":
      return <TextControl {...common} value={String(value)} />;
    case "any":
      return <AnyControl {...common} value={value} />;
  }
});
