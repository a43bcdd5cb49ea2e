import { describe, expect, it } from "vitest";

import { groupsOf, isDefault, readChannels, readEntry, reduce } from "../src/node/parameters.ts";
import { parameter } from "./parameter.ts";

const gain = parameter({ min: -96, max: 24, unit: "dB" });
const points = parameter({ name: "automation", type: "breakpoints", default: [[0, 0]] });

describe("the values of a node", () => {
  it("keeps what was there and sets one", () => {
    expect(reduce([gain, points], { gain_db: 0, automation: [] }, { set: "gain_db", to: -6 })).toEqual({ gain_db: -6, automation: [] });
  });

  it("stays the same object when nothing changes, so that nothing is sent", () => {
    const values = { gain_db: -6, automation: [[0, 1]] };
    expect(reduce([gain, points], values, { set: "automation", to: [[0, 1]] })).toBe(values);
  });

  it("has every default after a reset", () => {
    const values = reduce([gain, points], { gain_db: -6, automation: [] }, { reset: true });
    expect(values).toEqual({ gain_db: 0, automation: [[0, 0]] });
    expect(isDefault([gain, points], values)).toBe(true);
  });
});

describe("a typed number", () => {
  it("is refused out of range, with the limit and its unit", () => {
    expect(readEntry(gain, "30").error).toBe("above the maximum 24 dB");
    expect(readEntry(gain, "-100").error).toBe("below the minimum −96 dB");
  });

  it("is taken at the limits", () => {
    expect(readEntry(gain, "24").value).toBe(24);
    expect(readEntry(gain, "-96").value).toBe(-96);
  });

  it("must be whole for an integer", () => {
    expect(readEntry(parameter({ type: "integer" }), "1.5").error).toBe("not a whole number");
  });
});

describe("channels", () => {
  it("are read from a list with commas or spaces", () => {
    expect(readChannels("0, 2  5")).toEqual({ value: [0, 2, 5] });
    expect(readChannels("")).toEqual({ value: [] });
  });

  it.each(["-1", "a", "0 0", "256", "1.5"])("refuse %s", (text) => {
    expect(readChannels(text)).toHaveProperty("error");
  });
});

describe("groups of parameters", () => {
  const groups = (ui: unknown) => groupsOf([gain, points], ui).map(({ label, parameters }) => [label, parameters.map((p) => p.name)]);

  it("follow the author's hints, and lose nothing that is in none", () => {
    expect(groups({ groups: [{ label: "Curve", parameters: ["automation", "no_such"] }] })).toEqual([
      ["Curve", ["automation"]],
      ["", ["gain_db"]],
    ]);
  });

  it.each([undefined, null, "x", { groups: 3 }, { groups: [null, { parameters: 1 }, { label: {}, parameters: [[]] }] }])(
    "are one when the hints are %j", (ui) => {
      expect(groups(ui)).toEqual([["", ["gain_db", "automation"]]]);
    },
  );

  it("have each parameter once", () => {
    expect(groups({ groups: [{ label: "A", parameters: ["gain_db", "gain_db"] }, { label: "B", parameters: ["gain_db"] }] })).toEqual([
      ["A", ["gain_db"]],
      ["", ["automation"]],
    ]);
  });
});
