"""Panel: how a UI plugin's controls, buttons and outputs are arranged, as plain data that the host draws.

Owns the kinds of items and the rules that can be told from the definition alone: every name leads to a parameter or to an
output of a type that can be drawn so, nothing stands there twice. Refuses keys that its kind has no use for; there is no
HTML and no code in a panel. Called by ``definition`` and ``widgets``; `misplaced` by whoever knows the plugin's type, too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from ..errors import InputError
from ..schema.strict import Line, Name, Number, StrictModel, Text, offence, show, suggestion

if TYPE_CHECKING:
    from . import NodeDefinition

ItemKind = Literal["control", "button", "heading", "text", "value", "meter", "table", "figure", "audio"]

DRAWN: dict[str, tuple[str, ...]] = {
    "text": ("string", "number", "integer", "boolean", "any"),
    "value": ("number", "integer"),
    "meter": ("number", "integer"),
    "table": ("list", "array", "object", "events", "any"),
    "figure": ("figure",),
    "audio": ("audio",),
}
"""By the kinds of items that show an output: the types of outputs that they can show."""

MAX_GROUPS = 32
MAX_ITEMS = 64
MAX_COLUMNS = 4

_NEEDED = {**dict.fromkeys(("control", "button", *DRAWN), ("name",)), "heading": ("label",)}
_ALLOWED = {
    "control": {"name"},
    "button": {"name", "label", "tooltip", "style"},
    "heading": {"label"},
    "meter": {"name", "label", "tooltip", "min", "max"},
}
_SHOWS = {"name", "label", "tooltip"}


class Item(StrictModel):
    """One thing on a panel.

    Attributes
    ----------
    kind : str
        ``control`` is a parameter's, drawn as on the node; ``button`` can be pressed; ``heading`` is a line of text; the
        others show an output: ``text`` as plain text, ``value`` a number with its unit, ``meter`` a bar between `min` and
        `max`, ``table`` rows, ``figure`` a drawing or picture, ``audio`` a player.
    name : str
        Of the parameter or the output; a button has its own.
    label : str
        In place of the output's own. A button without one bears its name.
    style : str
        How much a button asks to be pressed.

    Examples
    --------
    >>> Item(kind="button", name="play", label="Play", style="primary").kind
    'button'
    """

    kind: ItemKind = Field(description="what is drawn")
    name: Name | None = Field(default=None, description="of a parameter, an output or the button itself")
    label: Line | None = Field(default=None, description="what people read beside it")
    tooltip: Text = Field(default="", description="a sentence that explains it")
    style: Literal["primary", "normal", "danger"] = Field(default="normal", description="of a button")
    min: Number | None = Field(default=None, description="where a meter begins")
    max: Number | None = Field(default=None, description="where a meter ends")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        allowed = _ALLOWED.get(self.kind, _SHOWS)
        for key in sorted(self.model_fields_set - {"kind"} - allowed):
            raise offence(f"a {self.kind} has no {key}", at=(key,), remedy="remove it")
        for key in _NEEDED[self.kind]:
            if getattr(self, key) is None:
                raise offence(f"a {self.kind} needs a {key}", at=(key,), remedy=f'add "{key}"')
        if self.kind == "meter" and (self.min is None or self.max is None or self.min >= self.max):
            raise offence("a meter needs min and max, and min is below max", at=("min",), remedy="give both")
        return self


class Group(StrictModel):
    """Items that belong together: controls, tables and pictures below each other, buttons and values side by side."""

    label: Line | None = Field(default=None, description="what stands above them")
    items: Annotated[tuple[Item, ...], Field(strict=False, min_length=1, max_length=MAX_ITEMS)] = Field(
        description="what is drawn, in this order"
    )


class Panel(StrictModel):
    """Groups in one or more columns; where the page is narrow, in one."""

    groups: Annotated[tuple[Group, ...], Field(strict=False, min_length=1, max_length=MAX_GROUPS)] = Field(
        description="what belongs together, in this order"
    )
    columns: Annotated[int, Field(ge=1, le=MAX_COLUMNS)] = Field(default=1, description="how many groups side by side")

    def items(self) -> Iterator[Item]:
        """All items, in their order."""
        for group in self.groups:
            yield from group.items

    def button(self, name: str) -> Item | None:
        """The button of that name."""
        return next((item for item in self.items() if item.kind == "button" and item.name == name), None)


def check_panel(definition: NodeDefinition) -> None:
    """Raise an offence for the first item that leads nowhere, or stands there twice."""
    if definition.panel is None:
        return
    parameters = [parameter.name for parameter in definition.parameters]
    outputs = {output.name: output.type for output in definition.outputs}
    seen: set[tuple[str, str]] = set()
    for row, group in enumerate(definition.panel.groups):
        for index, item in enumerate(group.items):
            at = ("panel", "groups", row, "items", index, "name")
            if item.name is None:
                continue
            if item.kind == "control" and item.name not in parameters:
                raise offence(f"no parameter `{item.name}`", at=at, remedy=suggestion(item.name, parameters))
            if item.kind == "control" and definition.parameters[parameters.index(item.name)].type == "file":
                raise offence(
                    f"a panel has no control for a file, as `{item.name}` is",
                    at=at,
                    remedy="remove it: a person gives a file to the node",
                )
            if item.kind in DRAWN:
                _demand_drawable(item, outputs, at)
            key = (item.kind, item.name)
            if key in seen:
                raise offence(f"the {item.kind} `{item.name}` is there twice", at=at, remedy="remove one")
            seen.add(key)


def panel_of(definition: NodeDefinition) -> Panel:
    """The panel of a definition; of one without, all controls but files, and below them all outputs that can be drawn."""
    if definition.panel is not None:
        return definition.panel
    controls = [
        {"kind": "control", "name": parameter.name} for parameter in definition.parameters if parameter.type != "file"
    ]
    shown = [{"kind": kind, "name": port.name} for port in definition.outputs if (kind := _kind_for(port.type))]
    groups = [
        {"items": items[start : start + MAX_ITEMS]}
        for items in (controls, shown)
        for start in range(0, len(items), MAX_ITEMS)
    ]
    empty = {"items": [{"kind": "heading", "label": "This panel is empty."}]}
    return Panel.model_validate({"groups": groups or [empty]})


def panel_values(definition: NodeDefinition, values: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
    """Parameters as a panel has them, which a plugin's code sets as well as a hand: no file is among them.

    Raises
    ------
    InputError
        As `NodeDefinition.check_parameters`, and for a file's content.
    """
    checked = definition.check_parameters(values, plugin_id=plugin_id)
    for parameter in definition.parameters:
        if parameter.type == "file" and checked[parameter.name] is not None:
            raise InputError(
                f"parameter `{parameter.name}` is a file, and a panel has none",
                plugin_id=plugin_id,
                remedy="give it to the node: instance.execute()",
                path=f"$.parameters.{parameter.name}",
            )
    return checked


def misplaced(definition: NodeDefinition, *, plugin_type: str) -> tuple[str, tuple[str | int, ...], str] | None:
    """What is wrong with a panel for a plugin of that type: message, place, remedy. Only UI plugins have one."""
    if definition.panel is None or plugin_type == "UI":
        return None
    return (
        f"it has a panel, and its type is {plugin_type}",
        ("panel",),
        'write "plugin_type": "UI", or remove the panel',
    )


def _demand_drawable(item: Item, outputs: Mapping[str, str], at: tuple[str | int, ...]) -> None:
    assert item.name is not None
    if item.name not in outputs:
        raise offence(f"no output `{item.name}`", at=at, remedy=suggestion(item.name, outputs))
    takes = DRAWN[item.kind]
    kind = outputs[item.name]
    if kind not in takes:
        fitting = _kind_for(kind)
        raise offence(
            f"a {item.kind} can't show {show(item.name)}, which is of type {kind}",
            at=at,
            remedy=f'write "kind": "{fitting}"' if fitting else f"a {item.kind} shows {', '.join(takes)}",
        )


def _kind_for(port_type: str) -> str | None:
    if port_type in ("number", "integer"):
        return "value"
    return next((kind for kind, types in DRAWN.items() if port_type in types), None)
