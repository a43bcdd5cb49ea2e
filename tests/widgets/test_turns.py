"""TurnTaking: what a cell, a run and a page set at the same time, and what is heard beside a cell."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.errors import InputError
from schillinger_plugins.flow import Flow
from schillinger_plugins.manager import PluginManager
from schillinger_plugins.widgets.bundle import BundledWidget
from schillinger_plugins.widgets.canvas import flow_view
from schillinger_plugins.widgets.comparison import compare
from schillinger_plugins.widgets.logs import LogsWidget
from schillinger_plugins.widgets.node import NodeWidget
from schillinger_plugins.widgets.panel import PanelWidget
from schillinger_plugins.widgets.status import StatusWidget
from schillinger_plugins.widgets.watch import WatchLine

from .conftest import click_track

DEFINITION = NodeDefinition.parse(
    {
        "type": "gain_node",
        "label": "Gain",
        "outputs": [{"name": "y", "type": "number"}],
        "parameters": [{"name": "gain_db", "type": "number", "default": 0, "min": -96, "max": 24}],
    },
    plugin_id="gain_node",
)
SOON_S = 0.1
"""A thread that need not wait is through long before."""

MAKE: dict[str, Callable[[PluginManager], BundledWidget]] = {
    "node": lambda _: NodeWidget(DEFINITION),
    "panel": lambda _: PanelWidget(DEFINITION),
    "explorer": lambda _: compare(click_track(), click_track()),
    "status": StatusWidget,
    "logs": LogsWidget,
    "watch": lambda _: WatchLine("watched", still="watched"),
}
HAND: dict[str, dict[str, Any]] = {
    "node": {"parameters": {"gain_db": -6.0}, "live": True},
    "panel": {"parameters": {"gain_db": -6.0}},
    "explorer": {"region": {"start_s": 0.5, "end_s": 1.0}, "loop": True, "sound": "1:audio"},
    "status": {},
    "logs": {},
    "watch": {},
}
"""What the hand sets on each."""


class Beside(threading.Thread):
    """Does something in another thread, and keeps what it raised."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__(daemon=True)
        self._act = act
        self.raised: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._act()
        except Exception as error:
            self.raised = error


@pytest.fixture(params=[NodeWidget, PanelWidget])
def widget(request: pytest.FixtureRequest) -> Any:
    return request.param(DEFINITION)


@pytest.fixture
def shared(request: pytest.FixtureRequest, manager: PluginManager) -> Iterator[BundledWidget]:
    """The widget of a name in `MAKE`."""
    widget = MAKE[request.param](manager)
    yield widget
    widget.close()


@pytest.mark.parametrize(("shared", "hand"), HAND.items(), indirect=["shared"])
def test_a_page_sets_what_the_hand_does_and_nothing_else(shared: BundledWidget, hand: dict[str, Any]) -> None:
    """All that is shared comes from the page, each of its type: what is Python's stays as it was."""
    python = {name: getattr(shared, name) for name in shared.traits(sync=True) if name not in hand}
    assert {"bundle_key", "code", "layout"} < set(python)
    shared.set_state({name: _another(value) for name, value in python.items()} | hand)
    assert {name: getattr(shared, name) for name in python} == python
    assert {name: getattr(shared, name) for name in hand} == hand


@pytest.mark.parametrize(
    ("shared", "sent"),
    [
        ("node", {"live": "yes"}),
        ("node", {"parameters": [1]}),
        ("panel", {"parameters": None}),
        ("explorer", {"region": "all"}),
        ("explorer", {"loop": None}),
        ("explorer", {"sound": 7}),
        ("explorer", {"sound": "nothing"}),
    ],
    indirect=["shared"],
)
def test_what_a_page_sets_wrongly_is_dropped(shared: BundledWidget, sent: dict[str, Any]) -> None:
    """Nothing raises, it stays as it was, and the next that comes is taken."""
    before = {name: getattr(shared, name) for name in sent}
    shared.set_state(sent)
    assert {name: getattr(shared, name) for name in sent} == before
    hand = HAND["explorer" if "region" in shared.trait_names() else "panel"]
    shared.set_state(hand)
    assert {name: getattr(shared, name) for name in hand} == hand


