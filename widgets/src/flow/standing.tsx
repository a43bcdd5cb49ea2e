// How it stands with a node, in a word and a sign; what went wrong with it, and what would mend it.
import type { ReactNode } from "react";

import { type Change, remove, setData, setParameters } from "./document.ts";
import { brief } from "./hostile.ts";
import { Icon, type IconName } from "./icons.tsx";
import type { Problem, Remedy, Standing } from "../contract/flow.ts";
import { useView } from "./view.ts";

const SIGNS: Record<Standing["state"], IconName | null> = {
  idle: null, queued: "clock", running: "run", done: "check", cached: "bolt", failed: "cross", blocked: "lock", cancelled: "stop",
};

export function wordsOf(standing: Standing): string {
  const { state, progress, wall_s } = standing;
  if (state === "idle") return standing.stale ? "stale" : "";
  if (state === "running") return progress > 0 ? `${Math.round(100 * progress)} %` : "running";
  if (standing.stale) return `${state}, stale`;
  if (state === "done" && typeof wall_s === "number") return duration(wall_s);
  return state;
}

/** A time as people say it. */
export function duration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return "";
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min ${Math.round(seconds % 60)} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function Badge({ standing }: { standing: Standing }): ReactNode {
  const words = wordsOf(standing);
  if (words === "") return null;
  const state = standing.stale && standing.state !== "running" ? "stale" : standing.state;
  const icon = SIGNS[standing.state] ?? null;
  const title = standing.stale ? "its last result is of other parameters, inputs or code than it has now" : standing.state;
  return (
    <span className={`sch-state sch-state-${state}`} title={title}>
      {icon ? <Icon name={icon} size={11} /> : null}
      {words}
    </span>
  );
}

interface ProblemProps {
  problems: readonly Problem[];
}

/** Problems in words, with what a click would mend. */
export function Problems({ problems }: ProblemProps): ReactNode {
  const { commit } = useView();
  if (problems.length === 0) return null;
  return (
    <ul className="sch-problems nodrag nopan nowheel" aria-label="problems">
      {problems.slice(0, 5).map((problem, index) => (
        <li key={index}>
          <span title={brief(problem.message)}>{brief(problem.message, 300)}</span>
          {problem.remedy ? <span className="sch-remedy">→ {brief(problem.remedy, 300)}</span> : null}
          {(problem.fixes ?? []).filter((fix) => fix.do !== "grant").slice(0, 3).map((fix, at) => (
            <button key={at} type="button" onClick={() => commit(mend(problem, fix))}>
              {brief(fix.label, 60)}
            </button>
          ))}
        </li>
      ))}
      {problems.length > 5 ? <li>and {problems.length - 5} more</li> : null}
    </ul>
  );
}

/** What a remedy does to the document. */
export function mend(problem: Problem, fix: Remedy): Change {
  if (fix.do === "disconnect") return remove(new Set(), new Set([problem.edge]));
  if (fix.do === "reset") return setParameters(problem.node, { [problem.port]: undefined });
  if (fix.do === "use") {
    return setData(problem.node, { plugin: fix.plugin, version: fix.version, content_hash: undefined });
  }
  return (document) => document;
}
