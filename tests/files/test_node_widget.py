"""Files of a node's parameters, in a notebook: named by their path, sent by the page, held and never saved."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import InputError
from schillinger_plugins.types import File
from schillinger_plugins.widgets.node import NodeWidget
from schillinger_plugins.widgets.nodes import node_view
from schillinger_plugins.widgets.presets import SavedPresets

from .conftest import CANARY, SCALE, TAKES

DEFINITION = NodeDefinition.parse(TAKES, plugin_id="taker")
HELD = {"name": "mine.scl", "bytes": 6}


class Page:
    """A node, what it was run with, and what a page says to it."""

    def __init__(self, **options: Any) -> None:
        self.ran: list[Any] = []
        self.wanted: list[tuple[str, int]] = []
        self.node = NodeWidget(
            DEFINITION, run=self._run, read_audio=lambda path: pytest.fail("no sound is read"), **options
        )
        self.node.send = lambda content, buffers=None: self.wanted.append((content["name"], content["at"]))

    async def _run(self, inputs: Any, parameters: Any, *, on_progress: Any) -> Any:
        self.ran.append(parameters["scale"])
        raise InputError("it has run")

    def run(self) -> Any:
        self.node.run()
        self.node.wait()
        return self.ran[-1]

    def sets(self, value: Any) -> str:
        """By hand: what is said of it."""
        self.node.set_state({"parameters": {**self.node.parameters, "scale": value}})
        return str(self.node.parameter_errors.get("scale", ""))

    def say(self, data: bytes | None = None, **content: Any) -> None:
        self.node._receive(self.node, content, [] if data is None else [memoryview(data)])

    def send(self, name: str, data: bytes, *, size: int | None = None, of: str = "scale") -> None:
        """A file of its own computer, in the pieces that are wanted."""
        self.say(kind="offer", name=of, file=name, size=len(data) if size is None else size)
        while self.wanted:
            wanted, at = self.wanted.pop()
            self.say(data[at : at + 4096], kind="piece", name=wanted, at=at)

    @property
    def note(self) -> tuple[str, str]:
        note = self.node.files_set.get("scale", {"state": "", "text": ""})
        return note["state"], note["text"]


@pytest.fixture
def page() -> Page:
    return Page()


def test_a_path_is_kept_and_read_by_the_run_it_is_for(page: Page, canary: Path) -> None:
    """The node says what is there; the run gets the path, and whoever runs it reads."""
    assert page.sets(str(canary)) == ""
    assert page.note == ("given", "canary.scl, 29 bytes")
    assert page.run() == str(canary)
    canary.unlink()
    page.run()
    assert page.note[0] == "refused"
    assert "there is no file" in page.note[1]


def test_a_path_that_can_t_be_is_refused_at_its_control(page: Page, canary: Path) -> None:
    """What was set before stays."""
    page.sets(str(canary))
    assert "ends in .scl or .tun" in page.sets("a.txt")
    assert "expected a file" in page.sets(7)
    assert page.node.parameters["scale"] == str(canary)


def test_what_the_page_sends_is_held_and_not_in_what_is_saved(page: Page) -> None:
    """The trait has name and size; the run gets all of it."""
    page.send("mine.scl", bytes(8192))
    assert page.node.parameters["scale"] == {"name": "mine.scl", "bytes": 8192}
    assert page.note == ("given", "mine.scl, 8.19 kB")
    assert page.run() == File("mine.scl", bytes(8192))
    page.send("empty.scl", b"")
    assert page.run() == File("empty.scl", b"")
    assert page.sets(None) == ""
    assert page.run() is None


def test_what_doesn_t_fit_is_refused_before_any_of_it_comes(page: Page) -> None:
    """By its ending, by its size; and pieces that nobody asked for are dropped."""
    for name, size, said in (("a.txt", 1, "ends in .scl"), ("a.scl", 8193, "at most 8,192"), ("a.scl", -1, "at most")):
        page.send(name, b"x", size=size)
        assert page.note[0] == "refused"
        assert said in page.note[1]
    page.say(b"x", kind="piece", name="scale", at=0)
    page.send("a.scl", b"x", of="octave")
    assert not page.wanted
    assert page.node.parameters["scale"] is None


def test_a_name_with_a_folder_or_without_end_is_made_one(page: Page) -> None:
    """A page may claim any name."""
    page.send("x" * 300 + "/../../a\nb.scl", b"1")
    assert page.run() == File("a·b.scl", b"1")


def test_python_gives_content_and_keeps_it_while_others_change(page: Page) -> None:
    """As bytes or a file; the state of the widget, which a notebook saves, has none of it."""
    page.node.parameters = {"scale": File("mine.scl", b"secret")}
    assert page.node.parameters == {"scale": HELD, "octave": 4}
    page.node.parameters = {**page.node.parameters, "octave": 5}
    assert page.run() == File("mine.scl", b"secret")
    assert "secret" not in json.dumps(page.node.get_state(), default=repr)
    with pytest.raises(InputError, match="at most 8,192 are taken"):
        page.node.parameters = {"scale": bytes(8193)}
    assert Page(parameters={"scale": b"12"}).run() == File("", b"12")


def test_content_that_isn_t_here_is_asked_for_again(page: Page, tmp_path: Path) -> None:
    """As of a notebook that was opened again: a name and a size are not the file."""
    assert "isn't here" in page.sets(HELD)
    page.send("other.scl", b"secret")
    assert "isn't here" in page.sets(HELD)
    assert page.node.parameters["scale"] == {"name": "other.scl", "bytes": 6}


def test_a_preset_keeps_no_file(canary: Path) -> None:
    """Neither path nor content, nor is a text of an earlier version's preset taken for a path."""
    saved = SavedPresets("taker")
    page = Page(saved=saved)
    page.sets(str(canary))
    page.node.save_preset("path")
    page.send("mine.scl", b"secret")
    page.node.save_preset("content")
    assert [set(preset) for preset in saved.read().values()] == [{"octave"}] * 2
    saved.save("older", {"scale": str(canary), "octave": 5})
    page.node.save_preset("newest")
    assert [preset["scale"] for preset in page.node.saved_presets.values()] == [None] * 4
    assert page.node.saved_presets["older"]["octave"] == 5


