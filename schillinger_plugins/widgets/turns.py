"""Turns: what a widget shares is set by one thread at a time, what of it a page may set, and what is heard beside a cell.

Owns a widget's lock, and whose turn it is. A cell sets traits in the main thread, a run or a reload in one of its own, and
what a page writes comes in the main thread or, from some kernels, in that of a subshell, beside a cell that runs. traitlets
and ipywidgets expect one thread: of two, one's value goes unchecked and another's news is never sent. Refuses what a page
sets that isn't the hand's or is of another type, silently, since a page of another version may send it; and to choose where
a kernel hears what a page sets, since observers are somebody's code and run there. Base class of ``bundle``.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import anywidget
import traitlets

_log = logging.getLogger(__name__)


class TurnTaking(anywidget.AnyWidget):
    """A widget that threads share.

    Attributes
    ----------
    heard_at_once : frozenset of str
        Kinds of messages that are heard while a cell runs, if the page sends them to a subshell, as JupyterLab does. They
        must not depend on what the page has set before.
    settable : frozenset of str
        The traits that a page may set: what the hand does. All else that is shared belongs to Python.
    """

    heard_at_once: ClassVar[frozenset[str]] = frozenset()
    settable: ClassVar[frozenset[str]] = frozenset()
    _turn: threading.RLock
    _from_hand: bool
    """Whether it is the hand's turn: what is set comes from a page, and is to be put right and not to be refused."""

    def setup_instance(self, *args: Any, **kwargs: Any) -> None:
        """Called by traitlets, before anything is set."""
        self._turn = threading.RLock()
        self._from_hand = False
        super().setup_instance(*args, **kwargs)

    def open(self) -> None:
        """Called by ipywidgets: the conversation with the pages begins."""
        super().open()
        _let_through(self.comm, self.heard_at_once)

    def __setattr__(self, name: str, value: Any) -> None:
        if not isinstance(getattr(type(self), name, None), traitlets.TraitType):
            super().__setattr__(name, value)
            return
        with self._turn:
            super().__setattr__(name, value)

    def set_trait(self, name: str, value: Any) -> None:
        """Set a trait by its name."""
        with self._turn:
            super().set_trait(name, value)

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Called by ipywidgets with what a page has set."""
        with self._turn:
            self._from_hand = True
            try:
                super().set_state({name: value for name, value in sync_data.items() if self._may_be_set(name, value)})
            finally:
                self._from_hand = False

    def _may_be_set(self, name: str, value: Any) -> bool:
        if name not in self.settable:
            return False
        try:
            with self.cross_validation_lock:  # its type alone
                self.traits()[name]._validate(self, value)
        except traitlets.TraitError as error:
            _log.debug("what a page has set was dropped: %s", error)
            return False
        return True

    @contextmanager
    def hold_sync(self) -> Iterator[None]:
        """What is set meanwhile is told in one message."""
        with self._turn, super().hold_sync():
            yield

    @contextmanager
    def hold_trait_notifications(self) -> Iterator[None]:
        """Observers of what is set meanwhile are told afterwards."""
        with self._turn, super().hold_trait_notifications():
            yield


def _let_through(comm: Any, kinds: frozenset[str]) -> None:
    """Have these kinds handled where the page sends them.

    ipykernel 7.4 sends what a page says to the shell that has used the comm last, which for what a cell shows is the main
    one, whatever the page asked for. Those before it do what the page asks, and nothing is to be changed here.
    """
    chosen = getattr(comm, "_reply_subshell_for", None)
    if chosen is None or not kinds:
        return

    def route(data: Any, asked: Any) -> Any:
        return asked if _kind(data) in kinds else chosen(data, asked)

    comm._reply_subshell_for = route


def _kind(data: Any) -> Any:
    content = data.get("content") if isinstance(data, dict) else None
    kind = content.get("kind") if isinstance(content, dict) else None
    return kind if isinstance(kind, str) else None
