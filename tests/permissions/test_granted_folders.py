"""What a grant of folders means to the kernel: these folders, to read or to write, and nothing beside them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager

BODY = """
import os, pathlib
def attempt(kind, path):
    path = pathlib.Path(path)
    try:
        if kind == 'read':
            return path.read_text()
        if kind == 'list':
            return sorted(os.listdir(path))
        if kind == 'create':
            path.write_text('written by the plugin'); return 'done'
        if kind == 'append':
            with path.open('a') as file: file.write('!')
            return 'done'
        if kind == 'truncate':
            os.truncate(path, 0); return 'done'
        if kind == 'remove':
            path.unlink(); return 'done'
        if kind == 'folder':
            path.mkdir(); return 'done'
        if kind == 'rename':
            path.rename(str(path) + '.moved'); return 'done'
        if kind == 'link':
            path.symlink_to('/etc/passwd'); return 'done'
        if kind == 'hard link':
            os.link(path, str(path) + '.hard'); return 'done'
    except OSError as error:
        return type(error).__name__
return {'y': [attempt(kind, path) for kind, path in inputs['x']]}
"""
Attempts = list[tuple[str, Path]]


@pytest.fixture
def attempt(manager: PluginManager, known: Callable[..., str]) -> Callable[..., list[Any]]:
    """Grant folders to a plugin and have it try things; what each came to."""

    def attempt(attempts: Attempts, **folders: list[Path]) -> list[Any]:
        plugin_id = known(BODY)
        manager.grant(plugin_id, "file_access", **folders)  # type: ignore[arg-type]  # given by name
        instance = manager.create_instance(plugin_id)
        said: list[Any] = instance.execute({"x": [[kind, str(path)] for kind, path in attempts]})["y"]
        return said

    return attempt


@pytest.fixture
def sibling(music: Path) -> Path:
    """A folder beside the granted one, whose name begins like it."""
    sibling = music.with_name("music-private")
    sibling.mkdir()
    (sibling / "secret.txt").write_text("not for plugins")
    return sibling


def test_a_folder_to_read_can_be_read_and_nothing_else(
    attempt: Callable[..., list[Any]], music: Path, sibling: Path
) -> None:
    """Its files and those further down; not written, and neither its sibling nor its parent seen."""
    (music / "deep").mkdir()
    (music / "deep" / "tone.txt").write_text("deep tone")
    refused: Attempts = [
        ("create", music / "new.txt"),
        ("append", music / "tone.txt"),
        ("truncate", music / "tone.txt"),
        ("remove", music / "tone.txt"),
        ("folder", music / "new"),
        ("rename", music / "tone.txt"),
        ("link", music / "link"),
        ("hard link", music / "tone.txt"),
        ("read", sibling / "secret.txt"),
        ("read", music / ".." / sibling.name / "secret.txt"),
        ("list", sibling),
        ("list", music.parent),
        ("create", sibling / "new.txt"),
    ]
    said = attempt(
        [("read", music / "tone.txt"), ("read", music / "deep" / "tone.txt"), ("list", music), *refused], read=[music]
    )
    assert said[:3] == ["a tone", "deep tone", ["deep", "tone.txt"]]
    assert dict(zip(map(str, refused), said[3:], strict=True)) == dict.fromkeys(map(str, refused), "PermissionError")
    assert (music / "tone.txt").read_text() == "a tone"


def test_a_folder_to_write_can_be_written_and_nothing_else(
    attempt: Callable[..., list[Any]], music: Path, sibling: Path
) -> None:
    """Files can be made, changed, read and removed in it; not beside it."""
    inside: Attempts = [
        ("create", music / "new.txt"),
        ("append", music / "new.txt"),
        ("folder", music / "deep"),
        ("create", music / "deep" / "new.txt"),
        ("read", music / "new.txt"),
        ("remove", music / "tone.txt"),
    ]
    outside: Attempts = [
        ("create", sibling / "new.txt"),
        ("create", music.parent / "new.txt"),
        ("append", sibling / "secret.txt"),
        ("read", sibling / "secret.txt"),
        ("remove", sibling / "secret.txt"),
    ]
    said = attempt(inside + outside, write=[music])
    assert said[:6] == ["done", "done", "done", "done", "written by the plugin!", "done"]
    assert said[6:] == ["PermissionError"] * len(outside)
    assert (music / "new.txt").read_text() == "written by the plugin!"
    assert (sibling / "secret.txt").read_text() == "not for plugins"


def test_a_link_in_a_granted_folder_leads_nowhere(
    attempt: Callable[..., list[Any]], music: Path, sibling: Path
) -> None:
    """A link that lies in it doesn't open what it points to."""
    (music / "link").symlink_to(sibling / "secret.txt")
    (music / "folder").symlink_to(sibling)
    said = attempt([("read", music / "link"), ("read", music / "folder" / "secret.txt")], write=[music])
    assert said == ["PermissionError", "PermissionError"]


def test_without_a_grant_nothing_is_seen(
    manager: PluginManager, write_plugin: Callable[..., Path], music: Path
) -> None:
    """The same plugin without the permission reads neither."""
    instance = manager.create_instance(manager.load(write_plugin(body=BODY)).id)
    said = instance.execute({"x": [["read", str(music / "tone.txt")], ["create", str(music / "new.txt")]]})["y"]
    assert said == ["PermissionError", "PermissionError"]


def test_a_folder_that_is_swapped_for_a_link_between_two_workers_is_not_followed(
    manager: PluginManager, known: Callable[..., str], music: Path, sibling: Path
) -> None:
    """Whoever may write beside a granted folder must not choose what the next worker gets."""
    plugin_id = known(BODY)
    manager.grant(plugin_id, "file_access", read=[music])
    instance = manager.create_instance(plugin_id)
    instance.rest()
    music.rename(music.with_name("moved"))
    music.symlink_to(sibling)
    try:
        said = instance.execute({"x": [["read", str(music / "secret.txt")]]})["y"]
    except Exception:
        return  # refusing to start is as good
    assert said == ["PermissionError"]
