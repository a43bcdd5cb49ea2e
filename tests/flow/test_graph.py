"""The rules of connecting, without any plugin being run."""

from __future__ import annotations

import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import InputError
from schillinger_plugins.flow.feeding import feeds, refusal
from schillinger_plugins.flow.graph import INPUT_TYPES, Graph, Node, order


def definitions(plugin: str) -> NodeDefinition | None:
    """Of plugins whose ports are in their names: ``number_integer`` makes an integer of a number."""
    if plugin == "unknown":
        return None
    into, out = plugin.split("_")
    data = {
        "type": plugin,
        "label": plugin,
        "inputs": [{"name": "x", "type": into}],
        "outputs": [{"name": "y", "type": out}],
    }
    return NodeDefinition.parse(data, plugin_id=plugin)


def graph_of(**plugins: str) -> Graph:
    """Nodes by id."""
    graph = Graph()
    for name, plugin in plugins.items():
        graph.put(Node({"id": name, "type": "plugin", "position": {"x": 0, "y": 0}, "data": {"plugin": plugin}}))
    return graph


def test_a_mismatch_is_refused_with_what_would_fit() -> None:
    """A number doesn't feed an integer, and why; an integer feeds a number."""
    graph = graph_of(a="any_number", b="integer_integer", c="number_any")
    with pytest.raises(InputError, match=r"\(number\) can't feed .*\(integer\): a number may have a fraction → round"):
        graph.connect("a", "y", "b", "x", definitions)
    graph.connect("b", "y", "c", "x", definitions)
    assert [str(edge) for edge in graph.edges.values()] == ["b.y → c.x"]


def test_every_pair_of_types_is_taken_or_refused_with_words() -> None:
    """The same type and any always fit; no refusal lacks a reason or a remedy."""
    for kind in INPUT_TYPES:
        assert feeds(kind, kind)
        assert feeds(kind, "any")
        assert feeds("any", kind)
        for into in INPUT_TYPES:
            assert feeds(kind, into) or all(refusal(kind, into))
    assert not feeds("string", "audio")


def test_an_input_takes_one_edge() -> None:
    """The second one is refused and names the first; the same once more changes nothing."""
    graph = graph_of(a="any_any", b="any_any", c="any_any")
    first = graph.connect("a", "y", "c", "x", definitions)
    with pytest.raises(InputError, match="is fed by 'a' already"):
        graph.connect("b", "y", "c", "x", definitions)
    assert graph.connect("a", "y", "c", "x", definitions) is first


def test_a_circle_is_refused_by_its_path() -> None:
    """Every node on it is named, in the order of its edges; a node on itself, too."""
    graph = graph_of(a="any_any", b="any_any", c="any_any")
    graph.connect("a", "y", "b", "x", definitions)
    graph.connect("b", "y", "c", "x", definitions)
    with pytest.raises(InputError, match="c → a → b → c"):
        graph.connect("c", "y", "a", "x", definitions)
    with pytest.raises(InputError, match="a → a"):
        graph.connect("a", "y", "a", "x", definitions)


def test_a_circle_in_a_document_is_found_by_its_path() -> None:
    """In the direction of the edges, the first node named again at the end."""
    from schillinger_plugins.flow.graph import Edge

    graph = graph_of(start="any_any", a="any_any", b="any_any", c="any_any", after="any_any")
    for source, target in (("start", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "after")):
        raw = {"id": f"{source}{target}", "source": source, "sourceHandle": "y", "target": target, "targetHandle": "x"}
        graph.edges[raw["id"]] = Edge(raw)
    circle = graph.circle()
    assert circle is not None
    assert "→".join(circle) in {"a→b→c→a", "b→c→a→b", "c→a→b→c"}
    assert order(graph.nodes, graph.needs()) == ["start"]


def test_a_port_that_is_not_there_is_refused_with_the_nearest() -> None:
    """Inputs and outputs; of a plugin that isn't known any name is taken."""
    graph = graph_of(a="any_any", b="any_any", c="unknown")
    with pytest.raises(InputError, match="'b' has no input 'xx' → did you mean `x`"):
        graph.connect("a", "y", "b", "xx", definitions)
    with pytest.raises(InputError, match="'a' has no output 'z'"):
        graph.connect("a", "z", "b", "x", definitions)
    with pytest.raises(InputError, match="no node 'aa'"):
        graph.connect("aa", "y", "b", "x", definitions)
    graph.connect("c", "whatever", "b", "x", definitions)
