// Made of schillinger_plugins/widgets/contract/bundle.py by `make contract`: change that.

export type ToKernel = AskCode | GotCode | AskDrawer;
export type ToPage = Code | Drawer;

export interface Contract {
  BundleState: BundleState;
  ToKernel: ToKernel;
  ToPage: ToPage;
}
/**
 * The traits that every widget has beside its own.
 */
export interface BundleState {
  bundle_key: string;
  code: DataView[];
  static_id: string;
  static_count: number;
}
/**
 * A page lacks the code; answered by `Code`.
 */
export interface AskCode {
  kind: "code";
}
/**
 * A page has the code, which may leave the state.
 */
export interface GotCode {
  kind: "got";
  key: string;
}
/**
 * A page has a specification of Vega-Lite to draw, and nothing that draws it; answered by `Drawer`.
 */
export interface AskDrawer {
  kind: "drawer";
}
/**
 * JavaScript and CSS, in the buffers.
 */
export interface Code {
  kind: "code";
  key: string;
}
/**
 * What draws Vega-Lite, in the buffer: the script of a worker of the browser.
 */
export interface Drawer {
  kind: "drawer";
}
