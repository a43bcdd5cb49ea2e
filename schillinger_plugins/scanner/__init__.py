"""The static scan: what a plugin's folder looks like, without running any of it.

Advice, not the wall: who wants to deceive a reader of source code can. What holds a plugin is the kernel (``sandbox``).
"""

from .report import SEVERITIES, Finding, Report, Severity
from .scan import Scanner, scan

__all__ = ["SEVERITIES", "Finding", "Report", "Scanner", "Severity", "scan"]
