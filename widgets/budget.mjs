// What each part may weigh, as it is and gzipped: a page loads it over the kernel's connection before it draws anything.
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

import { FILES, HERE } from "./bundle.mjs";

const LARGEST = 5;

/** @returns for each file its name and its sizes in kB */
export async function sizesIn(folder) {
  return Promise.all(FILES.map(async (name) => {
    const bytes = await readFile(join(folder, name));
    return { name, kB: bytes.length / 1000, gzipped_kB: gzipSync(bytes, { level: 9 }).length / 1000 };
  }));
}

/** @returns a sentence for each size that is above its budget, with what weighs most in that file */
export async function overBudget(sizes, metafile) {
  const budgets = JSON.parse(await readFile(join(HERE, "budgets.json"), "utf8"));
  return sizes.flatMap(({ name, ...size }) => {
    const budget = budgets[name];
    if (!budget) return [`${name} has no budget → add one in widgets/budgets.json`];
    const over = Object.keys(budget).filter((unit) => size[unit] > budget[unit]);
    if (over.length === 0) return [];
    const words = over.map((unit) => `${size[unit].toFixed(1)} ${unit.replace("_", " ")} (budget ${budget[unit]})`);
    return [`${name} has grown to ${words.join(", ")}; most of it: ${heaviest(metafile, name)} → make it smaller, or raise its budget in widgets/budgets.json`];
  });
}

/** What a file is made of, the sources of one package taken together. */
function heaviest(metafile, name) {
  const weights = new Map();
  const [, output] = Object.entries(metafile.outputs).find(([path]) => path.endsWith(`/${name}`)) ?? [];
  for (const [path, { bytesInOutput }] of Object.entries(output?.inputs ?? {})) {
    const part = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? path.split("/").slice(0, 2).join("/");
    weights.set(part, (weights.get(part) ?? 0) + bytesInOutput);
  }
  return [...weights].sort(([, a], [, b]) => b - a).slice(0, LARGEST).map(([part, bytes]) => `${part} ${(bytes / 1000).toFixed(1)}`).join(", ");
}
