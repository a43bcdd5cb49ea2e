"""What is wrong with a flow out of a file, told at its place before anything runs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Flow, PluginManager
from schillinger_plugins.errors import InputError, PluginError

GAIN = {"plugin": "gain_node", "parameters": {}}


def node(name: str, data: dict[str, Any], kind: str = "plugin") -> dict[str, Any]:
    return {"id": name, "type": kind, "position": {"x": 0, "y": 0}, "data": data}


def edge(source: str, output: str, target: str, into: str = "audio") -> dict[str, Any]:
    ends = {"source": source, "sourceHandle": output, "target": target, "targetHandle": into}
    return {"id": f"{source}.{output}-{target}.{into}", **ends}


SONG = node("song", {"name": "song", "type": "audio", "value": "song.wav"}, "input")
GIVEN = [SONG, node("a", GAIN)]
FED = edge("song", "value", "a")


@pytest.mark.parametrize(
    ("nodes", "edges", "place", "message"),
    [
        ([node("a", GAIN)], [], ("a", "", "audio"), "the input 'audio' of 'a' is missing"),
        (
            [SONG, node("b", GAIN), node("a", GAIN)],
            [edge("song", "value", "b"), edge("b", "audio", "a"), {**FED, "id": "second"}],
            ("a", "second", "audio"),
            "the input 'audio' of 'a' is fed twice, by 'b', too",
        ),
        (
            [node("words", {"name": "words", "type": "string", "value": "x"}, "input"), node("a", GAIN)],
            [edge("words", "value", "a")],
            ("a", "words.value-a.audio", "audio"),
            "the output 'value' of 'words' doesn't fit the input 'audio'",
        ),
        (
            GIVEN,
            [edge("song", "value", "a", "sound")],
            ("a", "song.value-a.sound", "sound"),
            "'a' has no input 'sound'",
        ),
        (
            [node("song", {"name": "take 1", "type": "audio"}, "input"), node("a", GAIN)],
            [FED],
            ("song", "", "value"),
            "the input 'take 1' has no value",
        ),
        (
            [SONG, node("a", {**GAIN, "parameters": {"gain_db": 900}})],
            [FED],
            ("a", "", "gain_db"),
            "parameter 'gain_db' is 900 dB, above the maximum 24 dB",
        ),
        (
            [node("a", GAIN), node("b", GAIN)],
            [edge("a", "audio", "b"), edge("b", "audio", "a")],
            ("a", "", ""),
            "these nodes wait for each other: a → b → a",
        ),
        ([SONG, node("a", {"plugin": "gain_nod"})], [], ("a", "", ""), "the plugin 'gain_nod' isn't here"),
    ],
)
def test_it_is_told_where_it_is_and_raised_in_python(
    manager: PluginManager, nodes: list[Any], edges: list[Any], place: tuple[str, str, str], message: str
) -> None:
    """The node, the edge and the port; with what to do about it."""
    manager.definition("gain_node")
    with Flow.from_dict({"nodes": nodes, "edges": edges}, manager) as flow:
        found = [problem for problem in flow.problems() if problem.message.startswith(message)]
        assert [(one.node, one.edge, one.port) for one in found] == [place]
        assert found[0].grave
        assert found[0].remedy
        with pytest.raises(InputError):
            flow.run()


def test_a_broken_plugin_is_told_with_its_reason(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """At each of its nodes, though it was whole when they were drawn."""
    folder = write_plugin("torn")
    manager.load(folder)
    with Flow.from_dict({"nodes": [node("a", {"plugin": "torn"})], "edges": []}, manager) as flow:
        (folder / "plugin.json").write_text("{")
        manager.unload("torn")
        with pytest.raises(PluginError):
            manager.load("torn")
        (problem,) = flow.problems()
        assert problem.node == "a"
        assert problem.message.startswith("torn is broken: ")
