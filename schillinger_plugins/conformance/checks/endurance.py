"""Checks of an instance that is disturbed, and of one that is called again and again."""

from __future__ import annotations

import asyncio
import concurrent.futures
import threading
import time
from typing import Any

from ...errors import Busy, PluginError
from ...manager import Instance
from ...registry import content_hash
from .. import sounds
from ..check import Check, Failed, Refused, Skipped
from ..comparison import difference
from ..subject import SEED, Case, Subject

GROUP = "endurance"
_CALLS = 6
_WARM_UP_CALLS = 30
_MEMORY_CALLS = 300
_WARM_UP_S = 2.0
_MEMORY_S = 4.0
_LEAST_S = 2.0
_GROWN_BYTES = 4 * 1024 * 1024
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
        if resting and "network" in subject.manifest.metadata.requires_permissions:
            # The host gives up the request together with the worker that waits for it: the plugin isn't asked.
            raise Skipped("its process was ended, as it is when the host fetches for it; the next call is right")
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
    while not task.done() and instance.state != "running":  # noqa: ASYNC110
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

    threading.Thread(target=run, name="schillinger-conformance", daemon=True).start()
    return done.result(_DEADLINE_S)


def _reload(subject: Subject) -> None:
    """Calls in a thread, a reload among them: each answers as if there had been none."""
    case = subject.case()
    with subject.instance() as undisturbed, subject.instance() as reloaded:
        if content_hash(subject.root) != reloaded.plugin.content_hash:
            raise Skipped(f"its folder has changed since it was loaded: %plugin reload {subject.plugin_id}")
        expected = [dict(subject.call(undisturbed, case)) for _ in range(_CALLS)]
        answers: list[dict[str, Any]] = []
        some = threading.Event()

        def work() -> None:
            try:
                while len(answers) < _CALLS:
                    try:
                        answers.append(dict(subject.call(reloaded, case)))
                    except Failed as failure:
                        if not isinstance(failure.__cause__, Busy):
                            raise
                    some.set()
            finally:
                some.set()

        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            calling = pool.submit(work)
            some.wait(_DEADLINE_S)
            try:
                subject.manager.reload(subject.plugin_id)
            except PluginError as error:
                raise Failed(f"it can't be reloaded while it is called: {error}", case) from error
            calling.result(_DEADLINE_S)
    for number, (one, other) in enumerate(zip(expected, answers, strict=True), 1):
        found = difference(one, other)
        if found:
            raise Failed(
                f"call {number} of {_CALLS}, with a reload among them, differs from one without: {found}", case
            )


def _memory(subject: Subject) -> str | None:
    """What is used after many calls, compared with what was used after the first ones."""
    case = subject.case()
    seen: list[int] = []
    with subject.instance() as instance:
        _call_often(subject, instance, case, [], calls=_WARM_UP_CALLS, least_s=0.0, most_s=_WARM_UP_S)
        _call_often(subject, instance, case, seen, calls=_MEMORY_CALLS, least_s=_LEAST_S, most_s=_MEMORY_S)
        third = len(seen) // 3
        if third < 3:
            return f"only {len(seen)} calls were made in {_MEMORY_S:g} s, too few to tell"
        first, middle, last = (seen[start : start + third] for start in (0, third, 2 * third))
        grown = min(last) - min(first)
        steady = min(middle) > max(first[: third // 2 or 1]) and min(last) > max(middle[: third // 2 or 1])
        if instance.leaks or (steady and grown > _GROWN_BYTES):
            each = max(instance.growth_bytes_per_call, grown / (2 * third))
            raise Failed(
                f"it used {grown / 1e6:.1f} MB more after {len(seen)} calls, {each / 1e3:.0f} kB with each: keep less from "
                "call to call",
                case,
            )
    return None


def _call_often(
    subject: Subject,
    instance: Instance,
    case: Case,
    seen: list[int],
    *,
    calls: int,
    least_s: float,
    most_s: float,
) -> None:
    """So many calls at least, and for as long as the watchdog needs to look at them; notes the memory after each."""
    began_s, number = time.monotonic(), 0
    while (elapsed_s := time.monotonic() - began_s) < most_s and (number < calls or elapsed_s < least_s):
        number += 1
        try:
            subject.call(instance, case)
        except Failed as failure:
            raise Failed(
                f"it answered the same call {number - 1} times, then failed: {failure.message}. It may keep what it "
                "is given",
                case,
            ) from failure
        seen.append(instance.memory_bytes)


CHECKS = (
    Check(id="cancel", group=GROUP, title="a call can be interrupted, and the next one is right", run=_cancel),
    Check(id="reload", group=GROUP, title="a reload among calls changes no result", run=_reload, often=True),
    Check(id="memory", group=GROUP, title="memory doesn't grow from call to call", run=_memory, often=True),
)
