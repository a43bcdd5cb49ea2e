"""Files for the sounds of a node: typed by their paths, or sent by the page."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from schillinger_plugins import PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.types import Audio
from schillinger_plugins.widgets.node import NodeWidget
from schillinger_plugins.widgets.node_files import MAX_SENT_BYTES, PIECE_BYTES

DEFINITION = NodeDefinition.parse(
    {
        "type": "gain_node",
        "label": "Gain",
        "inputs": [{"name": "audio", "type": "audio"}, {"name": "side", "type": "array", "required": False}],
    },
    plugin_id="gain_node",
)


class _Page:
    """A node, and what it tells its page."""

    def __init__(self, read_audio: Callable[[Path], Audio]) -> None:
        self.node = NodeWidget(DEFINITION, read_audio=read_audio)
        self.wanted: list[tuple[str, int]] = []
        self._seen: list[tuple[str, str]] = []
        self._changed = threading.Condition()
        self.node.observe(self._note, "inputs_set")
        self.node.send = lambda content, buffers=None: self.wanted.append((content["name"], content["at"]))

    def say(self, data: bytes | None = None, **content: Any) -> None:
        self.node._receive(self.node, content, [] if data is None else [memoryview(data)])

    def send(self, file: bytes, *, name: str = "take.wav") -> None:
        """All of a file, as the page does it: a piece when one is wanted."""
        self.say(kind="offer", name="audio", file=name, size=len(file))
        while self.wanted:
            port, at = self.wanted.pop()
            self.say(file[at : at + PIECE_BYTES], kind="piece", name=port, at=at)

    def told(self, state: str) -> str:
        """What the node said of its input when it came to that state."""
        with self._changed:
            assert self._changed.wait_for(lambda: any(seen == state for seen, _ in self._seen), 20), self._seen
            return next(text for seen, text in reversed(self._seen) if seen == state)

    def has(self, words: str) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: any(words in text for _, text in self._seen), 20)

    def _note(self, change: Any) -> None:
        note = change["new"]["audio"]
        with self._changed:
            self._seen.append((note["state"], note["text"]))
            self._changed.notify_all()


@pytest.fixture
def nothing_is_read() -> _Page:
    """A node whose files are never come to."""
    return _Page(lambda path: pytest.fail("read"))


def wav(seconds: float) -> bytes:
    file = io.BytesIO()
    soundfile.write(file, np.linspace(0, 0.5, int(44_100 * seconds)), 44_100, format="WAV")
    return file.getvalue()


@pytest.mark.parametrize("path", ["{}/take.wav", "~/take.wav", "  ~/take.wav "])
def test_a_file_that_is_typed_becomes_the_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    """Decoded beside the conversation, named on the node, run with, and taken away again; ``~`` is the kernel's home."""
    monkeypatch.setenv("HOME", str(tmp_path))
    file = tmp_path / "take.wav"
    file.touch()
    sound = Audio(np.zeros(8000), 8000)
    page = _Page({file: sound}.__getitem__)
    page.say(kind="read", name="audio", path=path.format(tmp_path))
    assert page.has("take.wav, Audio(1 ch, 1.000 s, 8000 Hz)")
    assert page.node.inputs["audio"] is sound
    page.say(kind="read", name="audio", path="")
    assert page.node.inputs_set["audio"]["state"] == "tone"


@pytest.mark.parametrize("path", [None, 3, ["x"]])
def test_a_path_that_is_no_text_is_dropped(nothing_is_read: _Page, path: Any) -> None:
    """The contract knows no such message."""
    before = dict(nothing_is_read.node.inputs_set)
    nothing_is_read.say(kind="read", name="audio", path=path)
    assert nothing_is_read.node.inputs_set == before


@pytest.mark.parametrize("path", ["/no/such.wav", "/", "a\0b", "x" * 5000, "~nobody-of-that-name/x"])
def test_a_path_that_is_no_file_is_refused_at_its_port(nothing_is_read: _Page, path: str) -> None:
    """Nothing is read, and what the port had it keeps."""
    before = nothing_is_read.node.inputs["audio"]
    nothing_is_read.say(kind="read", name="audio", path=path)
    assert nothing_is_read.told("refused")
    assert nothing_is_read.node.inputs["audio"] is before


