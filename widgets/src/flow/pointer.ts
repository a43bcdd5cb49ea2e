// Whether a mouse button or finger is down anywhere: one set of listeners for all nodes of the page.

const waiting = new Set<() => void>();
let held = false;

function down(): void {
  held = true;
}

function up(): void {
  held = false;
  // After the click that a control makes of it.
  setTimeout(() => {
    for (const then of [...waiting]) then();
  });
}

export function isHeld(): boolean {
  return held;
}

/** Call `then` whenever it is let go. @returns the undo */
export function onRelease(then: () => void): () => void {
  if (waiting.size === 0) {
    window.addEventListener("pointerdown", down, true);
    window.addEventListener("pointerup", up, true);
    window.addEventListener("pointercancel", up, true);
  }
  waiting.add(then);
  return () => {
    waiting.delete(then);
    if (waiting.size > 0) return;
    held = false;
    window.removeEventListener("pointerdown", down, true);
    window.removeEventListener("pointerup", up, true);
    window.removeEventListener("pointercancel", up, true);
  };
}
