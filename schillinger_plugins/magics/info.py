"""What ``%plugin info`` shows: the facts of a plugin, and its node to set and run by hand.

The one place where the magics reach for the widgets' node. Where it can't be drawn, tables stand in for it. Called by
``magics.commands``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..definition.steps import literal, reference
from ..errors import PluginError
from ..permissions import summary
from ..registry import PluginRecord
from ..schema.strict import show
from .scan import findings_table
from .table import Table, publish
from .tracebacks import lines

if TYPE_CHECKING:
    from ..definition import NodeDefinition
    from ..manager import PluginManager


class PluginInfo:
    """A plugin, told and drawn."""

    def __init__(
        self,
        manager: PluginManager,
        record: PluginRecord,
        *,
        inputs: Mapping[str, Any],
        parameters: Mapping[str, Any],
        in_notebook: bool,
    ) -> None:
        self._manager = manager
        self._record = record
        self._inputs = inputs
        self._parameters = parameters
        self._in_notebook = in_notebook

    @cached_property
    def _findings(self) -> list[Table]:
        """What the static scan finds; a plugin without a sound manifest can't be scanned."""
        if self._record.error is not None:
            return []
        report, in_tests = self._manager.findings(self._record.id).beside_tests()
        where = f"in its tests: %plugin scan {self._record.id}"
        if not report.findings:
            nothing = (
                f"The static scan found nothing but {in_tests} {where}"
                if in_tests
                else "The static scan found nothing."
            )
            return [Table(headings=(), rows=[], notes=[nothing])]
        more = [f"{in_tests} more {where}"] if in_tests else []
        return [findings_table(report, more=more)]

    def __repr__(self) -> str:
        parts = [repr(facts(self._record, self._permissions()))]
        if self._record.definition is not None:
            parts += [repr(table) for table in node_tables(self._record.definition)]
        parts += [repr(table) for table in self._findings]
        return "\n\n".join(parts)

    def _repr_html_(self) -> str:
        parts = [facts(self._record, self._permissions())._repr_html_()]
        if self._record.definition is not None:
            parts += [table._repr_html_() for table in node_tables(self._record.definition)]
        parts += [table._repr_html_() for table in self._findings]
        return "".join(parts)

    def _ipython_display_(self) -> None:
        if not self._in_notebook:
            print(repr(self))
            return
        if self._record.error is not None:
            publish(self)
            return
        show_node(self._manager, self._record, inputs=self._inputs, parameters=self._parameters)
        record = self._manager.plugins.get(self._record.id, self._record)  # drawing the node may have loaded it
        publish(facts(record, self._permissions()))
        if record.definition is not None and record.definition.steps:  # which the drawn node doesn't show
            publish(steps_table(record.definition))
        for table in self._findings:
            publish(table)

    def _permissions(self) -> list[str]:
        try:
            record = self._manager.look(self._record.id)
        except PluginError:
            record = self._record
        return summary(self._manager.permissions, record)


def show_node(
    manager: PluginManager, record: PluginRecord, *, inputs: Mapping[str, Any], parameters: Mapping[str, Any]
) -> None:
    """Draw the live node of a plugin, of a UI plugin its panel, or why there is none beside its tables."""
    try:
        from ..widgets import node_html, node_view
        from ..widgets.display import draw_node

        if record.manifest is not None and record.manifest.metadata.plugin_type == "UI":
            from ..widgets import panel_view

            panel_view(manager, record.id, parameters=parameters)._ipython_display_()
            return
        widget = node_view(manager, record.id, inputs=inputs, parameters=parameters)
    except PluginError as error:
        # The plugin's code is broken or may not run: what its manifest says is still worth seeing.
        print("\n".join(lines(error)))
        if record.definition is not None:
            for table in node_tables(record.definition):
                publish(table)
        return
    draw_node(widget, node_html(manager.definition(record.id)))


def facts(record: PluginRecord, permissions: Sequence[str]) -> Table:
    """The manifest in a few rows; of a broken plugin its error."""
    rows = [("id", record.id), ("state", record.state)]
    # Where an example lies says nothing to anybody, and would stand in every notebook that is passed on.
    rows += [("found among", "the examples")] if record.source == "examples" else [("folder", str(record.root))]
    if record.error is not None:
        rows.append(("error", str(record.error)))
        return Table(headings=("", ""), rows=rows)
    assert record.manifest is not None
    manifest, metadata = record.manifest, record.manifest.metadata
    limits = manifest.limits.model_dump(exclude_none=True)
    rows += [
        ("description", metadata.description),
        ("type", f"{metadata.plugin_type} ({metadata.category})"),
        ("version", metadata.version),
        ("author", metadata.author),
        ("permissions", "\n".join(permissions) or "none"),
        ("limits", ", ".join(f"{name} {value}" for name, value in limits.items()) or "the usual ones"),
        ("needs", ", ".join([*metadata.dependencies, *manifest.python_dependencies]) or "nothing"),
    ]
    return Table(headings=("", ""), rows=rows, title=manifest.title)


def node_tables(definition: NodeDefinition) -> list[Table]:
    """Ports, parameters, and the steps of a workflow."""
    tables = []
    for title, ports in (("Inputs", definition.inputs), ("Outputs", definition.outputs)):
        if ports:
            rows = [(port.name, port.describe(), _note(port.label, port.name, port.tooltip)) for port in ports]
            tables.append(Table(headings=("name", "type", "description"), rows=rows, title=title))
    if definition.parameters:
        rows4 = [
            (p.name, p.describe(), repr(p.default), _note(p.label, p.name, p.tooltip)) for p in definition.parameters
        ]
        headings = ("name", "type", "default", "description")
        tables.append(Table(headings=headings, rows=rows4, title="Parameters"))
    if definition.steps:
        tables.append(steps_table(definition))
    return tables


def steps_table(definition: NodeDefinition) -> Table:
    """What a workflow has other plugins do, in this order."""
    rows = [
        (step.id, step.plugin, "\n".join(f"{name} = {_given(value)}" for _, name, value in step.given()))
        for step in definition.steps
    ]
    return Table(headings=("step", "plugin", "is given"), rows=rows, title="Steps")


def _given(value: Any) -> str:
    meant = reference(value)
    return f"← {meant}" if meant is not None else show(literal(value))


def _note(label: str, name: str, tooltip: str) -> str:
    return tooltip or (label if label != name else "")
