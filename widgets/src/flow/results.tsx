// The results that are open, each beside its node: what came out as text, a still picture, sounds, and a live view of it.
import { NodeToolbar, Position } from "@xyflow/react";
import { type ReactNode, useCallback, useEffect, useRef, useState } from "react";

import { Picture, useUrl } from "../figures/picture.tsx";
import { VEGA_LITE, VegaLite } from "../figures/vega_lite.tsx";
import { FailureBox } from "../node/failure.tsx";
import { labelOf, nodeOf } from "./document.ts";
import { brief } from "./hostile.ts";
import { Icon, IconButton } from "./icons.tsx";
import type { Part, Shown } from "../contract/flow.ts";
import { useStore, useView } from "./view.ts";

/** What is put into an image as it is. */
const PICTURES: Part["mime"][] = ["image/png", "image/jpeg", "image/svg+xml"];

export interface Opened {
  shown: Shown | null;
  buffers: DataView[];
}

export function Results({ opened }: { opened: ReadonlyMap<string, Opened> }): ReactNode {
  return [...opened].map(([id, one]) => <ResultPanel key={id} id={id} opened={one} />);
}

function ResultPanel({ id, opened }: { id: string; opened: Opened }): ReactNode {
  const view = useView();
  const node = useStore((store) => nodeOf(store.document, id));
  const standing = useStore((store) => store.standingOf(id));
  const panel = useRef<HTMLElement>(null);
  const isThere = node !== undefined;
  useEffect(() => {
    const element = panel.current;
    if (!element) return;
    // It grows when the answer comes, and again with each picture.
    const observer = new ResizeObserver(() => view.makeRoom(element));
    observer.observe(element);
    return () => observer.disconnect();
  }, [view, isThere]);
  if (!node) return null;
  const failed = standing.state === "failed" || standing.state === "blocked";
  return (
    <NodeToolbar nodeId={id} isVisible position={Position.Right} align="start" offset={14}>
      <section ref={panel} className="sch-result nodrag nopan nowheel" aria-label={`result of ${brief(labelOf(node), 100)}`} onDoubleClick={(event) => event.stopPropagation()}>
        <header>
          <h3 className="sch-clip">{brief(labelOf(node), 200)}</h3>
          <IconButton icon="close" label="close the result" onClick={() => view.hide(id)} />
        </header>
        {failed ? <FailureBox failure={standing.error ?? {}} /> : null}
        {!failed && standing.stale ? <p className="sch-stale-words">of other parameters, inputs or code than it has now</p> : null}
        {failed ? null : opened.shown ? <Contents shown={opened.shown} buffers={opened.buffers} /> : <p className="sch-soft sch-pad">fetching…</p>}
      </section>
    </NodeToolbar>
  );
}

function Contents({ shown, buffers }: { shown: Shown; buffers: DataView[] }): ReactNode {
  const { drawer } = useView();
  const [isLive, setLive] = useState(false);
  const [isEmbeddable, setEmbeddable] = useState(shown.view !== "");
  const onFail = useCallback(() => {
    setLive(false);
    setEmbeddable(false);
  }, []);
  const outputs = Array.isArray(shown.outputs) ? shown.outputs.slice(0, 400) : [];
  const parts = Array.isArray(shown.parts) ? shown.parts : [];
  return (
    <div className="sch-contents">
      {isLive ? <LiveView view={shown.view} onFail={onFail} /> : null}
      {parts.slice(0, buffers.length).map((part, index) => {
        const bytes = buffers[index]!;
        const words = brief(part.label, 400);
        if (PICTURES.includes(part.mime)) return isLive && part.is_still ? null : <Picture key={index} {...{ bytes, words }} mime={part.mime} title={part.is_still ? undefined : words} />;
        if (part.mime === VEGA_LITE) return <VegaLite key={index} {...{ drawer, bytes, words }} />;
        return part.mime === "audio/wav" && !isLive ? <Sound key={index} bytes={bytes} name={part.label} /> : null;
      })}
      {isEmbeddable ? (
        <button type="button" className="sch-quiet sch-open" onClick={() => setLive(!isLive)}>
          <Icon name="search" size={13} /> {isLive ? "Only the picture" : "Explore"}
        </button>
      ) : null}
      <dl>
        {outputs.map((output, index) => (
          <div key={index}>
            <dt className="sch-clip" title={brief(String(output["tooltip"] ?? output["name"] ?? ""), 500)}>
              {brief(String(output["label"] ?? output["name"] ?? ""), 100)}
            </dt>
            <dd title={brief(String(output["text"] ?? ""))}>
              {brief(String(output["text"] ?? ""), 300)} {brief(String(output["unit"] ?? ""), 30)}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Sound({ bytes, name }: { bytes: DataView; name: string }): ReactNode {
  const url = useUrl(bytes, "audio/wav");
  return (
    <figure className="sch-sound">
      <figcaption className="sch-clip">{brief(name, 100)}</figcaption>
      <audio controls preload="metadata" src={url} aria-label={`sound of ${brief(name, 100)}`} />
    </figure>
  );
}

interface Manager {
  get_model?: (id: string) => Promise<unknown>;
  create_view?: (model: unknown) => Promise<{ el: HTMLElement; remove?: () => void; trigger?: (name: string) => void }>;
}

/** The widget of a result, drawn by the page's own widget manager. Where it can't be, the still picture stays. */
function LiveView({ view, onFail }: { view: string; onFail: () => void }): ReactNode {
  const { store } = useView();
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let isOver = false;
    let undo = (): void => {};
    const draw = async (): Promise<void> => {
      const manager = store.manager as Manager | undefined;
      if (!manager?.get_model || !manager.create_view) throw new Error("this page can't embed a view");
      const drawn = await manager.create_view(await manager.get_model(view));
      undo = () => drawn.remove?.();
      if (isOver) return undo();
      place.current?.replaceChildren(drawn.el);
      drawn.trigger?.("displayed");
    };
    draw().catch(() => !isOver && onFail());
    return () => {
      isOver = true;
      undo();
    };
  }, [store, view, onFail]);
  return <div className="sch-live" ref={place} />;
}
