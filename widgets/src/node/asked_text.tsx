// One line of text that is asked for in the place of the button that asks: Enter takes it, Escape takes the question back.
import type { ReactNode } from "react";

interface AskedTextProps {
  label: string;
  placeholder: string;
  maxLength?: number;
  value: string;
  /** The button that takes it. */
  verb: string;
  onChange(value: string): void;
  onTake(): void;
  onBack(): void;
  /** What stands between the two buttons. */
  children?: ReactNode;
}

export function AskedText({ label, placeholder, maxLength, value, verb, onChange, onTake, onBack, children }: AskedTextProps): ReactNode {
  return (
    <>
      <input
        type="text"
        autoFocus
        aria-label={label}
        placeholder={placeholder}
        maxLength={maxLength}
        value={value}
        onChange={(event) => onChange(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") onTake();
          else if (event.key === "Escape") onBack();
        }}
      />
      <button type="button" disabled={value.trim() === ""} onClick={onTake}>
        {verb}
      </button>
      {children}
      <button type="button" className="sch-quiet" onClick={onBack}>
        Back
      </button>
    </>
  );
}
