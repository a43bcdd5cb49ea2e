// What is taken from the worker before anything else runs in it: whatever reaches out of it, and whatever makes code of text.
// Vega is used without either; this is for the day on which a specification finds a way around that.

const REACHING = [
  "fetch", "XMLHttpRequest", "WebSocket", "WebSocketStream", "WebTransport", "EventSource", "RTCPeerConnection", "Request", "importScripts",
  "Worker", "SharedWorker", "BroadcastChannel", "indexedDB", "caches", "navigator", "cookieStore", "Notification",
];
const MAKING = ["eval", "Function"];

/** In the place of what makes code: something that others may compare with. */
export function refused(): never {
  throw new TypeError("no code is made of text here");
}

export function seal(world: object): void {
  for (const name of REACHING) {
    for (let at: object | null = world; at !== null; at = Object.getPrototypeOf(at)) Reflect.deleteProperty(at, name);
    Object.defineProperty(world, name, { value: undefined });
  }
  for (const name of MAKING) Object.defineProperty(world, name, { value: refused });
  // Each function leads to what makes functions of text; so do those of the other three kinds.
  for (const one of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    Object.defineProperty(Object.getPrototypeOf(one), "constructor", { value: refused });
  }
}
