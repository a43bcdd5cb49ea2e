"""Drives a conversation from asyncio: the server, and notebooks that await.

The loop waits on the channel itself; no thread is involved, but where the host fetches something for the plugin.
Cancelling the task asks the plugin to stop, waits a moment, then kills.
"""

from __future__ import annotations

import asyncio
import os
import socket
import time
from typing import TypeVar

from .blocking import unanswered
from .conversation import discard
from .limits import Limits
from .raised import Cancelled
from .steps import Consult, Conversation, Receive, Send
from .worker import DEATH_WAIT_S, Worker

_AT_ONCE = 3
"""Answers that come at once, and keep the loop, before the other tasks of the loop have their turn: a fraction of a ms."""

_kept_loop = 0

T = TypeVar("T")


async def drive(conversation: Conversation[T], worker: Worker, limits: Limits) -> T:
    """Carry on `conversation` with `worker` to its end.

    Raises
    ------
    asyncio.CancelledError
        After the call has been cancelled; the worker is alive and ready if it obeyed, ended otherwise.
    PluginError
        What the conversation raises, or why the worker died.
    """
    global _kept_loop
    if _kept_loop >= _AT_ONCE:
        _kept_loop = 0
        await asyncio.sleep(0)  # here, where nothing has begun that could be cancelled
    worker.begin(limits)
    try:
        result = await _drive(conversation, worker)
    except BaseException as error:
        worker.finish(error)
        raise
    worker.finish()
    return result


async def _drive(conversation: Conversation[T], worker: Worker) -> T:
    answer: bytes | memoryview | None = None
    cancelled: asyncio.CancelledError | None = None
    while True:
        try:
            step = conversation.send(answer)
        except StopIteration as stop:
            if cancelled is not None:
                discard(stop.value)
                raise cancelled from None
            result: T = stop.value
            return result
        except Cancelled:
            raise cancelled or asyncio.CancelledError() from None
        answer = None
        if isinstance(step, Send):
            # A frame fits the socket's buffer, and an honest worker is waiting for it: one that isn't is killed in time.
            worker.send(step.data, step.descriptor, wait=False)
            continue
        if isinstance(step, Consult) and not step.ends_with_call:
            answer = await asyncio.to_thread(step.action)
            continue
        if isinstance(step, Consult):
            consulted: asyncio.Future[bytes] | None = asyncio.ensure_future(asyncio.to_thread(step.action))
        elif isinstance(step, Receive):
            consulted, answer = None, _look(worker, worker.patience.looks if cancelled is None else 0)
        else:
            worker.kill()  # an interrupt ends the event loop itself: nobody will be there to wait for the plugin
            raise KeyboardInterrupt
        while answer is None:
            try:
                patience_s = worker.patient_until_s - time.monotonic()
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + patience_s):
                    answer = await (_receive(worker) if consulted is None else asyncio.shield(consulted))
            except asyncio.CancelledError as error:
                if cancelled is None:
                    cancelled = error
                    worker.ask_to_cancel()
                else:
                    worker.kill()
            except TimeoutError:
                worker.kill(None if cancelled is not None else unanswered(worker.plugin_id))
                answer = b""
            except (OSError, ValueError):  # it was closed
                if consulted is not None:
                    raise
                answer = b""
        if not answer:
            conversation.close()
            cancelled = cancelled or await _death(worker)
            death = worker.explain_death(wait_s=0)
            if cancelled is not None:
                raise cancelled from None
            raise death


def _look(worker: Worker, looks: int) -> bytes | memoryview | None:
    """The next frame if it comes at once; the loop is held up for no longer than handing over to it would take.

    Without looks, too, the worker has to be told that nobody looks: it would not ring.
    """
    global _kept_loop
    try:
        frame = worker.line.look(looks) if looks else worker.line.sleep()
    except (OSError, ValueError):
        return b""
    _kept_loop += frame is not None
    return frame


async def _receive(worker: Worker) -> bytes | memoryview:
    loop = asyncio.get_running_loop()
    began_s = time.monotonic()
    while True:
        try:
            frame = worker.line.listen(socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        else:
            if frame is None:
                continue
            worker.slept(time.monotonic() - began_s)
            return frame
        ready = loop.create_future()
        loop.add_reader(worker.channel, _set, ready)
        try:
            await ready
        finally:
            loop.remove_reader(worker.channel)


async def _death(worker: Worker) -> asyncio.CancelledError | None:
    """Wait for a worker to end that has closed its channel, but not for long; whether the task was cancelled meanwhile."""
    loop = asyncio.get_running_loop()
    ended = loop.create_future()
    try:
        pidfd = os.dup(worker.pidfd)  # its own may be closed at any moment, and the number given to something else
    except OSError:
        return None
    loop.add_reader(pidfd, _set, ended)
    try:
        await asyncio.wait([ended], timeout=DEATH_WAIT_S)
    except asyncio.CancelledError as error:
        return error
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)
    return None


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
