// @vitest-environment node
import * as esbuild from "esbuild";
import { beforeAll, describe, expect, it } from "vitest";

import { overBudget, sizesIn } from "../budget.mjs";
import { FILES, STATIC, options } from "../bundle.mjs";

let metafile;

/** What a bundle is made of. */
function sourcesOf(name) {
  const [, output] = Object.entries(metafile.outputs).find(([path]) => path.endsWith(`/${name}.js`));
  return Object.entries(output.inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path);
}

const having = (name, part) => sourcesOf(name).filter((path) => path.includes(part));

describe("the bundle is split", () => {
  beforeAll(async () => {
    ({ metafile } = await esbuild.build({ ...options("unwritten"), write: false }));
  });

  it("so that a node loads nothing of the canvas", () => {
    expect(having("node", "src/node/card.tsx")).toHaveLength(1);
    expect([...having("node", "src/flow/"), ...having("node", "dagre")]).toEqual([]);
  });

  it("so that only nodes and flows load React Flow, and the explorer no React", () => {
    for (const name of ["analysis", "panel", "status", "logs", "loader"]) expect(having(name, "@xyflow")).toEqual([]);
    for (const name of ["analysis", "loader"]) expect(having(name, "node_modules/react")).toEqual([]);
  });

  it("so that nothing but the worker that draws Vega-Lite has Vega in it, and that has nothing of a page", () => {
    expect(having("vega", "node_modules/vega-lite/")).toHaveLength(1);
    expect([...having("vega", "node_modules/react"), ...having("vega", "@xyflow"), ...having("vega", "node_modules/vega-canvas")]).toEqual([]);
    for (const name of ["flow", "page", "node", "loader"]) expect([...having(name, "node_modules/vega"), ...having(name, "src/vega")]).toEqual([]);
  });

  it("and each part has a budget, whose excess is told with what weighs most", async () => {
    const sizes = await sizesIn(STATIC);
    expect(sizes.map(({ name }) => name)).toEqual(FILES);
    const [logs] = sizes.filter(({ name }) => name === "logs.js");
    const told = await overBudget([{ ...logs, kB: 9999 }, { name: "new.js", kB: 1, gzipped_kB: 1 }], metafile);
    expect(told[0]).toMatch(/^logs\.js has grown to 9999\.0 kB \(budget \d+\); most of it: react-dom .* → .*budgets\.json$/);
    expect(told[1]).toContain("new.js has no budget");
  });
});
