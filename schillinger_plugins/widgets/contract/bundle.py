"""What every widget's view and Python tell each other: how code comes to the page, its own and what draws for it."""

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


class AskDrawer(Message, tag="drawer"):
    """A page has a specification of Vega-Lite to draw, and nothing that draws it; answered by `Drawer`."""


class Drawer(Message, tag="drawer"):
    """What draws Vega-Lite, in the buffer: the script of a worker of the browser."""


ToKernel = AskCode | GotCode | AskDrawer
ToPage = Code | Drawer
