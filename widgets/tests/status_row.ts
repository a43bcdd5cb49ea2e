import type { Row } from "../src/contract/status.ts";

/** A row with what a test says and nothing done yet. */
export function row(given: Partial<Row>): Row {
  return {
    id: "instance:a-1", plugin: "a", instance: "a-1", version: "1.0.0", state: "ready", level: "full", waiting: 0, calls: 0,
    failures: 0, cancelled: 0, restarts: 0, p50_s: 0, p99_s: 0, calls_per_s: 0, cpu_share: 0, memory_bytes: 0, peak_memory_bytes: 0, growth_bytes_per_call: 0, given_back_bytes: 0, leaks: false, last_error: "", ...given,
  };
}
