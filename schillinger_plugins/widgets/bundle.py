"""Bundle: how the front-end's code reaches the page.

Owns the delivery. A widget's synced state may be stored in the notebook, so it holds no more than a loader of two kilobytes
and the name of the code. The code itself comes with the first widget (a kernel that runs a cell may not answer), and is
taken out of the state when the page says that it has it; a page that lacks it, after a reload, asks. What draws Vega-Lite
comes when it is asked for. Refuses requests it doesn't know, silently, since other versions of the front-end may send them.
Base class of all widgets.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import traitlets

from .contract import read, tell
from .contract.bundle import AskCode, AskDrawer, Code, Drawer, GotCode, ToKernel
from .turns import TurnTaking

_FOLDER = Path(__file__).parent / "static"

_KINDS = tuple(message.__struct_config__.tag for message in (AskCode, GotCode, AskDrawer))
"""What is said to every widget; the rest is the subclass's."""

_delivered: set[str] = set()
"""Keys of the bundles that a page of this kernel has."""


class BundledWidget(TurnTaking):
    """A widget whose code is in ``static/NAME.js`` and ``static/NAME.css``.

    Parameters
    ----------
    bundle : str
        NAME.

    Attributes
    ----------
    static_id : str
        Names the still picture beside the widget, which is hidden while the widget is on the page.
    static_count : int
        How many outputs before the widget are its still ones.
    """

    bundle_key = traitlets.Unicode().tag(sync=True)
    code = traitlets.List(traitlets.Bytes()).tag(sync=True)
    static_id = traitlets.Unicode().tag(sync=True)
    static_count = traitlets.Int(0).tag(sync=True)

    def __init__(self, *, bundle: str, **traits: Any) -> None:
        self._esm = _read("loader.js").decode()  # as a trait of the instance: the file is read on first use only
        self._bundle = bundle
        key = _key(bundle)
        super().__init__(bundle_key=key, code=[] if key in _delivered else _code(bundle), **traits)
        self.on_msg(self._receive)

    def on_request(self, content: dict[str, Any]) -> None:
        """What the front-end asks for beyond its code. For subclasses."""

    def on_data(self, content: dict[str, Any], data: bytes) -> None:
        """What the front-end sends with bytes beside it. For subclasses that take any."""

    def _receive(self, _: Any, content: Any, buffers: Any) -> None:
        if not isinstance(content, dict):
            return
        if buffers:
            self.on_data(content, bytes(buffers[0]))
            return
        if content.get("kind") not in _KINDS:
            self.on_request(content)
            return
        match read(ToKernel, content):
            case AskCode():
                self.send(tell(Code(key=self.bundle_key)), _code(self._bundle))
            case GotCode(key=self.bundle_key):
                _delivered.add(self.bundle_key)
                self.code = []
            case AskDrawer():
                self.send(tell(Drawer()), [_read("vega.js")])


def _code(bundle: str) -> list[bytes]:
    return [_read(f"{bundle}.js"), _read(f"{bundle}.css")]


@cache
def _read(name: str) -> bytes:
    return (_FOLDER / name).read_bytes()


@cache
def _key(bundle: str) -> str:
    digest = hashlib.sha256(b"".join(_code(bundle))).hexdigest()
    return f"{bundle}-{digest[:16]}"
