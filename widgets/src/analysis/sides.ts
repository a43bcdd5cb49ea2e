// What is compared, by the names of its things.

/** Of what is compared a thing belongs to; empty where nothing is compared. `merged` in Python writes `0:name`. */
export function sideOf(name: string): string {
  return /^\d+:/.exec(name)?.[0] ?? "";
}
