// The widget of a UI plugin's panel.
import "../tokens.css";
import "../node/controls/controls.css";
import "./panel.css";

import { createRender, useModel, useModelState } from "@anywidget/react";
import { type ReactNode, useCallback, useEffect, useMemo, useReducer, useRef } from "react";

import type { ToKernel } from "../contract/panel.ts";
import type { Failure, Values } from "../node/definition.ts";
import { kernelsDrawer } from "../figures/drawer.ts";
import { useKeptFocus } from "../focus.ts";
import { useKernelGone } from "../gone.tsx";
import { say } from "../saying.ts";
import { READY } from "../statics.ts";
import { Board, type BoardProps } from "./board.tsx";
import { useData } from "./data.ts";
import type { Drawn, Panel, Views } from "./definition.ts";
import { Drafts } from "./drafts.ts";

function PanelPane(): ReactNode {
  const model = useModel();
  const [definition] = useModelState<Drawn>("definition");
  const [panel] = useModelState<Panel>("panel");
  const [pluginId] = useModelState<string>("plugin_id");
  const [level] = useModelState<string>("level");
  const [values] = useModelState<Values>("parameters");
  const [errors] = useModelState<Record<string, string>>("parameter_errors");
  const [views] = useModelState<Views>("shown");
  const [status] = useModelState<BoardProps["status"]>("status");
  const [message] = useModelState<string>("message");
  const [failure] = useModelState<Failure>("error");
  const [, redraw] = useReducer((count: number) => count + 1, 0);

  const drafts = useMemo(
    () =>
      new Drafts((told) => {
        model.set("parameters", { ...(model.get("parameters") as Values), ...told });
        model.save_changes();
        redraw();
      }),
    [model],
  );
  useEffect(() => () => drafts.flush(), [drafts]);
  const onSet = useCallback(
    (name: string, to: unknown): void => {
      drafts.set(name, to);
      redraw();
    },
    [drafts],
  );
  const onPress = useCallback(
    (name: string, time_s: number): void => {
      drafts.flush();
      model.send({ kind: "press", name, time_s } satisfies ToKernel);
    },
    [drafts, model],
  );
  const drawer = useMemo(
    () =>
      kernelsDrawer({
        send: (message) => void say(model, message),
        listen: (callback) => {
          model.on("msg:custom", callback);
          return () => model.off("msg:custom", callback);
        },
      }),
    [model],
  );
  const useBytes = useCallback((key: string, version: number | null) => useData(model, key, version), [model]);

  const gone = useKernelGone(model);
  const pane = useRef<HTMLDivElement>(null);
  useKeptFocus(pane);
  useEffect(() => {
    pane.current?.dispatchEvent(new Event(READY, { bubbles: true }));
  }, []);
  const shown = { ...values, ...drafts.values };
  return (
    <div className="sch sch-panel-pane" ref={pane}>
      <Board
        {...{ definition, panel, pluginId, level, errors, views, gone, status: gone && status === "busy" ? "idle" : status, message, failure, onSet, onPress, useBytes, drawer }}
        values={shown}
      />
    </div>
  );
}

export default { render: createRender(PanelPane) };
