"""What the badge of a node says of permissions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from schillinger_plugins import PluginManager
from schillinger_plugins.widgets import node_of, node_view


def test_the_badge_says_what_was_granted(manager: PluginManager, known: Callable[..., str], music: Path) -> None:
    """On the node of a plugin as on that of a bare instance; ``execute`` goes without saying."""
    plugin_id = known()
    manager.grant(plugin_id, "file_access", read=[music])
    plugin = node_view(manager, plugin_id)
    instance = node_of(manager.create_instance(plugin_id))
    for node in (plugin, instance):
        (badge,) = node.permissions
        assert (badge["name"], badge["granted"]) == ("file_access", True)
        assert badge["text"].startswith("granted: read ")
        assert "music" in badge["text"]


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
