"""A look at packed values before they are unpacked.

Owns the limits that MessagePack itself has none for: how many containers, how deep, and no keys but strings. A million
empty dictionaries take a megabyte to send and seventy to hold; keys that are not strings can be chosen so that their
hashes collide, and a dictionary of those takes hours. Called by `values` for everything that is longer than a few pages.
"""

from __future__ import annotations

MAX_CONTAINERS = 200_000
MAX_DEPTH = 64
MAX_VALUES = 200_000
"""Beside rows of numbers, which are passed over as a whole."""

_ROW = 1024
_FLOAT64 = 0xCB
_FIXED = {0xCC: 1, 0xCD: 2, 0xCE: 4, 0xCF: 8, 0xD0: 1, 0xD1: 2, 0xD2: 4, 0xD3: 8, 0xCA: 4, 0xCB: 8} | {
    0xD4: 2,
    0xD5: 3,
    0xD6: 5,
    0xD7: 9,
    0xD8: 17,
}
"""Bytes after the first, of numbers and of extensions of fixed size."""

_LENGTHS = {0xC4: 1, 0xC5: 2, 0xC6: 4, 0xD9: 1, 0xDA: 2, 0xDB: 4, 0xC7: 1, 0xC8: 2, 0xC9: 4}
"""Bytes of the length of what has one: bytes, strings, and extensions, which have a byte for their type, too."""

_ARRAYS = {0xDC: 2, 0xDD: 4}
_MAPS = {0xDE: 2, 0xDF: 4}
_ONE_BYTE = bytes([*range(0x80), *range(0xE0, 0x100), 0xC0, 0xC2, 0xC3])
"""Small numbers, None and booleans."""

_STRINGS = (*range(0xA0, 0xC0), 0xD9, 0xDA, 0xDB)


class Suspicious(ValueError):
    """No honest sender packs that."""


def survey(data: bytes) -> None:
    """Walk over the headers of packed values.

    Raises
    ------
    Suspicious
        For more than `MAX_CONTAINERS` lists and dictionaries or `MAX_VALUES` values, more than `MAX_DEPTH` in each other,
        a key that is no string, or data that ends too early.
    """
    position, containers, values = 0, 0, 0
    # For each open container: how many items are to come, and whether every other one of them is a key.
    pending: list[tuple[int, bool]] = [(1, False)]
    end = len(data)
    while pending:
        left, keyed = pending.pop()
        if not left:
            continue
        if position >= end:
            raise Suspicious("it ends too early")
        head = data[position]
        if keyed and not left % 2 and head not in _STRINGS:
            raise Suspicious("a dictionary has a key that is no string")
        values += 1
        if values > MAX_VALUES:
            raise Suspicious(f"more than {MAX_VALUES} values")
        if not keyed and left > 1 and (head == _FLOAT64 or head in _ONE_BYTE):
            # A row of numbers, over which one step leads.
            width, alike = (9, b"\xcb") if head == _FLOAT64 else (1, _ONE_BYTE)
            row = data[position : position + width * min(left, _ROW) : width]
            length = len(row) - len(row.lstrip(alike))
            position += width * length
            pending.append((left - length, False))
            continue
        pending.append((left - 1, keyed))
        position, items, is_map = _step(data, position, head)
        if items is not None:
            containers += 1
            if containers > MAX_CONTAINERS:
                raise Suspicious(f"more than {MAX_CONTAINERS} lists and dictionaries")
            if len(pending) > 2 * MAX_DEPTH:
                raise Suspicious(f"nested more than {MAX_DEPTH} deep")
            pending.append((items, is_map))
    if position != end:
        raise Suspicious("it is longer or shorter than it says")


def _step(data: bytes, position: int, head: int) -> tuple[int, int | None, bool]:
    """Behind the value's own bytes; if it is a container, how many items follow, and whether it is a map."""
    if head < 0x80 or head >= 0xE0 or head in (0xC0, 0xC2, 0xC3):
        return position + 1, None, False
    if head < 0x90:
        return position + 1, 2 * (head & 0x0F), True
    if head < 0xA0:
        return position + 1, head & 0x0F, False
    if head < 0xC0:
        return position + 1 + (head & 0x1F), None, False
    if head in _FIXED:
        return position + 1 + _FIXED[head], None, False
    wide = _LENGTHS.get(head) or _ARRAYS.get(head) or _MAPS.get(head)
    if wide is None:
        raise Suspicious(f"the byte {head:#x} begins nothing")
    length = int.from_bytes(data[position + 1 : position + 1 + wide], "big")
    behind = position + 1 + wide
    if head in _LENGTHS:
        return behind + length + (0xC7 <= head <= 0xC9), None, False
    return behind, 2 * length if head in _MAPS else length, head in _MAPS
