"""Checks of an instance that is disturbed while it is called: interrupted, reloaded."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import contextvars
import sys
import threading
import time
from collections.abc import Iterator
from typing import Any

from ...errors import Busy, PluginError
from ...manager import Instance
from ...registry import content_hash
from .. import sounds
from ..check import Check, Failed, Refused, Skipped, Uncalled
from ..comparison import difference
from ..subject import SEED, Case, Subject

GROUP = "endurance"
_CALLS_AFTER = 3
_MOST_CALLS = 60
_PAUSE_S = 0.001
_TURN_S = 20e-6
_RELOADS = 3
_RUNNING_WITHIN_S = 5.0
_DEADLINE_S = 60.0


def _cancel(subject: Subject) -> None:
    """A call on five seconds of sound is broken off as soon as it runs; then the instance is called again."""
    long, case = subject.case(sounds.noise(seconds=5)), subject.case()
    with subject.instance() as instance:
        before = dict(subject.call(instance, case))
        began_s = time.monotonic()
        # Into the work itself if it takes that long, else at its very beginning.
        broken_off = _in_thread(_break_off(instance, long, after_s=0.02)) or _in_thread(_break_off(instance, long))
        took_s = time.monotonic() - began_s
        resting = instance.state == "resting"
        try:
            after = dict(subject.call(instance, case))
        except (Failed, Refused) as failure:
            raise Failed(f"after a call that was interrupted the next one fails: {failure.message}", long) from None
        if resting:
            raise Failed(
                f"it went on after it was interrupted, so its process had to be ended, {took_s:.1f} s after the call began, "
                "and took what it knew along. Don't catch CancelledError or KeyboardInterrupt; look at context.cancelled",
                long,
            )
        found = difference(before, after) if subject.forgets else ""
        if found:
            raise Failed(f"after a call that was interrupted the next one is another than before: {found}", long)
    if not broken_off:
        raise Skipped("it had answered before it could be interrupted")


async def _break_off(instance: Instance, case: Case, *, after_s: float = 0.0) -> bool:
    task = asyncio.create_task(instance.aexecute(case.inputs, case.parameters, seed=SEED))
    while not task.done() and instance.state != "running":  # noqa: ASYNC110 - it has no event to wait for
        await asyncio.sleep(0)  # nobody tells when a worker begins
    await asyncio.sleep(after_s)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    except PluginError:
        return True
    return False


def _in_thread(coroutine: Any) -> Any:
    """A notebook's own loop runs already, in this thread."""
    done: concurrent.futures.Future[Any] = concurrent.futures.Future()

    def run() -> None:
        try:
            done.set_result(asyncio.run(coroutine))
        except BaseException as error:
            done.set_exception(error)

    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="schillinger-conformance", daemon=True).start()
    return done.result(_DEADLINE_S)


def _reload(subject: Subject) -> None:
    """Calls in a thread, a reload in the middle of one: each answers as if there had been none."""
    case = subject.case()
    with subject.instance() as undisturbed, subject.instance() as reloaded:
        if content_hash(subject.root) != reloaded.plugin.content_hash:
            raise Skipped(f"its folder has changed since it was loaded: %plugin reload {subject.plugin_id}")
        calls, certain = _Calls(subject, reloaded, case), False
        with concurrent.futures.ThreadPoolExecutor(1) as pool, _threads_in_quick_turns():
            calling = pool.submit(contextvars.copy_context().run, calls.make)
            try:
                for _ in range(_RELOADS):
                    certain = certain or _reload_amid(subject, calls, calling)
            finally:
                calls.may_end.set()
            calling.result(_DEADLINE_S)
        expected = [dict(subject.call(undisturbed, case)) for _ in calls.answers]
    for number, (one, other) in enumerate(zip(expected, calls.answers, strict=True), 1):
        found = difference(one, other)
        if found:
            raise Failed(
                f"call {number} of {len(expected)}, with a reload in the middle of one, differs from one without: {found}",
                case,
            )
    if not certain:
        raise Uncalled("no call was seen that ran when the reload began, so nothing is known of one that does")


class _Calls:
    """Calls of one instance in a row, made in a thread.

    Attributes
    ----------
    answers : list of dict
    spans : list of tuple
        When each began and ended, as `time.monotonic` gives it.
    may_end : threading.Event
        Set by whoever has seen enough of them; two more are made then.
    """

    def __init__(self, subject: Subject, instance: Instance, case: Case) -> None:
        self.answers: list[dict[str, Any]] = []
        self.spans: list[tuple[float, float]] = []
        self.may_end = threading.Event()
        self.instance = instance
        self.case = case
        self._subject = subject

    def make(self) -> None:
        """All of them, in this thread."""
        after = 0
        while after < _CALLS_AFTER:
            if len(self.answers) >= _MOST_CALLS:  # those of a quick plugin: as many again are made to compare them with
                self.may_end.wait(_PAUSE_S)
            after += self.may_end.is_set()
            began_s = time.monotonic()
            try:
                answer = dict(self._subject.call(self.instance, self.case))
            except Failed as failure:
                if not isinstance(failure.__cause__, Busy):
                    raise
                continue
            self.spans.append((began_s, time.monotonic()))
            self.answers.append(answer)


@contextlib.contextmanager
def _threads_in_quick_turns() -> Iterator[None]:
    """A thread that calls looks for the answer without letting others run, and a short call is over before they do."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(_TURN_S)
    try:
        yield
    finally:
        sys.setswitchinterval(usual_s)


def _reload_amid(subject: Subject, calls: _Calls, calling: concurrent.futures.Future[None]) -> bool:
    """Reload while a call runs. Whether it is certain that one did, and that the instance has new code by it."""
    before = calls.instance.plugin
    deadline_s = time.monotonic() + _RUNNING_WITHIN_S
    while not calling.done() and (len(calls.answers) < 1 or calls.instance.state != "running"):
        if time.monotonic() > deadline_s:
            break
        time.sleep(0)  # nobody tells when a worker begins
    began_s = time.monotonic()
    try:
        subject.manager.reload(subject.plugin_id)
    except PluginError as error:
        raise Failed(f"it can't be reloaded while it is called: {error}", calls.case) from error
    amid = any(first < began_s < last for first, last in calls.spans)
    return amid and calls.instance.plugin is not before


CHECKS = (
    Check(id="cancel", group=GROUP, title="a call can be interrupted, and the next one is right", run=_cancel),
    Check(
        id="reload", group=GROUP, title="a reload in the middle of a call changes no result", run=_reload, often=True
    ),
)
