"""Contract: every word that Python and the page say to each other, written down once.

Owns the shapes of the widgets' shared state and of their messages, one module for each widget, as msgspec structs. From
them come ``widgets/contract.json`` and ``widgets/src/contract.ts`` (``python -m schillinger_plugins.widgets.contract``),
which the tests of both sides hold them to. Refuses what isn't in it: a message that can't be read is dropped, since a
front-end of another version may have sent it. Called by the widgets.
"""

from __future__ import annotations

from .words import Message, State, read, tell

__all__ = ["Message", "State", "read", "tell"]
