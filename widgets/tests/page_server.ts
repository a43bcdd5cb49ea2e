// A server as the page asks it: what it has been asked, and what it answers, by method and address.
import { Api } from "../src/page/api.ts";

export interface Ask {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: unknown;
}

type Answer = (ask: Ask) => unknown;

export const BASE = "http://127.0.0.1:8707/";

export function server(answers: Record<string, Answer>): { api: Api; asked: Ask[]; answers: Record<string, Answer> } {
  const asked: Ask[] = [];
  const fetch = async (url: string, options: RequestInit): Promise<Response> => {
    const path = url.slice(BASE.length).split("?")[0]!;
    const body: unknown = typeof options.body === "string" ? JSON.parse(options.body) : options.body;
    const ask = { method: options.method ?? "GET", path, headers: options.headers as Record<string, string>, body };
    asked.push(ask);
    const answer = answers[`${ask.method} ${path}`];
    if (!answer) return problem(404, "NoSuchAddress", `nothing is at ${path}`);
    const told = answer(ask);
    return told instanceof Response ? told : new Response(JSON.stringify(told), { headers: { ETag: '"tag"' } });
  };
  return { api: new Api("secret", BASE, fetch), asked, answers };
}

export function problem(status: number, title: string, detail: string, remedy = ""): Response {
  return new Response(JSON.stringify({ title, detail, remedy, status }), { status });
}

/** Server-Sent Events, in pieces that end anywhere. */
export function events(...told: [string, unknown][]): Response {
  const text = `: listening\n\n${told.map(([name, data]) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`).join("")}`;
  const bytes = new TextEncoder().encode(text);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.slice(at, at + 7));
      controller.close();
    },
  });
  return new Response(body);
}
