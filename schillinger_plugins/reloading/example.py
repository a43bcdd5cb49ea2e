"""A run of the plugin's example, before any instance is given the new code.

Owns when there is something to run: an example that the plugin offers, or whose sounds can be made, or a generator's
defaults; and that needs nothing from outside. What it was run in has seen a call and serves nobody. Called by `Reloading`.
"""

from __future__ import annotations

from ..definition.example import example_inputs, example_parameters, made_up
from ..errors import InputError, PluginError
from ..failures import is_refusal
from ..loaded import LoadedPlugin
from ..sandbox import blocking, conversation
from ..sandbox.worker import Worker
from .following import Following

_SEED = 0


def has_something_to_try(plugin: LoadedPlugin) -> bool:
    """Of inputs that may be missing nobody knows which belong together; a generator needs none."""
    definition = plugin.definition
    is_generator = plugin.manifest.metadata.plugin_type == "GENERATOR"
    return (definition.example is not None or bool(made_up(definition)) or is_generator) and not _hindrance(plugin)


def try_example(plugin: LoadedPlugin, worker: Worker, following: Following) -> tuple[str, bool]:
    """Run it: what became of it in a few words, and whether the worker is used up and the one that follows has begun.

    Raises
    ------
    PluginError
        If it fails, or returns what the definition doesn't say. A plugin that refuses on purpose what was made up for it has
        not failed: it may want a stereo sound, or a name.
    """
    definition = plugin.definition
    if not has_something_to_try(plugin):
        return _hindrance(plugin) if definition.example is not None else "", False
    is_made_up = definition.example is None or bool(made_up(definition))
    try:
        inputs = definition.check_inputs(example_inputs(definition), plugin_id=plugin.plugin_id)
    except InputError as error:
        return f"not run: {error.message}" if definition.example is not None else "", False
    parameters = definition.check_parameters(example_parameters(definition), plugin_id=plugin.plugin_id)
    following.begin(plugin)
    call = conversation.call(worker, inputs, parameters, plugin_id=plugin.plugin_id, seed=_SEED, limits=plugin.limits)
    try:
        outcome = blocking.drive(call, worker, plugin.limits)
        conversation.discard(outcome)
        definition.check_outputs(outcome.outputs, plugin_id=plugin.plugin_id)
    except PluginError as error:
        if not is_made_up or not is_refusal(error):
            raise
        return f"it refuses what was made up for it: {error.message}", True
    return "passed", True


def _hindrance(plugin: LoadedPlugin) -> str:
    if plugin.granted.hosts or plugin.granted.write:
        return "not run, since it may reach hosts or write files"
    if plugin.manifest.metadata.plugin_type == "WORKFLOW":
        return "not run, since its steps are other plugins"
    return ""
