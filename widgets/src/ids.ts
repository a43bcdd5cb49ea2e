// Names of elements that others refer to, by label and description.
import { useState } from "react";

/** An id that no other view on the page has. React's own begin anew with each root, and every view is a root of its own. */
export function useUniqueId(): string {
  const [id] = useState(() => `sch-${Math.random().toString(36).slice(2, 12)}`);
  return id;
}
