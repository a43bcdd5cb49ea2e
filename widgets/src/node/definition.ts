// A node definition as it comes from Python (`NodeDefinition.as_dict()`), of it what a node and a panel draw.
import type * as contract from "../contract/node.ts";

export type { Failure, Figure, InputNote, Permission } from "../contract/node.ts";

export type PortType = contract.Port["type"];

export type Port = Pick<contract.Port, "name" | "label" | "type" | "unit" | "tooltip"> & { required?: boolean };

export type ParameterType = contract.Parameter["type"];

export type Parameter = Omit<contract.Parameter, "aliases" | "accept" | "max_bytes"> & {
  /** Of a file: how its name may end, and how much it may hold. */
  accept?: string[];
  max_bytes?: number | null;
};

export interface Definition extends Pick<contract.NodeDefinition, "type" | "label" | "description"> {
  inputs: Port[];
  outputs: Port[];
  parameters: Parameter[];
  /** Hints of the author, free-form: nothing in it can be relied on. */
  ui?: unknown;
}

export type Status = contract.NodeState["status"];

export type Values = contract.NodeState["parameters"];
