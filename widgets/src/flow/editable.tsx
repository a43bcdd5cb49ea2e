// A text that becomes an entry on double click. The outline has an entry for it by keyboard.
import { type ReactNode, memo, useEffect, useRef, useState } from "react";

import { brief } from "./hostile.ts";

const MOST = 200;

interface TitleProps {
  text: string;
  hint: string;
  placeholder?: string;
  onChange: (text: string) => void;
}

export const EditableTitle = memo(function EditableTitle({ text, hint, placeholder = "", onChange }: TitleProps): ReactNode {
  const [draft, setDraft] = useState<string | null>(null);
  const entry = useRef<HTMLInputElement>(null);
  const isEditing = draft !== null;
  useEffect(() => {
    if (isEditing) entry.current?.select();
  }, [isEditing]);
  const commit = (): void => {
    // One line that can be shown, as Python takes labels.
    const line = (draft ?? "").replace(/\s+/g, " ").trim().slice(0, MOST);
    setDraft(null);
    if (line !== text) onChange(line);
  };
  if (draft === null) {
    return (
      <h3
        className="sch-clip sch-title"
        title={hint}
        onDoubleClick={(event) => {
          event.stopPropagation();
          setDraft(text.slice(0, MOST));
        }}
      >
        {brief(text, 300) || <span className="sch-soft">{placeholder}</span>}
      </h3>
    );
  }
  return (
    <input
      ref={entry}
      type="text"
      className="sch-title nodrag nopan"
      aria-label="name"
      maxLength={MOST}
      value={draft}
      onChange={(event) => setDraft(event.currentTarget.value)}
      onBlur={commit}
      onKeyDown={(event) => {
        event.stopPropagation();
        if (event.key === "Enter") commit();
        if (event.key === "Escape") setDraft(null);
      }}
    />
  );
});
