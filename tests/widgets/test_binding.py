"""A drawn node and a panel when what they call is destroyed, unloaded or loaded anew."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.widgets import NodeWidget, PanelWidget, node_view, panel_view

Ending = Callable[[PluginManager, str], object]

ENDINGS: dict[str, Ending] = {
    "destroyed": lambda manager, plugin_id: manager.destroy_instance(manager.default_instance(plugin_id).id),
    "unloaded": lambda manager, plugin_id: manager.unload(plugin_id),
    "loaded again": lambda manager, plugin_id: (manager.unload(plugin_id), manager.load(plugin_id)),
}

PANEL = """
from schillinger_plugins.types import UIPlugin


class Desk(UIPlugin):
    async def on_event(self, event, values):
        seen = self.__dict__.setdefault("seen", [])
        seen.append(event["kind"])
        return {"outputs": {"seen": ",".join(seen), "a": values["a"]}}

    def get_node_definition(self):
        return {
            "type": "desk",
            "label": "Desk",
            "inputs": [],
            "outputs": [{"name": "seen", "type": "string"}, {"name": "a", "type": "number"}],
            "parameters": [{"name": "a", "type": "number"}],
            "panel": {"groups": [{"items": [{"kind": "button", "name": "go", "label": "Go"}]}]},
        }
"""


def _found(manager: PluginManager, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Found in its folder, so that it can be loaded again by its id."""
    monkeypatch.setenv("SCHILLINGER_PLUGIN_PATH", str(folder.parent))
    manager.discover()
    return folder.name


@pytest.fixture
def node(
    manager: PluginManager, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> Iterator[NodeWidget]:
    """The node of a plugin that doubles."""
    parameters = [{"name": "a", "type": "number", "default": 1}]
    definition = {"type": "probe", "label": "Probe", "inputs": [], "outputs": [], "parameters": parameters}
    folder = write_plugin(body="return {'y': 2 * parameters['a']}", definition=definition)
    node = node_view(manager, _found(manager, folder, monkeypatch))
    yield node
    node.close()


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_run_goes_on_with_a_new_instance(manager: PluginManager, node: NodeWidget, end: Ending) -> None:
    """By its button as in live mode, with the values that were set."""
    node.parameters = {"a": 3}
    for _ in range(2):
        end(manager, "probe")
        node.run()
        result = node.wait()
        assert result is not None, node.error
        assert result["y"] == 6
    end(manager, "probe")
    node.live = True
    node.parameters = {"a": 4}
    result = node.wait()
    assert result is not None, node.error
    assert result["y"] == 8


def test_a_node_is_that_of_the_version_that_is_loaded_again(
    manager: PluginManager, node: NodeWidget, write_plugin: Callable[..., Path]
) -> None:
    """Its controls are those of the new one, whether Run loads it or somebody else does."""
    for name, load in (("b", node.run), ("c", lambda: manager.load("probe"))):
        manager.unload("probe")
        parameters = [{"name": name, "type": "number", "default": 5}]
        definition = {"type": "probe", "label": "Probe", "inputs": [], "outputs": [], "parameters": parameters}
        write_plugin(body="return dict(parameters)", definition=definition)
        load()
        node.wait()
        assert [one["name"] for one in node.definition["parameters"]] == [name]
        node.run()
        assert dict(node.wait() or {}) == {name: 5}


def test_a_node_shows_the_level_of_the_instance_that_it_calls(manager: PluginManager, node: NodeWidget) -> None:
    """Of the new one, when there is a new one."""
    node.level = "partial"
    manager.destroy_instance(manager.default_instance("probe").id)
    node.run()
    assert node.wait() is not None
    assert node.level == str(manager.default_instance("probe").plugin.level)


def test_what_happens_to_another_plugin_is_nothing_to_a_node(
    manager: PluginManager, node: NodeWidget, write_plugin: Callable[..., Path]
) -> None:
    """It doesn't become the other's."""
    before = node.definition
    manager.load(write_plugin("other"))
    manager.reload("other")
    assert node.definition == before


def test_a_run_that_is_ended_from_elsewhere_says_so(
    manager: PluginManager, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And that the next one has a new instance."""
    folder = write_plugin(body="await asyncio.sleep(600)")
    node = node_view(manager, _found(manager, folder, monkeypatch))
    instance = manager.default_instance("probe")
    node.run()
    deadline = time.monotonic() + 20
    while instance.state != "running":
        assert time.monotonic() < deadline
    manager.destroy_instance(instance.id)
    assert node.wait() is None
    assert node.error["message"] == f"its instance {instance.id} was destroyed meanwhile"
    assert node.error["remedy"] == "try again: a new one is made"


def test_a_manager_that_is_closed_is_told(write_plugin: Callable[..., Path]) -> None:
    """As after the extension was loaded anew; what helps is to run the cell again."""
    with PluginManager() as manager:
        node = node_view(manager, "gain_node")
    node.run()
    assert node.wait() is None
    assert (node.error["message"], node.error["remedy"]) == (
        "the manager that loaded it is closed",
        "run the cell again",
    )


@pytest.mark.parametrize("end", ENDINGS.values(), ids=ENDINGS)
def test_a_panel_goes_on_with_a_new_instance(
    manager: PluginManager, write_plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, end: Ending
) -> None:
    """Which is told first that the panel is open; the values that were set are kept."""
    folder = write_plugin(main=PANEL, plugin_type="UI")
    panel: PanelWidget = panel_view(manager, _found(manager, folder, monkeypatch))
    panel.begin()
    panel.parameters = {"a": 3}
    assert panel.wait() == {"seen": "open,change", "a": 3}
    end(manager, folder.name)
    panel.press("go")
    assert panel.wait() == {"seen": "open,press", "a": 3}
    assert panel.status == "idle"
    panel.close()
