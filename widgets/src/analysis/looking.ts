// Looking: the part of the time axis that is seen, and one drawing for each frame, however many events there were.
import { type Span, follow, pan, zoom } from "./time_axis.ts";

export class Looking {
  span: Span;
  readonly durationS: number;
  private frame = 0;

  constructor(durationS: number, private readonly onFrame: () => void) {
    this.durationS = Math.max(durationS, 1e-3);
    this.span = { startS: 0, endS: this.durationS };
  }

  look(span: Span): void {
    this.span = span;
    this.redraw();
  }

  all(): void {
    this.look({ startS: 0, endS: this.durationS });
  }

  zoomBy(factor: number, aroundS: number): void {
    this.look(zoom(this.span, this.durationS, factor, aroundS));
  }

  panBy(byS: number): void {
    this.look(pan(this.span, this.durationS, byS));
  }

  /** See a part with a little air around it. */
  fit(startS: number, endS: number): void {
    const air = Math.max(0.001, 0.05 * (endS - startS));
    const from = Math.max(0, startS - air);
    this.look({ startS: from, endS: Math.min(this.durationS, endS + air) });
  }

  /** Turn the page when a playhead leaves. */
  follow(headS: number): void {
    const span = follow(this.span, this.durationS, headS);
    if (span !== this.span) this.look(span);
  }

  /** The time at a part of the axis, from 0 to 1; within it. */
  timeAt(part: number): number {
    return this.span.startS + Math.min(1, Math.max(0, part)) * this.length;
  }

  partAt(timeS: number): number {
    return (timeS - this.span.startS) / this.length;
  }

  get length(): number {
    return this.span.endS - this.span.startS;
  }

  redraw(): void {
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.onFrame();
    });
  }

  close(): void {
    cancelAnimationFrame(this.frame);
  }
}
