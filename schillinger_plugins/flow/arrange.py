"""Where nodes lie if nobody has placed them: in columns, each node behind those that feed it.

Owns the layout of what Python has put together; a canvas has its own. Called by `Flow.arrange` and by the still picture.
"""

from __future__ import annotations

from .graph import Graph, order

COLUMN, ROW = 260.0, 130.0
"""Distances in the canvas's pixels."""


def arranged(graph: Graph) -> dict[str, tuple[float, float]]:
    """A place for each node, by its id.

    Nodes of one column are in the order of what feeds them, which keeps edges from crossing more than they need to (the
    barycentres of Sugiyama's layering, one pass).

    >>> arranged(Graph())
    {}
    """
    needs = graph.needs()
    ordered = order(graph.nodes, needs)
    depth: dict[str, int] = {}
    for name in ordered:
        depth[name] = 1 + max((depth[needed] for needed in needs[name]), default=-1)
    for name in reversed(ordered):  # a source stands just before what it feeds, not at the far left
        after = [depth[later] for later, needed in needs.items() if name in needed and later in depth]
        if not needs[name] and after:
            depth[name] = min(after) - 1
    last = max(depth.values(), default=-1)
    for name in graph.nodes:  # what waits for itself has no depth
        depth.setdefault(name, last + 1)
    columns: dict[int, list[str]] = {}
    for name in graph.nodes:
        columns.setdefault(depth[name], []).append(name)
    row: dict[str, float] = {}
    for column in sorted(columns):
        names = columns[column]
        wish = {
            name: sum(placed) / len(placed) if (placed := [row[n] for n in needs[name] if n in row]) else float(place)
            for place, name in enumerate(names)
        }
        for place, name in enumerate(sorted(names, key=wish.__getitem__)):
            row[name] = float(place)
    return {name: (depth[name] * COLUMN, row[name] * ROW) for name in graph.nodes}
