"""How far a run has come.

Owns the sum: each node weighs what it took the last time, as far as that is known. Tells it no more often than anybody
looks. Called by ``running``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping

from ..sandbox.steps import OnProgress
from .events import FlowEvent, FlowEvents

_EVERY_S = 0.05
_GUESSING_S = 0.5

_log = logging.getLogger(__name__)


class Progress:
    """Of one run."""

    def __init__(
        self, nodes: Iterable[str], events: FlowEvents, on_progress: OnProgress | None, took_s: Mapping[str, float]
    ) -> None:
        nodes = list(nodes)
        known = [took_s[name] for name in nodes if name in took_s]
        usual = sum(known) / len(known) if known else 1.0
        self._weights = {name: max(took_s.get(name, usual), 1e-4) for name in nodes}
        self._total = sum(self._weights.values()) or 1.0
        self._done: dict[str, float] = dict.fromkeys(nodes, 0.0)
        self._sum = 0.0
        self._told_s: dict[str, float] = {}
        self._events = events
        self._on_progress = on_progress
        self._started_s = time.monotonic()
        self._last = ""

    @property
    def fraction(self) -> float:
        """0 to 1."""
        return min(1.0, max(0.0, self._sum / self._total)) if self._done else 1.0

    @property
    def eta_s(self) -> float | None:
        """What it will take yet if it goes on like that; None while that is mere guessing."""
        elapsed_s = time.monotonic() - self._started_s
        if self.fraction < 0.02 or elapsed_s < _GUESSING_S:
            return None
        return elapsed_s * (1 - self.fraction) / self.fraction

    def told(self, name: str, fraction: float, message: str) -> None:
        """What a plugin says of itself."""
        fraction = min(1.0, max(0.0, fraction)) if fraction == fraction else 0.0
        self._set(name, fraction)
        now = time.monotonic()
        if now - self._told_s.get(name, 0.0) < _EVERY_S:
            return
        self._told_s[name] = now
        message = message.strip()[:200]
        self._events.emit(FlowEvent(kind="node", node=name, state="running", progress=fraction, message=message))
        self._tell(f"{name}: {message}" if message else name)

    def settled(self, name: str) -> None:
        """A node is done, or will never be."""
        self._set(name, 1.0)
        self._tell(name)

    def _set(self, name: str, fraction: float) -> None:
        self._sum += (fraction - self._done[name]) * self._weights[name]
        self._done[name] = fraction

    def _tell(self, message: str) -> None:
        self._events.emit(FlowEvent(kind="progress", progress=self.fraction, eta_s=self.eta_s, message=message))
        if self._on_progress is not None:
            try:
                self._on_progress(self.fraction, message)
            except Exception:
                _log.exception("what shows the progress of a flow failed")
