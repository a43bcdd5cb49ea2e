"""``%plugin ui`` and what info shows of a UI plugin."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.magics.info import show_node
from schillinger_plugins.widgets import NodeWidget, PanelWidget, display
from tests.conftest import Cell

DESK = Path(__file__).parents[2] / "plugins" / "tuning_desk"


@pytest.fixture
def desk(manager: PluginManager) -> Iterator[str]:
    """The example with a panel."""
    yield manager.load(DESK).id
    for thread in threading.enumerate():  # of a panel that was shown, and has told the plugin so
        if thread.name == "schillinger-panel-tuning_desk":
            thread.join(20)
    manager.unload("tuning_desk")  # what is registered no more is not unloaded by who clears up
    manager.registry.unregister("tuning_desk")


def test_ui_gives_a_panel_with_the_values_of_the_line(cell: Cell, desk: str) -> None:
    """By which Python and the hand go on."""
    panel, _, error = cell(f"baroque = 415\n%plugin ui {desk} a4_hz=baroque temperament='just'")
    assert error is None
    assert isinstance(panel, PanelWidget)
    assert (panel.parameters["a4_hz"], panel.parameters["temperament"]) == (415.0, "just")
    panel.press("play_a")
    assert panel.wait()["sound"].duration_s == 3
    assert panel.message == "A4 at 415 Hz"


@pytest.mark.parametrize(
    ("line", "remedy"),
    [
        ("", "%plugin list shows them"),
        ("tuning_desk a4=415", "did you mean `a4_hz`?"),
        ("tuning_desk a4_hz=999", "choose 380 to 480 Hz"),
    ],
)
def test_ui_refuses_what_can_not_be_with_the_remedy(cell: Cell, desk: str, line: str, remedy: str) -> None:
    """No id, a slip in a name, a value out of range."""
    _, _, error = cell(f"%plugin ui {line}")
    assert isinstance(error, InputError)
    assert remedy in (error.remedy or "")


def test_ui_gives_the_node_of_any_other_plugin(cell: Cell, probe: Callable[..., str]) -> None:
    """With inputs as well as parameters; Run runs it."""
    probe("return {'y': 1}")
    node, _, error = cell("%plugin ui probe")
    assert error is None
    assert isinstance(node, NodeWidget)
    node.run()
    assert node.wait()["y"] == 1


def test_a_bare_instance_draws_its_node(
    manager: PluginManager, probe: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which runs that very instance, reads files for it, and says what it may reach."""
    instance = manager.create_instance(probe("return {'y': 1}"))
    drawn: list[Any] = []
    monkeypatch.setattr(display, "_in_notebook", lambda: True)
    monkeypatch.setattr(display, "_publish", lambda widget, stills, *, text: drawn.append(widget))
    display.draw(instance)
    (node,) = drawn
    assert (node.can_run, node.can_read, node.permissions) == (True, True, [])
    node.run()
    node.wait()
    assert instance.stats.calls == 1


def test_info_shows_the_panel_of_a_ui_plugin(
    manager: PluginManager, desk: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In place of a node, which has nothing to run."""
    show_node(manager, manager.plugins[desk], inputs={}, parameters={})
    assert "Panel Tuning desk" in capsys.readouterr().out
