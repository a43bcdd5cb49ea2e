"""What a workflow's call gave: its own outputs, and the result of every step.

Owns the record that repeats all of it. Made by ``instance``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from ..definition.steps import RESULTS
from ..result import CallStats, Provenance, Result


@dataclass(frozen=True, kw_only=True)
class WorkflowProvenance(Provenance):
    """Everything needed to repeat a workflow's call.

    Attributes
    ----------
    steps : Mapping of str to Provenance
        Of each step's call, in their order.
    """

    steps: Mapping[str, Provenance]

    def as_dict(self) -> dict[str, Any]:
        """As plain data."""
        return {**super().as_dict(), "steps": {name: step.as_dict() for name, step in self.steps.items()}}


class WorkflowResult(Result):
    """The outputs of a workflow.

    Attributes
    ----------
    steps : Mapping of str to Result
        What each step gave, in their order.

    Examples
    --------
    >>> report = manager.default_instance("recording_report").execute({"audio": "song.flac"})  # doctest: +SKIP
    >>> report.steps["analysis"]["tempo_bpm"]  # doctest: +SKIP
    120.2
    """

    def __init__(self, own: Result, steps: Mapping[str, Result]) -> None:
        calls = [own.stats, *(step.stats for step in steps.values())]
        super().__init__(
            dict(own),
            provenance=lambda: WorkflowProvenance(
                **{field.name: getattr(own.provenance, field.name) for field in fields(Provenance)},
                steps={name: step.provenance for name, step in steps.items()},
            ),
            stats=CallStats(
                wall_s=own.stats.wall_s,
                cpu_s=sum(call.cpu_s for call in calls),
                peak_memory_bytes=max(call.peak_memory_bytes for call in calls),
                profile=own.stats.profile,
            ),
            definition=own.definition,
            inputs={name: value for name, value in own.inputs.items() if name != RESULTS},
            plugin_id=own.plugin_id,
            plugin_type=own.plugin_type,
        )
        self.steps = MappingProxyType(dict(steps))
