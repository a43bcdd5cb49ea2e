"""How a reload went: plain data. Made by ``reloading``, told by ``events``, shown by the faces."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..errors import PluginError, PluginExecutionError
from .parameters import ParameterChanges

Why = Literal["reload", "watch", "rollback"]


@dataclass(frozen=True, kw_only=True)
class Reload:
    """One attempt to have other code serve.

    Attributes
    ----------
    why : str
        reload: somebody asked for it; watch: the folder has changed; rollback: a former version was to come back.
    at_s : float
        When it ended, by `time.time`.
    seconds : float
        From the last change of the folder, or from when it was asked for, to its end.
    hash_before, hash_after : str
        Content hash of what served, and of what was tried; empty if there was nothing, or it couldn't be read.
    version_before, version_after : str
        The same, as the manifests say.
    diff : str
        Unified, of the text files that differ, within bounds.
    parameters : ParameterChanges
    state_left : Mapping
        By instance, what of its state the new code didn't take, and why.
    example : str
        What became of the plugin's example, or of what was made up for it: passed, failed, refused, or why it was not run;
        empty if there is none.
    notes : tuple of str
        What else there is to know.
    error : PluginError or None
        Why what was tried doesn't serve. What served before goes on.
    """

    plugin_id: str
    why: Why
    at_s: float
    seconds: float
    hash_before: str
    hash_after: str
    version_before: str = ""
    version_after: str = ""
    diff: str = ""
    parameters: ParameterChanges = field(default_factory=ParameterChanges)
    state_left: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    example: str = ""
    notes: tuple[str, ...] = ()
    error: PluginError | None = None

    @property
    def succeeded(self) -> bool:
        """Whether what was tried serves now."""
        return self.error is None

    @property
    def traceback_text(self) -> str:
        """The plugin's own frames, if its code raised."""
        return self.error.traceback_text if isinstance(self.error, PluginExecutionError) else ""
