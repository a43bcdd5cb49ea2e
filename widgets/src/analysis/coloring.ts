// Colouring: which colour map, and which levels have its first and its last colour. One for all images of a view.
import { COLOR_MAPS, type ColorMap, tableOf } from "./colormap.ts";
import { choice, make } from "./elements.ts";
import type { PlanTrack } from "../contract/analysis.ts";
import type { Tile } from "./tiles.ts";

const WIDEST_DB = 120;
const NARROWEST_DB = 5;
const FIRST_DB = 80;

export class Coloring {
  map: ColorMap = "magma";
  /** Levels in dB below the loudest that is there, both positive: `floorDb` is drawn in the first colour. */
  floorDb = FIRST_DB;
  ceilingDb = 0;
  private readonly tables = new Map<string, Uint32Array>();
  private readonly loudest = new Map<string, { tile: Tile; byte: number }>();

  constructor(
    private readonly whole: (name: string) => Tile | undefined,
    private readonly onChange: () => void,
  ) {}

  /** The colours of a track's bytes: the same table as long as nothing has changed. */
  tableFor(track: PlanTrack): Uint32Array {
    let [low, high] = [0, 254];
    if (track.unit.startsWith("dB")) {
      const perDb = 254 / (track.high - track.low);
      const top = this.loudestOf(track);
      [low, high] = [top - this.floorDb * perDb, top - this.ceilingDb * perDb];
    }
    const key = `${this.map} ${low.toFixed(1)} ${high.toFixed(1)}`;
    let table = this.tables.get(key);
    if (!table) {
      if (this.tables.size > 32) this.tables.clear();
      table = tableOf(this.map, low, high);
      this.tables.set(key, table);
    }
    return table;
  }

  /** Choices for people; the sliders are there only where something is in dB. */
  controls(withLevels: boolean): HTMLElement {
    const group = make("span", "sch-coloring");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "colours");
    group.append(
      choice("colours", COLOR_MAPS.map((map) => [map, map]), (map) => {
        this.map = map as ColorMap;
        this.onChange();
      }),
    );
    if (!withLevels) return group;
    const text = make("span", "sch-soft sch-levels");
    const floor = slider("darkest level, dB below the loudest", -WIDEST_DB, -NARROWEST_DB, -this.floorDb);
    const ceiling = slider("brightest level, dB below the loudest", -WIDEST_DB + NARROWEST_DB, 0, 0);
    const tell = (): void => {
      text.textContent = `−${this.floorDb} to ${this.ceilingDb === 0 ? "0" : `−${this.ceilingDb}`} dB`;
      floor.setAttribute("aria-valuetext", `−${this.floorDb} dB`);
      ceiling.setAttribute("aria-valuetext", `−${this.ceilingDb} dB`);
    };
    floor.addEventListener("input", () => {
      this.floorDb = -floor.valueAsNumber;
      this.ceilingDb = Math.min(this.ceilingDb, this.floorDb - NARROWEST_DB);
      ceiling.value = String(-this.ceilingDb);
      tell();
      this.onChange();
    });
    ceiling.addEventListener("input", () => {
      this.ceilingDb = Math.abs(ceiling.valueAsNumber);
      this.floorDb = Math.max(this.floorDb, this.ceilingDb + NARROWEST_DB);
      floor.value = String(-this.floorDb);
      tell();
      this.onChange();
    });
    tell();
    group.append(floor, ceiling, text);
    return group;
  }

  private loudestOf(track: PlanTrack): number {
    const tile = this.whole(track.name);
    if (!tile) return 254;
    const known = this.loudest.get(track.name);
    if (known?.tile === tile) return known.byte;
    let byte = 0;
    for (const value of new Uint8Array(tile.data.buffer, tile.data.byteOffset, tile.data.byteLength)) {
      if (value !== 255 && value > byte) byte = value;
    }
    this.loudest.set(track.name, { tile, byte: byte || 254 });
    return byte || 254;
  }
}

function slider(label: string, min: number, max: number, value: number): HTMLInputElement {
  const input = make("input", "");
  input.type = "range";
  input.min = String(min);
  input.max = String(max);
  input.step = "1";
  input.value = String(value);
  input.title = label;
  input.setAttribute("aria-label", label);
  return input;
}
