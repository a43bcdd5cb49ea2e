// Bytes as an image, in which no script runs and nothing is fetched.
import { type ReactNode, useEffect, useMemo } from "react";

import type { Part } from "../contract/flow.ts";
import { brief } from "./hostile.ts";

/** A URL of bytes, for as long as they are shown. */
export function useUrl(bytes: DataView, type: string): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([bytes as DataView<ArrayBuffer>], { type })), [bytes, type]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}

/** @param width as it is meant to be seen, in the page's pixels; its own if there is none */
export function Picture({ bytes, part, width }: { bytes: DataView; part: Part; width?: number }): ReactNode {
  const words = brief(part.label, 400);
  return <img src={useUrl(bytes, part.mime)} alt={words} title={part.is_still ? undefined : words} width={width} />;
}
