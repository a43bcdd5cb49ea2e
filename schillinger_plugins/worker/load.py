"""From a folder to an instance of its plugin class.

Owns finding the class: the one class of the main file that derives from the base class of the manifest's type. Refuses a
main file with none or several. Called by `serve`, inside the confined worker.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from typing import Any

import schillinger_plugins.types as sdk
from schillinger_plugins.types.hints import described

MODULE_NAME = "plugin_main"


class NoPluginClass(Exception):
    """The main file has no class that could be the plugin, or more than one."""


def load_class(root: str, main_file: str, plugin_type: str) -> type[sdk.Plugin]:
    """Import the main file and find its class.

    Raises
    ------
    NoPluginClass
        With the remedy in its message.
    Exception
        Whatever the plugin's code raises at import, SyntaxError included.
    """
    path = os.path.join(root, main_file)
    sys.path.insert(0, os.path.dirname(path))
    if os.path.dirname(path) != root:
        sys.path.insert(1, root)
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    if spec is None or spec.loader is None:
        raise NoPluginClass(f"{main_file} is no Python file → name it main.py, or set main_file in plugin.json")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module
    spec.loader.exec_module(module)
    return _find(vars(module), main_file, plugin_type)


def _find(names: dict[str, Any], main_file: str, plugin_type: str) -> type[sdk.Plugin]:
    base = next(
        cls
        for cls in vars(sdk).values()
        if isinstance(cls, type) and issubclass(cls, sdk.Plugin) and getattr(cls, "plugin_type", "") == plugin_type
    )
    own = [cls for cls in names.values() if isinstance(cls, type) and cls.__module__ == MODULE_NAME]
    plugins = list(dict.fromkeys(cls for cls in own if issubclass(cls, sdk.Plugin)))
    # A base class of the author's own, from which the plugin's class derives, is not the plugin.
    fitting = [
        cls for cls in plugins if issubclass(cls, base) and not any(other in cls.__subclasses__() for other in plugins)
    ]
    if len(fitting) == 1:
        missing = fitting[0].lacks()
        if missing:
            raise NoPluginClass(f"{fitting[0].__name__} in {main_file} lacks {', '.join(missing)} → define it")
        return fitting[0]
    if fitting:
        listed = ", ".join(cls.__name__ for cls in fitting)
        raise NoPluginClass(f"{main_file} has more than one {base.__name__} class ({listed}) → keep one of them")
    if plugins:
        others = ", ".join(f"{cls.__name__} ({getattr(cls, 'plugin_type', '?')})" for cls in plugins)
        raise NoPluginClass(
            f"{main_file} has {others}, but plugin.json says plugin_type {plugin_type} "
            f"→ derive from {base.__name__} or change plugin_type"
        )
    raise NoPluginClass(
        f"{main_file} has no class that derives from {base.__name__} "
        f"→ from schillinger_plugins.types import {base.__name__}; class MyPlugin({base.__name__}): ..."
    )


def declared(plugin: sdk.Plugin) -> Any:
    """A plugin's definition, without the three dots of the specification's example: there nothing is declared yet."""
    definition = described(plugin)
    if not isinstance(definition, dict):
        return definition
    return {
        key: [] if type(value) is list and len(value) == 1 and value[0] is ... else value
        for key, value in definition.items()
    }
