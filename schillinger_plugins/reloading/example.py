"""A run of the definition's example, before any instance is given the new code.

Owns when there is something to run: an example whose values plain data can express and that needs nothing from outside. What
it was run in has seen a call and serves nobody. Called by `Reloading`.
"""

from __future__ import annotations

from ..errors import InputError
from ..loaded import LoadedPlugin
from ..sandbox import blocking, conversation
from ..sandbox.worker import Worker

_SEED = 0


def try_example(plugin: LoadedPlugin, worker: Worker) -> tuple[str, Worker | None]:
    """Run it: what became of it in a few words, and the worker if nothing was run in it.

    Raises
    ------
    PluginError
        If the example fails, or returns what the definition doesn't say.
    """
    definition = plugin.definition
    if definition.example is None:
        return "", worker
    if plugin.granted.hosts or plugin.granted.write:
        return "not run, since it may reach hosts or write files", worker
    if plugin.manifest.metadata.plugin_type == "WORKFLOW":
        return "not run, since its steps are other plugins", worker
    try:
        inputs = definition.check_inputs(definition.example.inputs, plugin_id=plugin.plugin_id)
    except InputError as error:
        return f"not run: {error.message}", worker
    parameters = definition.check_parameters(definition.example.parameters, plugin_id=plugin.plugin_id)
    call = conversation.call(worker, inputs, parameters, plugin_id=plugin.plugin_id, seed=_SEED, limits=plugin.limits)
    try:
        outcome = blocking.drive(call, worker, plugin.limits)
        conversation.discard(outcome)
        definition.check_outputs(outcome.outputs, plugin_id=plugin.plugin_id)
    finally:
        worker.end()
    return "passed", None
