// Fails when the bundle in the Python package is not what the sources give.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as esbuild from "esbuild";

import { FILES, STATIC, options } from "./bundle.mjs";

const folder = await mkdtemp(join(tmpdir(), "schillinger-widgets-"));
try {
  await esbuild.build(options(folder));
  const stale = [];
  for (const name of FILES) {
    const [built, shipped] = await Promise.all([
      readFile(join(folder, name)),
      readFile(join(STATIC, name)).catch(() => Buffer.alloc(0)),
    ]);
    if (!built.equals(shipped)) stale.push(name);
  }
  if (stale.length > 0) {
    console.error(`the shipped bundle differs from its sources: ${stale.join(", ")} → run: npm run build`);
    process.exitCode = 1;
  } else {
    console.log("the shipped bundle is what the sources give");
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
