import { fireEvent, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { describe, expect, it } from "vitest";

import { edge, plugin } from "./flow_model.ts";
import { ids, show } from "./flow_view.tsx";

describe("a view of a flow", () => {
  it("adds what is searched for, with keys alone", async () => {
    const { store, root } = show();
    fireEvent.keyDown(root, { key: "/" });
    await userEvent.type(screen.getByRole("combobox", { name: "add a node" }), "gai{Enter}");
    expect(ids(store)).toEqual(["gain_node"]);
    expect(store.document.nodes[0]!.data).toMatchObject({ plugin: "gain_node", version: "1.0.0" });
    expect(document.activeElement).toBe(root);
  });

  it("connects in the outline, where only what fits is offered", async () => {
    const { store, root } = show([plugin("a"), plugin("b")]);
    fireEvent.keyDown(root, { key: "o" });
    const feeds = screen.getByRole("combobox", { name: "what feeds audio" });
    expect([...feeds.querySelectorAll("option")].map((option) => option.textContent)).toEqual(["nothing", "gain_node (b).audio (audio)"]);
    await userEvent.selectOptions(feeds, "gain_node (b).audio (audio)");
    expect(store.document.edges).toMatchObject([{ source: "b", target: "a", sourceHandle: "audio", targetHandle: "audio" }]);
    await userEvent.selectOptions(feeds, "nothing");
    expect(store.document.edges).toEqual([]);
  });

  it("goes through the outline with arrow keys, each node with how it stands", () => {
    const standings = { b: { state: "failed", progress: 0, message: "", wall_s: null, stale: false, error: {}, summary: [], has_result: false } };
    const { root } = show([plugin("b"), plugin("a")], [edge("a", "b")], { standings });
    fireEvent.keyDown(root, { key: "o" });
    const [first, second] = screen.getAllByRole("treeitem");
    expect(first!.getAttribute("aria-label")).toBe("gain_node (a)");
    expect(second!.getAttribute("aria-label")).toBe("gain_node (b), failed");
    fireEvent.keyDown(first!, { key: "ArrowDown" });
    expect(document.activeElement).toBe(second);
    expect(screen.getByRole("region", { name: "node gain_node (b)" })).toBeTruthy();
  });

  it("keeps the keys that it uses from the notebook, and leaves it the others", () => {
    const { root } = show([plugin("a")]);
    const reaches = (key: string, more = {}): boolean => fireEvent.keyDown(root, { key, ...more });
    expect(reaches("Backspace")).toBe(false);
    expect(reaches("z", { ctrlKey: true })).toBe(false);
    expect(reaches("Enter", { shiftKey: true })).toBe(true);
    expect(reaches("s", { ctrlKey: true })).toBe(true);
    expect(reaches("Escape")).toBe(true);
  });

  it("runs, shows how far it is, and cancels", async () => {
    const { sent, put } = show([plugin("a")]);
    await userEvent.click(screen.getByRole("button", { name: "Run" }));
    put("running", true);
    put("progress", 0.42);
    await waitFor(() => expect(screen.getByRole("progressbar", { name: "the run" }).getAttribute("aria-valuenow")).toBe("42"));
    await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
    expect(sent.map((message) => message["kind"])).toEqual(["run", "cancel"]);
  });

  it("goes on where it was when it is drawn anew half-way through a run", () => {
    show([plugin("a")], [], { running: true, progress: 0.5, message: "gain_node" });
    expect(screen.getByRole("progressbar", { name: "the run" }).getAttribute("aria-valuenow")).toBe("50");
    expect(screen.getByRole("button", { name: "Cancel" })).toBeTruthy();
  });

  it("tells that the kernel is gone, and offers to save what is drawn", async () => {
    const { say } = show([plugin("a")]);
    say("comm_live_update");
    expect((await screen.findByRole("alert")).textContent).toContain("The kernel is gone");
    expect(screen.getByRole("button", { name: "Run" })).toHaveProperty("disabled", true);
    expect(screen.getByRole("button", { name: "Save as a file" })).toBeTruthy();
  });

  it("tells how much of a document it can't read", () => {
    show([plugin("a"), { id: "x", type: "rocket" }]);
    expect(screen.getByText(/1 nodes or edges of the document can't be read/)).toBeTruthy();
  });

  it("shows a stranger's markup as text, and of ten thousand letters no more than is read", () => {
    const label = "<img src=x onerror=alert(1)>".repeat(400);
    const { root } = show([plugin("a", 0, 0, { label })]);
    fireEvent.keyDown(root, { key: "o" });
    expect(root.querySelector("img")).toBeNull();
    expect(screen.getAllByRole("treeitem")[0]!.textContent!.length).toBeLessThan(500);
  });
});
