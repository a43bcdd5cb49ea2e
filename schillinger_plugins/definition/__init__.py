"""NodeDefinition: what a plugin's node takes, gives and can be set to, as plain data.

Owns the rules of a definition and the checks that follow from it: parameters against their ranges, inputs and outputs
against their ports' types. One definition serves the canvas, Tab completion, validation and documentation. Refuses
unknown keys, names used twice, defaults that break their own range. A definition comes from a manifest or out of a
worker and is hostile in both cases: it is bounded and checked before anything is made of it. Called by ``manifest``,
``manager`` and the faces.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Annotated, Any, Self

from pydantic import Field, ValidationError, model_validator

from ..errors import DefinitionError, InputError
from ..schema.json_text import NotPlain, check_plain, json_path
from ..schema.strict import Flaw, Line, StrictModel, Text, flaws_of, offence, show, suggestion
from .panel import Panel, check_panel
from .parameters import Parameter, ParameterType
from .ports import Misfit, Output, Port, PortType, SampleType, fit
from .steps import MAX_STEPS, Step, check_steps

__all__ = [
    "Example",
    "NodeDefinition",
    "Output",
    "Panel",
    "Parameter",
    "ParameterType",
    "Port",
    "PortType",
    "SampleType",
    "Step",
]

MAX_VALUES = 20_000
"""Of a definition as a whole: keys, items and scalars."""

MAX_PRESETS = 64

MAX_OUTPUT_NAME = 200
"""Of an output that no definition declares."""


class Example(StrictModel):
    """Values to try the node with."""

    inputs: dict[str, Any] = Field(
        default_factory=dict, description="a value for each input that plain data can express"
    )
    parameters: dict[str, Any] = Field(default_factory=dict, description="values that differ from the defaults")


class NodeDefinition(StrictModel):
    """A node, described.

    Attributes
    ----------
    type, label, description : str
        What the canvas calls it; `type` is for programs, `label` for people.
    inputs : tuple of Port
    outputs : tuple of Output
    parameters : tuple of Parameter
        Inputs and parameters share one space of names, since ``%plugin run ID name=...`` sets both. A node that
        declares neither takes whatever it is given; one that declares no outputs may return anything that can cross.
    ui : dict
        Free-form hints for an editor: groups, widgets. Never code.
    example : Example, optional
    presets : dict
        Settings worth having by name; a parameter that one doesn't give has its default.
    steps : tuple of Step
        What a workflow has other plugins do, in this order. Only plugins of the type WORKFLOW have some.
    panel : Panel, optional
        How controls, buttons and outputs are arranged. Only plugins of the type UI have one.
    """

    type: Annotated[
        str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.\-]{0,63}$", description="the node's type, a word for programs")
    ]
    label: Line = Field(description="what people call the node")
    description: Text = Field(default="", description="what the node does, in a sentence or two")
    inputs: Annotated[tuple[Port, ...], Field(strict=False, max_length=64)] = ()
    outputs: Annotated[tuple[Output, ...], Field(strict=False, max_length=256)] = ()
    parameters: Annotated[tuple[Parameter, ...], Field(strict=False, max_length=256)] = ()
    ui: dict[str, Any] = Field(default_factory=dict, description="hints for an editor: groups, widgets")
    example: Example | None = Field(default=None, description="values to try the node with")
    presets: dict[Line, dict[str, Any]] = Field(
        default_factory=dict,
        max_length=MAX_PRESETS,
        description="settings by name: parameters that differ from the defaults",
    )
    steps: Annotated[tuple[Step, ...], Field(strict=False, max_length=MAX_STEPS)] = ()
    panel: Panel | None = Field(default=None, description="how a UI plugin's controls and outputs are arranged")

    @classmethod
    def parse(cls, data: object, *, plugin_id: str) -> Self:
        """Check plain data and make a definition of it.

        Raises
        ------
        DefinitionError
            With the path of the first flaw; how many more there are is in the remedy.
        """
        flaws: list[Flaw]
        try:
            check_plain(data, max_values=MAX_VALUES)
            return cls.model_validate(data)
        except NotPlain as error:
            flaws = [Flaw(message=str(error), path=error.path)]
        except ValidationError as error:
            flaws = flaws_of(error, cls)
        except RecursionError:
            flaws = [Flaw(message="nested too deep", path="$")]
        first = flaws[0]
        remedy = first.remedy or "change what get_node_definition() returns"
        if len(flaws) > 1:
            remedy += f" ({len(flaws) - 1} more like this)"
        message = f"the node definition breaks a rule: {first.message}"
        raise DefinitionError(message, plugin_id=plugin_id, path=first.path, remedy=remedy) from None

    def as_dict(self) -> dict[str, Any]:
        """Plain data again, every key present."""
        return self.model_dump(mode="json")

    def input(self, name: str) -> Port | None:
        """The input port of that name."""
        return next((port for port in self.inputs if port.name == name), None)

    def output(self, name: str) -> Output | None:
        """The output port of that name."""
        return next((port for port in self.outputs if port.name == name), None)

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name, or that had that name before."""
        named = next((parameter for parameter in self.parameters if parameter.name == name), None)
        return named or next((parameter for parameter in self.parameters if name in parameter.aliases), None)

    def renamed(self, values: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
        """Parameters by the names they have now; those that nobody knows stay as they are.

        Raises
        ------
        InputError
            If one is given twice, by its name and by a former one, with the path ``$.parameters.gain``.
        """
        named: dict[str, Any] = {}
        given_as: dict[str, str] = {}
        for name, value in values.items():
            parameter = self.parameter(name)
            present = name if parameter is None else parameter.name
            if present in named:
                former = next(one for one in (name, given_as[present]) if one != present)
                raise InputError(
                    f"parameter `{present}` is given twice, as {_quoted(given_as[present])} and as {_quoted(name)}",
                    plugin_id=plugin_id,
                    remedy=f"leave `{former}` out: it is what `{present}` was called before",
                    path=json_path(["parameters", former]),
                )
            named[present], given_as[present] = value, name
        return named

    @cached_property
    def has_files(self) -> bool:
        """Whether one of its parameters is a file."""
        return any(parameter.type == "file" for parameter in self.parameters)

    def check_parameters(self, values: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
        """Fill in defaults and check every value.

        Returns
        -------
        dict
            One entry for each parameter, in the definition's order and by its present name, as Python's own types.

        Raises
        ------
        InputError
            For an unknown name, one given twice, a wrong type or a value out of range, with the path
            ``$.parameters.gain_db``.
        """
        return self._checked(values, Parameter.check, plugin_id)

    def check_settings(self, values: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
        """As `check_parameters`, for what is set and kept until a call is made: a file is its path then, and isn't read."""
        return self._checked(values, Parameter.named, plugin_id)

    def _checked(
        self, values: Mapping[str, Any], check: Callable[[Parameter, Any], Any], plugin_id: str
    ) -> dict[str, Any]:
        if self._takes_anything:
            return dict(values)
        if any(parameter.aliases for parameter in self.parameters):
            values = self.renamed(values, plugin_id=plugin_id)
        self._refuse_unknown(values, [p.name for p in self.parameters], "parameter", plugin_id)
        checked: dict[str, Any] = {}
        for parameter in self.parameters:
            try:
                checked[parameter.name] = check(parameter, values.get(parameter.name, parameter.default))
            except Misfit as misfit:
                path = json_path(["parameters", parameter.name, *misfit.at])
                message = f"parameter `{parameter.name}` {misfit}"
                raise InputError(message, plugin_id=plugin_id, remedy=misfit.remedy, path=path) from None
        return checked

    def check_inputs(self, values: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
        """Check that each required input is there and each value fits its port. None stands for an input not given.

        Raises
        ------
        InputError
            For a missing, unknown or ill-typed input, with the path ``$.inputs.audio``.
        """
        if self._takes_anything:
            return dict(values)
        self._refuse_unknown(values, [port.name for port in self.inputs], "input", plugin_id)
        checked: dict[str, Any] = {}
        for port in self.inputs:
            value, path = values.get(port.name), json_path(["inputs", port.name])
            if value is None:
                if port.required:
                    message = f"the input `{port.name}` is missing"
                    remedy = f"give {port.name}=… ({port.describe()})"
                    raise InputError(message, plugin_id=plugin_id, remedy=remedy, path=path)
                continue
            try:
                checked[port.name] = fit(port.type, value)
            except Misfit as misfit:
                message = f"input `{port.name}` {misfit}"
                raise InputError(message, plugin_id=plugin_id, remedy=misfit.remedy, path=path) from None
        return checked

    def check_outputs(self, values: Mapping[str, Any], *, plugin_id: str) -> dict[str, Any]:
        """Check what the plugin returned: every output of the definition, no other, each of its port's type.

        A number, string or boolean may be None, which says that there is no such value (the tempo of silence), and a
        number may be infinite or NaN (the loudness of silence).

        Raises
        ------
        DefinitionError
            With the path ``$.outputs.rms``.
        """
        if not self.outputs:
            self._refuse_unreadable(values, plugin_id)
            return dict(values)
        names = [port.name for port in self.outputs]
        for name in values:
            if name not in names:
                raise DefinitionError(
                    f"execute() returned {_quoted(name)}, which is no output of the definition",
                    plugin_id=plugin_id,
                    remedy=suggestion(str(name)[:64], names) + " (an author declares it in the definition's outputs)",
                    path=json_path(["outputs", str(name)]),
                )
        checked: dict[str, Any] = {}
        for port in self.outputs:
            path = json_path(["outputs", port.name])
            if port.name not in values:
                message = f"execute() did not return the output `{port.name}`"
                remedy = "its author returns every output that the definition declares, or declares fewer"
                raise DefinitionError(message, plugin_id=plugin_id, path=path, remedy=remedy)
            value = values[port.name]
            if value is None and port.type in _MAY_BE_NONE:
                checked[port.name] = None
                continue
            try:
                checked[port.name] = fit(port.type, value, finite=False)
            except Misfit as misfit:
                message = f"the output `{port.name}` {misfit}"
                remedy = "its author returns what the definition declares, or declares what is returned"
                if port.type == "figure":
                    remedy, path = misfit.remedy or remedy, json_path(["outputs", port.name, *misfit.at])
                raise DefinitionError(message, plugin_id=plugin_id, remedy=remedy, path=path) from None
        return checked

    def _refuse_unreadable(self, values: Mapping[str, Any], plugin_id: str) -> None:
        for name in values:
            if not name.isprintable() or len(name) > MAX_OUTPUT_NAME:
                raise DefinitionError(
                    f"execute() returned an output called {show(name)}, which can't be shown",
                    plugin_id=plugin_id,
                    remedy=f"its author names it in at most {MAX_OUTPUT_NAME} characters without control characters",
                    path=json_path(["outputs", name]),
                )

    @property
    def _takes_anything(self) -> bool:
        return not self.inputs and not self.parameters

    def _refuse_unknown(self, values: Mapping[str, Any], known: list[str], kind: str, plugin_id: str) -> None:
        for name in values:
            if name not in known:
                remedy = suggestion(str(name)[:64], known)
                path = json_path([f"{kind}s", str(name)])
                raise InputError(f"no {kind} {_quoted(name)}", plugin_id=plugin_id, remedy=remedy, path=path)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        # Asked of every plugin that is found; the search for words only of those that need some.
        ends = {item.name for item in (*self.inputs, *self.parameters)}
        outputs = {output.name for output in self.outputs}
        if len(ends) == len(self.inputs) + len(self.parameters) and len(outputs) == len(self.outputs):
            return self._with_unique_aliases(ends)
        seen: dict[str, str] = {}
        groups: dict[str, Sequence[Port | Parameter]] = {"inputs": self.inputs, "parameters": self.parameters}
        for field, items in groups.items():
            for index, item in enumerate(items):
                if item.name in seen:
                    message = f"the name `{item.name}` is used twice ({seen[item.name]} and {field}[{index}])"
                    raise offence(
                        message, at=(field, index, "name"), remedy="inputs and parameters share one space of names"
                    )
                seen[item.name] = f"{field}[{index}]"
        names = [output.name for output in self.outputs]
        for index, output in enumerate(self.outputs):
            if names.index(output.name) != index:
                message = f"the name `{output.name}` is used by two outputs"
                raise offence(message, at=("outputs", index, "name"), remedy="rename one")
        return self

    def _with_unique_aliases(self, taken: set[str]) -> Self:
        for index, parameter in enumerate(self.parameters):
            for alias in parameter.aliases:
                if alias in taken:
                    message = f"the alias `{alias}` is the name or a former name of another, too"
                    if alias == parameter.name:
                        message = f"the alias `{alias}` is what it is called now"
                    raise offence(message, at=("parameters", index, "aliases"), remedy="remove it")
                taken.add(alias)
        return self

    @model_validator(mode="after")
    def _axes_are_outputs(self) -> Self:
        names = [output.name for output in self.outputs]
        for index, output in enumerate(self.outputs):
            if output.times is None and output.bins is None:
                continue
            for axis in ("times", "bins"):
                other = getattr(output, axis)
                if other is not None and (other not in names or other == output.name):
                    message = f"{axis} names {show(other)}, which is no other output"
                    raise offence(message, at=("outputs", index, axis), remedy=suggestion(other, names))
        return self

    @model_validator(mode="after")
    def _steps_lead_somewhere(self) -> Self:
        if self.steps:
            check_steps(self)
        return self

    @model_validator(mode="after")
    def _panel_leads_somewhere(self) -> Self:
        if self.panel is not None:
            check_panel(self)
        return self

    @model_validator(mode="after")
    def _example_fits(self) -> Self:
        if self.example is None:
            return self
        for name in self.example.inputs:
            if self.input(name) is None:
                remedy = suggestion(name, [port.name for port in self.inputs])
                raise offence(f"no input {show(name)}", at=("example", "inputs", name), remedy=remedy)
        try:
            self.check_parameters(self.example.parameters, plugin_id=self.type)
        except InputError as error:
            raise offence(error.message, at=("example", "parameters"), remedy=error.remedy) from error
        return self

    @model_validator(mode="after")
    def _presets_fit(self) -> Self:
        for name, values in self.presets.items():
            try:
                self.check_parameters(values, plugin_id=self.type)
            except InputError as error:
                raise offence(error.message, at=("presets", name), remedy=error.remedy) from error
        return self


def _quoted(name: object) -> str:
    """A key as it is given, or as Python writes it where it would drive a terminal."""
    text = str(name)[:64]
    return f"`{text}`" if text.isprintable() else show(text)


_MAY_BE_NONE = frozenset({"number", "integer", "string", "boolean", "any"})
