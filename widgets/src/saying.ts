// Saying something to a kernel that may be gone: then the page's widget manager refuses, with an error that nobody waits for.
interface Hearer<C> {
  send(content: C): void;
}

/** @returns whether it was sent; who asks notices that no answer comes */
export function say<C>(model: Hearer<C>, content: C): boolean {
  try {
    model.send(content);
    return true;
  } catch (error) {
    console.debug("schillinger: nothing could be sent", error);
    return false;
  }
}
