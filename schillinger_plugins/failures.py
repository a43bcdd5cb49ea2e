"""Failures: what went wrong last, plugin by plugin, for whoever wants to look at it afterwards.

Owns the record of a failure as plain text: no exception is kept, since its traceback would keep the arrays of the call
alive; and the difference between a plugin that refuses an input clearly and one that falls over it. Listens to the events of
instances, loads and reloads. Called by the manager; ``%plugin debug`` shows it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Self

from .errors import InputError, PermissionDenied, PluginError, PluginExecutionError, Site
from .events import Event, Events

_ACCIDENTS = frozenset(
    "IndexError KeyError ZeroDivisionError AttributeError NameError UnboundLocalError AssertionError RecursionError "
    "FloatingPointError OverflowError StopIteration StopAsyncIteration LinAlgError UnicodeDecodeError BufferError".split()
)
_OTHERS_SAY = (
    "process() ",
    "generate() ",
    "zero-size array",
    "attempt to get arg",
    "operands could not be broadcast",
    "could not broadcast",
    "cannot reshape",
    "need at least one array",
    "all the input array",
    "setting an array element",
    "matmul: ",
    "shapes (",
    "The truth value of an array",
    "too many values to unpack",
    "not enough values to unpack",
    "only length-1 arrays",
    "only 0-dimensional arrays",
)
"""How the SDK, NumPy and Python begin when an author has not thought of something: no refusal, though a ValueError."""


def is_refusal(error: PluginError) -> bool:
    """Whether a plugin says on purpose that it doesn't take what it was given, as far as that can be told."""
    if not isinstance(error, PluginExecutionError):
        return isinstance(error, (InputError, PermissionDenied))
    said = error.message.partition(": ")[2].strip()
    return bool(said) and error.exception_type not in _ACCIDENTS and not said.startswith(_OTHERS_SAY)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What went wrong.

    Attributes
    ----------
    time_s : float
        As `time.time` gives it.
    kind : str
        Name of the error's class.
    instance_id : str or None
        None if the plugin could not be loaded.
    traceback_text : str
        The plugin's own traceback; empty if it didn't raise.
    sites : tuple of Site
        The way the exception took, with what the names meant.
    """

    time_s: float
    kind: str
    message: str
    remedy: str = ""
    instance_id: str | None = None
    traceback_text: str = ""
    sites: tuple[Site, ...] = ()

    @classmethod
    def of(cls, error: BaseException, instance_id: str | None) -> Self:
        """The record of an error."""
        raised = error if isinstance(error, PluginExecutionError) else None
        return cls(
            time_s=time.time(),
            kind=type(error).__name__,
            message=error.message if isinstance(error, PluginError) else str(error),
            remedy=(error.remedy or "") if isinstance(error, PluginError) else "",
            instance_id=instance_id,
            traceback_text=raised.traceback_text if raised else "",
            sites=raised.sites if raised else (),
        )


class Failures:
    """The last failure of each plugin.

    Examples
    --------
    >>> failures = Failures(manager.events)  # doctest: +SKIP
    >>> failures.last("gain_node").sites[-1].names  # doctest: +SKIP
    (('block', 'Audio(2 ch, 0.100 s, 48000 Hz)'),)
    """

    def __init__(self, events: Events) -> None:
        self._last: dict[str, Failure] = {}
        events.subscribe("failed", self._note)
        events.subscribe("reload_failed", self._note_reload)
        events.subscribe("unregistered", lambda event: self._last.pop(event.plugin_id, None))

    def last(self, plugin_id: str) -> Failure | None:
        """What went wrong last; None if nothing has."""
        return self._last.get(plugin_id)

    def _note(self, event: Event) -> None:
        failure = event.data.get("failure")
        if isinstance(failure, Failure):
            self._last[event.plugin_id] = failure

    def _note_reload(self, event: Event) -> None:
        self._last[event.plugin_id] = Failure.of(event.data["report"].error, None)
