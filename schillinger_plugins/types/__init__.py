"""The SDK: everything an author imports, made of the standard library and NumPy alone."""

from .audio import Audio
from .context import PluginContext
from .fetch import FetchReply
from .plugin import (
    AnalysisPlugin,
    EffectPlugin,
    GeneratorPlugin,
    IntegrationPlugin,
    NodePlugin,
    Plugin,
    UIPlugin,
    VisualizationPlugin,
    WorkflowPlugin,
)

__all__ = [
    "AnalysisPlugin",
    "Audio",
    "EffectPlugin",
    "FetchReply",
    "GeneratorPlugin",
    "IntegrationPlugin",
    "NodePlugin",
    "Plugin",
    "PluginContext",
    "UIPlugin",
    "VisualizationPlugin",
    "WorkflowPlugin",
]
