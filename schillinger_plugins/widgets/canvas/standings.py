"""Standings: how it stands with each node of a flow.

Owns what a run has told of each node, its last result or why there is none, and whether that result is of what the node is
now. Fed by the events of the flow, in the run's thread, and asked in another. Called by ``widget``.
"""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from typing import Any

import msgspec

from ...errors import PluginError
from ...flow import Flow, FlowEvent, NodeState, Running
from ...result import Result
from ..contract import flow as contract
from ..summary import MAX_TEXT, failure_of, summary_of

_log = logging.getLogger(__name__)
_ENDED = ("done", "cached", "failed", "blocked", "cancelled")


@dataclass
class _At:
    """What is known of one node."""

    state: NodeState = "idle"
    progress: float = 0.0
    message: str = ""
    wall_s: float | None = None
    error: PluginError | None = None
    result: Result | None = None
    made_of: str = ""
    summary: list[dict[str, str]] | None = None


class Standings:
    """Of one flow."""

    def __init__(self, flow: Flow) -> None:
        self._flow = flow
        self._lock = threading.Lock()
        self._running: Running | None = None
        self._at: dict[str, _At] = {}
        self._now: dict[str, str] | None = None

    def look(self) -> None:
        """What was before anybody listened: the last run, and the one that is under way."""
        last, running = self._flow.last, self._flow.running
        with self._lock:
            self._running = running
            if last is not None:
                for name, state in last.states.items():
                    result = last.get(name)
                    self._at.setdefault(
                        name, _seen(state, result, last.failed.get(name), last.signatures.get(name, ""))
                    )
            if running is not None:
                for name, state in running.states.items():
                    self._at[name] = _seen(state, running.result(name), None, running.signatures.get(name, ""))

    def take(self, event: FlowEvent) -> None:
        """What a flow tells. Returns at once."""
        if event.kind == "begun":
            running = self._flow.running
            with self._lock:
                self._running = running
                self._now = None
                there = self._flow.graph.nodes
                self._at = {name: at for name, at in self._at.items() if name in there}
        elif event.kind == "node":
            with self._lock:
                self._take_node(event)

    def result(self, node: str) -> Result | None:
        """The last result of a node."""
        with self._lock:
            at = self._at.get(node)
            return at.result if at is not None else None

    def told(self, *, changed: bool = True) -> dict[str, dict[str, Any]]:
        """How it stands, by node, in the words of the contract. Nodes of which nothing is known aren't in it.

        Parameters
        ----------
        changed : bool
            Whether the flow, its plugins or its inputs may be others than at the last time.
        """
        now = self._now
        if changed or now is None:
            now = self._now = self._flow.signatures()
        there = list(self._flow.graph.nodes)
        with self._lock:
            known = [(name, self._at[name]) for name in there if name in self._at]
            told = {name: _standing(at, now.get(name, "")) for name, at in known}
            unread = [(at, at.result) for _, at in known if at.result is not None and at.summary is None]
        for at, result in unread:  # outside of the lock: a run goes on meanwhile
            assert result is not None
            try:
                summary = summary_of(result)
            except Exception:  # a strange output must not keep the others from being told
                _log.exception("no summary of %.80r", result)
                summary = []
            with self._lock:
                if at.result is result:
                    at.summary = summary
        plain: dict[str, dict[str, Any]] = msgspec.to_builtins(told)
        for name, at in known:
            plain[name]["summary"] = at.summary or []
        return plain

    def _take_node(self, event: FlowEvent) -> None:
        at = self._at.setdefault(event.node, _At())
        at.state, at.progress, at.message = event.state, event.progress, event.message[:MAX_TEXT]
        if event.state not in _ENDED:
            return
        at.wall_s, at.error = event.wall_s, event.error
        if event.state == "cancelled":  # it has what it had
            return
        running = self._running
        at.result = running.result(event.node) if running is not None else None
        at.made_of = running.signatures.get(event.node, "") if running is not None else ""
        at.summary = None


def _seen(state: NodeState, result: Result | None, error: PluginError | None, made_of: str) -> _At:
    wall_s = result.stats.wall_s if result is not None and state == "done" else None
    progress = 0.0 if result is None else 1.0
    return _At(state=state, progress=progress, error=error, result=result, made_of=made_of, wall_s=wall_s)


def _standing(at: _At, now: str) -> contract.Standing:
    compared = at.state in _ENDED and bool(at.made_of) and bool(now)
    return contract.Standing(
        state=at.state,
        progress=at.progress,
        message=at.message if at.error is None else at.error.message[:MAX_TEXT],
        wall_s=at.wall_s,
        stale=compared and at.made_of != now,
        error=failure_of(at.error) if at.error is not None else {},
        has_result=at.result is not None,
    )
