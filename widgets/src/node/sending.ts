// Files of this computer that a node takes: offered by name and size, then sent in the pieces that Python asks for.
import type { AnyModel } from "@anywidget/types";

import type { ToKernel, ToPage } from "../contract/node.ts";

/** A Jupyter server takes no message of more than 10 MiB. */
export const PIECE_BYTES = 1024 * 1024;

// biome-ignore lint: any model will do
type Model = AnyModel<any>;

export class Sending {
  private readonly files = new Map<string, File>();

  constructor(private readonly model: Model) {}

  offer(name: string, file: File): void {
    this.files.set(name, file);
    this.model.send({ kind: "offer", name, file: file.name, size: file.size } satisfies ToKernel);
  }

  forget(name: string): void {
    this.files.delete(name);
  }

  /** Listen to what Python wants. @returns the undo */
  listen(): () => void {
    const onMessage = (message: ToPage): void => {
      if (message.kind === "want") void this.send(message.name, message.at);
    };
    this.model.on("msg:custom", onMessage);
    return () => this.model.off("msg:custom", onMessage);
  }

  private async send(name: string, at: number): Promise<void> {
    const file = this.files.get(name);
    if (!file) return; // another view of this node offered it
    try {
      const bytes = await file.slice(at, at + PIECE_BYTES).arrayBuffer();
      if (this.files.get(name) !== file) return;
      this.model.send({ kind: "piece", name, at } satisfies ToKernel, undefined, [bytes]);
      if (at + bytes.byteLength >= file.size) this.forget(name);
    } catch {
      // It has changed or gone since it was chosen: as if nobody had chosen it.
      this.forget(name);
      this.model.send({ kind: "read", name, path: "" } satisfies ToKernel);
    }
  }
}
