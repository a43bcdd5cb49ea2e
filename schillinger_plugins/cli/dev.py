"""``schillinger dev FOLDER``: a plugin is reloaded as its folder changes, and each outcome told, until Ctrl-C.

Owns the command; what is told is told in the words of the notebook. A plugin that can't be loaded is watched all the same,
and loaded as soon as it can be.
"""

from __future__ import annotations

import queue
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import InputError, PluginError
from .asking import ask_first
from .console import _in_our_words, complain, note, say
from .run import PATHS, open_manager

if TYPE_CHECKING:
    from ..events import Event
    from ..versions import Reload


@click.command()
@click.argument("plugin", metavar="FOLDER|ID")
@PATHS
def dev(plugin: str, paths: tuple[str, ...]) -> None:
    """Load the plugin in FOLDER, and reload it whenever a file of it changes, until Ctrl-C.

    \b
    Examples:
      schillinger dev ~/plugins/my_effect
      schillinger dev gain_node
    """
    told: queue.SimpleQueue[Reload] = queue.SimpleQueue()

    def on_event(event: Event) -> None:
        told.put(event.data["report"])

    from ..loader import inspect

    is_id = "/" not in plugin and not Path(plugin).is_dir()
    if not is_id and not Path(plugin).expanduser().is_dir():
        raise InputError(
            f"there is no folder {plugin}", remedy=f"schillinger new makes one: schillinger new {Path(plugin).name}"
        )
    root = [] if is_id else [str(Path(plugin).expanduser())]
    with open_manager([*root, *paths]) as manager:
        plugin_id = plugin if is_id else inspect(Path(plugin).expanduser()).id
        manager.events.subscribe("reloaded", on_event)
        manager.events.subscribe("reload_failed", on_event)
        ask_first(manager, plugin_id)
        try:
            record = manager.load(plugin_id)
        except PluginError as error:
            if plugin_id not in manager.plugins:
                raise
            complain(error)
        else:
            version = record.manifest.metadata.version if record.manifest else ""
            say(f"{plugin_id} {version} is loaded")
        (watched,) = manager.watch(plugin_id)
        if watched.how == "polling":
            note(f"inotify refuses ({watched.reason}): the folder is looked at a few times a second")
        note(f"{watched.root} is watched; Ctrl-C ends it")
        try:
            while True:
                _tell(told.get())
        except KeyboardInterrupt:
            note(f"{plugin_id} is watched no more")


def _tell(report: Reload) -> None:
    from ..versions import told

    lines = told(report)
    if report.error is not None and report.diff:
        lines += ["", f"changed since {report.hash_before[:8]}:", report.diff]
    say(_in_our_words("\n".join(lines)))
