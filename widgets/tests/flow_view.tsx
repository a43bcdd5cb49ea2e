// A view of a flow in jsdom, where React Flow draws nodes and measures none: edges aren't seen there.
import { ReactFlowProvider } from "@xyflow/react";
import { render, screen } from "@testing-library/react";

import { Store } from "../src/flow/store.ts";
import { FlowView } from "../src/flow/widget.tsx";
import { DEFINITIONS, doc, fakeModel } from "./flow_model.ts";

// jsdom has neither; React Flow reads the zoom from the first.
globalThis.CSS ??= { escape: (text: string) => text } as unknown as typeof CSS;
globalThis.DOMMatrixReadOnly ??= class { m22 = 1 } as unknown as typeof DOMMatrixReadOnly;

export const PALETTE = [
  { plugin: "gain_node", version: "1.0.0", label: "Gain", plugin_type: "node", category: "Effects", description: "", definition: DEFINITIONS["gain_node"] },
];

export function show(nodes: unknown[] = [], edges: unknown[] = [], traits: Record<string, unknown> = {}) {
  const fake = fakeModel({ document: doc(nodes, edges), palette: PALETTE, definitions: DEFINITIONS, ...traits });
  const store = new Store(fake.model);
  store.attach(fake.model);
  render(
    <ReactFlowProvider>
      <FlowView store={store} drawer={() => new Promise(() => {})} />
    </ReactFlowProvider>,
  );
  return { ...fake, store, root: screen.getByRole("application", { name: /^flow study/ }) };
}

export const ids = (store: Store): string[] => store.document.nodes.map((node) => node.id);
