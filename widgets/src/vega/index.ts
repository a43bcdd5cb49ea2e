// The worker that draws Vega-Lite: a stranger's specification goes in, a PNG comes out. It has no page, is ended by whoever
// began it when it takes too long, and draws once, so that nothing one specification did is there for the next.
import "./licences.ts";
import "./sealed.ts";

import { png } from "./png.ts";
import type { Answer, Ask } from "./words.ts";

addEventListener("message", (event: MessageEvent<Ask>) => {
  png(event.data).then(
    (drawn) => say(drawn, [drawn.png]),
    (error: unknown) => say({ flaw: `Vega-Lite says: ${error instanceof Error ? error.message : String(error)}` }),
  );
}, { once: true });

function say(answer: Answer, transfer: Transferable[] = []): void {
  postMessage(answer, { transfer });
}
