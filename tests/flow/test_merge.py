"""A canvas and Python change the same flow at the same time."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.flow.document import Document, parse
from schillinger_plugins.flow.merge import merge


def doc(nodes: dict[str, Any], edges: tuple[tuple[str, str], ...] = ()) -> Document:
    """Comments by id with their text, and edges between them."""
    return parse(
        {
            "nodes": [
                {"id": key, "type": "comment", "position": {"x": 0, "y": 0}, "data": {"text": text, "size": 1}}
                for key, text in nodes.items()
            ],
            "edges": [
                {"id": f"{a}-{b}", "source": a, "sourceHandle": "o", "target": b, "targetHandle": "i"} for a, b in edges
            ],
        }
    )


def texts(document: Document) -> dict[str, Any]:
    """What was put in."""
    return {key: node.data["text"] for key, node in document.graph.nodes.items()}


@given(*[st.dictionaries(st.sampled_from("abcdef"), st.sampled_from(["1", "2", "3"])) for _ in range(3)])
def test_nothing_that_either_side_added_or_changed_is_lost(base: Any, mine: Any, theirs: Any) -> None:
    """Each text that a side has and the base hasn't is there, unless the other side set the same node's text, too."""
    merged = texts(merge(doc(base), doc(mine), doc(theirs)))
    for key, text in theirs.items():
        if base.get(key) != text:
            assert text in (merged.get(key), merged.get(f"{key}_2"))
    for key, text in mine.items():
        if base.get(key) != text and (key not in base or theirs.get(key) in (base[key], None)):
            assert merged[key] == text
    for key in base:
        if key not in mine and theirs.get(key) in (base[key], None):
            assert key not in merged


def test_different_keys_of_one_node_are_put_together() -> None:
    """One side moves what the other renames."""
    base, mine, theirs = (
        doc({"a": "x"}),
        doc({"a": "y"}),
        parse(
            {"nodes": [{"id": "a", "type": "comment", "position": {"x": 9, "y": 0}, "data": {"text": "x", "size": 1}}]}
        ),
    )
    node = merge(base, mine, theirs).graph.nodes["a"]
    assert node.data["text"] == "y"
    assert node.raw["position"] == {"x": 9, "y": 0}


def test_a_node_that_a_new_edge_needs_comes_back() -> None:
    """Python removes it while the hand connects it."""
    base = doc({"a": "1", "b": "2"})
    merged = merge(base, doc({"a": "1"}), doc({"a": "1", "b": "2"}, (("a", "b"),)))
    assert set(merged.graph.nodes) == {"a", "b"}
    assert list(merged.graph.edges) == ["a-b"]


def test_two_new_nodes_of_one_id_both_stay() -> None:
    """Theirs gets another id, and its edges lead to it."""
    base = doc({"a": "1"})
    merged = merge(base, doc({"a": "1", "n": "mine"}, (("a", "n"),)), doc({"a": "1", "n": "theirs"}, (("a", "n"),)))
    assert texts(merged) == {"a": "1", "n": "mine", "n_2": "theirs"}
    assert {edge.target for edge in merged.graph.edges.values()} == {"n", "n_2"}


def test_removed_by_one_and_untouched_by_the_other_is_removed() -> None:
    """With its edges."""
    base = doc({"a": "1", "b": "2"}, (("a", "b"),))
    merged = merge(base, doc({"a": "1"}), base)
    assert set(merged.graph.nodes) == {"a"}
    assert not merged.graph.edges
