"""What all plugins share, and the five types whose contract is `execute` alone.

Owns the contract between a plugin and its host: which methods exist, when they are called, and what they must return.
Called by the worker only; an author's tests may call them directly.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from . import hints
from .context import PluginContext


class Plugin(ABC):
    """What all eight types share.

    The worker makes the object, awaits `initialize` once, `execute` for every call, and `cleanup` before the process ends.
    Calls of one instance never overlap. ``get_state() -> dict`` and ``set_state(state)``, if they are there, carry the
    state over a crash, a sleep and a reload; else those attributes that are plain data are carried over.

    Attributes
    ----------
    example : dict or None
        Values to try the node with, as plain data: ``{"inputs": {…}, "parameters": {…}}``, both of which may be left out.
        They become the ``example`` of the definition, unless `get_node_definition` gives one itself. A sound is made for
        every audio input that is required and not in it. A cell runs it, and a reload does before the new code serves.
    """

    plugin_type: ClassVar[str]
    example: ClassVar[dict[str, Any] | None] = None

    def __init__(self, context: PluginContext) -> None:
        self.context = context

    async def initialize(self) -> bool:
        """Prepare for calls. Returning False (or raising) means the instance can't be used."""
        return True

    @abstractmethod
    async def execute(self, inputs: Any, parameters: Any) -> Any:
        """Do the work.

        Parameters
        ----------
        inputs : dict
            One entry for each input port that was given: `Audio`, NumPy arrays (read-only), numbers, strings, lists, dicts.
        parameters : dict
            One entry for each parameter of the definition, defaults filled in, ranges checked.

        Returns
        -------
        dict
            One entry for each output port: `Audio`, NumPy arrays, numbers, strings, booleans, None, lists and dicts of
            these with string keys.

        Raises
        ------
        Exception
            Whatever is raised ends this call and no other: the caller is told with these lines, and the instance goes on. A
            ``ValueError`` with a sentence is how an input is refused on purpose.
        """

    async def cleanup(self) -> bool:
        """Release what `initialize` took. Called once, before the process ends."""
        return True

    def get_node_definition(self) -> dict[str, Any]:
        """Describe the node: ``type, label, inputs, outputs, parameters`` as plain data.

        Need not be written where `execute` is annotated with TypedDicts (see `hints`).

        Raises
        ------
        TypeError
            If it is neither written nor to be had from the annotations.
        """
        return hints.definition_of(type(self))

    @classmethod
    def lacks(cls) -> list[str]:
        """The methods that an author must write and has not."""
        return sorted(cls.__abstractmethods__)


class NodePlugin(Plugin):
    """A node of a flow: any inputs to any outputs."""

    plugin_type = "NODE"


class AnalysisPlugin(Plugin):
    """Audio or symbolic music in, described features out.

    Each output carries a descriptor from which its plot follows: ``unit`` (dB, Hz, s, …), ``sample_type``, and as ``times``
    and ``bins`` the names of the outputs that hold them. An array has the shape ``(steps,)`` or ``(bins, steps)``, its times
    ``(steps,)`` in seconds, its bins ``(bins,)``. What there is not, as the tempo of silence, is None.
    """

    plugin_type = "ANALYSIS"


class WorkflowPlugin(Plugin):
    """Several steps over other plugins, run by the host.

    The definition has ``steps``, each with an ``id``, a ``plugin``, and ``inputs`` and ``parameters`` that are values or
    refer to ``inputs.NAME``, ``parameters.NAME`` or ``STEP.OUTPUT`` of an earlier step. When they have been run, `execute`
    makes of them what the workflow gives: ``inputs["steps"]`` has the outputs of each step by its id. A step that fails ends
    the call with its error, and `execute` is not called.
    """

    plugin_type = "WORKFLOW"


class IntegrationPlugin(Plugin):
    """Talks to a service outside, through the host: ``await self.context.fetch(url)``, to hosts that the user granted.

    A host that was not granted is a ``PermissionError``, a request that fails an ``OSError``.
    """

    plugin_type = "INTEGRATION"


class VisualizationPlugin(Plugin):
    """Turns data into figure data, which the host checks and draws: outputs of the type ``figure``, made by `Figure`.

    A figure that fetches, runs or links to anything is refused, with the place in it.
    """

    plugin_type = "VISUALIZATION"
