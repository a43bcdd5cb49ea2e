"""Nothing half-done: whatever happens to the process, a plugin is there whole, or as it was, or not at all."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import schillinger_plugins
from schillinger_plugins.errors import PackageError
from schillinger_plugins.loader import discover
from schillinger_plugins.package import placing, unpack
from schillinger_plugins.registry import content_hash

from .conftest import MAIN, MANIFEST, WriteArchive, Z, good_zip, make_zip

KILLED_AT = """
import os, signal, sys
from pathlib import Path
from schillinger_plugins.package import unpack

count, fatal = 0, int(sys.argv[3])

def hook(event, arguments):
    global count
    count += 1
    if count == fatal:
        os.kill(os.getpid(), signal.SIGKILL)

sys.addaudithook(hook)
unpack(Path(sys.argv[1]), Path(sys.argv[2]), replace=True)
print(count, flush=True)
"""


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(schillinger_plugins.__file__).parents[1])}
    command = [sys.executable, "-c", script, *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)


def version(number: int) -> bytes:
    """A plugin of a few files that differ from version to version."""
    text = MANIFEST.replace(b"1.0.0", b"%d.0.0" % number)
    assets = [Z(name=f"assets/{n}.bin", data=b"%d" % number * 5000) for n in range(4)]
    return make_zip(Z(name="plugin.json", data=text), Z(name="main.py", data=MAIN), *assets)


@pytest.mark.parametrize("is_there", [False, True])
def test_killed_anywhere_it_is_whole_or_as_it_was(archive: WriteArchive, into: Path, is_there: bool) -> None:
    """A process killed at any point of unpacking leaves the old plugin or the new one; the next one cleans up."""
    old, new = archive(version(1), "old.zip"), archive(version(2), "new.zip")
    hashes = {content_hash(unpack(old, into)), content_hash(unpack(new, into, replace=True))}
    if not is_there:
        shutil.rmtree(into / "reverse")
    total = int(run(KILLED_AT, new, into, 0).stdout)
    assert total > 30
    seen = set()
    for fatal in [*range(2, total, total // 6), total - 4, total - 1]:
        if is_there:
            unpack(old, into, replace=True)
        else:
            shutil.rmtree(into / "reverse")
        assert run(KILLED_AT, new, into, fatal).returncode == -9
        visible = [name for name in os.listdir(into) if not name.startswith(".")]
        assert visible in (["reverse"], []) if not is_there else visible == ["reverse"]
        for record in discover([into], everywhere=False):
            assert record.error is None
            assert content_hash(record.root) in hashes
        seen.add(bool([name for name in os.listdir(into) if name.startswith(placing.PREFIX)]))
        unpack(new, into, replace=True)
        assert os.listdir(into) == ["reverse"]
    assert True in seen  # some were killed in the middle


def test_a_full_disk_leaves_nothing(archive: WriteArchive, into: Path) -> None:
    """Where a file can't be written to its end, nothing is left, and the old plugin stays as it was."""
    script = """
import resource, signal, sys
from pathlib import Path
from schillinger_plugins.errors import PackageError
from schillinger_plugins.package import unpack
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))
try:
    unpack(Path(sys.argv[1]), Path(sys.argv[2]), replace=True)
except PackageError as error:
    print(error)
"""
    before = content_hash(unpack(archive(good_zip()), into))
    told = run(script, archive(version(2), "new.zip"), into)
    assert "File too large" in told.stdout, told.stderr
    assert os.listdir(into) == ["reverse"]
    assert content_hash(into / "reverse") == before


def test_what_is_there_stays_unless_told(archive: WriteArchive, into: Path) -> None:
    """A plugin that is there is not touched; with `replace` the new one takes its place, and nothing of the old is left."""
    unpack(archive(good_zip(Z(name="old.txt", data=b"x"))), into)
    path = archive(good_zip(Z(name="new.txt", data=b"x")))
    with pytest.raises(PackageError, match="is there already") as caught:
        unpack(path, into)
    assert "--replace" in (caught.value.remedy or "")
    assert (into / "reverse" / "old.txt").exists()
    unpack(path, into, replace=True)
    assert sorted(os.listdir(into / "reverse")) == ["main.py", "new.txt", "plugin.json"]
    assert os.listdir(into) == ["reverse"]


def test_even_an_empty_folder_is_there(archive: WriteArchive, into: Path) -> None:
    """An empty folder of that name, or a file, is refused, too: a rename would have swallowed the first."""
    (into / "reverse").mkdir(parents=True)
    with pytest.raises(PackageError, match="is there already"):
        unpack(archive(good_zip()), into)
    (into / "reverse").rmdir()
    (into / "reverse").write_text("mine")
    with pytest.raises(PackageError, match="is there already"):
        unpack(archive(good_zip()), into)
    assert (into / "reverse").read_text() == "mine"


def test_a_link_in_its_place_is_replaced_not_followed(archive: WriteArchive, into: Path, tmp_path: Path) -> None:
    """Where the name is a link to an author's working copy, the link gives way and the copy stays."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "precious.py").write_text("x")
    into.mkdir()
    (into / "reverse").symlink_to(tmp_path / "work")
    unpack(archive(good_zip()), into, replace=True)
    assert not (into / "reverse").is_symlink()
    assert (tmp_path / "work" / "precious.py").read_text() == "x"


def test_what_another_is_writing_is_left_alone(archive: WriteArchive, into: Path) -> None:
    """Cleaning up takes the leftovers of the dead, not the work of the living."""
    dead, living = into / f"{placing.PREFIX}dead", into / f"{placing.PREFIX}living"
    for folder in (dead, living):
        folder.mkdir(parents=True)
        (folder / "x").write_text("x")
    lock = os.open(living, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unpack(archive(good_zip()), into)
    finally:
        os.close(lock)
    assert sorted(os.listdir(into)) == [living.name, "reverse"]


def test_many_at_once(archive: WriteArchive, into: Path) -> None:
    """Several that install the same at the same time: each ends with the plugin in place, or is told that it is there."""
    path = archive(version(1))

    def attempt(replace: bool) -> str:
        try:
            unpack(path, into, replace=replace)
        except PackageError as error:
            return error.message
        return "done"

    with ThreadPoolExecutor(8) as pool:
        told = list(pool.map(attempt, [False, True] * 8))
    assert told.count("done") >= 8
    assert all("is there already" in text for text in told if text != "done")
    assert os.listdir(into) == ["reverse"]


def test_a_folder_is_not_copied_into_itself(plugin_folder: Path) -> None:
    """The folder that holds the folder of plugins is no plugin to install."""
    with pytest.raises(PackageError, match="where it would be put"):
        unpack(plugin_folder, plugin_folder / "plugins")


def test_a_folder_that_may_not_be_written_is_said_so(archive: WriteArchive, tmp_path: Path) -> None:
    """A file where the folder of plugins should be is an error with a remedy."""
    (tmp_path / "file").write_text("")
    with pytest.raises(PackageError, match="file") as caught:
        unpack(archive(good_zip()), tmp_path / "file")
    assert caught.value.remedy
