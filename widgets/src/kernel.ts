// Whether the kernel is there. The page's widget manager knows, but each page in its own way: what isn't known is taken as there.
import type { AnyModel } from "@anywidget/types";

interface Signal {
  connect?: (slot: (sender: unknown, value: unknown) => void) => unknown;
  disconnect?: (slot: (sender: unknown, value: unknown) => void) => unknown;
}

interface Kernel {
  status?: string;
  statusChanged?: Signal;
  disposed?: Signal;
}

const ENDED = ["dead", "terminating", "restarting", "autorestarting"];

/** Call `then` when the kernel of a model has ended, or begun anew and knows nothing of it. @returns the undo */
// biome-ignore lint: any model will do
export function kernelGone(model: AnyModel<any>, then: () => void): () => void {
  const kernel = kernelOf(model.widget_manager);
  const onStatus = (_: unknown, status: unknown): void => {
    if (ENDED.includes(String(status))) then();
  };
  kernel?.statusChanged?.connect?.(onStatus);
  kernel?.disposed?.connect?.(then);
  // Jupyter's manager says so of every model when it loses its kernel; it is set only once before, when the model is made.
  model.on("comm_live_update", then);
  if (ENDED.includes(String(kernel?.status))) then();
  return () => {
    kernel?.statusChanged?.disconnect?.(onStatus);
    kernel?.disposed?.disconnect?.(then);
    model.off("comm_live_update", then);
  };
}

function kernelOf(manager: unknown): Kernel | null {
  try {
    const known = manager as { kernel?: Kernel | null } | null | undefined;
    return known?.kernel ?? null;
  } catch {
    return null; // a manager whose kernel can't be asked for
  }
}
