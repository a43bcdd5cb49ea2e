"""Reloading: other code in the place of what serves, because somebody asks for it or because a folder has changed.

Owns the way from new code to all instances or none, the watching that leads to it, and what a manager offers of both. Called
by the manager.
"""

from __future__ import annotations

from .exchange import Reloading
from .renewing import Renewing
from .watching import Watching

__all__ = ["Reloading", "Renewing", "Watching"]
