"""Journal: what happened with plugins, for good.

`database` is where it lies and how it is opened; `tables` and `migrations` are its shape. `grants` is what plugins may do,
which `permissions` decides by; `records` is what ran and what was said, which `writer` puts down without keeping anybody
waiting, by way of `keeping` and `spool` what is to outlive a kill; `sums` is what comes too fast to be told one by one;
`packing` is how data lies in a field; `retention` holds to its bounds, `figures` sums up and `export` hands out. Nothing is
opened, and SQLAlchemy not imported, before something is asked or written.
"""

from __future__ import annotations

from .database import ENVIRONMENT_VARIABLE, journal_place
from .export import FORMATS, export
from .figures import Summary, percentile
from .grants import Denial, Grant, now
from .journal import Journal
from .keeping import Keeping
from .packing import packed, unpacked
from .records import Happening, Line, Ran, Record
from .retention import DAYS_VARIABLE, MEGABYTES_VARIABLE, Retention
from .spool import Spool, folder_of
from .sums import Key, Sums
from .writer import MAX_WAITING, Writer

__all__ = [
    "DAYS_VARIABLE",
    "ENVIRONMENT_VARIABLE",
    "FORMATS",
    "MAX_WAITING",
    "MEGABYTES_VARIABLE",
    "Denial",
    "Grant",
    "Happening",
    "Journal",
    "Keeping",
    "Key",
    "Line",
    "Ran",
    "Record",
    "Retention",
    "Spool",
    "Summary",
    "Sums",
    "Writer",
    "export",
    "folder_of",
    "journal_place",
    "now",
    "packed",
    "percentile",
    "unpacked",
]
