"""Drives a conversation from asyncio: the server, and notebooks that await.

The loop waits on the channel itself; no thread is involved. Cancelling the task asks the plugin to stop, waits a moment,
then kills.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from typing import TypeVar

from ..protocol import frames
from .blocking import CANCEL_GRACE_S, WATCHDOG_SLACK_S, unanswered
from .conversation import Cancel, Cancelled, Conversation, Send
from .limits import Limits
from .worker import Worker

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
    with worker.turn(limits):
        return await _drive(conversation, worker, limits.wall_s + WATCHDOG_SLACK_S)


async def _drive(conversation: Conversation[T], worker: Worker, deadline_s: float) -> T:
    answer: bytes | None = None
    cancelled: asyncio.CancelledError | None = None
    kill_at_s = time.monotonic() + deadline_s
    while True:
        try:
            step = conversation.send(answer)
        except StopIteration as stop:
            if cancelled is not None:
                raise cancelled from None
            result: T = stop.value
            return result
        except Cancelled:
            raise cancelled or asyncio.CancelledError() from None
        answer = None
        if isinstance(step, Cancel):
            worker.kill()  # an interrupt ends the event loop itself: nobody will be there to wait for the plugin
            raise KeyboardInterrupt
        if isinstance(step, Send):
            with contextlib.suppress(
                OSError
            ):  # it has died, and the next receive says so; or its buffer is full: it is killed
                # A frame fits the socket's buffer, and an honest worker is waiting for it.
                socket.send_fds(worker.channel, [step.data], step.descriptors, socket.MSG_DONTWAIT)
            continue
        while answer is None:
            try:
                async with asyncio.timeout_at(asyncio.get_running_loop().time() + kill_at_s - time.monotonic()):
                    answer = await _receive(worker)
            except asyncio.CancelledError as error:
                if cancelled is None:
                    cancelled = error
                    kill_at_s = time.monotonic() + CANCEL_GRACE_S
                    worker.ask_to_cancel()
                else:
                    worker.kill()
            except TimeoutError:
                worker.kill(None if cancelled is not None else unanswered(worker.plugin_id))
                answer = b""
            except OSError:
                answer = b""
        if not answer:
            conversation.close()
            death = worker.explain_death()
            if cancelled is not None:
                raise cancelled from None
            raise death


async def _receive(worker: Worker) -> bytes:
    loop = asyncio.get_running_loop()
    channel = worker.channel
    while True:
        try:
            return channel.recv(frames.MAX_FRAME_BYTES + 1, socket.MSG_DONTWAIT)
        except BlockingIOError:
            pass
        ready = loop.create_future()
        loop.add_reader(channel, _set, ready)
        try:
            await ready
        finally:
            loop.remove_reader(channel)


def _set(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)
