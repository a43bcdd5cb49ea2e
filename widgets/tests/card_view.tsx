// The card of a gain node in jsdom, with one parameter of each kind, and what it calls.
import { ReactFlowProvider } from "@xyflow/react";
import { render } from "@testing-library/react";
import { vi } from "vitest";

import { Card, type CardProps } from "../src/node/card.tsx";
import type { Definition } from "../src/node/definition.ts";
import { ONE_OF_EACH } from "./parameter.ts";

export const definition: Definition = {
  type: "gain_node",
  label: "Gain",
  description: "Changes the level.",
  inputs: [{ name: "audio", label: "Audio", type: "audio", unit: "", tooltip: "what to change", required: true }],
  outputs: [{ name: "peak", label: "Peak", type: "number", unit: "dB", tooltip: "" }],
  parameters: ONE_OF_EACH,
};

export function show(given: Partial<CardProps> = {}) {
  const values = Object.fromEntries(definition.parameters.map((p) => [p.name, p.default]));
  const props: CardProps = {
    definition, pluginId: "gain_node", level: "full", values, errors: {}, inputsSet: {}, filesSet: {}, canRun: true, status: "idle",
    progress: 0, message: "", failure: {}, summary: [], permissions: [], canRead: false, live: false, waiting: false, waveform: {},
    presets: {}, saved: {}, canSave: false, presetError: "", gone: false,
    onSetAll: vi.fn(), onLive: vi.fn(), onRead: vi.fn(), onSend: vi.fn(), onSave: vi.fn(), onDelete: vi.fn(), onSet: vi.fn(), onReset: vi.fn(), onRun: vi.fn(), onCancel: vi.fn(), ...given,
  };
  const card = (more: Partial<CardProps>) => (
    <ReactFlowProvider>
      <Card {...props} {...more} />
    </ReactFlowProvider>
  );
  const { rerender } = render(card({}));
  return { ...props, again: (more: Partial<CardProps>): void => rerender(card(more)) };
}
