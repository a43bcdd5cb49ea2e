// The token: typed in, or behind the address (#token=…), which forgets it at once. It is kept for this tab alone.
const KEY = "schillinger.token";

export interface Session {
  token: string;
  /** The flow that the address asks for. */
  flow: string;
  /** Whether a token is sent that the page doesn't know: by a proxy. */
  isSent: boolean;
}

export function begin(page: Window = window): Session {
  const asked = new URLSearchParams(page.location.hash.slice(1));
  const given = asked.get("token") ?? "";
  const flow = asked.get("flow") ?? "";
  if (given) {
    keep(given, page);
    showFlow(flow, page);
  }
  return { token: given || (page.sessionStorage.getItem(KEY) ?? ""), flow, isSent: page.document.body.dataset["token"] === "sent" };
}

export function keep(token: string, page: Window = window): void {
  page.sessionStorage.setItem(KEY, token);
}

export function forget(page: Window = window): void {
  page.sessionStorage.removeItem(KEY);
}

/** Have the address name the flow that is open, so that it is opened again. */
export function showFlow(name: string, page: Window = window): void {
  const hash = name ? `#flow=${encodeURIComponent(name)}` : "";
  page.history.replaceState(null, "", page.location.pathname + page.location.search + hash);
}
