"""What a server that is killed leaves on disk of the sounds that it was sent: nothing, as soon as anybody else begins."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from schillinger_plugins.sandbox import leftovers

from ..supervision.census import descendants, gone, until
from ..supervision.conftest import own_temporary_folder
from .test_sound import file_of

__all__ = ["own_temporary_folder"]

BODY = file_of()


@pytest.fixture
def killed(own_temporary_folder: Path, own_places: None) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    """``schillinger serve`` in a process of its own, with its address and token."""
    command = [sys.executable, "-m", "schillinger_plugins", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().removesuffix("/api/plugins\n")
        yield process, url, process.stdout.readline().split()[1]
        process.kill()


@pytest.mark.parametrize("form", ["body", "part"])
def test_a_server_that_is_killed_leaves_no_sound(
    killed: tuple[subprocess.Popen[str], str, str], own_temporary_folder: Path, form: str
) -> None:
    """Be it while a sound comes or while it is decoded, also where nobody of its family was left to tidy up."""
    process, url, token = killed
    with httpx.Client(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, trust_env=False, timeout=60
    ) as client:
        instance_id = client.post("/api/plugins/gain_node/instances", json={}).json()["id"]
        execute = f"/api/plugins/instances/{instance_id}/execute"
        assert client.post(execute, content=BODY, headers={"Content-Type": "audio/wav"}).status_code == 200
    family = descendants(process.pid)
    decoders = stopped(family)
    host, port = url.removeprefix("http://").split(":")
    head = [f"POST {execute} HTTP/1.1", "Host: localhost", f"Authorization: Bearer {token}"]
    if form == "body":  # the half of it
        head += ["Content-Type: audio/wav", f"Content-Length: {len(BODY)}"]
        sent = BODY[:100]
    else:  # all of it, which is being decoded
        sent = (
            b'--x\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n' + BODY + b"\r\n--x--\r\n"
        )
        head += ["Content-Type: multipart/form-data; boundary=x", f"Content-Length: {len(sent)}"]
    with socket.create_connection((host, int(port)), timeout=60) as one:
        one.sendall("\r\n".join([*head, "", ""]).encode() + sent)
        assert until(lambda: holding(own_temporary_folder), 30)
        for pid in (process.pid, *family):
            os.kill(pid, signal.SIGKILL)
        process.wait(30)
    assert decoders
    assert until(lambda: all(gone(pid) for pid in family))
    assert holding(own_temporary_folder)
    leftovers.sweep()
    assert list(own_temporary_folder.iterdir()) == []


def stopped(family: set[int]) -> set[int]:
    """The workers, which stand still from now on: what is being decoded goes on being decoded."""
    workers = {pid for pid in family if not descendants(pid)}
    for pid in workers:
        os.kill(pid, signal.SIGSTOP)
    return workers


def holding(folder: Path) -> list[Path]:
    """The files with something of the sound in them."""
    return [path for path in folder.rglob("*") if path.is_file() and path.read_bytes() in (BODY[:100], BODY)]
