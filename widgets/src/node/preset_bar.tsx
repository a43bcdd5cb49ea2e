// Choosing, saving and deleting presets, by one row of controls.
import { type ReactNode, useState } from "react";

import { useUniqueId } from "../ids.ts";
import { AskedText } from "./asked_text.tsx";
import type { Parameter, Values } from "./definition.ts";
import { type Presets, choicesOf, chosen } from "./presets.ts";

interface PresetBarProps {
  parameters: Parameter[];
  values: Values;
  presets: Presets;
  saved: Presets;
  canSave: boolean;
  error: string;
  onApply: (values: Values) => void;
  onSave: (name: string) => void;
  onDelete: (name: string) => void;
}

export function PresetBar(props: PresetBarProps): ReactNode {
  const { parameters, values, canSave } = props;
  const id = useUniqueId();
  const [last, setLast] = useState("");
  const [name, setName] = useState<string | null>(null);
  const choices = choicesOf(props.presets, props.saved);
  if (parameters.length === 0 || (choices.length === 0 && !canSave)) return null;
  const current = chosen(choices, parameters, values, last);
  const apply = (key: string): void => {
    const choice = choices.find((one) => one.key === key);
    if (!choice) return;
    setLast(key);
    props.onApply(choice.values);
  };
  const save = (): void => {
    const wanted = name?.trim();
    if (!wanted) return;
    setName(null);
    setLast(`saved:${wanted}`);
    props.onSave(wanted);
  };
  const group = (label: string, kept: boolean): ReactNode => {
    const own = choices.filter((choice) => choice.saved === kept);
    return own.length === 0 ? null : (
      <optgroup label={label}>
        {own.map((choice) => (
          <option key={choice.key} value={choice.key}>
            {choice.name}
          </option>
        ))}
      </optgroup>
    );
  };
  return (
    <div className="sch-presets nodrag nopan nowheel" role="group" aria-labelledby={id}>
      <span id={id}>Presets</span>
      <div>
        {choices.length > 0 ? (
          <select aria-label="preset" value={current?.key ?? ""} onChange={(event) => apply(event.currentTarget.value)}>
            <option value="" disabled>
              preset …
            </option>
            {group("of the plugin", false)}
            {group("saved", true)}
          </select>
        ) : null}
        {name === null ? (
          <>
            {canSave ? (
              <button type="button" className="sch-quiet" onClick={() => setName(current?.saved ? current.name : "")}>
                Save as …
              </button>
            ) : null}
            {current?.saved ? (
              <button type="button" className="sch-quiet" aria-label={`delete preset ${current.name}`} onClick={() => props.onDelete(current.name)}>
                Delete
              </button>
            ) : null}
          </>
        ) : (
          <AskedText
            label="name of the preset"
            placeholder="its name"
            maxLength={64}
            value={name}
            verb="Save"
            onChange={setName}
            onTake={save}
            onBack={() => setName(null)}
          />
        )}
      </div>
      {props.error ? (
        <span className="sch-note" role="alert">
          {props.error}
        </span>
      ) : null}
    </div>
  );
}
