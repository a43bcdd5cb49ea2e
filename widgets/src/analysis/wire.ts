// The wire to Python: messages with a kind, buffers beside them. Tells when an answer is long in coming.
import type { AnyModel } from "@anywidget/types";

import type { ToKernel } from "../contract/analysis.ts";
import { say } from "../saying.ts";

export interface Wire {
  send(content: ToKernel): void;
  on(receive: (content: Record<string, unknown>, buffers: DataView[]) => void): () => void;
}

export function wireOf(model: AnyModel<never> | AnyModel): Wire {
  return {
    send(content) {
      say(model as AnyModel, content);
    },
    on(receive) {
      (model as AnyModel).on("msg:custom", receive);
      return () => (model as AnyModel).off("msg:custom", receive);
    },
  };
}
