"""A run of the plugin's example, before any instance is given the new code.

Owns when there is something to run: an example that the plugin offers, or whose sounds can be made, or a generator's
defaults; and that needs nothing from outside. What it was run in has seen a call and serves nobody. Called by `Reloading`.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from ..definition.example import example_inputs, example_parameters, made_up
from ..errors import InputError, PluginError
from ..failures import is_refusal
from ..loaded import LoadedPlugin
from ..sandbox import blocking, conversation
from ..sandbox.worker import Worker

_SEED = 0


def try_example(plugin: LoadedPlugin, worker: Worker, another: Callable[[], Worker]) -> tuple[str, Worker | None]:
    """Run it: what became of it in a few words, and a worker in which nothing was run.

    Parameters
    ----------
    another : callable
        Makes one more worker: beside the run, so that who is next needn't wait for it.

    Raises
    ------
    PluginError
        If it fails, or returns what the definition doesn't say. A plugin that refuses on purpose what was made up for it has
        not failed: it may want a stereo sound, or a name.
    """
    definition = plugin.definition
    sounds = made_up(definition)
    # Of inputs that may be missing nobody knows which belong together; a generator needs none.
    kind = plugin.manifest.metadata.plugin_type
    if definition.example is None and not sounds and kind != "GENERATOR":
        return "", worker
    is_made_up = definition.example is None or bool(sounds)
    if plugin.granted.hosts or plugin.granted.write:
        return "not run, since it may reach hosts or write files", worker
    if kind == "WORKFLOW":
        return "not run, since its steps are other plugins", worker
    try:
        inputs = definition.check_inputs(example_inputs(definition), plugin_id=plugin.plugin_id)
    except InputError as error:
        return f"not run: {error.message}" if definition.example is not None else "", worker
    parameters = definition.check_parameters(example_parameters(definition), plugin_id=plugin.plugin_id)
    call = conversation.call(worker, inputs, parameters, plugin_id=plugin.plugin_id, seed=_SEED, limits=plugin.limits)
    with ThreadPoolExecutor(1, "schillinger-reload") as beside:
        following = beside.submit(another)
        try:
            told = "passed"
            try:
                outcome = blocking.drive(call, worker, plugin.limits)
                conversation.discard(outcome)
                definition.check_outputs(outcome.outputs, plugin_id=plugin.plugin_id)
            except PluginError as error:
                if not is_made_up or not is_refusal(error):
                    raise
                told = f"it refuses what was made up for it: {error.message}"
            finally:
                worker.end()
            return told, _made(following)
        except BaseException:
            following.add_done_callback(_end_unused)
            raise


def _made(following: Future[Worker]) -> Worker | None:
    """None if it could not be made: the first instance that needs one says why."""
    try:
        return following.result()
    except PluginError:
        return None


def _end_unused(following: Future[Worker]) -> None:
    if not following.cancelled() and following.exception() is None:
        following.result().end()
