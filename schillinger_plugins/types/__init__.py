"""The SDK: everything an author imports, made of the standard library and NumPy alone."""

from .audio import Audio
from .context import PluginContext
from .effect import EffectPlugin
from .fetch import FetchReply
from .figure import Figure
from .file import File
from .generator import Event, GeneratorPlugin
from .hints import Output, Parameter, Port
from .panel import UIPlugin
from .plugin import (
    AnalysisPlugin,
    IntegrationPlugin,
    NodePlugin,
    Plugin,
    VisualizationPlugin,
    WorkflowPlugin,
)

__all__ = [
    "AnalysisPlugin",
    "Audio",
    "EffectPlugin",
    "Event",
    "FetchReply",
    "Figure",
    "File",
    "GeneratorPlugin",
    "IntegrationPlugin",
    "NodePlugin",
    "Output",
    "Parameter",
    "Plugin",
    "PluginContext",
    "Port",
    "UIPlugin",
    "VisualizationPlugin",
    "WorkflowPlugin",
]
