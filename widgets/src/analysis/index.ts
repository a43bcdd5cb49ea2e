// The explorer of an analysis: what the loader draws.
import "../tokens.css";
import "./analysis.css";

import type { RenderProps } from "@anywidget/types";

import type { Shared } from "./plan.ts";
import { View } from "./view.ts";

function render({ model, el }: RenderProps<Shared>): () => void {
  const view = new View(model, el);
  return () => view.close();
}

export default { render };
