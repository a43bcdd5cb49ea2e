"""The contract between Python and the page: the generated file, the widgets' traits, and what is said."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import ipywidgets
import msgspec
import pytest

import schillinger_plugins.widgets
from schillinger_plugins import PluginManager
from schillinger_plugins.definition import NodeDefinition
from schillinger_plugins.widgets import logs
from schillinger_plugins.widgets.analysis import AnalysisView
from schillinger_plugins.widgets.bundle import BundledWidget
from schillinger_plugins.widgets.canvas import FlowWidget
from schillinger_plugins.widgets.contract import __main__ as command
from schillinger_plugins.widgets.contract import read, schema
from schillinger_plugins.widgets.contract.logs import Lines
from schillinger_plugins.widgets.contract.node import Failure
from schillinger_plugins.widgets.logs import LogsWidget
from schillinger_plugins.widgets.node import NodeWidget
from schillinger_plugins.widgets.panel import PanelWidget
from schillinger_plugins.widgets.status import StatusWidget
from schillinger_plugins.widgets.watch import WatchLine

from .conftest import click_track
from .keeping import Keeper, flaws

FOLDER = Path(schillinger_plugins.widgets.__file__).parent
EXAMPLES = Path(__file__).parents[2] / "plugins"
WIDGETS: dict[str, type[BundledWidget]] = {
    "analysis": AnalysisView,
    "bundle": BundledWidget,
    "flow": FlowWidget,
    "logs": LogsWidget,
    "node": NodeWidget,
    "panel": PanelWidget,
    "status": StatusWidget,
    "watch": WatchLine,
}


def test_the_generated_file_is_what_the_structs_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """contract.json is as the command writes it, and a file that isn't is told with what mends it."""
    assert command.main(check=True) == ""
    monkeypatch.setattr(command, "FILE", tmp_path / "contract.json")
    assert "run: make contract" in command.main(check=True)
    assert command.main(check=False) == ""
    assert json.loads((tmp_path / "contract.json").read_text()) == schema.schema()
    monkeypatch.setattr(command, "FILE", tmp_path / "nowhere" / "contract.json")
    assert "a checkout" in command.main(check=True)


@pytest.mark.parametrize("name", WIDGETS)
def test_a_widgets_traits_are_those_of_its_state(name: str) -> None:
    """Nothing is shared with the page that the contract doesn't name, and everything that it names."""
    base = ipywidgets.DOMWidget if name == "bundle" else BundledWidget
    own = set(WIDGETS[name].class_traits(sync=True)) - set(base.class_traits(sync=True))
    own -= {one for one in own if one.startswith("_")}
    assert own == set(schema.state_of(schema.MODULES[name]).__struct_fields__)


def test_every_bundle_has_a_part_in_the_contract() -> None:
    """A widget's part is found by the name of its bundle; loader, server's page and the worker that draws are no widgets."""
    bundles = {path.stem for path in (FOLDER / "static").glob("*.js")} - {"loader", "page", "vega"}
    assert bundles | {"bundle"} == set(schema.MODULES)


def test_nothing_is_sent_past_the_contract() -> None:
    """Every `send` of a widget sends what `tell` makes of a struct."""
    sent = [line for path in FOLDER.rglob("*.py") for line in re.findall(r"self\.send\(.*", path.read_text())]
    assert len(sent) > 5
    assert [line for line in sent if not line.startswith("self.send(tell(")] == []


@pytest.mark.parametrize("name", schema.MODULES)
def test_a_message_of_the_page_is_read_as_the_schema_says(name: str) -> None:
    """The least that the schema asks for can be read; a wrong kind, and a field of a wrong type, can't."""
    module = schema.MODULES[name]
    for message in schema.messages_of(module, "ToKernel"):
        part = schema.schema()[name]["$defs"][message.__name__]
        least = {field: _sample(part["properties"][field]) for field in part["required"]}
        assert flaws(name, "ToKernel", least) == []
        assert isinstance(read(module.ToKernel, least), message)
        for wrong in ({**least, "kind": "rocket"}, *({**least, field: object()} for field in least)):
            assert read(module.ToKernel, wrong) is None
        assert flaws(name, "ToKernel", {**least, "rocket": 1})


def _sample(part: dict[str, Any]) -> Any:
    return part["enum"][0] if "enum" in part else {"string": "x", "integer": 1, "number": 0.5}[part["type"]]


def test_the_example_plugins_nodes_are_as_the_contract_says(kept: Keeper) -> None:
    """Definitions of all types of plugins, with every key."""
    seen = 0
    for manifest in EXAMPLES.glob("*/plugin.json"):
        given = json.loads(manifest.read_text()).get("definition")
        if given is not None:
            seen += 1
            NodeWidget(NodeDefinition.parse(given, plugin_id=manifest.parent.name))
    assert seen
    assert kept.flaws == []
    assert kept.read > 5 * seen


def test_what_an_explorer_says_is_as_the_contract_says(kept: Keeper) -> None:
    """Plan, tile, sound and file."""
    view = AnalysisView(click_track())
    for content in (
        {"kind": "tile", "name": "audio"},
        {"kind": "sound", "name": "audio"},
        {"kind": "export", "format": "csv"},
    ):
        before = kept.read
        view.on_request(content)
        assert kept.read == before + 1, content
    view.selection = 0.5, 1.0
    view.region = None


def test_a_breach_is_noticed(manager: PluginManager, kept: Keeper) -> None:
    """What watches all tests of this folder sees a message and a trait that break the contract."""
    status = StatusWidget(manager)
    logs.tell(Lines(lines=[], dropped="many"))  # type: ignore[arg-type]  # wrong on purpose
    status.said = {"text": 5}
    found = [flaw.partition(":")[0] for flaw in kept.flaws]
    kept.flaws.clear()
    status.close()
    assert found == ["logs, Lines.dropped", "status, StatusState/properties/said.text"]


def test_a_failure_that_did_not_happen_is_empty() -> None:
    """A struct that omits its defaults is written as the empty dictionary that a trait begins with."""
    assert msgspec.to_builtins(Failure()) == {}
    assert flaws("node", "Failure", {}) == []
