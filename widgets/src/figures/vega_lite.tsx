// A drawing in Vega-Lite, as a picture in the colours of the page; drawn anew when these change. What can't be drawn is said,
// and so are its words.
import { type ReactNode, useEffect, useRef, useState } from "react";

import type { Colors } from "../vega/words.ts";
import { type Drawer, type Drawn, drawn } from "./drawer.ts";
import { Picture } from "./picture.tsx";

export const VEGA_LITE = "application/vnd.vegalite.v5+json";

/** So many pixels for each of the page's at least: a picture is looked at closely. */
const MIN_RATIO = 2;

interface Shown {
  bytes: DataView;
  width_px: number;
}

interface VegaLiteProps {
  drawer: Drawer;
  bytes: DataView;
  words: string;
}

export function VegaLite({ drawer, bytes, words }: VegaLiteProps): ReactNode {
  const place = useRef<HTMLDivElement>(null);
  const colors = useColors(place);
  const [shown, setShown] = useState<Shown | null>(null);
  const [flaw, setFlaw] = useState("");
  useEffect(() => {
    const width_px = place.current?.clientWidth ?? 0;
    if (colors === "") return;
    const gone = new AbortController();
    const show = ({ png, width_px: wide }: Drawn): void => {
      setFlaw("");
      setShown({ bytes: new DataView(png), width_px: wide });
    };
    const ask = { spec: new TextDecoder().decode(bytes), width_px, ratio: Math.max(MIN_RATIO, devicePixelRatio), colors: JSON.parse(colors) as Colors };
    drawn(drawer, ask, gone.signal).then(show, (error: unknown) => gone.signal.aborted || setFlaw(String(error instanceof Error ? error.message : error)));
    return () => gone.abort();
  }, [drawer, bytes, colors]);
  return (
    <div ref={place} className="sch-drawn">
      {flaw !== "" ? <p>{words} <span className="sch-soft">(it can't be drawn here: {flaw.slice(0, 300)})</span></p>
        : shown ? <Picture bytes={shown.bytes} mime="image/png" words={words} title={words} width={shown.width_px} />
        : <p className="sch-soft" role="status">drawing: {words}</p>}
    </div>
  );
}

/** The theme's, as text, so that what hasn't changed is the same; empty until there is an element to read them of. */
function useColors(place: { current: HTMLElement | null }): string {
  const [colors, setColors] = useState("");
  useEffect(() => {
    const read = (): void => {
      if (place.current) setColors(JSON.stringify(colorsOf(place.current)));
    };
    read();
    const theme = new MutationObserver(read);
    theme.observe(document.body, { attributes: true, attributeFilter: ["data-jp-theme-light", "data-jp-theme-name", "class"] });
    const scheme = globalThis.matchMedia?.("(prefers-color-scheme: dark)");
    scheme?.addEventListener("change", read);
    return () => {
      theme.disconnect();
      scheme?.removeEventListener("change", read);
    };
  }, [place]);
  return colors;
}

function colorsOf(element: Element): Colors {
  const style = getComputedStyle(element);
  const of = (name: string): string => style.getPropertyValue(`--sch-${name}`).trim();
  return { ink: of("ink"), soft: of("ink-soft"), line: of("line"), accent: of("accent"), font: of("font") };
}
