// What is built, and how. `build.mjs` writes it into the Python package, `verify.mjs` compares it with what is there.
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const HERE = dirname(fileURLToPath(import.meta.url));
export const STATIC = resolve(HERE, "../schillinger_plugins/widgets/static");
export const FILES = ["loader.js", "node.js", "node.css", "analysis.js", "analysis.css", "flow.js", "flow.css", "panel.js", "panel.css", "status.js", "status.css", "logs.js", "logs.css", "watch.js", "watch.css", "page.js", "page.css", "vega.js"];

/** One entry for each widget, so that a node doesn't load what an analysis needs, one for the server's page, one for the worker that draws Vega-Lite. */
export function options(outdir) {
  return {
    absWorkingDir: HERE,
    entryPoints: {
      loader: "src/loader.ts",
      node: "src/node/index.tsx",
      analysis: "src/analysis/index.ts",
      flow: "src/flow/index.tsx",
      panel: "src/panel/index.tsx",
      status: "src/status/index.tsx",
      logs: "src/logs/index.tsx",
      watch: "src/watch/index.ts",
      page: "src/page/index.tsx",
      vega: "src/vega/index.ts",
    },
    alias: { "vega-canvas": "./src/vega/canvas.ts" },
    outdir,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    jsx: "automatic",
    legalComments: "inline",
    charset: "utf8",
    define: { "process.env.NODE_ENV": '"production"' },
    metafile: true,
    logLevel: "warning",
  };
}
