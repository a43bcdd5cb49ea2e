"""What came of a run: the results by node, what failed, and all that is needed to repeat it.

Owns plain data. Made by ``running``.
"""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import FlowError, PluginError
from ..result import Result
from .events import NodeState

_SHOWN = 3


class FlowRun(Mapping[str, Result]):
    """The results of a run by node id, in the order of the flow; a `FlowNode` can be asked for, too.

    Attributes
    ----------
    states : dict of str to str
        How it ended with each node: done, cached, failed, blocked or cancelled.
    cached : tuple of str
        Nodes whose result was there already.
    failed : dict of str to PluginError
        Why those nodes failed that did.
    blocked : dict of str to str
        Nodes that could not be run, and the failed one that is to blame.
    cancelled : bool
        Whether the run was ended before its time.
    wall_s : float
        What it took.
    seed : int
        Those of the nodes follow from it.
    run_id : str
        What the journal knows it by; the ids of its calls begin with it.
    signatures : dict of str to str
        What each result is made of, in a word; `Flow.signatures` has those of now.

    Examples
    --------
    >>> run = flow.run()  # doctest: +SKIP
    >>> run["audio_analyzer"]["tempo_bpm"]  # doctest: +SKIP
    120.2
    """

    def __init__(
        self,
        results: dict[str, Result],
        *,
        states: dict[str, NodeState],
        errors: dict[str, PluginError],
        blocked: dict[str, str],
        document: dict[str, Any],
        seed: int,
        wall_s: float,
        cancelled: bool,
        run_id: str = "",
        signatures: Mapping[str, str] | None = None,
    ) -> None:
        self._results = results
        self._document = document
        self.states = states
        self.failed = errors
        self.blocked = blocked
        self.cached = tuple(name for name, state in states.items() if state == "cached")
        self.seed = seed
        self.wall_s = wall_s
        self.cancelled = cancelled
        self.run_id = run_id
        self.signatures = dict(signatures or {})

    @property
    def provenance(self) -> dict[str, Any]:
        """Everything needed to repeat the run, as plain data: the flow as it was, the seed, and each call's provenance."""
        return {
            "flow": self._document,
            "seed": self.seed,
            "nodes": {name: result.provenance.as_dict() for name, result in self._results.items()},
        }

    def demand_success(self) -> None:
        """Raise `FlowError` if a node failed."""
        if self.failed:
            raise self._error() from next(iter(self.failed.values()))

    def _error(self) -> FlowError:
        shown = [f"{name}: {error.message}" for name, error in self.failed.items()][:_SHOWN]
        more = f" (and {len(self.failed) - _SHOWN} more)" if len(self.failed) > _SHOWN else ""
        blocked = f"; {len(self.blocked)} blocked" if self.blocked else ""
        first = next(iter(self.failed.values()))
        return FlowError(
            f"{len(self.failed)} of {len(self.states)} nodes failed{blocked}: {'; '.join(shown)}{more}",
            run=self,
            failed=self.failed,
            remedy=first.remedy or "the error's .failed says why, its .run has the results of the others",
        )

    def __getitem__(self, node: object) -> Result:
        name = getattr(node, "id", node)
        try:
            return self._results[str(name)]
        except KeyError:
            state = self.states.get(str(name))
            if state is not None:
                raise KeyError(f"{name} has no result: it is {state}") from None
            raise KeyError(f"no result of {name!r}; there are those of {', '.join(self._results)}") from None

    def __contains__(self, node: object) -> bool:
        return getattr(node, "id", node) in self._results

    def __iter__(self) -> Iterator[str]:
        return iter(self._results)

    def __len__(self) -> int:
        return len(self._results)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self._results)

    def __repr__(self) -> str:
        rows = "".join(f"\n  {name}: {self._told(name)}" for name in self.states)
        return f"Run of {len(self.states)} nodes in {self.wall_s:.3g} s:{rows}"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
            f"<td style='text-align:left'>{html.escape(self._told(name))}</td></tr>"
            for name in self.states
        )
        return f"<table>{rows}</table>"

    def _told(self, name: str) -> str:
        state = self.states[name]
        if state == "done":
            return f"done in {self._results[name].stats.wall_s:.3g} s"
        if state == "failed":
            return f"failed: {str(self.failed[name])[:200]}"
        if state == "blocked":
            return f"blocked by {self.blocked[name]}"
        return state
