import { beforeEach, describe, expect, it } from "vitest";

import { hideStatics, whenConnected } from "../src/statics.ts";

const ID = "0a1b2c";

/** The outputs of one cell as JupyterLab has them: a print, picture, table, widget, another output. */
function cell(): HTMLElement[] {
  document.body.innerHTML = `
    <div class="jp-OutputArea">
      <div class="jp-OutputArea-child">printed</div>
      <div class="jp-OutputArea-child"><img></div>
      <div class="jp-OutputArea-child"><div class="schillinger-static schillinger-static-${ID}">table</div></div>
      <div class="jp-OutputArea-child"><div id="live"></div></div>
      <div class="jp-OutputArea-child">after</div>
    </div>`;
  return [...document.querySelectorAll<HTMLElement>(".jp-OutputArea-child")];
}

const hidden = (elements: HTMLElement[]): boolean[] => elements.map((element) => element.style.display === "none");
const live = (): Element => document.querySelector("#live")!;

describe("the still picture beside a live view", () => {
  beforeEach(() => (document.body.innerHTML = ""));

  it("is hidden with its table, and nothing else is", () => {
    const outputs = cell();
    hideStatics(live(), ID, 2);
    expect(hidden(outputs)).toEqual([false, true, true, false, false]);
  });

  it("comes back when the view goes", () => {
    const outputs = cell();
    outputs[1]!.style.display = "flex";
    hideStatics(live(), ID, 2)();
    expect(outputs[1]!.style.display).toBe("flex");
    expect(hidden(outputs)).toEqual([false, false, false, false, false]);
  });

  it("leaves the outputs of another view alone", () => {
    const outputs = cell();
    hideStatics(live(), "ffffff", 2);
    expect(hidden(outputs)).not.toContain(true);
  });

  it("stays where it is when a second view of the output stands elsewhere", () => {
    const outputs = cell();
    document.body.insertAdjacentHTML("beforeend", `<div class="jp-OutputArea-child"><div id="second"></div></div>`);
    hideStatics(document.querySelector("#second")!, ID, 2);
    expect(hidden(outputs)).not.toContain(true);
  });

  it("is hidden as far as it can be told where the page is built otherwise", () => {
    document.body.innerHTML = `<div><p class="schillinger-static-${ID}">table</p></div><div id="live"></div>`;
    hideStatics(live(), ID, 2);
    expect(document.querySelector<HTMLElement>("p")!.style.display).toBe("none");
  });

  it("takes no id for a selector that could match anything else", () => {
    const outputs = cell();
    hideStatics(live(), "x, div", 2);
    expect(hidden(outputs)).not.toContain(true);
  });

  it("is looked for when the view has come into the page", async () => {
    const el = document.createElement("div");
    const connected = new Promise<void>((resolve) => whenConnected(el, resolve));
    document.body.append(el);
    await connected;
    expect(el.isConnected).toBe(true);
  });
});
