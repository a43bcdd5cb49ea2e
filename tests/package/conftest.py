"""Archives, honest and hostile, made byte by byte."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

MANIFEST = json.dumps(
    {
        "id": "reverse",
        "metadata": {
            "name": "Reverse",
            "version": "1.0.0",
            "description": "Play it backwards.",
            "author": "Somebody",
            "plugin_type": "EFFECT",
            "category": "Time",
            "dependencies": [],
            "requires_permissions": ["execute"],
        },
        "main_file": "main.py",
        "config_schema": {},
        "default_config": {},
    }
).encode()
MAIN = b"raise AssertionError('unpacking ran the plugin')\n"
PLUGIN = {"plugin.json": MANIFEST, "main.py": MAIN}


@dataclass(kw_only=True)
class Z:
    """One entry of a zip; `local` and `central` overrule single fields of either header."""

    name: str | bytes
    data: bytes = b""
    method: int = 8
    flags: int = 0
    mode: int = 0o100644
    dos: int = 0
    extra: bytes = b""
    packed: bytes | None = None
    descriptor: bytes | None = None
    before: bytes = b""
    local: dict[str, Any] = field(default_factory=dict)
    central: dict[str, Any] = field(default_factory=dict)


def make_zip(
    *entries: Z, comment: bytes = b"", count: int | None = None, gap: bytes = b"", central_tail: bytes = b""
) -> bytes:
    """A zip that says what it is told to say."""
    body, central = b"", b""
    for entry in entries:
        name = entry.name if isinstance(entry.name, bytes) else entry.name.encode()
        flags = entry.flags | (0 if isinstance(entry.name, bytes) or name.isascii() else 1 << 11)
        packed = entry.packed
        if packed is None:
            deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
            packed = deflate.compress(entry.data) + deflate.flush() if entry.method == 8 else entry.data
        said = {
            "name": name,
            "flags": flags,
            "method": entry.method,
            "crc": zlib.crc32(entry.data),
            "packed": len(packed),
            "size": len(entry.data),
            "extra": entry.extra,
        }
        body += entry.before
        offset = len(body)
        here = {**said, **entry.local}
        body += struct.pack(
            "<4s5H3L2H",
            b"PK\x03\x04", 20, here["flags"], here["method"], 0, 33,
            here["crc"], here["packed"], here["size"], len(here["name"]), len(here["extra"]),
        )  # fmt: skip
        body += here["name"] + here["extra"] + packed + (entry.descriptor or b"")
        there = {**said, "offset": offset, "mode": entry.mode, "dos": entry.dos, **entry.central}
        central += struct.pack(
            "<4s6H3L5H2L",
            b"PK\x01\x02", 3 << 8 | 20, 20, there["flags"], there["method"], 0, 33,
            there["crc"], there["packed"], there["size"], len(there["name"]), len(there["extra"]), 0, 0, 0,
            there["mode"] << 16 | there["dos"], there["offset"],
        )  # fmt: skip
        central += there["name"] + there["extra"]
    body += gap
    central += central_tail
    number = len(entries) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, number, number, len(central), len(body), len(comment))
    return body + central + end + comment


def good_zip(*more: Z, top: str = "") -> bytes:
    """A plugin, and entries after it."""
    return make_zip(*(Z(name=top + name, data=data) for name, data in PLUGIN.items()), *more)


def make_tar(*entries: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar, not yet packed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for info, data in entries:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def tar_entry(name: str, data: bytes = b"", **changes: Any) -> tuple[tarfile.TarInfo, bytes]:
    """One entry of a tar."""
    info = tarfile.TarInfo(name)
    info.size = len(data)
    for key, value in changes.items():
        setattr(info, key, value)
    return info, data


def plugin_entries(top: str = "") -> list[tuple[tarfile.TarInfo, bytes]]:
    """Those of a plugin."""
    return [tar_entry(top + name, data) for name, data in PLUGIN.items()]


def good_tar(*more: tuple[tarfile.TarInfo, bytes], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A plugin, and entries after it, packed."""
    return gzip.compress(make_tar(*plugin_entries(), *more, format=format))


WriteArchive = Callable[..., Path]


@pytest.fixture
def archive(tmp_path: Path) -> WriteArchive:
    """Write the bytes of an archive to a file."""

    def write(data: bytes, name: str = "reverse.zip") -> Path:
        path = tmp_path / name
        path.write_bytes(data)
        return path

    return write


@pytest.fixture
def into(tmp_path: Path) -> Path:
    """Where plugins go."""
    return tmp_path / "plugins"


@pytest.fixture
def plugin_folder(tmp_path: Path) -> Path:
    """A plugin, not packed."""
    folder = tmp_path / "source" / "reverse"
    folder.mkdir(parents=True)
    for name, data in PLUGIN.items():
        (folder / name).write_bytes(data)
    return folder
