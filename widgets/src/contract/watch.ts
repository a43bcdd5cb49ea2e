// Made of schillinger_plugins/widgets/contract/watch.py by `make contract`: change that.

export interface Contract {
  WatchState: WatchState;
}
/**
 * The traits of the line.
 */
export interface WatchState {
  text: string;
}
