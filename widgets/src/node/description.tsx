// What an author says of a plugin: a few lines, and a long text by scrolling, with keys, too.
import type { ReactNode } from "react";

/** About what five lines hold. */
const SHORT = 300;

export function Description({ text }: { text: string }): ReactNode {
  if (!text) return null;
  const scrolled = text.length > SHORT ? { tabIndex: 0, role: "region", "aria-label": "description" } : {};
  return (
    <p className="sch-description" {...scrolled}>
      {text}
    </p>
  );
}
