"""Steps: what a workflow has other plugins do, as plain data.

Owns what a step is, what in it is a reference and what a value, and the rules that can be told without knowing the other
plugins: ids are unique, references lead to the workflow's own inputs and parameters or to an earlier step. Refuses a
string that reads like a reference and leads nowhere, rather than taking it for a value. Called by ``definition`` and
``workflow``; `misplaced` by ``manifest`` and ``admission``, where definition and plugin type meet.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

from packaging.requirements import Requirement
from pydantic import Field

from ..schema.strict import Id, Name, StrictModel, offence, show, suggestion

if TYPE_CHECKING:
    from . import NodeDefinition

MAX_STEPS = 64
OWN = ("inputs", "parameters")
"""What of the workflow itself a reference may lead to; no step can be called so."""

RESULTS = "steps"
"""The input under which the workflow's own plugin gets what the steps gave."""

_REFERENCE = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,63})\.([A-Za-z_][A-Za-z0-9_]{0,63})\Z")


class Reference(NamedTuple):
    """Where a value comes from: ``inputs``, ``parameters`` or a step's id, and the name there."""

    source: str
    name: str

    def __str__(self) -> str:
        return f"{self.source}.{self.name}"


class Step(StrictModel):
    """One call of another plugin.

    Attributes
    ----------
    id : str
        What later steps, and the workflow's own ``inputs["steps"]``, call it.
    plugin : str
        The other plugin's id.
    inputs, parameters : dict
        By name of the other plugin's, each a value or a reference: ``inputs.NAME``, ``parameters.NAME``, ``STEP.OUTPUT``.
        Only a string that is a reference as a whole is one; within lists and objects there are none.
        ``{"literal": "inputs.x"}`` is the string itself.

    Examples
    --------
    >>> Step(id="analysis", plugin="audio_analyzer", inputs={"audio": "inputs.audio"}, parameters={"n_fft": 4096})
    Step(id='analysis', plugin='audio_analyzer', inputs={'audio': 'inputs.audio'}, parameters={'n_fft': 4096})
    """

    id: Name = Field(description="what later steps call it")
    plugin: Id = Field(description="the id of the plugin that does it")
    inputs: Annotated[dict[Name, Any], Field(max_length=64)] = Field(
        default_factory=dict, description="values or references, by the plugin's inputs"
    )
    parameters: Annotated[dict[Name, Any], Field(max_length=256)] = Field(
        default_factory=dict, description="values or references, by the plugin's parameters"
    )

    def given(self) -> list[tuple[str, str, Any]]:
        """Each ``inputs`` or ``parameters``, name and value or reference."""
        return [(kind, name, value) for kind in OWN for name, value in getattr(self, kind).items()]


def reference(value: Any) -> Reference | None:
    """The reference that a value of a step is, or None if it is the value itself.

    >>> reference("analysis.tempo_bpm")
    Reference(source='analysis', name='tempo_bpm')
    """
    found = _REFERENCE.match(value) if isinstance(value, str) else None
    return Reference(*found.groups()) if found else None


def literal(value: Any) -> Any:
    """What a value of a step means that is no reference.

    >>> literal({"literal": "inputs.x"})
    'inputs.x'
    """
    return value["literal"] if isinstance(value, dict) and list(value) == ["literal"] else value


def check_steps(definition: NodeDefinition) -> None:
    """Raise an offence for the first step that breaks a rule."""
    steps = definition.steps
    if steps and definition.input(RESULTS) is not None:
        raise offence(
            f"an input can't be called `{RESULTS}`: what the steps gave is handed over under that name",
            at=("inputs", [port.name for port in definition.inputs].index(RESULTS), "name"),
            remedy="rename it",
        )
    known: dict[str, Collection[str] | None] = {
        "inputs": [port.name for port in definition.inputs],
        "parameters": [parameter.name for parameter in definition.parameters],
    }
    later = {step.id for step in steps}
    for index, step in enumerate(steps):
        if step.id in known:
            what = "leads to the workflow's own" if step.id in OWN else "is the id of an earlier step"
            raise offence(f"`{step.id}` {what}", at=("steps", index, "id"), remedy="give the step another id")
        later.discard(step.id)
        for kind, name, value in step.given():
            meant = reference(value)
            if meant is not None:
                _demand_there(meant, known, later | {step.id}, at=("steps", index, kind, name))
        known[step.id] = None  # what it gives is the other plugin's to say


def misplaced(
    steps: Sequence[Step], *, plugin_type: str, dependencies: Sequence[str]
) -> tuple[str, tuple[str | int, ...], str] | None:
    """What is wrong with steps for a plugin of that type with those dependencies: message, place in the definition, remedy.

    Only workflows have steps, and if a workflow names dependencies, it names every plugin that it uses.
    """
    if not steps:
        return None
    if plugin_type != "WORKFLOW":
        return (
            f"it has steps, and its type is {plugin_type}",
            ("steps",),
            'write "plugin_type": "WORKFLOW", or remove the steps',
        )
    named = [Requirement(one).name for one in dependencies]
    for index, step in enumerate(steps):
        if named and step.plugin not in named:
            return (
                f"step `{step.id}` uses {step.plugin}, which is not among metadata.dependencies",
                ("steps", index, "plugin"),
                f'add "{step.plugin}" to metadata.dependencies, or name none there',
            )
    return None


def _demand_there(
    meant: Reference, known: Mapping[str, Collection[str] | None], later: set[str], *, at: tuple[str | int, ...]
) -> None:
    as_text = f'for the text itself write {{"literal": "{meant}"}}'
    if meant.source not in known:
        if meant.source in later:
            message = f"{show(str(meant))} refers to a step that has not been run by then"
            raise offence(message, at=at, remedy="move that step before this one")
        remedy = f"{suggestion(meant.source, known)}; {as_text}"
        raise offence(f"{show(str(meant))} refers to no earlier step", at=at, remedy=remedy)
    names = known[meant.source]
    if names is not None and meant.name not in names:
        kind = meant.source.removesuffix("s")
        remedy = f"{suggestion(meant.name, names)}; {as_text}"
        raise offence(f"the workflow has no {kind} `{meant.name}`", at=at, remedy=remedy)
