"""What a person names is read as they call, and a plugin gets its content."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Instance, PluginManager, reading
from schillinger_plugins.behalf import Behalf, acting
from schillinger_plugins.errors import InputError
from schillinger_plugins.protocol import values
from schillinger_plugins.result import digest
from schillinger_plugins.types import Audio, File

from .conftest import CANARY


@pytest.mark.parametrize("make", [str, Path, Path.read_bytes, lambda path: File(path.name, path.read_bytes())])
def test_a_plugin_gets_name_and_content(taker: Instance, canary: Path, make: Callable[[Path], Any]) -> None:
    """Whether a path is given, or the content; bytes alone have no name."""
    given = make(canary)
    name = "" if isinstance(given, bytes) else "canary.scl"
    assert taker.execute({}, {"scale": given})["y"] == ["File", name, "bytes", CANARY]
    assert asyncio.run(taker.aexecute({}, {"scale": given}))["y"] == ["File", name, "bytes", CANARY]


def test_without_a_file_a_plugin_gets_none(taker: Instance) -> None:
    """Nothing is made up."""
    assert taker.execute()["y"] is None


def test_the_home_folder_may_be_abbreviated(taker: Instance, canary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As the shell does, and as sounds are named."""
    monkeypatch.setenv("HOME", str(canary.parent))
    assert taker.execute({}, {"scale": "~/canary.scl"})["y"][3] == CANARY


def test_each_call_reads_anew(taker: Instance, canary: Path) -> None:
    """What has changed on the disk is what the next call gets."""
    taker.execute({}, {"scale": canary})
    canary.write_bytes(b"changed")
    assert taker.execute({}, {"scale": canary})["y"][3] == b"changed"


def test_an_empty_file_and_a_full_one_are_files(taker: Instance, canary: Path) -> None:
    """From nothing to the last byte that is taken, any byte there is: some within the frame, some in shared memory."""
    for content in (b"", bytes(range(256)) * 16, bytes(range(256)) * 32):
        canary.write_bytes(content)
        assert taker.execute({}, {"scale": canary})["y"][3] == content


def refused(taker: Instance, value: Any) -> InputError:
    runs = taker.stats.calls
    with pytest.raises(InputError) as caught:
        taker.execute({}, {"scale": value})
    assert taker.stats.calls == runs
    assert caught.value.path == "$.parameters.scale"
    assert caught.value.remedy
    return caught.value


def test_a_missing_file_is_told_with_the_one_that_was_meant(taker: Instance, canary: Path) -> None:
    """Before anything is called."""
    error = refused(taker, canary.with_name("canari.scl"))
    assert "there is no file" in error.message
    assert "canary.scl" in str(error.remedy)


def test_a_folder_a_pipe_and_a_device_are_refused(taker: Instance, tmp_path: Path) -> None:
    """None of them is waited for."""
    (tmp_path / "folder.scl").mkdir()
    assert "is a folder" in refused(taker, tmp_path / "folder.scl").message
    os.mkfifo(tmp_path / "pipe.scl")
    assert "no regular file" in refused(taker, tmp_path / "pipe.scl").message
    (tmp_path / "zero.scl").symlink_to("/dev/zero")
    assert "no regular file" in refused(taker, tmp_path / "zero.scl").message


def test_another_ending_is_refused_unopened(taker: Instance, tmp_path: Path) -> None:
    """Whether or not there is such a file."""
    assert "ends in .scl or .tun" in refused(taker, tmp_path / "none.txt").message


def test_what_is_no_path_is_refused(taker: Instance) -> None:
    """Nothing, a line of zeros, another value."""
    for value in ("", "a\0b.scl", 7, ["a.scl"]):
        refused(taker, value)


def test_of_a_file_that_is_too_large_one_byte_more_is_read(
    taker: Instance, canary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However large it is."""
    with canary.open("wb") as file:
        file.truncate(1 << 40)
    took: list[int] = []
    honest = reading._content

    def noted(descriptor: int, most: int) -> bytes:
        content = honest(descriptor, most)
        took.append(os.lseek(descriptor, 0, os.SEEK_CUR))
        return content

    monkeypatch.setattr(reading, "_content", noted)
    assert "at most 8,192 are taken" in refused(taker, canary).message
    assert took == [8193]


def test_the_record_has_name_and_digest_and_no_content(taker: Instance, canary: Path) -> None:
    """And of the path no folder."""
    held = taker.execute({}, {"scale": canary}).provenance.as_dict()["parameters"]
    assert held == {
        "scale": {"file": "canary.scl", "bytes": len(CANARY), "sha256": hashlib.sha256(CANARY).hexdigest()},
        "octave": 4,
    }


def test_a_stream_takes_a_file(manager: PluginManager, write_plugin: Callable[..., Path], canary: Path) -> None:
    """At its beginning and with any block."""
    main = """
        from schillinger_plugins.types import *
        class Sized(EffectPlugin):
            def process(self, block, parameters):
                held = parameters["scale"]
                return Audio(block.samples * 0 + (len(held.data) if held else 0), block.sample_rate)
            def get_node_definition(self):
                audio = [{"name": "audio", "type": "audio"}]
                return {"type": "sized", "label": "Sized", "inputs": audio, "outputs": audio,
                        "parameters": [{"name": "scale", "type": "file"}]}
    """
    effect = manager.create_instance(manager.load(write_plugin("sized", main=main, plugin_type="EFFECT")).id)
    block = Audio([[0.0]], 8000)  # type: ignore[arg-type]  # a list is taken, too
    with effect.stream({"scale": canary}) as stream:
        assert stream.process(block).samples[0, 0] == len(CANARY)
        assert stream.process(block, scale=None).samples[0, 0] == 0
        assert stream.process(block, scale=b"1234").samples[0, 0] == 4


def test_a_file_kept_by_a_plugin_outlives_its_worker(make: Callable[..., Instance], canary: Path) -> None:
    """A file is a value like others: it crosses in a state, and in an output."""
    keep = "self.kept = inputs.get('x', self.kept); return {'y': self.kept}"
    instance = make(keep)
    file = File("canary.scl", CANARY * 1000)
    assert instance.execute({"x": file})["y"] == file
    instance.rest()
    assert instance.execute({})["y"] == file


def test_files_differ_by_content_and_by_name() -> None:
    """So no kept result is taken for another's."""
    assert len({digest(one) for one in (File("a", b"1"), File("a", b"2"), File("b", b"1"), b"1")}) == 4


def test_a_forged_file_breaks_the_protocol() -> None:
    """A name with a folder in it is none that an honest sender gives."""
    packed = values.pack({"y": File("abcdef", b"12")}, "outputs").structure
    with pytest.raises(values.ProtocolViolation, match="not a file"):
        values.unpack(values.Body(packed.replace(b"abcdef", b"../../")), None, copy=True)


def test_nothing_is_read_for_a_request(taker: Instance, canary: Path) -> None:
    """Whatever has led to the call: in a request's name no path becomes content."""
    with acting(Behalf(is_remote=True)):
        assert "files of the server are not read" in refused(taker, canary).message
        assert taker.execute({}, {"scale": b"1"})["y"][3] == b"1"
