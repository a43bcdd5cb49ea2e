"""StatusWidget: what runs, live: calls, rates, failures, CPU and memory of every instance, and what can be done to it.

Owns the traits, the messages to the views and the threads in which actions go on. The rows never enter the synced state,
so that a saved notebook holds the still table beside it and no more. Refuses, with a sentence, an action on what is gone.
Holds its manager weakly: to look at it doesn't keep its workers alive. Called by ``%plugin status``.
"""

from __future__ import annotations

import html
import threading
import weakref
from typing import TYPE_CHECKING, Any

import msgspec
import traitlets

from ..errors import PluginError
from .bundle import BundledWidget
from .contract import read, tell
from .contract.status import Act, AskTail, Leave, Look, Row, Said, Table, Tail, Tick, ToKernel
from .pulse import Pulse
from .sampling import Sampling

if TYPE_CHECKING:
    from ..manager import PluginManager

MAX_ACTIONS = 8
"""That go on at once."""
TAIL_LINES = 200


class StatusWidget(BundledWidget):
    """A table of what runs.

    Parameters
    ----------
    manager : PluginManager
    still : str, optional
        HTML for where no widget runs.
    text : str, optional
        The same for a terminal.

    Examples
    --------
    >>> StatusWidget(manager)  # doctest: +SKIP
    """

    level = traitlets.Unicode("").tag(sync=True)
    plugins = traitlets.Dict().tag(sync=True)
    busy: traitlets.List[str] = traitlets.List().tag(sync=True)
    said = traitlets.Dict().tag(sync=True)
    ended = traitlets.Bool(False).tag(sync=True)

    def __init__(self, manager: PluginManager, *, still: str = "", text: str = "") -> None:
        self._manager = weakref.ref(manager)
        self._text = text or "Status: run the cell to see it"
        self._still = still or f"<p>{html.escape(self._text)}</p>"
        self._sampling = Sampling()
        self._acting: dict[str, threading.Thread] = {}
        super().__init__(bundle="status")
        self._pulse = Pulse(self._beat, name="schillinger-status")
        weakref.finalize(self, self._pulse.end).atexit = False

    @property
    def is_live(self) -> bool:
        """Whether somebody looks and there is something to see."""
        return self._pulse.is_beating

    def wait(self, timeout_s: float = 30.0) -> None:
        """Wait for the actions that go on.

        Raises
        ------
        TimeoutError
            If one still goes on.
        """
        for thread in list(self._acting.values()):
            thread.join(timeout_s)
            if thread.is_alive():
                raise TimeoutError(
                    f"an action still goes on after {timeout_s} s → .wait() again, or interrupt the call"
                )

    def close(self) -> None:
        """Called by ipywidgets, and by people: no view is left."""
        pulse = getattr(self, "_pulse", None)
        if pulse is not None:
            pulse.end()
        super().close()

    def on_request(self, content: dict[str, Any]) -> None:
        """What a page says; see ``contract.status``."""
        message = read(ToKernel, content)
        if isinstance(message, Look):
            self._pulse.look(message.view)
            if message.new:
                self._tell_all()
        elif isinstance(message, Leave):
            self._pulse.leave(message.view)
        elif isinstance(message, AskTail):
            self._tell_tail(message.row)
        elif isinstance(message, Act):
            self._begin(message)

    def _beat(self) -> bool:
        manager = self._open_manager()
        if manager is None:
            return False
        with self._turn:
            changed, gone = self._sampling.take(manager)
            self._update(manager)
            self.send(tell(Tick(rows=changed, gone=gone, cut=self._sampling.cut)))
        return True

    def _tell_all(self) -> None:
        manager = self._open_manager()
        with self._turn:
            if manager is not None and not self._sampling.rows:
                self._sampling.take(manager)
                self._update(manager)
            sampling = self._sampling
            self.send(tell(Table(rows=list(sampling.rows.values()), past=sampling.past(), cut=sampling.cut)))

    def _tell_tail(self, row_id: str) -> None:
        row, manager = self._sampling.rows.get(row_id), self._open_manager()
        if row is None or manager is None:
            self._say(f"there is no {_name(row_id)} any more", ok=False)
            return
        try:
            lines = manager.logs(row.plugin)
        except PluginError as error:
            self._say(_sentence(error), ok=False)
            return
        of_row = [line.text for line in lines if not row.instance or line.instance_id == row.instance]
        self.send(tell(Tail(row=row_id, lines=of_row[-TAIL_LINES:])))

    def _update(self, manager: PluginManager) -> None:
        status = manager.status()
        states = list(status.plugins.values())
        self.level = str(status.level or "")
        self.plugins = {state: states.count(state) for state in sorted(set(states))}

    def _open_manager(self) -> PluginManager | None:
        manager = self._manager()
        if manager is None or manager.is_closed:
            self.ended = True
            return None
        return manager

    def _begin(self, act: Act) -> None:
        row, manager = self._sampling.rows.get(act.row), self._open_manager()
        if manager is None:
            self._say("the manager is closed; run the cell again", ok=False)
            return
        if row is None or (row.instance and row.instance not in manager.instances):
            self._say(f"there is no {_name(act.row)} any more", ok=False)
            return
        if not row.instance and act.action != "reload":
            self._say(f"{row.plugin} has no instance to {act.action}", ok=False)
            return
        with self._turn:
            if row.id in self._acting:
                self._say(f"{_name(row.id)}: the action before still goes on", ok=False)
                return
            if len(self._acting) >= MAX_ACTIONS:
                self._say(f"{MAX_ACTIONS} actions go on already; try again when one has ended", ok=False)
                return
            thread = threading.Thread(
                target=self._act, args=(act, row, manager), name=f"schillinger-{act.action}", daemon=True
            )
            self._acting[row.id] = thread
            self.busy = list(self._acting)
        thread.start()

    def _act(self, act: Act, row: Row, manager: PluginManager) -> None:
        """The body of a thread. Whatever happens ends as a sentence, since nobody waits for an exception here."""
        try:
            text = _do(act, row, manager)
        except PluginError as error:
            self._say(_sentence(error), ok=False)
        except Exception as error:
            self._say(f"{type(error).__name__}: {error}", ok=False)
        else:
            self._say(text)
        finally:
            with self._turn:
                self._acting.pop(row.id, None)
                self.busy = list(self._acting)

    def _say(self, text: str, *, ok: bool = True) -> None:
        with self._turn:
            said = Said(text=text[:1000], ok=ok, number=int(self.said.get("number", 0)) + 1)
            self.said = msgspec.to_builtins(said)

    def _ipython_display_(self) -> None:
        """Called by IPython: the live table, and the still one beside it for where no widget runs."""
        from .display import draw_node

        draw_node(self, self._still)
        self._pulse.display()

    def __repr__(self) -> str:
        return self._text


def _do(act: Act, row: Row, manager: PluginManager) -> str:
    if act.action == "reload":
        manager.reload(row.plugin)
        return f"{row.plugin} is reloaded"
    if act.action == "destroy":
        manager.destroy_instance(row.instance)
        return f"{row.instance} is destroyed"
    instance = manager.instances.get(row.instance)
    if instance is None:
        return f"there is no {row.instance} any more"
    instance.rest()
    return f"{row.instance} sleeps; its next call wakes it"


def _name(row_id: str) -> str:
    return row_id.partition(":")[2][:100] or row_id[:100]


def _sentence(error: PluginError) -> str:
    return f"{error.message} → {error.remedy}" if error.remedy else error.message
