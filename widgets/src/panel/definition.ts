// A panel and what it shows, as they come from Python (`definition/panel.py`, `widgets/panel_views.py`).
import type * as contract from "../contract/panel.ts";
import type { Parameter, Port } from "../node/definition.ts";

export type { Group, Item, Panel, View } from "../contract/panel.ts";

/** Of a node definition what a panel draws. */
export interface Drawn extends Pick<contract.Drawn, "label" | "description"> {
  parameters: Parameter[];
  outputs: Port[];
}

export type Views = contract.PanelState["shown"];
