// The focus stays near where it was when its control vanishes or is switched off, and goes where somebody takes it.
import { afterEach, beforeEach, expect, it } from "vitest";

import { keepFocus } from "../src/focus.ts";

let undo: () => void;
let root: HTMLElement;

const button = (name: string): HTMLButtonElement => root.querySelector(`#${name}`)!;
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

beforeEach(() => {
  document.body.innerHTML = "<div><button id=a></button><button id=b></button><button id=c></button></div><button id=out></button>";
  root = document.body.firstElementChild as HTMLElement;
  undo = keepFocus(root);
});
afterEach(() => {
  undo();
  document.body.innerHTML = "";
});

it("goes to the one before when its control vanishes or is switched off", async () => {
  button("c").focus();
  button("c").remove();
  await settled();
  expect(document.activeElement?.id).toBe("b");
  button("b").disabled = true;
  await settled();
  expect(document.activeElement?.id).toBe("a");
});

it("goes to the next where there is none before", async () => {
  button("a").focus();
  button("a").remove();
  await settled();
  expect(document.activeElement?.id).toBe("b");
});

it("goes to what stands there now, and not before the key is up that did it", async () => {
  button("b").focus();
  const key = (type: string): boolean => document.activeElement!.dispatchEvent(new KeyboardEvent(type, { key: "Enter", bubbles: true }));
  key("keydown");
  button("b").outerHTML = "<button id=new></button>";
  await settled();
  expect(document.activeElement).toBe(document.body);
  key("keyup");
  await settled();
  expect(document.activeElement?.id).toBe("new");
});

it("is nobody's once somebody has left", async () => {
  button("b").focus();
  button("b").blur();
  await settled();
  button("b").remove();
  await settled();
  expect(document.activeElement).toBe(document.body);
  button("a").focus();
  document.querySelector<HTMLElement>("#out")!.focus();
  await settled();
  button("a").remove();
  await settled();
  expect(document.activeElement?.id).toBe("out");
});
