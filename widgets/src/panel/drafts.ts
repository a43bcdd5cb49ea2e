// What the hand has set and Python has not been told yet: a slider that is dragged tells a few times a second.
import type { Values } from "../node/definition.ts";

export const SETTLE_MS = 80;

export class Drafts {
  #values: Values = {};
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #tell: (values: Values) => void;

  constructor(tell: (values: Values) => void) {
    this.#tell = tell;
  }

  /** What is shown in place of the values that Python knows. */
  get values(): Values {
    return this.#values;
  }

  set(name: string, value: unknown): void {
    this.#values = { ...this.#values, [name]: value };
    this.#timer ??= setTimeout(() => this.flush(), SETTLE_MS);
  }

  /** Tell now: before a button is pressed, and when the view goes. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const values = this.#values;
    if (Object.keys(values).length === 0) return;
    this.#values = {};
    this.#tell(values);
  }
}
