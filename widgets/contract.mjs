// The page's types of what it and Python tell each other, made of contract.json, which Python writes.
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import { compile } from "json-schema-to-typescript";

import { HERE } from "./bundle.mjs";

const FOLDER = join(HERE, "src/contract");
/** What the compiler says of every type, which nobody needs to read, and the comments that are empty without it. */
const REFERENCED = /( *\*\n)? *\* This interface was referenced by .*\n *\* via .*\n/g;
const EMPTY = / *\/\*\*\n *\*\/\n/g;

/** @returns the text of each file, by its name */
export async function types() {
  const contract = JSON.parse(await readFile(join(HERE, "contract.json"), "utf8"));
  const files = {};
  for (const [name, { $defs }] of Object.entries(contract)) {
    const text = await compile({ ...whole($defs), $defs }, name, {
      additionalProperties: false,
      bannerComment: `// Made of schillinger_plugins/widgets/contract/${name}.py by \`make contract\`: change that.`,
      ignoreMinAndMaxItems: true,
      style: { printWidth: 120 },
    });
    files[`${name}.ts`] = text.replace(REFERENCED, "").replace(EMPTY, "");
  }
  return files;
}

/** All that a widget says and shares, so that every type is reached. */
function whole($defs) {
  const state = Object.keys($defs).find((name) => name.endsWith("State"));
  const parts = [state, "ToKernel", "ToPage"].filter((name) => name in $defs);
  return { title: "Contract", type: "object", required: parts, properties: Object.fromEntries(parts.map((name) => [name, { $ref: `#/$defs/${name}` }])) };
}

/** @returns the names of the files that are not what contract.json gives */
export async function staleTypes() {
  const stale = [];
  for (const [name, text] of Object.entries(await types())) {
    if ((await readFile(join(FOLDER, name), "utf8").catch(() => "")) !== text) stale.push(name);
  }
  return stale;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER);
  for (const [name, text] of Object.entries(await types())) await writeFile(join(FOLDER, name), text);
}
