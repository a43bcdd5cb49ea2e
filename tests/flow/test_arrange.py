"""Where nodes lie that nobody has placed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.flow.arrange import arranged
from schillinger_plugins.flow.editing import STEP_X, STEP_Y
from schillinger_plugins.flow.graph import Edge, Graph, Node


def graph_of(edges: set[tuple[int, int]], count: int) -> Graph:
    nodes = {
        str(n): Node({"id": str(n), "type": "plugin", "position": {"x": 0, "y": 0}, "data": {"plugin": "p"}})
        for n in range(count)
    }
    drawn = {
        f"{a}-{b}": Edge(
            {"id": f"{a}-{b}", "source": str(a), "sourceHandle": "y", "target": str(b), "targetHandle": "x"}
        )
        for a, b in edges
    }
    return Graph(nodes, drawn)


@given(st.sets(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=20))
def test_each_lies_behind_those_that_feed_it_and_none_upon_another(edges: set[tuple[int, int]]) -> None:
    """In any graph; circles have places, too."""
    forward = {(a, b) for a, b in edges if a < b}
    places = arranged(graph_of(forward, 10))
    assert all(places[str(a)][0] < places[str(b)][0] for a, b in forward)
    assert len(set(arranged(graph_of(edges, 10)).values())) == 10


def test_what_python_adds_lies_on_nothing(manager: PluginManager) -> None:
    """On a grid at first; behind the last one once somebody has laid the others out."""
    with Flow(manager) as flow:
        comments = [flow.comment(str(number)) for number in range(8)]
        assert comments[7].position == (STEP_X, STEP_Y)
        comments[3].position = (2222, 22)
        assert flow.comment("next").position == (2222 + STEP_X, 22)
        assert flow.comment("and next").position == (2222 + 2 * STEP_X, 22)
