"""What a bug report needs, in one file, without secrets.

`gather` asks the manager for it, ``redaction`` takes out what is nobody else's business, and the `BugReport` is written
where its maker can read it first. Called by ``%plugin report`` and ``schillinger report``.
"""

from __future__ import annotations

from .gathering import gather
from .report import BugReport, Section

__all__ = ["BugReport", "Section", "gather"]
