// The wire to Python: messages with a kind, buffers beside them. Tells when an answer is long in coming.
import type { AnyModel } from "@anywidget/types";

import type { ToKernel } from "../contract/analysis.ts";

export interface Wire {
  send(content: ToKernel): void;
  on(receive: (content: Record<string, unknown>, buffers: DataView[]) => void): () => void;
}

export function wireOf(model: AnyModel<never> | AnyModel): Wire {
  return {
    send(content) {
      try {
        (model as AnyModel).send(content);
      } catch (error) {
        // The kernel is gone: what asks notices that no answer comes.
        console.debug("schillinger: nothing could be sent", error);
      }
    },
    on(receive) {
      (model as AnyModel).on("msg:custom", receive);
      return () => (model as AnyModel).off("msg:custom", receive);
    },
  };
}
