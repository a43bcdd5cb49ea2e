// Drawn here: fonts may lack a sign. All are decoration; the buttons have names.
import type { ReactNode } from "react";

const PATHS = {
  run: "M5 3.2v9.6L13 8z",
  stop: "M4 4h8v8H4z",
  undo: "M6 3 2.5 6.5 6 10M3 6.5h6a4 4 0 0 1 0 8H7",
  redo: "M10 3l3.5 3.5L10 10M13 6.5H7a4 4 0 0 0 0 8h2",
  layout: "M2 3h4v4H2zM2 9.5h4v4H2zM10 6.2h4v4h-4zM6 5h2v6.500H6M8 8.200h2",
  fit: "M2.500 6V2.500H6M10 2.500h3.500V6M13.500 10v3.500H10M6 13.500H2.500V10",
  map: "M2 3.500h12v9H2zM8.500 8h4v3h-4z",
  outline: "M3 4h10M6 8h7M6 12h7M3 7v5",
  help: "M5.800 6a2.200 2.200 0 1 1 3.200 2c-.700.400-1 .800-1 1.600M8 12v.400",
  full: "M9.500 6.500 13.500 2.500M10 2.500h3.500V6M6.500 9.500l-4 4M6 13.500H2.500V10",
  plus: "M8 3v10M3 8h10",
  close: "M4 4l8 8M12 4l-8 8",
  copy: "M5.500 5.500h8v8h-8zM10.500 5.500v-3h-8v8h3",
  trash: "M3 4.500h10M6.500 4.500v-2h3v2M4.500 4.500l.6 9h5.800l.6-9",
  group: "M2.500 2.500h11v11h-11zM5 5h3v3H5zM8.500 8.500h2.500v2.500H8.500z",
  bypass: "M1.500 9h3c2 0 2-5 3.500-5s1.500 5 3.500 5h3M12 6.500 14.500 9 12 11.500",
  chevron: "M6 4l4 4-4 4",
  search: "M7 2.500a4.500 4.500 0 1 1 0 9 4.500 4.500 0 0 1 0-9M10.300 10.300l3.500 3.500",
  check: "M3 8.500l3.200 3.200L13 5",
  cross: "M4 4l8 8M12 4l-8 8",
  clock: "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M8 5v3.200l2 1.300",
  bolt: "M9 1.500 3.500 9H8l-1 5.500L12.500 7H8z",
  lock: "M8 2.500a5.500 5.500 0 1 1 0 11 5.500 5.500 0 0 1 0-11M4.200 4.200l7.600 7.600",
  eye: "M1.500 8S4 3.500 8 3.500 14.500 8 14.500 8 12 12.500 8 12.500 1.500 8 1.500 8M8 6a2 2 0 1 1 0 4 2 2 0 0 1 0-4",
  warn: "M8 2 14.500 13.500h-13zM8 6.500v3.200M8 11.600v.300",
  left: "M2.500 2v12M5 4.500h8v2.500H5zM5 9h5v2.500H5z",
  centre: "M8 2v12M3.500 4.500h9v2.500h-9zM5 9h6v2.500H5z",
  right: "M13.500 2v12M3 4.500h8v2.500H3zM6 9h5v2.500H6z",
  top: "M2 2.500h12M4.500 5v8h2.500V5zM9 5v5h2.500V5z",
  middle: "M2 8h12M4.500 3.500v9h2.500v-9zM9 5v6h2.500V5z",
  bottom: "M2 13.500h12M4.500 3v8h2.500V3zM9 6v5h2.500V6z",
  note: "M3 2.500h10v7.500l-3 3.500H3zM13 10h-3v3.500M5.500 5.500h5M5.500 8h3",
  input: "M2 8h8M7 5l3 3-3 3M9 2.500h4.500v11H9",
  save: "M8 2v8M5 7l3 3 3-3M2.500 12.500h11",
} as const;

export type IconName = keyof typeof PATHS;

const SOLID: ReadonlySet<string> = new Set(["run", "stop", "bolt"]);

export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactNode {
  const solid = SOLID.has(name);
  return (
    <svg className="sch-icon" viewBox="0 0 16 16" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={PATHS[name]}
        fill={solid ? "currentColor" : "none"}
        stroke={solid ? "none" : "currentColor"}
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}

interface ButtonProps {
  icon: IconName;
  /** Its name, and its tooltip together with the key. */
  label: string;
  keys?: string | undefined;
  disabled?: boolean | undefined;
  pressed?: boolean | undefined;
  onClick: () => void;
}

export function IconButton({ icon, label, keys, disabled, pressed, onClick }: ButtonProps): ReactNode {
  return (
    <button
      type="button"
      className="sch-quiet sch-icon-button"
      aria-label={label}
      aria-pressed={pressed}
      title={keys ? `${label} (${keys})` : label}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
