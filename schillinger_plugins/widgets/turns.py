"""Turns: what a widget shares is set by one thread at a time, and which words of a page don't wait for a cell.

Owns a widget's lock. A cell sets traits in the main thread, a run or a reload in one of its own, and what a page writes
comes in the main thread or, from some kernels, in that of a subshell, beside a cell that runs. traitlets and ipywidgets
expect one thread: of two, one's value goes unchecked and another's news is never sent. Refuses to choose where a kernel
hears what a page sets, since observers are somebody's code and run there. Base class of ``bundle``.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import anywidget
import traitlets


class TurnTaking(anywidget.AnyWidget):
    """A widget that threads share.

    Attributes
    ----------
    heard_at_once : frozenset of str
        Kinds of messages that are heard while a cell runs, if the page sends them to a subshell, as JupyterLab does. They
        must not depend on what the page has set before.
    """

    heard_at_once: ClassVar[frozenset[str]] = frozenset()
    _turn: threading.RLock

    def setup_instance(self, *args: Any, **kwargs: Any) -> None:
        """Called by traitlets, before anything is set."""
        self._turn = threading.RLock()
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
