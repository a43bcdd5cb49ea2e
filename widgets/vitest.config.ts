import { defineConfig } from "vitest/config";

export default defineConfig({
  // A canvas in jsdom takes seconds on a machine that does more than this.
  test: { environment: "jsdom", include: ["tests/**/*.test.{ts,tsx,mjs}"], setupFiles: ["tests/setup.ts"], testTimeout: 30_000 },
});