def _another(value: Any) -> Any:
    """Of the same type, as far as JSON has it."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case dict():
            return {"x": 1}
        case list():
            return [b"x"]
        case _:
            return "x"


def test_python_is_refused_what_does_not_fit_while_the_hand_sets(widget: Any) -> None:
    """Another thread's value is Python's, though a message from the page is just being taken."""
    cell: list[Beside] = []

    def set_in_a_cell(_: Any) -> None:
        cell.append(Beside(lambda: setattr(widget, "parameters", {"gain_db": 99})))
        cell[0].join(SOON_S)

    widget.observe(set_in_a_cell, "parameters")
    widget.set_state({"parameters": {"gain_db": -6}})
    cell[0].join(10)
    assert isinstance(cell[0].raised, InputError)
    assert widget.parameters == {"gain_db": -6.0}


def test_a_page_waits_for_what_python_sets_at_once(widget: Any) -> None:
    """Its message is taken afterwards, and doesn't make Python's values its own."""
    with widget.hold_sync():
        page = Beside(lambda: widget.set_state({"parameters": {"gain_db": -6}}))
        page.join(SOON_S)
        with pytest.raises(InputError):
            widget.parameters = {"gain_db": 99}
    page.join(10)
    assert widget.parameters == {"gain_db": -6.0}


@pytest.mark.parametrize("set_it", [setattr, NodeWidget.set_trait])
@pytest.mark.parametrize("hold", ["hold_sync", "hold_trait_notifications"])
def test_news_of_a_run_waits_until_all_before_it_is_told(widget: Any, hold: str, set_it: Any) -> None:
    """What another thread sets meanwhile is not mixed into it, where it could be lost."""
    told: list[str] = []
    widget.observe(lambda change: told.append(change["new"]), "message")
    with getattr(widget, hold)():
        run = Beside(lambda: set_it(widget, "message", "half-way"))
        run.join(SOON_S)
        assert widget.message == ""
    run.join(10)
    assert told == ["half-way"]


@pytest.mark.timeout(30)
def test_who_observes_a_node_may_wait_for_it() -> None:
    """In live mode, too, where the run has not even begun: nobody keeps the run from beginning."""

    async def run(inputs: Any, parameters: Any, *, on_progress: Any) -> Any:
        raise ValueError("it was run")

    node = NodeWidget(DEFINITION, run=run)
    node.live = True
    waited: list[str] = []
    node.observe(lambda _: waited.append(f"{node.wait(5)} {node.status}"), "parameters")
    node.parameters = {"gain_db": -6}
    assert waited == ["None failed"]


def test_cancel_is_heard_where_the_page_sends_it(manager: PluginManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a node and a canvas; what depends on what was set before comes behind it, where ipykernel chooses."""
    from ipykernel.comm import Comm

    def comm_of(widget: BundledWidget) -> Any:
        widget.comm = None
        widget.open()
        comm = widget.comm
        assert isinstance(comm, Comm)
        comm._reply_subshell_id = None  # as after anything that a cell has shown
        return comm

    monkeypatch.setattr("comm.create_comm", lambda **options: Comm(show_warning=False, **options))
    for widget in (NodeWidget(DEFINITION), flow_view(Flow(manager))):
        route = comm_of(widget)._reply_subshell_for
        assert route({"method": "custom", "content": {"kind": "cancel"}}, "of the page") == "of the page"
        for data in (
            {"method": "custom", "content": {"kind": "run"}},
            {"method": "custom", "content": {"kind": ["cancel"]}},
            {"method": "custom", "content": "cancel"},
            {"method": "update", "state": {"kind": "cancel"}},
            None,
        ):
            assert route(data, "of the page") is None, data
