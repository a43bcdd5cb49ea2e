import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { PIECE_BYTES, Sending } from "../src/node/sending.ts";
import { type Page, page } from "./contract.ts";
import { NODE } from "./states.ts";

describe("a file that is sent", () => {
  let on: Page;
  let sending: Sending;
  let undo: () => void;
  const pieces = vi.fn();

  beforeEach(() => {
    pieces.mockClear();
    on = page("node", NODE);
    const model = on.props.model as { send: (...given: unknown[]) => void };
    const { send } = model;
    model.send = (message, _, buffers) => {
      send(message);
      if (buffers) pieces(message, buffers);
    };
    sending = new Sending(model as never);
    undo = sending.listen();
  });
  afterEach(() => undo());

  it("is offered first, and comes in the pieces that are asked for", async () => {
    sending.offer("audio", new File([new Uint8Array(PIECE_BYTES), new Uint8Array([1, 2, 3])], "take.wav"));
    expect(on.sent).toEqual([{ kind: "offer", name: "audio", file: "take.wav", size: PIECE_BYTES + 3 }]);
    on.tell({ kind: "want", name: "audio", at: PIECE_BYTES });
    await vi.waitFor(() => expect(pieces).toHaveBeenCalledOnce());
    const [message, [bytes]] = pieces.mock.lastCall as [object, ArrayBuffer[]];
    expect(message).toEqual({ kind: "piece", name: "audio", at: PIECE_BYTES });
    expect([...new Uint8Array(bytes!)]).toEqual([1, 2, 3]);
  });

  it("is not sent by a view that hasn't offered it, nor when something else was chosen", async () => {
    on.tell({ kind: "want", name: "audio", at: 0 });
    sending.offer("audio", new File(["x"], "a.wav"));
    sending.forget("audio");
    on.tell({ kind: "want", name: "audio", at: 0 });
    await Promise.resolve();
    expect(pieces).not.toHaveBeenCalled();
  });

  it("is given up when it can't be read any more", async () => {
    const file = new File(["x"], "a.wav");
    file.slice = () => ({ arrayBuffer: () => Promise.reject(new DOMException("gone", "NotReadableError")) }) as never;
    sending.offer("audio", file);
    on.tell({ kind: "want", name: "audio", at: 0 });
    await vi.waitFor(() => expect(on.sent.at(-1)).toEqual({ kind: "read", name: "audio", path: "" }));
  });
});
