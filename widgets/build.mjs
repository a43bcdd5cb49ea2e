import { rm, stat } from "node:fs/promises";
import { join } from "node:path";

import * as esbuild from "esbuild";

import { FILES, STATIC, options } from "./bundle.mjs";

if (process.argv.includes("--watch")) {
  const context = await esbuild.context(options(STATIC));
  await context.watch();
} else {
  await rm(STATIC, { recursive: true, force: true });
  await esbuild.build(options(STATIC));
  for (const name of FILES) {
    console.log(`${name} ${((await stat(join(STATIC, name))).size / 1000).toFixed(1)} kB`);
  }
}
