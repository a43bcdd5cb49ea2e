// The widget of a flow: a canvas of nodes, in step with Python.
import "@xyflow/react/dist/base.css";
import "../tokens.css";
import "../node/controls/controls.css";
import "./flow.css";

import { createRender, useModel } from "@anywidget/react";
import { ReactFlowProvider } from "@xyflow/react";
import { type ReactNode, useEffect, useMemo } from "react";

import type { FlowState } from "../contract/flow.ts";
import { kernelsDrawer } from "../figures/drawer.ts";
import { storeOf } from "./store.ts";
import { FlowView } from "./widget.tsx";

function FlowPane(): ReactNode {
  const model = useModel<FlowState & Record<string, unknown>>();
  const store = useMemo(() => storeOf(model), [model]);
  const drawer = useMemo(() => kernelsDrawer(store), [store]);
  useEffect(() => store.attach(model), [store, model]);
  return (
    <ReactFlowProvider>
      <FlowView store={store} drawer={drawer} />
    </ReactFlowProvider>
  );
}

export default { render: createRender(FlowPane) };