def test_a_file_of_the_page_is_decoded_in_a_confined_worker(shared_manager: PluginManager, tmp_path: Path) -> None:
    """It comes in pieces of 1 MiB, in memory: no file is written; the node says how far it is, and then what it is."""
    page = _Page(shared_manager.read_audio)
    file = wav(15.0)
    assert len(file) > PIECE_BYTES
    page.send(file, name="take\n<b>.wav")
    assert page.has("take·<b>.wav: 1.0 of 1.3 MB")
    assert page.has("take·<b>.wav, Audio(1 ch, 15.000 s, 44100 Hz)")
    assert page.node.inputs["audio"].samples.max() == pytest.approx(0.5, abs=1e-3)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_no_sound_is_refused_by_its_name(shared_manager: PluginManager) -> None:
    """Not by what stands for it meanwhile."""
    page = _Page(shared_manager.read_audio)
    page.send(b"no sound at all", name="words.wav")
    words = page.told("refused")
    assert "words.wav" in words
    assert "/proc/" not in words


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (MAX_SENT_BYTES + 1, "take.wav has 64 MB, and a page may send 64; put it where the kernel runs"),
        (10_000_000_000, "take.wav has 9,537 MB"),
        (0, "take.wav is empty"),
        (-1, "take.wav is empty"),
    ],
)
def test_a_file_that_is_too_large_is_told_before_any_of_it_comes(nothing_is_read: _Page, size: int, words: str) -> None:
    """With what to do instead; nothing is wanted."""
    nothing_is_read.say(kind="offer", name="audio", file="take.wav", size=size)
    assert words in nothing_is_read.told("refused")
    assert nothing_is_read.wanted == []


@pytest.mark.parametrize(
    "piece",
    [
        {"at": 0, "data": b"x" * 11},
        {"at": 5, "data": b"x"},
        {"at": -1, "data": b"x"},
        {"at": 0, "data": b""},
        {"at": 0, "data": b"x", "name": "side"},
        {"at": 0, "data": b"x", "name": "none"},
        {"at": "0", "data": b"x"},
    ],
    ids=["too much", "a gap", "before it", "nothing", "no sound", "no input", "no number"],
)
def test_a_piece_that_was_not_wanted_is_dropped(nothing_is_read: _Page, piece: dict[str, Any]) -> None:
    """The file of ten bytes goes on where it was."""
    nothing_is_read.say(kind="offer", name="audio", file="take.wav", size=10)
    assert nothing_is_read.wanted == [("audio", 0)]
    nothing_is_read.say(piece["data"], kind="piece", name=piece.get("name", "audio"), at=piece["at"])
    assert nothing_is_read.wanted == [("audio", 0)]
    nothing_is_read.say(b"12345", kind="piece", name="audio", at=0)
    assert nothing_is_read.wanted[-1] == ("audio", 5)


def test_what_was_asked_for_last_counts(nothing_is_read: _Page) -> None:
    """Pieces of a file that was taken away, or for which Python gave something else, are of no use any more."""
    for taken in (
        lambda: nothing_is_read.say(kind="read", name="audio", path=""),
        lambda: setattr(nothing_is_read.node, "inputs", {}),
    ):
        nothing_is_read.say(kind="offer", name="audio", file="take.wav", size=3)
        taken()
        nothing_is_read.say(b"abc", kind="piece", name="audio", at=0)
        assert nothing_is_read.node.inputs_set["audio"]["state"] == "tone"


def test_a_file_that_was_taken_away_while_it_is_read_does_not_come_back() -> None:
    """Nor is it told: the port has its test tone."""
    begun, go_on = threading.Event(), threading.Event()

    def read(path: Path) -> Audio:
        begun.set()
        assert go_on.wait(10)
        return Audio(np.zeros(8000), 8000)

    page = _Page(read)
    page.send(b"abc")
    assert begun.wait(10)
    page.say(kind="read", name="audio", path="")
    threads = [thread for thread in threading.enumerate() if thread.name == "schillinger-node-file"]
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert threads
    assert page.node.inputs_set["audio"]["state"] == "tone"
