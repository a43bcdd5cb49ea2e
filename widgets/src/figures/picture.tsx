// Bytes as an image, in which no script runs and nothing is fetched.
import { type ReactNode, useEffect, useMemo } from "react";


/** A URL of bytes, for as long as they are shown. */
export function useUrl(bytes: DataView, type: string): string {
  const url = useMemo(() => URL.createObjectURL(new Blob([bytes as DataView<ArrayBuffer>], { type })), [bytes, type]);
  useEffect(() => () => URL.revokeObjectURL(url), [url]);
  return url;
}

export interface PictureProps {
  bytes: DataView;
  mime: string;
  words: string;
  title?: string | undefined;
  /** As it is meant to be seen, in the page's pixels; its own if there is none. */
  width?: number;
}

export function Picture({ bytes, mime, words, title, width }: PictureProps): ReactNode {
  return <img src={useUrl(bytes, mime)} alt={words} title={title} width={width} />;
}
