"""Asking at the command line whether a plugin may do what it asks for.

Owns when somebody can be asked: if both ends of the talk are a terminal. In a pipe or a job nobody is, and what was not
granted before is refused. The talk goes to stderr, since stdout may be a file. Called by the commands that load a plugin.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PluginError
from .console import note

if TYPE_CHECKING:
    from ..manager import PluginManager


def can_ask() -> bool:
    """Whether somebody is there to answer."""
    try:
        return sys.stdin.isatty() and sys.stderr.isatty()
    except (AttributeError, ValueError):  # none at all, or closed
        return False


def read_answer(prompt: str) -> str:
    """A line from the terminal.

    Raises
    ------
    EOFError
        At its end.
    """
    sys.stdout.flush()
    print(prompt, end="", file=sys.stderr, flush=True)
    line = sys.stdin.readline()
    if not line:
        raise EOFError
    return line


def ask_first(manager: PluginManager, plugin: str) -> None:
    """Ask for what a plugin lacks before it is loaded, if somebody can be asked. If the answer is no, loading refuses it."""
    if not can_ask():
        return
    from ..permissions import ask, question_about

    try:
        record = manager.look(named(manager, plugin))
        question = question_about(manager.permissions, record, findings=lambda: manager.findings(record.root).lines())
    except PluginError:
        return  # loading it says what is wrong
    if question is not None:
        ask(manager.permissions, question, read=read_answer, tell=note)


def named(manager: PluginManager, plugin: str) -> str | Path:
    """An id, or the folder that stands for one."""
    if plugin not in manager.plugins and (os.sep in plugin or Path(plugin).is_dir()):
        return Path(plugin).expanduser()
    return plugin
