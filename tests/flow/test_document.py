"""React Flow's JSON in and out, and files that are no flow."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schillinger_plugins.errors import InputError, PluginError
from schillinger_plugins.flow.document import Document, open_file, parse, read, save_file

WHOLE: dict[str, Any] = {
    "nodes": [
        {"id": "song", "type": "input", "position": {"x": 0.5, "y": -3}, "data": {"name": "song", "type": "audio"}},
        {
            "id": "gain",
            "type": "plugin",
            "position": {"x": 260, "y": 0},
            "measured": {"width": 200},
            "data": {"plugin": "gain_node", "version": "1.0.0", "parameters": {"gain_db": -6}, "label": "größer"},
        },
    ],
    "edges": [{"id": "e", "source": "song", "sourceHandle": "value", "target": "gain", "targetHandle": "audio"}],
    "viewport": {"x": 1.5, "y": 2, "zoom": 0.75},
    "schillinger": {"format": 1, "name": "study", "seed": 7},
}
TEXT = json.dumps(WHOLE, ensure_ascii=False).encode()
PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
UNKNOWN = st.dictionaries(st.text(max_size=6).map(lambda key: f"x-{key}"), PLAIN, max_size=3)


@given(top=UNKNOWN, node=UNKNOWN, data=UNKNOWN, edge=UNKNOWN, about=UNKNOWN, viewport=UNKNOWN)
def test_unknown_keys_survive(top: Any, node: Any, data: Any, edge: Any, about: Any, viewport: Any) -> None:
    """Whatever else is in a document comes out again as it was, through a file's text, too."""
    whole = json.loads(TEXT)
    whole.update(top)
    whole["nodes"][1].update(node)
    whole["nodes"][1]["data"].update(data)
    whole["edges"][0].update(edge)
    whole["schillinger"].update(about)
    whole["viewport"].update(viewport)
    once = parse(whole).as_dict()
    assert once == whole
    assert read(json.dumps(once).encode()).as_dict() == whole


@given(st.integers(0, len(TEXT) - 1))
def test_a_file_that_is_cut_short_says_where(length: int) -> None:
    """At whichever byte, within a character, too."""
    with pytest.raises(InputError, match=r"the flow is cut short at (line 1, column \d+|byte \d+)"):
        read(TEXT[:length])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schillinger": {"format": 2}}, "it is of format 2, and this version reads formats up to 1 → update"),
        ({"schillinger": {"format": "1"}}, "is no format"),
        ({"schillinger": {"seed": -1}}, "-1 is no seed"),
        ({"nodes": {}}, "nodes is {}, expected a list"),
        ({"nodes": [*WHOLE["nodes"], WHOLE["nodes"][0]]}, "the id 'song' is there twice"),
        ({"nodes": [{"id": "a", "type": "script"}]}, "is of the type 'script'"),
        ({"nodes": [{"id": "a\x1b", "type": "comment"}]}, "is no id"),
        ({"nodes": [{"id": "a", "type": "plugin", "data": {}}], "edges": []}, "'a' names no plugin"),
        ({"nodes": [{"id": "a", "type": "comment", "position": {"x": "0"}}]}, "'0' is no number"),
        ({"nodes": [{"id": "a", "type": "comment", "data": {"text": "x" * 100_001}}]}, "at most 100000"),
        ({"edges": [{"id": "e", "source": "song", "target": "gone"}]}, "leads to the node 'gone'"),
        ({"edges": [{"id": "e", "source": "song"}]}, "None is no id"),
        ({"viewport": {"zoom": float("nan")}}, "nan is no JSON number"),
    ],
)
def test_what_is_no_flow_is_refused_with_its_place(change: dict[str, Any], message: str) -> None:
    """The rule, the value and the path."""
    with pytest.raises(InputError, match=message) as caught:
        parse({**WHOLE, **change})
    assert caught.value.path is not None
    assert caught.value.path.startswith("$.")


@pytest.mark.parametrize("data", [None, [], "flow", 7, [WHOLE]])
def test_data_that_is_no_object_is_refused(data: object) -> None:
    """As a whole."""
    with pytest.raises(InputError, match="expected an object"):
        parse(data)


def test_a_label_of_10_mb_is_refused_before_it_is_read() -> None:
    """By the size of the file, and by that of the text."""
    big = json.dumps({"nodes": [{"id": "a", "type": "comment", "data": {"text": "x" * 10_000_000}}]}).encode()
    with pytest.raises(InputError, match="at most 8388608 are read"):
        read(big)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b'{"a": 1, "a": 2}', "the key 'a' is there twice"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b"[" * 100_000, "nested|cut short"),
        (b"<html>", "no JSON"),
        (b'{"a": \xff}', "no UTF-8 at byte 6"),
    ],
)
def test_text_that_is_no_json_is_refused(text: bytes, message: str) -> None:
    """With the reason."""
    with pytest.raises(InputError, match=message):
        read(text)


def test_a_save_that_fails_leaves_the_former_file(tmp_path: Path) -> None:
    """It is written aside, and nothing is left beside it."""
    path = tmp_path / "study.json"
    save_file(parse(WHOLE), path)
    assert open_file(path).as_dict() == WHOLE
    bad = Document(about={"name": "\ud800"})
    with pytest.raises(UnicodeEncodeError):
        save_file(bad, path)
    assert open_file(path).as_dict() == WHOLE
    assert [one.name for one in tmp_path.iterdir()] == ["study.json"]
    with pytest.raises(PluginError, match="can't be written"):
        save_file(Document(), tmp_path / "nowhere" / "study.json")
    with pytest.raises(InputError, match="can't be read"):
        open_file(tmp_path / "other.json")


def test_a_group_comes_before_what_lies_in_it() -> None:
    """React Flow needs its nodes in that order."""
    nodes = [
        {"id": "a", "type": "comment", "parentId": "g", "position": {"x": 0, "y": 0}, "data": {"text": "in"}},
        {"id": "g", "type": "group", "position": {"x": 0, "y": 0}, "data": {}},
    ]
    assert [node["id"] for node in parse({"nodes": nodes}).as_dict()["nodes"]] == ["g", "a"]


def test_an_edge_without_a_port_keeps_none() -> None:
    """As others write it: no handle, or an empty one, which a page makes of it."""
    nodes = [
        {"id": name, "type": "plugin", "position": {"x": 0, "y": 0}, "data": {"plugin": "gain_node"}} for name in "ab"
    ]
    for handle in (None, ""):
        edge = {"id": "e", "source": "a", "target": "b", "targetHandle": handle}
        assert parse({"nodes": nodes, "edges": [edge]}).graph.edges["e"].input == ""
