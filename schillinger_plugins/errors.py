"""The tree of errors.

PluginError
├── UnknownPlugin            no plugin (or instance) of that name; the nearest is named
├── ManifestError            plugin.json breaks a rule
│   └── DuplicatePlugin      another folder already has this id
├── DefinitionError          a node definition breaks a rule
├── InputError               an input, parameter or configuration doesn't fit the definition
│   └── AudioFileError       a file can't be read as audio
├── PackageError             an archive can't be unpacked
│   └── AlreadyThere         the plugin in it is there, and may not be replaced
├── ScanError                the static scan refuses the code
├── PermissionDenied         the plugin asks for what was not granted
├── ConfinementUnavailable   this machine can't confine as the policy asks
├── LoadError                the main file has no usable plugin class, or it refuses to start
├── PluginExecutionError     the plugin's own exception, its traceback as text
├── LimitExceeded            .limit says which, .setting what to raise
├── FlowError                nodes of a flow failed; .run has the results of the others
├── Busy                     too many calls wait already
├── ServerError              a server refuses, or fails, for a reason of its own
├── WorkerCrashed            .signal says how
└── ProtocolViolation        the worker sent what no honest worker sends

Every error carries the plugin's id where there is one, and ends with the remedy or the path in the data it is about.
"""

from __future__ import annotations

import difflib
import signal as _signal
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

LimitName = Literal["memory", "cpu", "wall", "file_size", "processes", "open_files", "output"]


class PluginError(Exception):
    """Base of everything this package raises on purpose.

    Parameters
    ----------
    message : str
        The rule and the value that breaks it.
    plugin_id : str, optional
        Which plugin it is about.
    remedy : str, optional
        What to do next.
    path : str, optional
        Where in the data, as ``$.metadata.version``.
    """

    def __init__(
        self, message: str, *, plugin_id: str | None = None, remedy: str | None = None, path: str | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.plugin_id = plugin_id
        self.remedy = remedy
        self.path = path

    def __str__(self) -> str:
        text = f"{self.plugin_id}: {self.message}" if self.plugin_id else self.message
        if self.remedy:
            text += f" → {self.remedy}"
        if self.path:
            text += f" - at {self.path}"
        return text


class UnknownPlugin(PluginError, KeyError):
    """No plugin or instance has that name. Also a KeyError, as a mapping of plugins promises."""


class ManifestError(PluginError):
    """``plugin.json`` is missing, unreadable or breaks a rule."""


class DuplicatePlugin(ManifestError):
    """Another folder, found earlier, already has this id."""


class DefinitionError(PluginError):
    """A node definition breaks a rule, or what the plugin returned does not fit it."""


class InputError(PluginError):
    """An input, a parameter or a configuration value does not fit what the plugin declares."""


class AudioFileError(InputError):
    """A file can't be read as audio."""


class PackageError(PluginError):
    """A plugin archive can't be unpacked."""


class AlreadyThere(PackageError):
    """A plugin of that id is there already."""


class ScanError(PluginError):
    """The static scan refuses the code."""


class PermissionDenied(PluginError):
    """The plugin asks for a permission that was not granted.

    Attributes
    ----------
    permission : str
        execute, file_access or network; several are joined by " and ".
    target : str or None
        The path or the host that it wanted, if it is about one.
    """

    def __init__(
        self,
        message: str,
        *,
        permission: str,
        target: str | None = None,
        plugin_id: str | None = None,
        remedy: str | None = None,
        path: str | None = None,
    ) -> None:
        super().__init__(message, plugin_id=plugin_id, remedy=remedy, path=path)
        self.permission = permission
        self.target = target


class ConfinementUnavailable(PluginError):
    """This machine can't confine a plugin as strictly as the policy asks."""


class LoadError(PluginError):
    """The main file has no usable plugin class, or the plugin refuses to start."""


@dataclass(frozen=True)
class Site:
    """Where an exception passed through a plugin.

    Attributes
    ----------
    names : tuple of (str, str)
        What the local names meant there, as the plugin's own process described it.
    """

    file: str
    line: int
    function: str
    names: tuple[tuple[str, str], ...]


class PluginExecutionError(PluginError):
    """The plugin raised.

    Attributes
    ----------
    exception_type : str
        Name of the plugin's exception class.
    traceback_text : str
        The plugin's own frames, with its file and line.
    sites : tuple of Site
        The way it took, outermost first.
    """

    def __init__(
        self,
        message: str,
        *,
        exception_type: str,
        traceback_text: str,
        sites: tuple[Site, ...] = (),
        plugin_id: str | None = None,
        remedy: str | None = None,
        path: str | None = None,
    ) -> None:
        super().__init__(message, plugin_id=plugin_id, remedy=remedy, path=path)
        self.exception_type = exception_type
        self.traceback_text = traceback_text
        self.sites = sites


class LimitExceeded(PluginError):
    """The plugin used more than it may.

    Attributes
    ----------
    limit : str
        memory, cpu, wall, file_size, processes, open_files or output.
    setting : str
        Which of the `Limits` it was, to the letter: several settings belong to one limit (``file_size_mb`` and
        ``scratch_mb`` to file_size, ``threads`` to processes, ``output_mb`` and ``log_lines_s`` to output).
    """

    def __init__(
        self,
        message: str,
        *,
        limit: LimitName,
        setting: str | None = None,
        plugin_id: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(message, plugin_id=plugin_id, remedy=remedy)
        self.limit = limit
        self.setting = setting or _SETTINGS[limit]


_SETTINGS: dict[LimitName, str] = {
    "memory": "memory_mb",
    "cpu": "cpu_s",
    "wall": "wall_s",
    "file_size": "file_size_mb",
    "processes": "threads",
    "open_files": "open_files",
    "output": "output_mb",
}


class FlowError(PluginError):
    """Nodes of a flow failed.

    Attributes
    ----------
    run : FlowRun
        What came of the others.
    failed : Mapping of str to PluginError
        Why each failed, by node id; the first one is also the cause.
    """

    def __init__(self, message: str, *, run: Any, failed: Mapping[str, PluginError], remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.run = run
        self.failed = failed


class ServerError(PluginError):
    """A server refuses, or fails, for a reason of its own: a token, an address, its load.

    Attributes
    ----------
    status : int
        Of HTTP; 0 if it didn't answer.
    retry_after_s : float or None
        When to come back, if it says so.
    """

    def __init__(
        self, message: str, *, status: int, retry_after_s: float | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message, remedy=remedy)
        self.status = status
        self.retry_after_s = retry_after_s


class Busy(PluginError):
    """As many calls as are allowed wait for this instance already."""


class WorkerCrashed(PluginError):
    """The worker process ended by itself.

    Attributes
    ----------
    signal : int or None
        The signal that ended it (11 is a segmentation fault), or None if it exited.
    """

    def __init__(
        self, message: str, *, signal: int | None, plugin_id: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(message, plugin_id=plugin_id, remedy=remedy)
        self.signal = signal


class ProtocolViolation(PluginError):
    """The worker sent something that no honest worker sends. It has been killed."""


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word most like `word`, or None if none is alike.

    >>> nearest("gian_node", ["gain_node", "audio_analyzer"])
    'gain_node'
    """
    matches = difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)
    return matches[0] if matches else None


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11; the number itself where it has no name."""
    try:
        return _signal.Signals(number).name
    except ValueError:
        return str(number)
