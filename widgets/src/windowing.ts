// Which rows of a long list are worth drawing.

export interface Slice {
  first: number;
  end: number;
}

/** Rows of one height that are in sight, and a few beside them. */
export function slice(count: number, height: number, top: number, seen: number, beside = 8): Slice {
  const first = Math.max(0, Math.min(count, Math.floor(Math.max(0, top) / height) - beside));
  const end = Math.min(count, Math.ceil((Math.max(0, top) + Math.max(0, seen)) / height) + beside);
  return { first, end: Math.max(first, end) };
}
