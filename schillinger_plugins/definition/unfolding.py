"""Unfolding: how many elements a drawing is once its references are followed.

Owns the count. Twenty groups that each show the one before twice are a million drawings in a kilobyte. Refuses nothing
itself: says how many there are, or that a reference leads back to itself. Called by ``svg``.
"""

from __future__ import annotations

from collections.abc import Iterator


class References:
    """The elements of one drawing, as they are entered and left, and what each refers to.

    Parameters
    ----------
    most : int
        Counting ends beyond it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._parts: list[list[int | str]] = []
        self._named: dict[str, int] = {}
        self._open: list[int] = []

    @property
    def count(self) -> int:
        """Elements so far."""
        return len(self._parts)

    def enter(self, name: str | None) -> None:
        """An element begins."""
        index = len(self._parts)
        self._parts.append([])
        if self._open:
            self._parts[self._open[-1]].append(index)
        if name is not None:
            self._named.setdefault(name, index)
        self._open.append(index)

    def refer(self, name: str) -> None:
        """The element that was entered last shows another."""
        self._parts[self._open[-1]].append(name)

    def leave(self) -> None:
        """The element that was entered last ends."""
        self._open.pop()

    def unfolded(self) -> int | None:
        """How many elements are drawn; at most one more than `most`. None if one contains itself.

        Walks without recursion: references may follow each other through every element there is.
        """
        sizes: dict[int, int] = {}
        for root in range(len(self._parts) - 1, -1, -1):
            if root in sizes:
                continue
            way: list[tuple[int, Iterator[int]]] = [(root, self._shown(root))]
            on_the_way = {root}
            totals = [1]
            while way:
                index, rest = way[-1]
                below = next(rest, None)
                if below is None:
                    way.pop()
                    on_the_way.discard(index)
                    sizes[index] = min(totals.pop(), self._most + 1)
                    if totals:
                        totals[-1] += sizes[index]
                elif below in sizes:
                    totals[-1] += sizes[below]
                elif below in on_the_way:
                    return None
                else:
                    way.append((below, self._shown(below)))
                    on_the_way.add(below)
                    totals.append(1)
        return sizes.get(0, 0)

    def _shown(self, index: int) -> Iterator[int]:
        for part in self._parts[index]:
            found = part if isinstance(part, int) else self._named.get(part)
            if found is not None:
                yield found
