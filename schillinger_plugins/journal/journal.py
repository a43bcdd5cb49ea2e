"""Journal: the database with everything that is asked of it.

Puts the parts together. Made by whoever opens the journal: ``permissions``, the manager, the command line.
"""

from __future__ import annotations

from .grants import GrantBook
from .records import RecordBook


class Journal(GrantBook, RecordBook):
    """Reads and writes the journal. Safe to use from several threads and processes.

    Parameters
    ----------
    place : Path or str, optional
        Another file than the user's, or the URL of a PostgreSQL database.

    Every method raises `PluginError`, with what to do, where it can't be used.
    """
