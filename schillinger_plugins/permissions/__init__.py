"""Permissions: what a plugin asks for, what was granted, and the decision.

``execute``, to run at all, is granted by calling a plugin. ``file_access`` and ``network`` need a grant, which counts for
one plugin, version, content and user; changed code asks again. `Request` is what a manifest asks, `Permissions` decides
and keeps, `Question` has the words in which a person is asked. The kernel and the broker enforce what is decided here.
"""

from __future__ import annotations

from ..journal import Denial, Grant, Journal
from .decision import Permissions, Standing, current_user
from .overview import HEADINGS, described_grant, overview, summary
from .question import Question, ask, confirmed, question_about, receipt
from .request import Request, described, requests_of
from .terms import Given, Terms, granting_line

__all__ = [
    "HEADINGS",
    "Denial",
    "Given",
    "Grant",
    "Journal",
    "Permissions",
    "Question",
    "Request",
    "Standing",
    "Terms",
    "ask",
    "confirmed",
    "current_user",
    "described",
    "described_grant",
    "granting_line",
    "overview",
    "question_about",
    "receipt",
    "requests_of",
    "summary",
]
