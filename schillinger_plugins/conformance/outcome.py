"""What a test of a plugin found: an outcome for each check, and the report of them all.

Owns plain data, and that a plugin's text (its exceptions, the names of its tests) is made printable before it gets here.
Made by ``suite`` and ``author_tests``, shown by ``drawing`` and the faces.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Literal, Self

from ..sandbox.printable import printable
from . import drawing

Verdict = Literal["passed", "failed", "skipped"]
AUTHORS = "tests"
"""The group of what the author's own tests say."""

_MAX_CHARS = 20_000


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one check.

    Attributes
    ----------
    check : str
        Its id, as ``sample-rates``; of an author's test its place, as ``tests/test_gain.py::test_unity``.
    group : str
        As ``signals``; ``tests`` for the author's own.
    title : str
        What it demands, in a sentence.
    verdict : str
        passed, failed or skipped.
    message : str
        What is wrong, why it was skipped, or a remark.
    input : str
        What the plugin was given when it failed, in words.
    line : str
        What repeats that in a notebook: ``%plugin run ID audio=… gain_db=24``.
    is_uncalled : bool
        Whether it was skipped though it applies, since the plugin gave no answer even to its simplest call.
    """

    check: str
    group: str
    title: str
    verdict: Verdict
    seconds: float = 0.0
    message: str = ""
    input: str = ""
    line: str = ""
    is_uncalled: bool = False

    @classmethod
    def of(cls, verdict: Verdict, message: str = "", **facts: Any) -> Self:
        """One whose message may hold text of a plugin: made printable, and cut to 20000 characters."""
        return cls(verdict=verdict, message=printable(message)[:_MAX_CHARS], **facts)

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return dict(vars(self))


@dataclass(frozen=True, kw_only=True)
class Report:
    """What the test of one plugin found.

    Attributes
    ----------
    content_hash : str
        Of the code that was tested.
    config : dict
        What was overlaid on the plugin's default configuration.
    interrupted : bool
        Whether somebody broke it off: then there are fewer outcomes than checks.
    shows_failed_only : bool
        Whether its display leaves out what passed or was skipped.

    Examples
    --------
    >>> report = examine(manager, "gain_node")  # doctest: +SKIP
    >>> report.ok, len(report.passed)  # doctest: +SKIP
    (True, 31)
    """

    plugin_id: str
    version: str
    content_hash: str
    outcomes: tuple[Outcome, ...]
    seconds: float
    config: dict[str, Any] = field(default_factory=dict)
    interrupted: bool = False
    shows_failed_only: bool = False

    @property
    def passed(self) -> tuple[Outcome, ...]:
        """Those that hold."""
        return self._with("passed")

    @property
    def failed(self) -> tuple[Outcome, ...]:
        """Those that don't."""
        return self._with("failed")

    @property
    def skipped(self) -> tuple[Outcome, ...]:
        """Those that were not tried, each with its reason."""
        return self._with("skipped")

    @property
    def ok(self) -> bool:
        """Whether nothing failed, nothing was broken off, and enough was tried to say so."""
        return not self.failed and not self.interrupted and not self.inconclusive

    @property
    def inconclusive(self) -> str:
        """Why so little was tried that the report says nothing of the plugin; empty if it does, or if something failed.

        So it is where no check could call the plugin (a service was silent, an input couldn't be made up), and where
        nothing at all applied.
        """
        if self.failed:
            return ""
        uncalled = [outcome for outcome in self.outcomes if outcome.is_uncalled]
        if uncalled:
            return f"{len(uncalled)} that apply were not tried: {uncalled[0].message.partition(chr(10))[0]}"
        return "" if self.passed or self.interrupted else "nothing was tried"

    def failures_only(self) -> Report:
        """The same, shown without what passed or was skipped."""
        return replace(self, shows_failed_only=True)

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        counts = {"passed": len(self.passed), "failed": len(self.failed), "skipped": len(self.skipped)}
        return {
            "plugin_id": self.plugin_id,
            "version": self.version,
            "content_hash": self.content_hash,
            "config": self.config,
            "ok": self.ok,
            "inconclusive": self.inconclusive,
            "interrupted": self.interrupted,
            "seconds": self.seconds,
            **counts,
            "outcomes": [outcome.as_dict() for outcome in self.outcomes],
        }

    def _with(self, verdict: Verdict) -> tuple[Outcome, ...]:
        return tuple(outcome for outcome in self.outcomes if outcome.verdict == verdict)

    def __repr__(self) -> str:
        return drawing.as_text(self)

    def _repr_html_(self) -> str:
        return drawing.as_html(self)
