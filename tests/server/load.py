"""Clients that call without a pause, and what each of them was answered: for tests of what goes wrong meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

CLIENTS = 4
PATIENCE_S = 60.0
LOOK_S = 0.01


@dataclass(frozen=True)
class Answer:
    """To one call: what it was called with, and what came. No status: the connection was lost."""

    x: str
    status: int | None
    said: dict[str, Any]
    headers: httpx.Headers

    @property
    def is_right(self) -> bool:
        """Whether it has the call's own result."""
        return self.status == 200 and self.said["outputs"] == {"y": self.x}


class Load:
    """Calls of several instances by as many clients, from entering the block until leaving it."""

    def __init__(self, url: str, headers: dict[str, str], instances: Sequence[str]) -> None:
        self._url, self._headers, self._instances = url, headers, instances
        self.answers: list[Answer] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(len(instances))]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    @property
    def right(self) -> list[Answer]:
        """The calls that were answered with their result."""
        return [one for one in list(self.answers) if one.is_right]

    def more(self, count: int = 3 * CLIENTS) -> None:
        """Wait until so many more calls have been answered with their result."""
        wanted = len(self.right) + count
        self.until(lambda: len(self.right) >= wanted)

    def until(self, happens: Callable[[], object]) -> None:
        """Wait for something while the calls go on."""
        end_s = time.monotonic() + PATIENCE_S
        while not happens():
            assert time.monotonic() < end_s, self.answers[-3:]
            self._over.wait(LOOK_S)  # the server is in this process: who looks without a pause takes its time

    def demand_clean(self, *titles: str) -> None:
        """Every call has its own result, or a clean problem: 503 with Retry-After, or 422 with one of these titles."""
        for one in self.answers:
            if one.status == 503:
                assert one.headers["Retry-After"].isdecimal()
            elif not one.is_right:
                assert (one.status, one.said.get("title")) in [(422, title) for title in titles], one

    def _call(self, number: int) -> None:
        path = f"/api/plugins/instances/{self._instances[number]}/execute"
        with httpx.Client(base_url=self._url, headers=self._headers, timeout=30, trust_env=False) as client:
            for count in range(100_000):
                if self._over.is_set():
                    return
                x = f"{number}-{count}"
                try:
                    answer = client.post(path, json={"inputs": {"x": x}})
                except httpx.TransportError:
                    self.answers.append(Answer(x, None, {}, httpx.Headers()))
                    return
                self.answers.append(Answer(x, answer.status_code, answer.json(), answer.headers))
