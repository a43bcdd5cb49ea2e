// The server, as the page asks it: everything with the token, relative to where the page came from, and what fails as an error
// that says what to do next.
import { isRecord } from "../flow/document.ts";

/** What the server refuses or fails at (RFC 9457), or that it doesn't answer (status 0). */
export class Trouble extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
    readonly more: Record<string, unknown> = {},
  ) {
    super(remedy ? `${detail} → ${remedy}` : detail);
  }
}

export type Fetch = (url: string, options: RequestInit) => Promise<Response>;

export interface Asked {
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

export class Api {
  constructor(
    readonly token: string,
    readonly base = new URL(".", document.baseURI).href,
    private readonly fetch: Fetch = (url, options) => globalThis.fetch(url, options),
  ) {}

  async json(method: string, path: string, asked: Asked = {}): Promise<Record<string, unknown>> {
    const answer = await this.ask(method, path, asked);
    const told: unknown = answer.status === 204 ? {} : await answer.json();
    return isRecord(told) ? told : {};
  }

  async bytes(path: string, asked: Asked = {}): Promise<ArrayBuffer> {
    return (await this.ask("GET", path, asked)).arrayBuffer();
  }

  /** The events of a stream, until it ends or is aborted. */
  async events(path: string, hear: (event: string, data: Record<string, unknown>) => void, signal: AbortSignal): Promise<void> {
    const answer = await this.ask("GET", path, { signal });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    try {
      for (let piece = await reader?.read(); piece && !piece.done; piece = await reader?.read()) {
        const parts = (text + piece.value).split("\n\n");
        text = parts.pop() ?? "";
        for (const part of parts) {
          const event = readEvent(part);
          if (event) hear(event.name, event.data);
        }
      }
    } catch (error) {
      if (!signal.aborted) throw gone(error);
    }
  }

  async ask(method: string, path: string, { body, headers = {}, signal }: Asked = {}): Promise<Response> {
    const sent: Record<string, string> = { ...(this.token ? { Authorization: `Bearer ${this.token}` } : {}), ...headers };
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) sent["Content-Type"] = "application/json";
    const options: RequestInit = { method, headers: sent, cache: "no-store", credentials: "same-origin", redirect: "error" };
    if (body !== undefined) options.body = isForm ? body : JSON.stringify(body);
    if (signal) options.signal = signal;
    const url = this.at(path);
    let answer: Response;
    try {
      answer = await this.fetch(url, options);
    } catch (error) {
      if (signal?.aborted) throw error;
      throw gone(error);
    }
    if (!answer.ok) throw await troubleOf(answer);
    return answer;
  }

  /** An address of this server, whatever is written: what a server says is where its data is might be elsewhere. */
  private at(path: string): string {
    const base = new URL(this.base);
    const wanted = new URL(path.startsWith(base.pathname) ? path : path.replace(/^\//, ""), base);
    if (wanted.origin !== base.origin) throw new Trouble(0, "ForeignAddress", `${wanted.origin} is not this server`, "");
    return wanted.href;
  }
}

export function readEvent(text: string): { name: string; data: Record<string, unknown> } | null {
  let name = "message";
  let data = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    if (line.startsWith("data: ")) data += line.slice(6);
  }
  if (data === "") return null;
  try {
    const read: unknown = JSON.parse(data);
    return isRecord(read) ? { name, data: read } : null;
  } catch {
    return null;
  }
}

function gone(error: unknown): Trouble {
  return new Trouble(0, "NoAnswer", "the server doesn't answer", "is it running? What you draw stays in this page", { cause: String(error) });
}

async function troubleOf(answer: Response): Promise<Trouble> {
  const told: unknown = await answer.json().catch(() => ({}));
  return readProblem(told, answer.status);
}

/** A problem as it stands in a body or in a run. */
export function readProblem(told: unknown, status = 0): Trouble {
  const problem = isRecord(told) ? told : {};
  const word = (key: string): string => (typeof problem[key] === "string" ? (problem[key] as string) : "");
  return new Trouble(status, word("title") || "Problem", word("detail") || `the server answered ${status}`, word("remedy"), problem);
}
