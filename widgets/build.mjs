import { rm } from "node:fs/promises";

import * as esbuild from "esbuild";

import { overBudget, sizesIn } from "./budget.mjs";
import { STATIC, options } from "./bundle.mjs";

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options(STATIC));
  await context.watch();
} else {
  await rm(STATIC, { recursive: true, force: true });
  const { metafile } = await esbuild.build(options(STATIC));
  const sizes = await sizesIn(STATIC);
  for (const { name, kB, gzipped_kB } of sizes) console.log(`${name} ${kB.toFixed(1)} kB, ${gzipped_kB.toFixed(1)} kB gzipped`);
  for (const problem of await overBudget(sizes, metafile)) console.warn(problem);
}
