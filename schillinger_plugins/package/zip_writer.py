"""Writing a zip that says nothing but its content: sorted, one date, one mode, no names of users.

Called by ``package.pack``.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from .rules import Ledger, Member

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first that a zip can tell
_REGULAR_0644 = 0o100644 << 16
_UNIX = 3


def write_zip(file: IO[bytes], top: str, members: Iterable[Member], *, source: Path) -> None:
    """Write `members`, which come sorted, in one folder called `top`.

    Raises
    ------
    PackageError
        For the first that breaks a rule.
    """
    ledger = Ledger(source)
    with zipfile.ZipFile(file, "w", allowZip64=False) as archive:
        for member in members:
            ledger.admit(member)
            info = zipfile.ZipInfo(f"{top}/{member.name}", date_time=_EPOCH)
            info.external_attr = _REGULAR_0644
            info.create_system = _UNIX
            info.compress_type = zipfile.ZIP_DEFLATED
            info.file_size = member.size
            with archive.open(info, "w") as entry:
                for chunk in member.chunks():
                    entry.write(chunk)
