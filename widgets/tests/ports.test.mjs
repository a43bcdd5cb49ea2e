// The type of a port is told by its colour and, for those who can't tell colours apart, by its shape.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { INPUT_TYPES } from "../src/flow/document.ts";

const read = (file) => readFileSync(`src/${file}`, "utf8");
/** Whether a rule for the type says it. */
const says = (styles, type, what) => new RegExp(`\\.sch-type-${type}\\b[^{;]*\\{[^}]*${what}`).test(styles);
const ofShape = (styles, type) => new RegExp(`\\.sch-type-${type}\\b[^{;]*handle[^{;]*\\{[^}]*border-radius`).test(styles);

describe("a port", () => {
  it.each(["node/node.css", "flow/styles/ground.css"])("has a colour of its type in %s; any has the usual one", (file) => {
    const styles = read(file);
    expect(INPUT_TYPES.filter((type) => !says(styles, type, "--sch-port:"))).toEqual(["any"]);
  });

  it.each(["node/node.css", "flow/styles/ports.css"])("has a shape of its type in %s; sounds, and any, are round", (file) => {
    const styles = read(file);
    expect(INPUT_TYPES.filter((type) => !ofShape(styles, type))).toEqual(["audio", "any"]);
  });
});
