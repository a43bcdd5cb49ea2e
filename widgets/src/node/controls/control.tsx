// The control that a parameter's type asks for: on the node and on panels alike.
import { type ReactNode, memo } from "react";

import type { InputNote, Parameter } from "../definition.ts";
import type { Files } from "../port_list.tsx";
import { AnyControl } from "./any.tsx";
import { BreakpointsControl } from "./breakpoints.tsx";
import { FileControl, fileValue } from "./file.tsx";
import { NumberControl } from "./number.tsx";
import { ChannelsControl, ChoiceControl, TextControl, ToggleControl } from "./simple.tsx";

interface ControlSwitchProps {
  parameter: Parameter;
  value: unknown;
  error: string | undefined;
  onSet: (name: string, value: unknown) => void;
  /** Of a file: how one of the page's computer comes, and what is known of the one that is there. */
  send?: Files["send"] | undefined;
  note?: InputNote | undefined;
}

export const Control = memo(function Control({ parameter, value, error, onSet, send, note }: ControlSwitchProps): ReactNode {
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
    case "file":
      return <FileControl {...common} value={fileValue(value)} send={send} note={note} />;
    case "string":
      return <TextControl {...common} value={String(value)} />;
    case "any":
      return <AnyControl {...common} value={value} />;
  }
});
