// Sealed when this is imported: before Vega is, which might keep what it finds.
import { seal } from "./seal.ts";

seal(globalThis);
