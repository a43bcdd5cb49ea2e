"""A version of a plugin that has served: plain data. Made by ``history``."""

from __future__ import annotations

from dataclasses import dataclass

SHORT = 8
"""Digits of a content hash that people are shown; as many as they like are taken."""


@dataclass(frozen=True, kw_only=True)
class Version:
    """What served, from when on, and why.

    Attributes
    ----------
    content_hash : str
        Of its folder, as it was loaded.
    version : str
        As its manifest said.
    served_from_s : float
        By `time.time`.
    why : str
        load, reload, watch or rollback.
    is_serving : bool
        Whether it serves now.
    is_kept : bool
        Whether its code is there still, so that it can come back.
    """

    plugin_id: str
    content_hash: str
    version: str
    served_from_s: float
    why: str
    is_serving: bool
    is_kept: bool

    @property
    def short_hash(self) -> str:
        """The first digits of its content hash."""
        return self.content_hash[:SHORT]
