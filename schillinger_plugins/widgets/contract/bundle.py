"""What the loader of every widget and Python tell each other: how the code of a view comes to its page."""

from __future__ import annotations

from .words import Buffer, Message, State


class BundleState(State):
    """The traits that every widget has beside its own."""

    bundle_key: str
    """The name of the code, by its content."""
    code: list[Buffer]
    """JavaScript and CSS, until a page says that it has them; then empty."""
    static_id: str
    """Names the still picture beside the widget; empty if there is none."""
    static_count: int
    """How many outputs before the widget are its still ones."""


class AskCode(Message, tag="code"):
    """A page lacks the code; answered by `Code`."""


class GotCode(Message, tag="got"):
    """A page has the code, which may leave the state."""

    key: str


class Code(Message, tag="code"):
    """JavaScript and CSS, in the buffers."""

    key: str


ToKernel = AskCode | GotCode
ToPage = Code
