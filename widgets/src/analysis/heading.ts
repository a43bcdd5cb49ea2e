// The heading: title, figures, what differs, the outputs that have no picture, and a table of what is drawn for who can't see it.
import { make } from "./elements.ts";
import type { Plan, PlanDifference, PlanFigure } from "../contract/analysis.ts";
import { short } from "./words.ts";

export function header(plan: Plan): HTMLElement {
  const header = make("header", "");
  header.append(make("h3", "", plan.title));
  if (plan.subtitle) header.append(make("span", "sch-soft", plan.subtitle));
  if (plan.level) header.append(make("span", `sch-badge sch-level-${plan.level}`, `sandbox: ${plan.level}`));
  return header;
}

export function figures(list: PlanFigure[]): HTMLElement {
  const box = make("dl", "sch-figures");
  for (const figure of list) {
    const entry = make("div", "");
    entry.title = figure.tooltip || figure.name;
    const value = make("dd", "", figure.text);
    if (figure.unit && figure.text !== "–") value.append(make("span", "sch-soft", ` ${figure.unit}`));
    entry.append(make("dt", "", figure.label), value);
    box.append(entry);
  }
  return box;
}

/** What differs between the compared: a column for each, the last says by how much. */
export function differences(names: string[], rows: PlanDifference[]): HTMLElement {
  const table = make("table", "sch-differences");
  table.append(make("caption", "sch-hidden", `figures of ${names.join(", ")}, and the difference`));
  const last = names.length > 2 ? `${names.at(-1)} − ${names[0]}` : "difference";
  const head = make("tr", "");
  for (const text of ["", ...names, last]) {
    const cell = make("th", "", text);
    cell.scope = "col";
    head.append(cell);
  }
  table.append(head);
  for (const row of rows) {
    const line = make("tr", row.difference === "same" || row.difference === "0" ? "sch-same" : "");
    const name = make("th", "", row.unit ? `${row.label} (${row.unit})` : row.label);
    name.scope = "row";
    line.append(name, ...row.texts.map((text) => make("td", "", text)), make("td", "sch-gap", row.difference));
    table.append(line);
  }
  return table;
}

export function rows(list: PlanFigure[]): HTMLElement {
  const details = make("details", "sch-rows");
  details.append(make("summary", "", `${list.length} more output${list.length > 1 ? "s" : ""}`));
  const table = make("table", "");
  for (const row of list) {
    const line = make("tr", "");
    const name = make("th", "", row.label);
    name.scope = "row";
    line.append(name, make("td", "", row.unit ? `${row.text}, ${row.unit}` : row.text), make("td", "sch-soft", row.name));
    table.append(line);
  }
  details.append(table);
  return details;
}

/** The drawn in words, to be read aloud. */
export function inWords(plan: Plan): HTMLElement {
  const table = make("table", "sch-hidden");
  table.append(make("caption", "", `what is drawn, over ${short(plan.duration_s)} s`));
  const add = (name: string, text: string): void => {
    const line = make("tr", "");
    const head = make("th", "", name);
    head.scope = "row";
    line.append(head, make("td", "", text));
    table.append(line);
  };
  for (const { label, text, unit } of plan.figures) add(label, `${text} ${unit}`.trim());
  for (const sound of plan.sounds) add(sound.label, `sound of ${short(sound.duration_s)} s at ${sound.sample_rate} Hz, peak ${short(sound.peak)}`);
  for (const marks of plan.marks) add(marks.label, `${marks.count} instants`);
  for (const parts of plan.segments) add(parts.label, `${parts.count} parts`);
  for (const track of plan.tracks) {
    const kind = track.kind === "image" ? `image of ${track.rows} rows` : "curve";
    add(track.label, `${kind}, ${short(track.low)} to ${short(track.high)} ${track.unit}`.trim());
  }
  return table;
}
