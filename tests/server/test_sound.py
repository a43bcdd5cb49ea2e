"""Sounds as they are: a body that is a file, and an answer that is one."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from schillinger_plugins import PluginManager
from schillinger_plugins.server import runs

WAV, FLAC = {"Content-Type": "audio/wav"}, {"Content-Type": "audio/flac"}
QUIETER = {"parameters": '{"gain_db": -6.0206}'}
TWO: dict[str, Any] = {
    "type": "probe",
    "label": "Probe",
    "inputs": [{"name": name, "type": "audio", "required": False} for name in ("left", "right")],
    "outputs": [{"name": name, "type": "audio"} for name in ("sum", "difference")] + [{"name": "n", "type": "number"}],
}
BODY = """
    import numpy as np
    from schillinger_plugins.types import Audio
    heard = inputs.get("left") or inputs.get("right")
    many = Audio(np.repeat(heard.samples[:1], 12, axis=0), heard.sample_rate)
    return {"sum": heard, "difference": many, "n": float("left" in inputs)}
"""


def file_of(level: float = 0.5, form: str = "WAV", subtype: str = "FLOAT") -> bytes:
    """A tenth of a second in two channels."""
    file = io.BytesIO()
    soundfile.write(file, np.full((800, 2), level), 8000, format=form, subtype=subtype)
    return file.getvalue()


@pytest.fixture
def gain(client: httpx.Client) -> str:
    """Where a gain is called."""
    made = client.post("/api/plugins/gain_node/instances").json()
    return f"/api/plugins/instances/{made['id']}/execute"


@pytest.fixture
def two(client: httpx.Client, manager: PluginManager, write_plugin: Callable[..., Path]) -> str:
    """Where a plugin is called that takes two sounds and gives two."""
    manager.load(write_plugin(body=BODY, definition=TWO))
    made = client.post("/api/plugins/probe/instances").json()
    return f"/api/plugins/instances/{made['id']}/execute"


@pytest.mark.parametrize(("sent", "content"), [(WAV, file_of()), (FLAC, file_of(form="FLAC", subtype="PCM_16"))])
@pytest.mark.parametrize(("accept", "form"), [("audio/wav", "WAV"), ("audio/flac", "FLAC")])
def test_a_sound_goes_in_and_comes_out(
    client: httpx.Client, gain: str, sent: dict[str, str], content: bytes, accept: str, form: str
) -> None:
    """Both as files; the query has the parameters, and Location the run with all of it."""
    answer = client.post(gain, content=content, params=QUIETER, headers={**sent, "Accept": accept})
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, accept), answer.text
    with soundfile.SoundFile(io.BytesIO(answer.content)) as heard:
        assert (heard.format, heard.samplerate, heard.channels, heard.frames) == (form, 8000, 2, 800)
        assert np.allclose(heard.read(), 0.25, atol=1e-4)
    run = client.get(answer.headers["Location"]).json()
    assert run["provenance"]["parameters"]["gain_db"] == -6.0206


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("audio/flac;q=0.5, application/json", "application/json"),
        ("audio/flac;q=x, */*", "application/json"),
        ("application/json;q=0.2, audio/flac;q=0.9, audio/wav;q=0.8", "audio/flac"),
        ("audio/*", "audio/wav"),
    ],
)
def test_what_the_client_would_rather_have_it_gets(
    client: httpx.Client, gain: str, accept: str, media_type: str
) -> None:
    """By the weights of its Accept header; JSON, if it has no wish."""
    answer = client.post(gain, content=file_of(), headers={**WAV, "Accept": accept})
    assert answer.headers["Content-Type"] == media_type


def test_flac_is_clipped_and_wav_is_not(client: httpx.Client, gain: str) -> None:
    """What is beyond full scale has no place in whole numbers."""
    louder = {"parameters": '{"gain_db": 12}'}
    for accept, peak in (("audio/flac", 1.0), ("audio/wav", 0.5 * 10 ** (12 / 20))):
        answer = client.post(gain, content=file_of(), params=louder, headers={**WAV, "Accept": accept})
        assert np.abs(soundfile.read(io.BytesIO(answer.content))[0]).max() == pytest.approx(peak, abs=1e-3)


def test_a_node_with_several_sounds_is_told_which(client: httpx.Client, two: str) -> None:
    """Nothing is guessed, and nothing run before it is clear."""
    before = client.get("/api/plugins/runs").json()["total"]
    asked = client.post(two, content=file_of(), headers=WAV)
    assert (asked.status_code, asked.json()["path"]) == (422, "$.query.input")
    assert asked.json()["remedy"] == "say which: ?input=left or right"
    heard = client.post(two, content=file_of(), params={"input": "left"}, headers={**WAV, "Accept": "audio/wav"})
    assert (heard.status_code, heard.json()["path"]) == (422, "$.query.output")
    assert client.get("/api/plugins/runs").json()["total"] == before
    for side, is_left in (("left", 1.0), ("right", 0.0)):
        answer = client.post(two, content=file_of(), params={"input": side}, headers=WAV)
        assert answer.json()["outputs"]["n"] == is_left
    both = {"input": "left", "output": "sum"}
    answer = client.post(two, content=file_of(), params=both, headers={**WAV, "Accept": "audio/flac"})
    assert answer.headers["Content-Type"] == "audio/flac"


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"input": "middle", "output": "sum"}, "$.query.input"),
        ({"input": "left", "output": "middle"}, "$.query.output"),
        ({"input": "left", "output": "n"}, "$.query.output"),
        ({"input": "left", "output": "difference"}, "$.headers.accept"),
        ({"input": "left", "output": "sum", "parameters": "[1]"}, "$.query.parameters"),
        ({"input": "left", "output": "sum", "parameters": '{}, "seed": "x"'}, "$.query.parameters"),
        ({"input": "left", "output": "sum", "parameters": "{"}, "$.query.parameters"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(
    client: httpx.Client, two: str, query: dict[str, str], path: str
) -> None:
    """No such input or output, an output that is no sound or that FLAC can't hold, parameters that are none."""
    refused = client.post(two, content=file_of(), params=query, headers={**WAV, "Accept": "audio/flac"})
    assert (refused.status_code, refused.json().get("path")) == (422, path), refused.text
    assert refused.json()["remedy"]


