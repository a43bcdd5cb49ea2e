// What is stored with the widget. It takes the code of the view from the widget's state, where the first widget of a page
// has it, or asks the kernel for it, once for each page, and runs it. Without a kernel nothing is drawn, and the still
// picture beside the widget stays visible.
import type { AnyModel, RenderProps } from "@anywidget/types";

import type { BundleState, ToKernel, ToPage } from "./contract/bundle.ts";
import { say } from "./saying.ts";
import { READY, hideStatics, whenConnected } from "./statics.ts";

interface Bundle {
  default: { render(props: RenderProps): unknown };
}

const ASK_AGAIN_MS = 5000;

const page = globalThis as unknown as { schillingerBundles?: Map<string, Promise<Bundle>> };
const bundles = (page.schillingerBundles ??= new Map());

function find(model: AnyModel<BundleState>, signal: AbortSignal): Promise<Bundle> {
  const key = model.get("bundle_key");
  const code = model.get("code");
  if (!bundles.has(key) && code.length > 0) bundles.set(key, start(key, code));
  // The state may be stored in the notebook: the kernel takes the code out of it when it knows that it is here.
  if (code.length > 0) model.send({ kind: "got", key } satisfies ToKernel);
  return bundles.get(key) ?? request(model, key, signal);
}

/** Ask until an answer comes: the kernel may be busy, and a message sent before it listens is lost. */
function request(model: AnyModel<BundleState>, key: string, signal: AbortSignal): Promise<Bundle> {
  return new Promise((resolve) => {
    const settle = (bundle: Promise<Bundle>): void => {
      clearInterval(timer);
      model.off("msg:custom", receive);
      resolve(bundle);
    };
    const receive = (content: ToPage, buffers: DataView[]): void => {
      if (content.kind !== "code" || content.key !== key) return;
      if (!bundles.has(key)) bundles.set(key, start(key, buffers));
      settle(bundles.get(key)!);
    };
    const ask = (): void => {
      const known = bundles.get(key);
      if (known) settle(known);
      else say(model, { kind: "code" } satisfies ToKernel);
    };
    model.on("msg:custom", receive);
    const timer = setInterval(ask, ASK_AGAIN_MS);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
      model.off("msg:custom", receive);
    });
    ask();
  });
}

async function start(key: string, buffers: DataView[]): Promise<Bundle> {
  const [code, styles] = buffers;
  const style = document.createElement("style");
  style.dataset["schillinger"] = key;
  style.textContent = new TextDecoder().decode(styles);
  document.head.append(style);
  const url = URL.createObjectURL(new Blob([code as DataView<ArrayBuffer>], { type: "text/javascript" }));
  try {
    return (await import(/* @vite-ignore */ url)) as Bundle;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/** The page's word for an element whose keys are no shortcuts; what is around it doesn't count, if the element fits a shortcut. */
const OWN_KEYS = "data-lm-suppress-shortcuts";

/**
 * Keys that a control uses must not reach the notebook, where `d d` deletes the cell. JupyterLab looks at a key when it has
 * passed here, Notebook before that.
 *
 * @returns the undo
 */
function keepKeys(el: HTMLElement): () => void {
  const before = (event: KeyboardEvent): void => {
    const { target } = event;
    if (target instanceof Element && el.contains(target)) target.toggleAttribute(OWN_KEYS, !isForPage(event));
  };
  const after = (event: KeyboardEvent): void => {
    if (!isForPage(event)) event.stopPropagation();
  };
  window.addEventListener("keydown", before, true);
  el.addEventListener("keydown", after);
  return () => {
    window.removeEventListener("keydown", before, true);
    el.removeEventListener("keydown", after);
  };
}

/** With Ctrl they edit: what is typed, and what is drawn on a canvas, which is an application. Else they are the notebook's. */
const EDITS = ["z", "y", "a", "c", "v", "x", "d", "g"];
const EDITED = "input, textarea, [role=application]";

/** By themselves they are no shortcut, and what is chosen together hangs on them: React Flow hears of them at the window. */
const HELD = ["Shift", "Control", "Alt", "Meta"];

function isForPage(event: KeyboardEvent): boolean {
  if (HELD.includes(event.key)) return true;
  if (event.ctrlKey || event.metaKey) {
    return !(EDITS.includes(event.key.toLowerCase()) && event.target instanceof Element && event.target.closest(EDITED));
  }
  return event.key === "Escape" || (event.shiftKey && event.key === "Enter");
}

async function render(props: RenderProps<BundleState>): Promise<() => void> {
  const { model, el } = props;
  const gone = new AbortController();
  const undo: (() => void)[] = [() => gone.abort()];
  const cleanUp = (): void => {
    for (const step of undo.splice(0).reverse()) step();
  };
  const draw = async (): Promise<void> => {
    const bundle = await find(model, gone.signal);
    if (gone.signal.aborted) return;
    // Two pictures of one thing would be read as two things: the view waits, unseen, until it has something to show.
    if (model.get("static_count") > 0) el.style.display = "none";
    el.addEventListener(READY, () => {
      el.style.display = "";
      undo.push(
        whenConnected(el, () => undo.push(hideStatics(el, model.get("static_id"), model.get("static_count")))),
      );
    }, { once: true, signal: gone.signal });
    const end = await bundle.default.render(props as unknown as RenderProps);
    if (typeof end === "function") undo.push(end as () => void);
  };
  undo.push(keepKeys(el));
  // Not awaited: the view must be disposable while its code is on the way.
  void draw().catch((error: unknown) => console.error("schillinger: the view could not be drawn", error));
  return cleanUp;
}

export default { render };
