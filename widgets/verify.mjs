// Fails when the bundle in the Python package, or the types of the contract, are not what the sources give, or a part is too large.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import * as esbuild from "esbuild";

import { overBudget, sizesIn } from "./budget.mjs";
import { FILES, STATIC, options } from "./bundle.mjs";
import { staleTypes } from "./contract.mjs";

const problems = [];
const folder = await mkdtemp(join(tmpdir(), "schillinger-widgets-"));
try {
  const { metafile } = await esbuild.build(options(folder));
  const stale = [];
  for (const name of FILES) {
    const [built, shipped] = await Promise.all([
      readFile(join(folder, name)),
      readFile(join(STATIC, name)).catch(() => Buffer.alloc(0)),
    ]);
    if (!built.equals(shipped)) stale.push(name);
  }
  if (stale.length > 0) problems.push(`the shipped bundle differs from its sources: ${stale.join(", ")} → run: npm run build`);
  problems.push(...(await overBudget(await sizesIn(folder), metafile)));
} finally {
  await rm(folder, { recursive: true, force: true });
}
const types = await staleTypes();
if (types.length > 0) problems.push(`src/contract is not what contract.json gives: ${types.join(", ")} → run: make contract`);
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exitCode = 1;
else console.log("bundle and contract are what the sources give, and each part is within its budget");
