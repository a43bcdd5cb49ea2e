"""Packing: the same bytes each time, and out of them the same plugin."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schillinger_plugins.errors import PackageError
from schillinger_plugins.package import inspect, pack, unpack
from schillinger_plugins.paths import CACHES
from schillinger_plugins.registry import content_hash

from .conftest import PLUGIN

NAMES = st.text("abcxyz019_-éж", min_size=1, max_size=8)
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: "/".join([*parts[:-1], parts[-1] + ".dat"])),
    st.binary(max_size=2000) | st.binary(max_size=20).map(lambda data: data * 400),
    max_size=8,
)


@settings(deadline=None, max_examples=60)
@given(tree=TREES)
def test_what_is_packed_comes_out_the_same(tmp_path_factory: pytest.TempPathFactory, tree: dict[str, bytes]) -> None:
    """Packed and unpacked, a plugin has the content hash that it had; and the same folder makes the same bytes."""
    base = tmp_path_factory.mktemp("round")
    folder = base / "reverse"
    for name, data in {**PLUGIN, **tree}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    archive = pack(folder, base / "one.zip")
    assert pack(folder, base / "two.zip").read_bytes() == archive.read_bytes()
    assert content_hash(unpack(archive, base / "into")) == content_hash(folder)
    assert content_hash(unpack(folder, base / "copied")) == content_hash(folder)


def test_neither_dates_nor_modes_nor_order_count(plugin_folder: Path, tmp_path: Path) -> None:
    """A folder that was copied, touched and made executable is packed to the same bytes."""
    first = pack(plugin_folder, tmp_path / "first.zip").read_bytes()
    again = tmp_path / "again" / "reverse"
    again.mkdir(parents=True)
    for name in sorted(PLUGIN, reverse=True):
        shutil.copyfile(plugin_folder / name, again / name)
        os.utime(again / name, (10**9, 10**9))
        (again / name).chmod(0o700)
    assert pack(again, tmp_path / "second.zip").read_bytes() == first


def test_caches_are_no_part_of_it(plugin_folder: Path, tmp_path: Path) -> None:
    """What the content hash passes over is not packed."""
    first = pack(plugin_folder, tmp_path / "first.zip").read_bytes()
    for cache in CACHES:
        (plugin_folder / cache).mkdir()
        (plugin_folder / cache / "x").write_text("x")
    (plugin_folder / "main.pyc").write_text("x")
    assert pack(plugin_folder, tmp_path / "second.zip").read_bytes() == first


def test_it_is_called_by_id_and_version(plugin_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name, the archive is called as the plugin and its version, in the working directory."""
    monkeypatch.chdir(tmp_path)
    assert pack(plugin_folder).name == "reverse-1.0.0.zip"
    assert inspect(tmp_path / "reverse-1.0.0.zip").manifest.id == "reverse"


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda folder: (folder / "link").symlink_to("main.py"), "is a link"),
        (lambda folder: (folder / "away").symlink_to("/etc"), "is a link"),
        (lambda folder: os.mkfifo(folder / "pipe"), "neither a file nor a folder"),
        (lambda folder: (folder / "NUL.txt").write_text(""), "device on Windows"),
        (lambda folder: (folder / "a\u202eb").write_text(""), r"U\+202E"),
        (lambda folder: (folder / os.fsdecode(b"caf\xe9")).write_text(""), r"U\+DCE9"),
        (lambda folder: [(folder / name).write_text("") for name in ("a.txt", "A.txt")], "case"),
        (lambda folder: (folder / "zeros").write_bytes(bytes(2 * 1024**2)), "times its size"),
        (lambda folder: os.truncate(folder / "main.py", 2**28 + 1), "a file may have"),
        (lambda folder: (folder / "main.py").unlink(), "main file"),
        (lambda folder: (folder / "plugin.json").unlink(), "no plugin.json"),
        (lambda folder: (folder / "plugin.json").write_text("{"), "not JSON"),
    ],
)
def test_what_could_not_be_unpacked_is_not_packed(
    plugin_folder: Path, tmp_path: Path, spoil: object, problem: str
) -> None:
    """A folder that breaks a rule of unpacking is refused, and no archive is left."""
    assert callable(spoil)
    spoil(plugin_folder)
    with pytest.raises(PackageError, match=problem) as caught:
        pack(plugin_folder, tmp_path / "reverse.zip")
    assert caught.value.remedy
    assert not [name for name in os.listdir(tmp_path) if "zip" in name]


def test_an_archive_is_never_overwritten_nor_part_of_itself(plugin_folder: Path, tmp_path: Path) -> None:
    """A file in its place and a place within the folder are refused."""
    (tmp_path / "there.zip").write_text("precious")
    with pytest.raises(PackageError, match="is there already"):
        pack(plugin_folder, tmp_path / "there.zip")
    assert (tmp_path / "there.zip").read_text() == "precious"
    with pytest.raises(PackageError, match="in the folder that it packs"):
        pack(plugin_folder, plugin_folder / "reverse.zip")


@pytest.mark.parametrize("path", ["gone.zip", "nul\0.zip", "."])
def test_what_is_no_archive_is_said_so(tmp_path: Path, into: Path, path: str) -> None:
    """A missing file, a name that is no path and a folder that is no plugin are refused."""
    for act in (inspect, pack, lambda source: unpack(source, into)):
        with pytest.raises(PackageError) as caught:
            act(tmp_path / path)
        assert caught.value.remedy


def test_a_pipe_is_not_waited_for(tmp_path: Path, into: Path) -> None:
    """A named pipe in place of the archive is refused at once."""
    os.mkfifo(tmp_path / "pipe.zip")
    with pytest.raises(PackageError, match="no regular file"):
        unpack(tmp_path / "pipe.zip", into)
