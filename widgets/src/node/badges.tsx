// How a plugin is confined and what it may reach: a word each, and the whole of it when opened.
import { type ReactNode, useState } from "react";

import { useUniqueId } from "../ids.ts";
import type { Permission } from "./definition.ts";

const LEVELS: Record<string, string> = {
  full: "files, network, processes and memory are confined by the kernel, and a probe has tried it",
  partial: "some of the kernel's means are not there on this machine: %plugin doctor says which",
  process: "a process of its own, and nothing else: %plugin doctor says why",
};

export function Badges({ level, permissions }: { level: string; permissions: Permission[] }): ReactNode {
  const [open, setOpen] = useState(false);
  const id = useUniqueId();
  if (!level) return null;
  const refused = permissions.filter((one) => !one.granted).length;
  const words =
    permissions.length === 0 ? "no permissions" : permissions.map((one) => `${one.name}${one.granted ? "" : " (not granted)"}`).join(", ");
  return (
    <>
      <button
        type="button"
        className="sch-badges nodrag nopan"
        aria-expanded={open}
        aria-controls={id}
        onClick={() => setOpen(!open)}
        title="how strictly this plugin is confined, and what it may reach"
      >
        <span className={`sch-badge sch-level-${level}`}>{`sandbox: ${level}`}</span>{" "}
        <span className={`sch-badge${permissions.length === 0 ? " sch-badge-quiet" : refused > 0 ? " sch-level-partial" : " sch-badge-granted"}`}>
          {words}
        </span>
      </button>
      {open ? (
        <dl id={id} className="sch-badge-words">
          <dt>sandbox: {level}</dt>
          <dd>{LEVELS[level] ?? "the level in force"}</dd>
          {permissions.length === 0 ? (
            <>
              <dt>no permissions</dt>
              <dd>it asks for no folders and no hosts, and reaches none</dd>
            </>
          ) : (
            permissions.map((one) => [<dt key={`${one.name}-name`}>{one.name}</dt>, <dd key={one.name}>{one.text}</dd>])
          )}
        </dl>
      ) : null}
    </>
  );
}
