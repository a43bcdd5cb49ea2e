"""The cache of a flow: results that need not be made again.

Owns the keys, which are made of content alone (the plugin's code, parameters, configuration, seed, the inputs' very values),
and the bound in bytes; what was used longest ago goes first. Refuses what may be another tomorrow: results of plugins that
reach files or the network, and of those that are there to. What is in it is never handed out to be changed: arrays are
read-only, lists and dictionaries are copied.
"""

from __future__ import annotations

import copy
import threading
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..manifest import Manifest
from ..result import Result, digest
from ..types import Audio, File

DEFAULT_BYTES = 512 * 1024 * 1024
_FLEETING = ("INTEGRATION", "UI")
_OVERHEAD_BYTES = 64


class Cache:
    """Values by key, the ones used last.

    Parameters
    ----------
    limit_bytes : int
        How much it may hold; 0 keeps nothing.
    """

    def __init__(self, limit_bytes: int = DEFAULT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._lock = threading.Lock()
        self._held: OrderedDict[str, tuple[Any, int]] = OrderedDict()
        self.bytes = 0

    def get(self, key: str) -> Any:
        """What was kept under the key, or None."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held.move_to_end(key)
            return held[0]

    def put(self, key: str, value: Any, size: int) -> None:
        """Keep a value of so many bytes, unless it alone is more than there is room for."""
        with self._lock:
            if key in self._held:
                self.bytes -= self._held.pop(key)[1]
            if size > self.limit_bytes:
                return
            self._held[key] = value, size
            self.bytes += size
            while self.bytes > self.limit_bytes:
                _, (_, freed) = self._held.popitem(last=False)
                self.bytes -= freed

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._held.clear()
            self.bytes = 0

    def __len__(self) -> int:
        return len(self._held)


def may_be_kept(manifest: Manifest) -> bool:
    """Whether the same call of that plugin gives the same tomorrow, as far as its manifest tells."""
    metadata = manifest.metadata
    return metadata.plugin_type not in _FLEETING and set(metadata.requires_permissions) <= {"execute"}


def key_of(
    plugin_id: str,
    content_hash: str,
    *,
    steps: Mapping[str, str],
    parameters: Mapping[str, Any],
    config: Mapping[str, Any],
    seed: int,
    inputs: Mapping[str, str],
) -> str:
    """The key of a call.

    Parameters
    ----------
    steps : Mapping
        The content hashes of the plugins that a workflow uses.
    inputs : Mapping
        The digests of the inputs by name.
    """
    return digest(
        [plugin_id, content_hash, dict(steps), dict(parameters), dict(config), seed, dict(inputs)],
    )


def content_digest(value: Any) -> str | None:
    """The digest of a value's content; None for something whose content can't be told."""
    try:
        return digest(value) if _is_plain(value) else None
    except (RecursionError, TypeError):  # it holds itself, or has keys that have no order
        return None


def size_of(value: Any) -> int:
    """About how many bytes a value takes."""
    total = 0
    rest = [value]
    while rest:
        item = rest.pop()
        total += _OVERHEAD_BYTES
        if isinstance(item, Audio):
            item = item.samples
        elif isinstance(item, File):
            item = item.data
        if isinstance(item, np.ndarray):
            total += item.nbytes
        elif isinstance(item, (str, bytes)):
            total += len(item)
        elif isinstance(item, Mapping):
            rest += [*item.keys(), *item.values()]
        elif isinstance(item, (list, tuple)):
            rest += item
    return total


def handed_out(result: Result) -> Result:
    """A result that may be given to anybody without being changed in here."""
    other = copy.copy(result)
    vars(other)["_outputs"] = {name: _own(value) for name, value in result.items()}
    return other


def _own(value: Any) -> Any:
    if isinstance(value, Audio):
        _own(value.samples)
    elif isinstance(value, np.ndarray):
        value.flags.writeable = False
    elif isinstance(value, dict):
        other = copy.copy(value)  # a Figure stays one
        other.update({key: _own(item) for key, item in value.items()})
        return other
    elif isinstance(value, list):
        return [_own(item) for item in value]
    elif isinstance(value, tuple):
        return tuple(_own(item) for item in value)
    return value


def _is_plain(value: Any) -> bool:
    rest = [value]
    seen: set[int] = set()
    while rest:
        item = rest.pop()
        if isinstance(item, (Mapping, list, tuple)):
            if id(item) in seen:  # it may hold itself
                continue
            seen.add(id(item))
            rest += [*item.keys(), *item.values()] if isinstance(item, Mapping) else item
        elif isinstance(item, np.ndarray):
            if item.dtype.hasobject:
                return False
        elif not isinstance(item, (Audio, File, str, bytes, bool, int, float, complex, np.generic, type(None))):
            return False
    return True
