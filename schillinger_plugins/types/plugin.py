"""The base classes an author derives from, one for each plugin type.

Owns the contract between a plugin and its host: which methods exist, when they are called, and what they must return.
Called by the worker only; an author's tests may call them directly.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from .context import PluginContext


class Plugin(ABC):
    """What all eight types share.

    The worker makes the object, awaits `initialize` once, `execute` for every call, and `cleanup` before the process ends.
    Calls of one instance never overlap.
    """

    plugin_type: ClassVar[str]

    def __init__(self, context: PluginContext) -> None:
        self.context = context

    async def initialize(self) -> bool:
        """Prepare for calls. Returning False (or raising) means the instance can't be used."""
        return True

    @abstractmethod
    async def execute(self, inputs: dict[str, Any], parameters: dict[str, Any]) -> dict[str, Any]:
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
        """

    async def cleanup(self) -> bool:
        """Release what `initialize` took. Called once, before the process ends."""
        return True

    @abstractmethod
    def get_node_definition(self) -> dict[str, Any]:
        """Describe the node: ``type, label, inputs, outputs, parameters`` as plain data."""


class NodePlugin(Plugin):
    """A node of a flow: any inputs to any outputs."""

    plugin_type = "NODE"


class AnalysisPlugin(Plugin):
    """Audio or symbolic music in, described features out.

    Each output carries a descriptor (``unit``, ``sample_type``, ``times``, ``bins``) from which its plot follows.
    """

    plugin_type = "ANALYSIS"


class EffectPlugin(Plugin):
    """Audio in, audio of the same rate out."""

    plugin_type = "EFFECT"


class GeneratorPlugin(Plugin):
    """No audio in; audio or symbolic events out, repeatable under a seed."""

    plugin_type = "GENERATOR"


class WorkflowPlugin(Plugin):
    """Several steps over other plugins, run by the host."""

    plugin_type = "WORKFLOW"


class IntegrationPlugin(Plugin):
    """Talks to a service outside, through the host."""

    plugin_type = "INTEGRATION"


class UIPlugin(Plugin):
    """Declares a panel as data; the host renders it."""

    plugin_type = "UI"


class VisualizationPlugin(Plugin):
    """Turns data into figure data."""

    plugin_type = "VISUALIZATION"
