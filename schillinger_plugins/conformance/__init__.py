"""The conformance suite: what every plugin of a type must stand, tried in confined workers.

In the manner of pluginval. ``checks/`` has the demands group by group, `examine` runs them and the author's own tests, and
what they find is a `Report`.
"""

from __future__ import annotations

from .checks import GROUPS
from .outcome import AUTHORS, Outcome, Report
from .suite import examine

__all__ = ["AUTHORS", "GROUPS", "Outcome", "Report", "examine"]
