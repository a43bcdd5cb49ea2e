"""Contract: every word that Python and the page say to each other, written down once.

Owns the shapes of the widgets' shared state and of their messages, one module for each widget, as msgspec structs. From
them comes ``widgets/contract.json``, and from that the types in ``widgets/src/contract/`` (``make contract``); the tests of
both sides hold them to it. Refuses what isn't in it: a message that can't be read is dropped, since a
front-end of another version may have sent it. Called by the widgets.
"""

from __future__ import annotations

from .words import Message, State, read, tell

__all__ = ["Message", "State", "read", "tell"]