def test_a_text_that_becomes_a_file_is_not_read(canary: Path) -> None:
    """A plugin can't have its own default, or what somebody meant as a text, read by becoming another version."""
    text = {**TAKES, "parameters": [{"name": "title", "type": "string", "default": str(canary)}]}
    node = NodeWidget(NodeDefinition.parse(text, plugin_id="taker"))
    node.become(NodeDefinition.parse({**TAKES, "parameters": [{**SCALE, "aliases": ["title"]}]}, plugin_id="taker"))
    assert node.parameters == {"scale": None}
    node = NodeWidget(NodeDefinition.parse(text, plugin_id="taker"))
    node.become(NodeDefinition.parse({**TAKES, "parameters": [{**SCALE, "name": "title"}]}, plugin_id="taker"))
    assert node.parameters == {"title": None}


def test_another_version_takes_over_what_is_held(page: Page) -> None:
    """As other settings; one that has no such file forgets it."""
    page.send("mine.scl", b"secret")
    page.node.become(NodeDefinition.parse({**TAKES, "parameters": [SCALE]}, plugin_id="taker"))
    assert page.run() == File("mine.scl", b"secret")
    page.sets("a.tun")
    page.node.become(NodeDefinition.parse({**TAKES, "parameters": [{**SCALE, "accept": [".TUN"]}]}, plugin_id="taker"))
    assert page.run() == "a.tun"
    page.node.become(NodeDefinition.parse({**TAKES, "parameters": [{**SCALE, "accept": [".scl"]}]}, plugin_id="taker"))
    assert page.run() is None
    page.node.become(NodeDefinition.parse({**TAKES, "parameters": TAKES["parameters"][1:]}, plugin_id="taker"))
    assert page.node.parameters == {"octave": 4}


def test_a_node_of_a_manager_reads_for_each_run(
    manager: PluginManager, takes_file: str, canary: Path, write_plugin: Callable[..., Path]
) -> None:
    """What the file holds then."""
    node = node_view(manager, takes_file, parameters={"scale": str(canary)})
    for content in (CANARY, b"changed"):
        canary.write_bytes(content)
        node.run()
        result = node.wait()
        assert result is not None
        assert result["y"][3] == content
