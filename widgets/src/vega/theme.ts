// The theme's colours as Vega-Lite's configuration. What a specification says itself comes before it.
import type { Config } from "vega-lite";

import { isRecord } from "../flow/document.ts";
import { sides } from "./width.ts";
import type { Colors } from "./words.ts";

type ViewConfig = NonNullable<Config["view"]>;

/** For paper: a drawing that brings its own ground has inks that were chosen for it, and those that weren't are dark. */
const PAPER = { ink: "#1d1d24", soft: "#5c5c68", line: "#dcdce4", accent: "#5b4bb7" };

export function themed(spec: object, width_px: number, colors: Colors): Config {
  const { ink, soft, line, accent, font } = hasGround(spec) ? { ...colors, ...PAPER } : colors;
  const words = { labelColor: soft, titleColor: ink };
  return {
    background: "transparent",
    font,
    padding: 4,
    view: { stroke: line, ...sides(spec, width_px) } as ViewConfig,
    title: { color: ink, subtitleColor: soft },
    axis: { ...words, gridColor: line, domainColor: soft, tickColor: soft },
    legend: words,
    header: words,
    mark: { color: accent },
    rule: { color: ink },
    text: { color: ink },
  };
}

function hasGround(spec: object): boolean {
  const { background, config } = spec as Record<string, unknown>;
  const ground = background ?? (isRecord(config) ? config["background"] : undefined);
  return ground !== undefined && ground !== null && ground !== "transparent";
}
