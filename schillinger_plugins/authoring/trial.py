"""A plugin, tried: loaded in a confined worker and run on its example.

Owns what is said of it. What else than sounds it requires can't be made up; it is then loaded only. Called by ``schillinger
validate --run`` and its magic.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ..definition.example import example_inputs, example_parameters, lacking
from ..manager import PluginManager


def trial(manager: PluginManager, folder: Path, *, on_progress: Callable[[float, str], None] | None = None) -> str:
    """Load the plugin in a folder and run its example.

    Parameters
    ----------
    manager : PluginManager
        One of its own, so that what is loaded elsewhere goes on as it is.

    Returns
    -------
    str
        What was done, in words.

    Raises
    ------
    PluginError
        What loading or running it raises.
    """
    record = manager.load(folder, on_progress=on_progress)
    assert record.definition is not None
    told = "its code was imported, and describes its node as it should"
    inputs = example_inputs(record.definition)
    missing = lacking(record.definition, inputs)
    if missing:
        return f"{told}; it was not run: its example has no {missing[0]}"
    instance = manager.create_instance(record.id)
    try:
        instance.execute(inputs, example_parameters(record.definition), on_progress=on_progress)
    finally:
        manager.destroy_instance(instance.id)
    return f"{told}; its example runs"
