// What is drawn and not saved, kept in this browser: for one server's address and one user there, with no token in it. A page that
// crashes or is closed leaves its draft, and the next one offers it back; what another page has open now is not offered.
import { isRecord } from "../flow/document.ts";

/** Older ones are forgotten. */
const MAX_KEPT = 8;
/** Of the five million or so that a browser keeps for all pages of an address. */
const MAX_CHARACTERS = 2_000_000;
/** What a run is called; it becomes a part of an address. */
const RUN = /^[0-9a-z-]{1,64}$/i;

/** The last run of a draft, which the server may still know. */
export interface DraftRun {
  id: string;
  /** What its nodes were when it began. */
  then: Record<string, string>;
}

export interface Draft {
  name: string;
  /** Of what it grew from; empty if it was never saved. */
  tag: string;
  /** When it was kept, in ms since 1970. */
  at: number;
  document: unknown;
  run: DraftRun | null;
}

export interface Offer extends Draft {
  key: string;
}

/** The place of one draft, held by the page that draws it. */
export class Slot {
  private free: () => void = () => {};

  constructor(private readonly storage: Storage | null, private readonly key: string, locks: LockManager | undefined) {
    // The browser lets go of it when the page ends, however it ends.
    const held = new Promise<void>((resolve) => (this.free = resolve));
    locks?.request(key, () => held).catch(() => {}); // the page is going
  }

  /** @returns whether there was room */
  keep(draft: Draft): boolean {
    const text = JSON.stringify(draft);
    if (text.length > MAX_CHARACTERS) return false;
    try {
      this.storage?.setItem(this.key, text);
      return this.storage !== null;
    } catch {
      return false;
    }
  }

  forget(): void {
    this.storage?.removeItem(this.key);
  }

  /** Nobody draws it here any more: it may be offered. */
  release(): void {
    this.free();
  }
}

export class Drafts {
  private readonly prefix: string;

  /** @param base the server's address, with the path under which a proxy shows it */
  constructor(base: string, user: string, private readonly storage = reachable(), private readonly locks: LockManager | undefined = navigator.locks) {
    this.prefix = `schillinger.draft ${base} ${encodeURIComponent(user)} `;
  }

  slot(key = this.prefix + fresh()): Slot {
    return new Slot(this.storage, key, this.locks);
  }

  /** Those that nobody has open, the newest first. What is no draft is removed. */
  async offers(): Promise<Offer[]> {
    const open = new Set((await this.locks?.query())?.held?.map(({ name }) => name));
    const { storage } = this;
    const keys = Array.from({ length: storage?.length ?? 0 }, (_, at) => storage!.key(at) ?? "").filter((key) => key.startsWith(this.prefix) && !open.has(key));
    const found: Offer[] = [];
    for (const key of keys) {
      const draft = read(storage!.getItem(key) ?? "");
      if (draft) found.push({ ...draft, key });
      else storage!.removeItem(key);
    }
    found.sort((one, other) => other.at - one.at);
    for (const { key } of found.splice(MAX_KEPT)) storage!.removeItem(key);
    return found;
  }
}

/** Whatever stands there: other pages of this address can write to it, too. */
function read(text: string): Draft | null {
  try {
    const told: unknown = JSON.parse(text);
    if (!isRecord(told) || !isRecord(told["document"])) return null;
    const { name, tag, at, document } = told;
    if (typeof name !== "string" || typeof tag !== "string" || typeof at !== "number" || !Number.isFinite(at)) return null;
    return { name: name.slice(0, 64), tag: tag.slice(0, 200), at, document, run: readRun(told["run"]) };
  } catch {
    return null;
  }
}

function readRun(told: unknown): DraftRun | null {
  if (!isRecord(told) || typeof told["id"] !== "string" || !RUN.test(told["id"]) || !isRecord(told["then"])) return null;
  return { id: told["id"], then: Object.fromEntries(Object.entries(told["then"]).map(([node, was]) => [node, String(was)])) };
}

function reachable(): Storage | null {
  try {
    return window.localStorage;
  } catch {
    return null; // this browser was told to keep nothing
  }
}

/** Also where crypto.randomUUID isn't: without TLS. */
function fresh(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
