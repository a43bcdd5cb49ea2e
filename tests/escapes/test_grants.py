"""Granted folders, attacked: what was granted is that folder, not whatever a plugin puts in its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path

import pytest
from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import PluginError

CONTENT = "correct horse battery staple"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A folder outside with a secret."""
    folder = tmp_path / "canary"
    folder.mkdir(mode=0o700)
    (folder / "secret").write_text(CONTENT)
    return folder


@pytest.fixture
def granted(manager: PluginManager, write_plugin: Callable[..., Path]) -> Callable[..., Instance]:
    """An instance of a plugin to which folders were granted."""

    def granted(name: str, body: str, *, read: list[Path] | None = None, write: list[Path] | None = None) -> Instance:
        asked = {"read": [str(path) for path in read or []], "write": [str(path) for path in write or []]}
        asked = {kind: paths for kind, paths in asked.items() if paths}
        folder = write_plugin(
            name,
            body=body,
            manifest={"permissions": {"file_access": {"reason": "for a test", **asked}}},
            requires_permissions=["execute", "file_access"],
        )
        manager.grant(str(folder), "file_access")
        return manager.create_instance(manager.load(folder).id)

    return granted


READ = """
said = []
for path in {paths!r}:
    try: said.append(open(path).read())
    except OSError: pass
if inputs.get('x') == 'die': os._exit(1)
return {{'y': said}}
"""


def _outputs_of(instance: Instance, x: str | None = None) -> object:
    with contextlib.suppress(PluginError):
        return instance.execute({"x": x})["y"]
    return None


@pytest.mark.parametrize("swapped", ["inner", "."])
def test_no_link_can_be_put_in_a_granted_folders_place(
    granted: Callable[..., Instance], canary: Path, tmp_path: Path, swapped: str
) -> None:
    """Two plugins together: one may write in music, the other may read music/middle/inner and is started anew."""
    music = tmp_path / "music"
    (music / "middle" / "inner").mkdir(parents=True)
    (canary / "inner").mkdir()
    (canary / "inner" / "secret").write_text(CONTENT)
    place, target = (music / "middle" / swapped, canary / swapped) if swapped == "inner" else (music / "middle", canary)
    paths = [music / "middle" / "inner" / "secret", canary / "secret", canary / "inner" / "secret"]
    reader = granted("reader", READ.format(paths=list(map(str, paths))), read=[music / "middle" / "inner"])
    writer = granted(
        "writer",
        f"""
        place, target = {str(place)!r}, {str(target)!r}
        os.rename(place, place + '-away')
        made = []
        try: os.symlink(target, place); made.append('made there')
        except OSError: pass
        os.symlink(target, 'here')
        try: os.rename('here', place); made.append('moved there')
        except OSError: pass
        return {{'y': made}}
        """,
        write=[music],
    )
    assert _outputs_of(reader) == []
    assert _outputs_of(writer) == []
    _outputs_of(reader, "die")  # so that another worker is confined anew
    assert CONTENT not in str(_outputs_of(reader))


def test_a_granted_folder_leads_nowhere_else(granted: Callable[..., Instance], canary: Path, tmp_path: Path) -> None:
    """Links out of a granted folder, and moves between a readable and a writable one, are refused."""
    may_read, may_write = tmp_path / "may_read", tmp_path / "may_write"
    for folder in (may_read, may_write):
        folder.mkdir()
    (may_read / "tone").write_text("a tone")
    (may_read / "out").symlink_to(canary)
    instance = granted(
        "mover",
        f"""
        through = []
        for name, attempt in dict(
            read=lambda: open({str(may_read / "out" / "secret")!r}).read(),
            own_link=lambda: (os.symlink({str(canary)!r}, {str(may_write / "out")!r}),
                              open({str(may_write / "out" / "secret")!r}).read()),
            write=lambda: open({str(may_read / "tone")!r}, 'a'),
            move=lambda: os.rename({str(may_read / "tone")!r}, {str(may_write / "tone")!r}),
            hard=lambda: os.link({str(may_read / "tone")!r}, {str(may_write / "tone")!r}),
            mode=lambda: os.chmod({str(may_write)!r}, 0o777),
            replace=lambda: os.rename({str(may_write)!r}, {str(tmp_path / "elsewhere")!r}),
            beside=lambda: open({str(tmp_path / "new")!r}, 'w'),
        ).items():
            try: attempt(); through.append(name)
            except OSError: pass
        return {{'y': through}}
        """,
        read=[may_read],
        write=[may_write],
    )
    assert instance.execute()["y"] == []
    assert (may_read / "tone").read_text() == "a tone"
