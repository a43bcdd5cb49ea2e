"""Versions: which code of a plugin has served, how one differs from the next, and how each reload went.

Owns the reports of reloads and their words, the comparison of two folders and of two definitions, and the private copies of
former versions, so that they can come back. Runs nothing. Called by ``reloading``; the faces show what it says.
"""

from __future__ import annotations

from .difference import difference
from .history import Versions
from .parameters import ParameterChanges
from .report import Reload, Why
from .version import Version
from .words import told

__all__ = ["ParameterChanges", "Reload", "Version", "Versions", "Why", "difference", "told"]