def test_what_is_no_sound_is_refused_by_the_decoder(client: httpx.Client, gain: str, manager: PluginManager) -> None:
    """Whatever it claims to be; where it was put is told to nobody, and it doesn't stay there."""
    folder = manager._sandbox._folder
    for content in (b"", b"RIFF....WAVE", b"no sound", file_of()[:60]):
        refused = client.post(gain, content=content, headers=WAV)
        assert (refused.status_code, refused.json()["title"]) == (422, "AudioFileError"), content
        assert "the body" in refused.json()["detail"]
        assert folder.name not in refused.text
    assert not list(folder.glob("file-*"))


def test_other_kinds_of_sound_are_refused(client: httpx.Client, gain: str) -> None:
    """With those that are read."""
    refused = client.post(gain, content=b"MThd", headers={"Content-Type": "audio/midi"})
    assert (refused.status_code, refused.json()["title"]) == (415, "UnsupportedMediaType")
    assert "audio/flac" in refused.json()["remedy"]


def test_a_body_that_is_too_large_is_refused_while_it_comes(client: httpx.Client, gain: str) -> None:
    """A sound as any other."""
    try:
        refused = client.post(gain, content=(bytes(1 << 20) for _ in range(9)), headers=WAV)
        assert refused.status_code == 413
    except (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):  # it hung up while we were still sending
        pass


def test_an_output_is_fetched_as_flac(client: httpx.Client, gain: str) -> None:
    """If that is accepted."""
    output = client.post(gain, content=file_of(), headers=WAV).json()["outputs"]["audio"]["href"]
    fetched = client.get(output, headers={"Accept": "audio/flac"})
    assert fetched.headers["Content-Type"] == "audio/flac"
    assert soundfile.info(io.BytesIO(fetched.content)).format == "FLAC"
    assert soundfile.info(io.BytesIO(client.get(output).content)).format == "WAV"


def test_what_a_result_keeps_of_its_inputs_counts(
    client: httpx.Client, gain: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three results whose outputs alone would fit the oldest is forgotten."""
    monkeypatch.setattr(runs, "MAX_KEPT_BYTES", 4 * 2 * 800 * 4)
    first, *_, last = (client.post(gain, content=file_of(), headers=WAV).json()["id"] for _ in range(3))
    assert client.get(f"/api/plugins/runs/{first}").status_code == 404
    assert client.get(f"/api/plugins/runs/{last}").status_code == 200


def test_a_sound_that_is_fetched_is_sealed_in_every_form(client: httpx.Client, gain: str) -> None:
    """No browser takes what a plugin gave for another type, or a page of this server's."""
    run = client.post(gain, content=file_of(), headers=WAV).json()["id"]
    for accept in ("audio/wav", "audio/flac"):
        fetched = client.get(f"/api/plugins/runs/{run}/outputs/audio", headers={"Accept": accept})
        assert fetched.headers["Content-Type"] == accept
        assert fetched.headers["Content-Security-Policy"].startswith("sandbox")
        assert fetched.headers["X-Content-Type-Options"] == "nosniff"
