// What went wrong, what to do about it, and where in the plugin it was. Everything in it is text.
import type { ReactNode } from "react";

import type { Failure } from "./definition.ts";

export function FailureBox({ failure }: { failure: Failure }): ReactNode {
  return (
    <div className="sch-failure nodrag nopan nowheel" role="alert">
      <p>
        <strong>{failure.type}</strong> {failure.message}
      </p>
      {failure.remedy ? <p>→ {failure.remedy}</p> : null}
      {failure.path ? <p>at {failure.path}</p> : null}
      {failure.traceback ? (
        <details>
          <summary>the plugin's traceback</summary>
          <pre tabIndex={0}>{failure.traceback}</pre>
        </details>
      ) : null}
    </div>
  );
}
