"""What killed hosts have left is removed by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.sandbox import leftovers

from .census import descendants, gone, until

HOST = """
import sys
from schillinger_plugins import PluginManager
manager = PluginManager()
manager.create_instance(manager.load(sys.argv[1]).id).execute({"x": 1})
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def other_host(own_temporary_folder: Path, write_plugin: Callable[..., Path]) -> Iterator[subprocess.Popen[str]]:
    """A host in a process of its own, which has called a plugin."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOST, str(write_plugin())], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    yield process
    process.kill()
    process.communicate()


def test_a_host_killed_together_with_its_zygote_is_tidied_up_after(
    other_host: subprocess.Popen[str], own_temporary_folder: Path, write_plugin: Callable[..., Path]
) -> None:
    """Nobody was left to do it; the next manager does, before it starts anything."""
    family = descendants(other_host.pid)
    for pid in (*family, other_host.pid):
        os.kill(pid, signal.SIGKILL)
    other_host.wait(10)
    assert until(lambda: all(gone(pid) for pid in family))
    (left,) = own_temporary_folder.glob("schillinger-*")
    with PluginManager() as manager:
        manager.load(write_plugin("later"))
        assert not left.exists()


def test_a_host_that_lives_is_left_alone(
    other_host: subprocess.Popen[str], own_temporary_folder: Path, write_plugin: Callable[..., Path]
) -> None:
    """Its folder is there as long as it is, however many others start and end."""
    (its,) = own_temporary_folder.glob("schillinger-*")
    with PluginManager() as manager:
        manager.load(write_plugin("later"))
        assert its.exists()
    assert [*own_temporary_folder.glob("schillinger-*")] == [its]


def test_what_is_no_hosts_folder_is_left_alone(own_temporary_folder: Path, tmp_path: Path) -> None:
    """A folder without a mark, a link to one that has it, and a mark that is a link."""
    marked = tmp_path / "marked"
    marked.mkdir()
    (marked / ".host").touch()
    (own_temporary_folder / "schillinger-link").symlink_to(marked)
    (own_temporary_folder / "schillinger-bare").mkdir()
    linked = own_temporary_folder / "schillinger-linked"
    linked.mkdir()
    (linked / ".host").symlink_to(marked / ".host")
    before = sorted(own_temporary_folder.rglob("*"))
    leftovers.sweep()
    assert sorted(own_temporary_folder.rglob("*")) == before
    assert (marked / ".host").exists()


def test_a_mark_is_locked_from_its_first_moment(own_temporary_folder: Path) -> None:
    """The folder of this process is not taken for a leftover by itself, and is when its descriptor is closed."""
    folder, mark = leftovers.make_folder()
    leftovers.sweep()
    assert folder.exists()
    os.close(mark)
    leftovers.sweep()
    assert not folder.exists()
