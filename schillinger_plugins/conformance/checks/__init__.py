"""The checks, group by group, in the order in which they are run."""

from __future__ import annotations

from ..check import Check
from . import agreement, endurance, extremes, formats, growth, permissions, repeatability, signals, streaming

CHECKS: tuple[Check, ...] = (
    *agreement.CHECKS,
    *repeatability.CHECKS,
    *signals.CHECKS,
    *formats.CHECKS,
    *extremes.CHECKS,
    *streaming.CHECKS,
    *endurance.CHECKS,
    *growth.CHECKS,
    *permissions.CHECKS,
)
GROUPS: tuple[str, ...] = tuple(dict.fromkeys(check.group for check in CHECKS))
