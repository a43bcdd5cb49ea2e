// The explorer of an analysis: what the loader draws.
import "../tokens.css";
import "./analysis.css";

import type { RenderProps } from "@anywidget/types";

import type { AnalysisState } from "../contract/analysis.ts";
import { View } from "./view.ts";

function render({ model, el }: RenderProps<AnalysisState>): () => void {
  const view = new View(model, el);
  return () => view.close();
}

export default { render };
