"""The decision: whose grant counts for which code, and what a denial says."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import (
    InputError,
    ManifestError,
    PermissionDenied,
    PluginError,
    PluginExecutionError,
    UnknownPlugin,
)
from schillinger_plugins.journal import Journal
from schillinger_plugins.permissions import current_user
from schillinger_plugins.policy import Granted

Asking = Callable[..., Path]
Known = Callable[..., str]

NETWORK = {"network": {"reason": "to look up titles", "hosts": ["musicbrainz.org", "example.org:8443"]}}


def test_what_a_manifest_asks_for(manager: PluginManager, known: Known, music: Path) -> None:
    """Requests have the permission, the reason, folders and hosts, in the manifest's order."""
    known(permissions={**NETWORK, "file_access": {"reason": "to play", "read": ["~/Music"], "write": ["/out"]}})
    execute, network, files = manager.permissions.requests("probe")
    assert (execute.permission, execute.needs_grant) == ("execute", False)
    assert (network.permission, network.reason, network.hosts) == (
        "network",
        "to look up titles",
        ("musicbrainz.org", "example.org:8443"),
    )
    assert (files.read, files.write, files.describe()) == (("~/Music",), ("/out",), "read ~/Music; write /out")


def test_running_needs_no_grant_and_no_journal(
    manager: PluginManager, write_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    """A plugin that asks for nothing runs though the journal is broken; it isn't even opened."""
    manager.permissions.journal = broken(tmp_path)
    assert manager.create_instance(manager.load(write_plugin()).id).execute({"x": 1})["y"] == 1
    manager.permissions.journal = Journal()
    manager.unload("probe")
    manager.load("probe")
    assert not manager.permissions.journal.file.exists()


def test_a_broken_journal_fails_closed(manager: PluginManager, known: Known, tmp_path: Path) -> None:
    """What can't be read was not granted: the denial says what is wrong with the journal and what to do."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    manager.permissions.journal = broken(tmp_path)
    with pytest.raises(PermissionDenied, match="whether that was granted can't be read") as caught:
        manager.load(plugin_id)
    assert caught.value.permission == "file_access"
    assert "move" in str(caught.value.remedy)
    with pytest.raises(PluginError, match="can't be used"):
        manager.grant(plugin_id, "file_access")
    with pytest.raises(PluginError, match="can't be used"):
        manager.revoke(plugin_id)


def test_a_denial_says_all(manager: PluginManager, known: Known, music: Path) -> None:
    """Permission, path, id and the very line that grants it; it is in the journal, and no code has run."""
    ran = music / "ran"
    plugin_id = known(main=f"open({str(ran)!r}, 'w')")
    with pytest.raises(PermissionDenied, match=r"requires file_access .*which was not granted") as caught:
        manager.load(plugin_id)
    denied = caught.value
    assert (denied.permission, denied.target, denied.plugin_id) == ("file_access", str(music), plugin_id)
    assert denied.remedy == "%plugin grant probe file_access"
    (written,) = manager.permissions.journal.denials(plugin_id=plugin_id)
    assert (written.permission, written.target, written.user) == ("file_access", str(music), current_user())
    assert not ran.exists()
    assert manager.plugins[plugin_id].state == "discovered"


def test_a_denied_host_is_named(manager: PluginManager, known: Known) -> None:
    """The same for the network; two permissions are denied at once, with one line for both."""
    plugin_id = known(permissions=NETWORK)
    with pytest.raises(PermissionDenied) as caught:
        manager.load(plugin_id)
    assert caught.value.target == "musicbrainz.org, example.org:8443"
    assert caught.value.remedy == "%plugin grant probe network"
    plugin_id = known(permissions={}, requires_permissions=["network", "file_access"])
    with pytest.raises(PermissionDenied) as caught:
        manager.load(plugin_id)
    assert caught.value.permission == "network and file_access"
    assert caught.value.remedy == "%plugin grant probe --host NAME --read FOLDER"
    assert caught.value.target is None


def test_what_was_loaded_by_path_is_granted_by_path(manager: PluginManager, asking: Asking) -> None:
    """Its id would mean nothing after the refusal, so the line names the folder, and works."""
    folder = asking()
    with pytest.raises(PermissionDenied) as caught:
        manager.load(folder)
    assert caught.value.remedy == f"%plugin grant {folder} file_access"
    manager.grant(str(folder), "file_access")
    assert manager.load(folder).state == "loaded"


def test_a_grant_is_remembered(manager: PluginManager, known: Known, music: Path) -> None:
    """It reaches the workers, now and for another manager of the same user."""
    plugin_id = known("return {'y': [list(map(str, self.context.readable)), list(map(str, self.context.writable))]}")
    grant = manager.grant(plugin_id, "file_access")
    assert (grant.read, grant.write, grant.user, grant.version) == ((str(music),), (), current_user(), "1.0.0")
    instance = manager.create_instance(plugin_id)
    assert instance.plugin.granted == Granted(read=(music,))
    assert instance.execute()["y"] == [[str(music)], []]
    with PluginManager([music.parent / "plugins"]) as other:
        assert other.permissions.grants("probe") == [grant]
        other.load("probe")


def test_changed_code_asks_again(manager: PluginManager, known: Known, asking: Asking) -> None:
    """A grant is for the code that was there; the old code's grant counts again when it comes back."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    manager.load(plugin_id)
    manager.unload(plugin_id)
    asking("return {'y': 'changed'}")
    with pytest.raises(PermissionDenied, match=r"granted for version 1\.0\.0 on \d{4}-.*the code has changed since"):
        manager.load(plugin_id)
    asking()
    assert manager.load(plugin_id).state == "loaded"


def test_any_file_of_the_plugin_is_its_code(manager: PluginManager, known: Known) -> None:
    """A module beside the main file, or an asset, is as good a place for a change."""
    plugin_id = known()
    (manager.registry[plugin_id].root / "tables.json").write_text("{}")
    manager.grant(plugin_id, "file_access")
    (manager.registry[plugin_id].root / "tables.json").write_text("[]")
    with pytest.raises(PermissionDenied, match="changed"):
        manager.load(plugin_id)


def test_a_new_version_asks_again(manager: PluginManager, known: Known, asking: Asking) -> None:
    """And the denial tells the versions."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    asking(version="1.1.0")
    with pytest.raises(PermissionDenied, match=r"granted for version 1\.0\.0 on .*; this is version 1\.1\.0"):
        manager.load(plugin_id)


def test_a_reload_of_changed_code_is_refused(manager: PluginManager, known: Known, asking: Asking) -> None:
    """The old code goes on serving with what it has; once granted, the new one takes over."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    instance = manager.create_instance(plugin_id)
    asking("return {'y': 'new'}")
    with pytest.raises(PermissionDenied):
        manager.reload(plugin_id)
    assert instance.execute()["y"] == "ran"
    manager.grant(plugin_id, "file_access")
    manager.reload(plugin_id)
    assert instance.execute()["y"] == "new"


def test_another_user_s_grant_does_not_count(manager: PluginManager, known: Known) -> None:
    """Nor is it shown or revoked."""
    plugin_id = known()
    grant = manager.grant(plugin_id, "file_access")
    manager.permissions.journal.end_grants(plugin_id, user=current_user())
    theirs = manager.permissions.journal.add_grant(replace(grant, user="somebody else"))
    with pytest.raises(PermissionDenied, match="revoked"):
        manager.load(plugin_id)
    assert manager.permissions.grants(plugin_id) == []
    assert manager.revoke(plugin_id) == []
    assert manager.permissions.journal.grants(plugin_id=plugin_id) == [theirs]


def test_revoking_ends_what_runs(manager: PluginManager, known: Known) -> None:
    """The worker goes at once, every version's grant goes with it, and the next load asks again."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    instance = manager.create_instance(plugin_id)
    instance.execute()
    (ended,) = manager.revoke(plugin_id)
    assert ended.permission == "file_access"
    assert instance.state == "destroyed"
    assert manager.plugins[plugin_id].state == "discovered"
    with pytest.raises(PermissionDenied, match=r"granted for version 1\.0\.0 on .* and revoked on"):
        manager.load(plugin_id)
    assert manager.revoke(plugin_id) == []


def test_what_is_not_there_can_be_revoked(manager: PluginManager, known: Known) -> None:
    """A plugin that was removed leaves grants behind, which can be taken back; a slip in an id is told."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    manager.registry.unregister(plugin_id)
    with pytest.raises(UnknownPlugin, match="did you mean `probe`"):
        manager.revoke("probee")
    with pytest.raises(InputError, match="did you mean `file_access`"):
        manager.revoke("probe", "file_acess")
    assert len(manager.revoke("probe", "file_access")) == 1


def test_other_folders_may_be_granted(manager: PluginManager, known: Known, music: Path, tmp_path: Path) -> None:
    """Less, or others than were asked: what is named is granted, and nothing besides."""
    out, other = tmp_path / "out", tmp_path / "other"
    (out / "inner").mkdir(parents=True)
    other.mkdir()
    plugin_id = known(
        permissions={"file_access": {"reason": "r", "read": [str(music)], "write": [str(out)]}},
    )
    assert manager.grant(plugin_id, "file_access").write == (str(out),)
    grant = manager.grant(plugin_id, "file_access", read=[music])
    assert (grant.read, grant.write) == ((str(music),), ())
    grant = manager.grant(plugin_id, "file_access", write=out / "inner")
    assert (grant.read, grant.write) == ((), (str(out / "inner"),))
    grant = manager.grant(plugin_id, "file_access", read=[out / "inner", other, other], write=[out, out / "inner"])
    assert (grant.read, grant.write) == ((str(other),), (str(out),))


def test_a_folder_that_can_not_be_granted_is_refused(manager: PluginManager, known: Known) -> None:
    """Whoever names it; nothing is granted silently instead."""
    plugin_id = known(permissions={"file_access": {"reason": "r", "read": ["/etc"]}})
    with pytest.raises(InputError, match="can't be granted") as caught:
        manager.grant(plugin_id, "file_access")
    assert caught.value.remedy == "name others: %plugin grant probe file_access --read FOLDER"
    root = manager.registry[plugin_id].root
    with pytest.raises(InputError, match="plugin's code"):
        manager.grant(plugin_id, "file_access", write=[root])
    data = manager.permissions.journal.file.parent
    data.mkdir(parents=True)
    with pytest.raises(InputError, match="keys, tokens or settings"):
        manager.grant(plugin_id, "file_access", read=[data.parent])
    assert manager.permissions.grants() == []


def test_folders_must_be_named_where_the_plugin_does_not(manager: PluginManager, known: Known, music: Path) -> None:
    """``requires_permissions`` without a list leaves it to the user."""
    plugin_id = known(permissions={}, requires_permissions=["file_access", "network"])
    with pytest.raises(InputError, match="without naming folders") as caught:
        manager.grant(plugin_id, "file_access")
    assert caught.value.remedy == "name them: %plugin grant probe file_access --read FOLDER"
    with pytest.raises(InputError, match="without naming hosts"):
        manager.grant(plugin_id, "network")
    manager.grant(plugin_id, "file_access", read=music)
    manager.grant(plugin_id, "network", hosts=["Example.org:8443", "example.org:8443"])
    assert manager.create_instance(plugin_id).plugin.granted == Granted(read=(music,), hosts=("example.org:8443",))


@pytest.mark.parametrize(
    ("permission", "named", "says"),
    [
        ("execute", {}, "needs no grant"),
        ("file_acess", {}, "did you mean `file_access`"),
        ("network", {"hosts": ["example.org"]}, "does not ask for network"),
        ("file_access", {"hosts": ["example.org"]}, "about folders, not hosts"),
        ("'; DROP TABLE grants", {}, "there is no permission"),
    ],
)
def test_what_can_not_be_granted_is_told(
    manager: PluginManager, known: Known, permission: str, named: dict[str, list[str]], says: str
) -> None:
    """A slip, or a permission that the plugin doesn't ask for."""
    with pytest.raises(InputError, match=says):
        manager.grant(known(), permission, **named)  # type: ignore[arg-type]  # given by name


@pytest.mark.parametrize(
    "host", ["*.example.org", "http://example.org", "example.org:0", "a b", "", "x" * 300, "é.org"]
)
def test_hosts_are_exact_names(manager: PluginManager, known: Known, host: str) -> None:
    """As in a manifest: no wildcards, no addresses."""
    with pytest.raises(InputError, match="is no host"):
        manager.grant(known(permissions=NETWORK), "network", hosts=[host])


def test_a_folder_that_became_a_link_is_not_given(
    manager: PluginManager, known: Known, music: Path, tmp_path: Path
) -> None:
    """Whoever may write beside it could lead it anywhere; nor is one given that has gone."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    (tmp_path / "secret").mkdir()
    music.rename(tmp_path / "moved")
    with pytest.raises(PermissionDenied, match="there is no folder") as caught:
        manager.load(plugin_id)
    assert caught.value.remedy == "grant anew: %plugin grant probe file_access --read FOLDER"
    music.symlink_to(tmp_path / "secret")
    with pytest.raises(PermissionDenied, match="is a link now"):
        manager.load(plugin_id)


def test_a_broken_plugin_is_granted_nothing(manager: PluginManager, asking: Asking) -> None:
    """Its own error is told."""
    folder = asking()
    (folder / "plugin.json").write_text(json.dumps({"metadata": {}}))
    with pytest.raises(ManifestError):
        manager.grant(str(folder), "file_access")


def test_ids_and_versions_from_manifests_reach_the_journal_literally(
    manager: PluginManager, known: Known, music: Path
) -> None:
    """The way of a plugin's own text into the journal and back: its reason says what it likes."""
    reason = "'); DROP TABLE grants; -- \" ` é 🎵 %s :user"
    plugin_id = known(permissions={"file_access": {"reason": reason, "read": [str(music)]}})
    manager.grant(plugin_id, "file_access")
    assert [grant.reason for grant in manager.permissions.grants()] == [reason]


def test_a_plugin_gets_nothing_it_did_not_ask_for(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """Without a grant neither folder is there."""
    instance = make("return {'y': [*self.context.readable, *self.context.writable]}")
    assert instance.plugin.granted == Granted()
    assert instance.execute()["y"] == []
    with pytest.raises(PluginExecutionError):
        make("open('/etc/passwd')", name="second").execute()


@pytest.mark.parametrize(
    "place",
    [
        "helper.py",
        "assets/helper.txt",
        "__pycache__/helper.py",
        ".git/helper.py",
        "helper.pyc",
        ".mypy_cache/helper.py",
        ".pytest_cache/helper.py",
        ".ruff_cache/helper.py",
    ],
)
def test_no_code_runs_that_the_hash_leaves_out(manager: PluginManager, known: Known, place: str) -> None:
    """What a plugin finds in its folder when it runs is what was granted: it can't be changed without being asked again."""
    plugin_id = known(
        f"path = self.context.plugin_dir / {place!r}\nreturn {{'y': path.read_text() if path.exists() else None}}"
    )
    file = manager.registry[plugin_id].root / place
    file.parent.mkdir(exist_ok=True)
    file.write_text("as it was granted")
    manager.grant(plugin_id, "file_access")
    manager.load(plugin_id)
    manager.unload(plugin_id)
    file.write_text("changed")
    try:
        found = manager.create_instance(plugin_id).execute()["y"]
    except PermissionDenied:
        return
    assert found != "changed"


def test_the_journal_is_not_read_with_every_call(manager: PluginManager, known: Known) -> None:
    """What was granted is decided when a plugin is loaded; calls and sleeping instances don't ask again."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access")
    instance = manager.create_instance(plugin_id)
    manager.permissions.journal.file.unlink()
    assert instance.execute()["y"] == "ran"
    instance.rest()
    assert instance.execute()["y"] == "ran"


def broken(tmp_path: Path) -> Journal:
    """A journal whose file is none."""
    file = tmp_path / "broken" / "journal.db"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(b"no database" * 1000)
    return Journal(file)
