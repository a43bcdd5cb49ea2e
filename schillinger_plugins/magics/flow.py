"""``%plugin flow [NAME | FILE]``: a flow over the session's plugins, new or out of a file.

Owns the way from a line to a flow, and that its runs show their progress where the session runs. Called by
``magics.plugin_magic``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .run import progress_for
from .session import Session

if TYPE_CHECKING:
    from ..flow import Flow


def flow(session: Session, line: str, _: Mapping[str, Any] | None) -> Flow:
    """The flow of a file that is there, or a new one of that name.

    Raises
    ------
    InputError
        For a file that ends with ``.json`` and isn't there, is cut short, or is no flow.
    """
    from ..flow import Flow

    word = line.strip().strip("\"'")
    saved = word.endswith(".json")
    found = Flow.open(Path(word).expanduser(), session.manager) if saved else Flow(session.manager, name=word or "flow")
    found.shown = lambda title: progress_for(session, title)
    return found
