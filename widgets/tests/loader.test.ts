import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

type Receive = (content: unknown, buffers: DataView[]) => void;

/** A model as anywidget gives it, and what was sent to the kernel. */
function model(state: Record<string, unknown>) {
  const sent: unknown[] = [];
  const listeners = new Set<Receive>();
  return {
    sent,
    tell: (content: unknown, buffers: DataView[] = []) => [...listeners].forEach((listen) => listen(content, buffers)),
    props: (el: HTMLElement) => ({
      el,
      model: {
        get: (name: string) => ({ bundle_key: "node-1", code: [], static_id: "", static_count: 0, ...state })[name],
        send: (content: unknown) => sent.push(content),
        on: (_: string, listen: Receive) => listeners.add(listen),
        off: (_: string, listen: Receive) => listeners.delete(listen),
      },
    }),
  };
}

const bytes = (text: string): DataView => new DataView(new TextEncoder().encode(text).buffer as ArrayBuffer);
const CODE = [
  bytes(`export default { render({ el }) {
    el.textContent = "drawn"; el.dispatchEvent(new Event("schillinger-ready")); return () => { el.textContent = "gone" } } }`),
  bytes(".x { color: red }"),
];

async function loader() {
  vi.resetModules();
  return (await import("../src/loader.ts")).default as unknown as {
    render(props: unknown): Promise<() => void>;
  };
}

describe("the loader", () => {
  beforeEach(() => {
    delete (globalThis as { schillingerBundles?: unknown }).schillingerBundles;
    document.head.innerHTML = "";
    document.body.innerHTML = "";
    // jsdom can't import a blob: its text goes into a data address instead.
    vi.stubGlobal("Blob", class { constructor(readonly parts: DataView[]) {} });
    URL.createObjectURL = (blob) => `data:text/javascript,${encodeURIComponent(new TextDecoder().decode((blob as unknown as { parts: DataView[] }).parts[0]))}`;
    URL.revokeObjectURL = () => {};
  });
  afterEach(() => vi.unstubAllGlobals());

  it("draws with the code that came in the state, and says that it has it", async () => {
    const { props, sent } = model({ code: CODE });
    const el = document.body.appendChild(document.createElement("div"));
    await (await loader()).render(props(el));
    await vi.waitFor(() => expect(el.textContent).toBe("drawn"));
    expect(sent).toEqual([{ kind: "got", key: "node-1" }]);
    expect(document.head.textContent).toContain("color: red");
  });

  it("asks for the code when the state has none, and draws when it comes", async () => {
    const { props, sent, tell } = model({});
    const el = document.body.appendChild(document.createElement("div"));
    await (await loader()).render(props(el));
    expect(sent).toEqual([{ kind: "code" }]);
    expect(el.textContent).toBe("");
    tell({ kind: "code", key: "node-1" }, CODE);
    await vi.waitFor(() => expect(el.textContent).toBe("drawn"));
  });

  it("asks once for each page, however many widgets there are", async () => {
    const { render } = await loader();
    const first = model({ code: CODE });
    const second = model({});
    await render(first.props(document.body.appendChild(document.createElement("div"))));
    const el = document.body.appendChild(document.createElement("div"));
    await render(second.props(el));
    await vi.waitFor(() => expect(el.textContent).toBe("drawn"));
    expect(second.sent).toEqual([]);
    expect(document.head.querySelectorAll("style")).toHaveLength(1);
  });

  it("keeps keys that a control uses from the notebook, but not the notebook's own", async () => {
    const { props } = model({ code: CODE });
    const el = document.body.appendChild(document.createElement("div"));
    await (await loader()).render(props(el));
    const heard: string[] = [];
    const listen = (event: KeyboardEvent): void => void heard.push(event.key);
    document.addEventListener("keydown", listen);
    for (const init of [{ key: "d" }, { key: "Enter" }, { key: "Enter", shiftKey: true }, { key: "s", ctrlKey: true }, { key: "Escape" }, { key: "Shift", shiftKey: true }]) {
      el.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true }));
    }
    document.removeEventListener("keydown", listen);
    expect(heard, "Shift by itself is what a canvas hears of at the window").toEqual(["Enter", "s", "Escape", "Shift"]);
  });

  it("cleans up after itself, also before the code has come", async () => {
    const { render } = await loader();
    const late = model({});
    const el = document.body.appendChild(document.createElement("div"));
    const end = await render(late.props(el));
    end();
    late.tell({ kind: "code", key: "node-1" }, CODE);
    const drawn = model({ code: CODE });
    const other = document.body.appendChild(document.createElement("div"));
    const endOther = await render(drawn.props(other));
    await vi.waitFor(() => expect(other.textContent).toBe("drawn"));
    endOther();
    expect(other.textContent).toBe("gone");
    expect(el.textContent).toBe("");
  });

  it("keeps the keys of a control from a page that looks at them first, and from one that looks last", async () => {
    const el = document.body.appendChild(document.createElement("div"));
    const field = el.appendChild(document.createElement("input"));
    const end = await (await loader()).render(model({}).props(el));
    const first: string[] = [];
    const last: string[] = [];
    const gone = new AbortController();
    const listen = (seen: string[], capture: boolean): void =>
      document.addEventListener("keydown", ({ key }) => {
        if (!field.hasAttribute("data-lm-suppress-shortcuts")) seen.push(key);
      }, { capture, signal: gone.signal });
    listen(first, true);
    listen(last, false);
    const press = (): void => {
      for (const [key, ctrlKey] of [["d", false], ["Escape", false], ["ArrowLeft", false], ["s", true], ["z", true]] as const) {
        field.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey, bubbles: true }));
      }
    };
    press();
    expect([first, last]).toEqual([["Escape", "s"], ["Escape", "s"]]);
    end();
    field.removeAttribute("data-lm-suppress-shortcuts");
    press();
    expect([first.length, last.length]).toEqual([7, 7]);
    gone.abort();
  });
});
