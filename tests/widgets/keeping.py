"""Keeping: whether what widgets say and share is what the contract says."""

from __future__ import annotations

import sys
from functools import cache
from typing import Any

import jsonschema
import pytest

from schillinger_plugins.widgets.bundle import BundledWidget
from schillinger_plugins.widgets.contract import Message, tell
from schillinger_plugins.widgets.contract.schema import MODULES, schema, state_of

_whole = cache(schema)


@cache
def _validator(part: str, path: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator({"$ref": f"#/$defs/{path}", **_whole()[part]})


def flaws(part: str, path: str, value: Any) -> list[str]:
    """What is wrong with a value, by the contract's part of a widget and the path of the type in it."""
    found = _validator(part, path).iter_errors(value)
    return [f"{part}, {path}{error.json_path.removeprefix('$')}: {error.message[:300]}" for error in found]


class Keeper:
    """Reads everything that widgets say and share, and keeps what breaks the contract.

    A test of a widget fails for it at its end, since much of it is said by threads.
    """

    def __init__(self) -> None:
        self.flaws: list[str] = []
        self.read = 0

    def watch(self, patch: pytest.MonkeyPatch) -> None:
        """Until the patch is undone."""
        for name, module in list(sys.modules.items()):
            if name.startswith("schillinger_plugins.widgets.") and getattr(module, "tell", None) is tell:
                patch.setattr(module, "tell", self._tell)
        notify = BundledWidget.notify_change

        def notify_change(widget: BundledWidget, change: Any) -> None:
            self._share(widget, change)
            notify(widget, change)

        patch.setattr(BundledWidget, "notify_change", notify_change)

    def _tell(self, message: Message) -> dict[str, Any]:
        content = tell(message)
        part = type(message).__module__.rpartition(".")[2]
        self.flaws += flaws(part, type(message).__name__, content)
        self.read += 1
        return content

    def _share(self, widget: BundledWidget, change: Any) -> None:
        state = state_of(MODULES[widget._bundle])
        if change["name"] in state.__struct_fields__:
            self.flaws += flaws(widget._bundle, f"{state.__name__}/properties/{change['name']}", change["new"])
            self.read += 1
