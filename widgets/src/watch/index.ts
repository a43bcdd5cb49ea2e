// The line that tells what is watched: Python's word for it, until its kernel is gone.
import "../tokens.css";
import "./watch.css";

import type { AnyModel } from "@anywidget/types";

import type { WatchState } from "../contract/watch.ts";
import { kernelGone } from "../kernel.ts";
import { READY } from "../statics.ts";

const GONE = "Nobody watches any more: the kernel is gone. What is shown is from before. Run the cell again.";

function render({ model, el }: { model: AnyModel<WatchState>; el: HTMLElement }): () => void {
  const line = document.createElement("p");
  line.className = "sch sch-watch";
  line.setAttribute("role", "status");
  let gone = false;
  const draw = (): void => {
    line.textContent = gone ? GONE : model.get("text");
    line.classList.toggle("sch-gone", gone);
  };
  draw();
  el.append(line);
  model.on("change:text", draw);
  const undo = kernelGone(model, () => {
    gone = true;
    draw();
  });
  line.dispatchEvent(new Event(READY, { bubbles: true }));
  return () => {
    undo();
    model.off("change:text", draw);
  };
}

export default { render };
