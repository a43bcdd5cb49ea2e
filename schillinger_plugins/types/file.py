"""File: what a file held, as a parameter gives it to a plugin.

Owns name and content. There is no path to open: the host has read the file, and where it lies is none of the plugin's
business. Used by authors inside a worker, and by callers who have the content already.
"""

from __future__ import annotations

from dataclasses import dataclass

MAX_NAME = 255


@dataclass(frozen=True, slots=True)
class File:
    """Name and content of a file.

    Parameters
    ----------
    name : str
        Without its folder; empty for content that came without a name. At most 255 characters.
    data : bytes
        All of it.

    Raises
    ------
    TypeError
        For a name that is no string, or data that are no bytes.
    ValueError
        For a name with a folder in it, or a longer one.

    Examples
    --------
    >>> scale = File("just.scl", b"! just.scl")
    >>> scale
    File('just.scl', 10 bytes)
    >>> scale.data.decode("latin-1")
    '! just.scl'
    """

    name: str
    data: bytes

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not isinstance(self.data, bytes):
            raise TypeError(
                f"a File has a str and bytes, not {type(self.name).__name__} and {type(self.data).__name__}"
            )
        if "/" in self.name or "\0" in self.name or len(self.name) > MAX_NAME:
            raise ValueError(f"a File's name has no folder and at most {MAX_NAME} characters, not {self.name[:80]!r}")

    def __repr__(self) -> str:
        return f"File({self.name!r}, {len(self.data)} bytes)"
