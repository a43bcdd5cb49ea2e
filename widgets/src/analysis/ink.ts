// Ink: the theme's colours, as a canvas takes them.

export interface Ink {
  ink: string;
  soft: string;
  line: string;
  accent: string;
  marks: string[];
  parts: string[];
}

export function inkOf(root: HTMLElement): Ink {
  const style = getComputedStyle(root);
  const of = (name: string): string => style.getPropertyValue(name).trim();
  return {
    ink: of("--sch-ink"),
    soft: of("--sch-ink-soft"),
    line: of("--sch-line"),
    accent: of("--sch-wave"),
    marks: [of("--sch-mark-0"), of("--sch-mark-1"), of("--sch-mark-2")],
    parts: [of("--sch-accent-soft"), of("--sch-good-soft")],
  };
}
