"""Processes killed at random moments: the bounded version of ``python -m tests.supervision.chaos``."""

from __future__ import annotations

from pathlib import Path

import pytest

from .chaos import Report, cause

KILLS = 120


@pytest.mark.parametrize("seed", [1, 2])
def test_calls_survive_chaos(tmp_path: Path, seed: int) -> None:
    """Each call ends in its own result or a typed error within its deadline; nothing is left over; the next call works."""

    def enough(report: Report) -> bool:
        return report.kills.total() >= KILLS

    report = cause(tmp_path / "plugins", seed=seed, enough=enough)
    assert not report.wrong, str(report)
    assert report.results > 50, str(report)
