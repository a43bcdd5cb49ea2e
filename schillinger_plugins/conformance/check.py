"""A check: one demand on a plugin, and to which plugins it applies.

Owns the plain data and the four ways in which a check ends other than well. Made by the modules of the groups, run by
``suite``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .subject import Case, Subject


class Failed(Exception):
    """The plugin breaks the demand."""

    def __init__(self, message: str, case: Case | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.case = case


class Refused(Exception):
    """The plugin says clearly that it doesn't take an input: with an exception that it raised on purpose."""

    def __init__(self, message: str, case: Case) -> None:
        super().__init__(message)
        self.message = message
        self.case = case


class Skipped(Exception):
    """The check says nothing about this plugin; the message tells why."""


class Uncalled(Skipped):
    """The check would say something, but the plugin gives no answer even to its simplest call."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One demand.

    Attributes
    ----------
    id : str
        As ``block-sizes``.
    group : str
        As ``streaming``; what ``--only`` names.
    title : str
        What is demanded, in a sentence.
    run : callable
        Takes the subject; returns a remark, or nothing; raises `Failed` or `Skipped`.
    types : tuple of str
        Plugin types it applies to; empty for all.
    port : str
        A type of input that the node must have, as ``audio``; empty for any node.
    streams : bool
        Whether the plugin must have ``process``.
    calls : bool
        Whether it calls the plugin: then it is skipped for a plugin that fails at its simplest call.
    often : bool
        Whether it calls it so often that a service outside, which the plugin may ask each time, should be spared.
    """

    id: str
    group: str
    title: str
    run: Callable[[Subject], str | None]
    types: tuple[str, ...] = ()
    port: str = ""
    streams: bool = False
    calls: bool = True
    often: bool = False

    def demand_fit(self, subject: Subject) -> None:
        """Raise `Skipped` for a plugin that this check has nothing to say about, `Uncalled` for one that doesn't answer."""
        kind = subject.plugin_type
        if self.types and kind not in self.types:
            raise Skipped(f"about {' and '.join(self.types)} plugins, and this one is {kind}")
        if self.port and not any(port.type == self.port for port in subject.definition.inputs):
            raise Skipped(f"it has no {self.port} input")
        if self.often and "network" in subject.manifest.metadata.requires_permissions:
            raise Skipped("it asks a service outside, which is spared this many calls")
        if self.calls and subject.unable:
            raise Uncalled(subject.unable)
        if self.streams and not subject.streams:
            raise Skipped("it has no process(block, parameters), so it isn't streamed")
