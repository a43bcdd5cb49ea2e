"""What the badge of a node says of permissions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from schillinger_plugins import PluginManager
from schillinger_plugins.widgets import node_of, node_view


def test_the_badge_says_what_was_granted(manager: PluginManager, known: Callable[..., str], music: Path) -> None:
    """On the node of a plugin as on that of a bare instance; ``execute`` goes without saying."""
    plugin_id = known()
    granted = music / "albums"
    granted.mkdir()
    manager.grant(plugin_id, "file_access", read=[granted])
    plugin = node_view(manager, plugin_id)
    instance = node_of(manager.create_instance(plugin_id))
    for node in (plugin, instance):
        (badge,) = node.permissions
        assert (badge["name"], badge["granted"]) == ("file_access", True)
        assert badge["text"] == f"granted: read {granted}"


def test_the_badge_follows_what_is_granted_and_taken_back_later(
    manager: PluginManager, known: Callable[..., str], music: Path
) -> None:
    """While the node is drawn; the bare instance's says what its workers have, which a grant doesn't change."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access", read=[music])
    nodes = [node_view(manager, plugin_id), node_of(manager.create_instance(plugin_id))]
    manager.revoke(plugin_id)
    assert [node.permissions[0]["granted"] for node in nodes] == [False, False]
    assert all(node.permissions[0]["text"].startswith("not granted: ") for node in nodes)
    manager.grant(plugin_id, "file_access", read=[music])
    assert [node.permissions[0]["granted"] for node in nodes] == [True, False]


def test_a_node_goes_on_after_a_revocation_and_a_grant(
    manager: PluginManager, known: Callable[..., str], music: Path
) -> None:
    """Without the grant Run says what is missing and what mends it; with it, it runs, and the old failure is gone."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access", read=[music])
    node = node_view(manager, plugin_id)
    manager.revoke(plugin_id)
    node.run()
    assert node.wait() is None
    assert node.error["type"] == "PermissionDenied"
    assert "file_access" in node.error["message"]
    assert node.error["remedy"] == f"%plugin grant {plugin_id} file_access"
    manager.grant(plugin_id, "file_access", read=[music])
    assert (node.status, node.message, node.error) == ("idle", "granted", {})
    node.live = True
    node.run()
    result = node.wait()
    assert result is not None
    assert result["y"] == "ran"
    assert node.permissions[0]["granted"] is True


def test_the_node_of_an_instance_ends_with_it(manager: PluginManager, known: Callable[..., str], music: Path) -> None:
    """There is no Run any more, and it says why; that of another instance goes on."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access", read=[music])
    instance, other = (manager.create_instance(plugin_id) for _ in range(2))
    node, goes_on = node_of(instance), node_of(other)
    manager.destroy_instance(instance.id)
    assert (node.can_run, goes_on.can_run) == (False, True)
    assert node.message == f"{instance.id} was destroyed; %plugin ui {plugin_id} draws a node that goes on"
    goes_on.run()
    assert goes_on.wait() is not None
