// That the kernel is gone, told where somebody would press something in vain.
import type { AnyModel } from "@anywidget/types";
import { type ReactNode, useEffect, useState } from "react";

import { kernelGone } from "./kernel.ts";

// biome-ignore lint: any model will do
export function useKernelGone(model: AnyModel<any>): boolean {
  const [gone, setGone] = useState(false);
  useEffect(() => kernelGone(model, () => setGone(true)), [model]);
  return gone;
}

export function Gone(): ReactNode {
  return (
    <p className="sch-kernel-gone" role="alert">
      The kernel is gone: what is shown is from before. Run the cell again.
    </p>
  );
}
