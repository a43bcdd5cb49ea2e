"""Uploads: a plugin that is sent in an archive and put into the user's folder of plugins. Off unless it was switched on.

Owns the one address that takes code, and who may use it: whoever manages, on this machine, straight. Refuses to be switched
on where other machines might get in (``demand_alone``), and every request that came from elsewhere or through a proxy,
before anything of it is read. What is sent lies in a hidden folder beside its target and is unpacked by ``package``, whole
or not at all; a process that is killed leaves that folder, which nobody takes for a plugin and the next start removes.
Nothing of it is run and nothing is granted. Who sent which code is in the journal before it is answered, and so is who was
refused. Called by ``app`` and ``serving``.
"""

from __future__ import annotations

import asyncio
import ipaddress
import os
import threading
import time
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from starlette.datastructures import UploadFile
from starlette.requests import HTTPConnection

from .. import package
from ..behalf import current
from ..errors import AlreadyThere, Busy, InputError, PackageError, PluginError
from ..events import Event
from ..loader import user_folder
from ..paths import shown
from ..permissions import Denial, current_user
from ..schema.strict import is_id
from . import asking, said
from .plugins import details_of
from .problems import Problem, problem_of
from .scopes import MANAGE, Refused

if TYPE_CHECKING:
    from ..manager import PluginManager
    from ..registry import PluginRecord

router = APIRouter(prefix="/api/plugins")

MAX_AT_ONCE = 4
"""Each may fill the disk by an archive and what is in it."""

SAME_AGAIN_S = 60.0
"""How long the same refusal of the same user is noted once: denials are bounded, and none is to be pushed out by many."""

_WRITING_S = 2.0
"""How long the answer waits for the journal, which may be away."""

KINDS = ("application/zip", "application/gzip", "application/x-gzip", "application/octet-stream")
"""What a body may say that it is. What it is its content tells."""

_UNNAMED = "the package"
"""What an archive is called that was sent without a name. It is no id, so a plugin in it has to have one of its own."""

_FORWARDED = ("forwarded", "via", "x-real-ip", "x-proxycontextpath")
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_BODY: dict[str, Any] = {
    "required": True,
    "content": {
        "application/zip": _BINARY,
        "application/gzip": _BINARY,
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"package": {"type": "string", "format": "binary"}},
                "required": ["package"],
            }
        },
    },
}


class Uploads:
    """Whether code may be sent, and how much of it comes now."""

    def __init__(self, *, are_allowed: bool) -> None:
        self.are_allowed = are_allowed
        self.going_on = 0
        self.putting = threading.Lock()
        self._noted_s: dict[tuple[str, str], float] = {}

    def is_new(self, user: str, why: str) -> bool:
        """Whether nobody has been told lately that this user was refused for that."""
        now_s = time.monotonic()
        known_s, self._noted_s[user, why] = self._noted_s.get((user, why), -SAME_AGAIN_S), now_s
        return now_s - known_s >= SAME_AGAIN_S

    @asynccontextmanager
    async def coming(self) -> AsyncIterator[None]:
        """While one comes. Raises `Busy` if too many do."""
        if self.going_on >= MAX_AT_ONCE:
            raise Busy(f"{MAX_AT_ONCE} plugins are sent already", remedy="send it when one of them is there")
        self.going_on += 1
        try:
            yield
        finally:
            self.going_on -= 1


def demand_alone(bound: str, *, passes_through: str | None) -> None:
    """Refuse to take code where others than this machine's users might get in.

    Parameters
    ----------
    bound : str
        The address that is listened on.
    passes_through : str, optional
        The option that says that others come through something on this machine.

    Raises
    ------
    InputError
    """
    if not ipaddress.ip_address(bound).is_loopback:
        raise InputError(f"plugins could be sent to {bound} from other machines", remedy="leave --allow-upload away")
    if passes_through is not None:
        raise InputError(
            f"with {passes_through} others come through a proxy, and look as if they were on this machine",
            remedy=f"leave --allow-upload or {passes_through} away",
        )


def _demand_allowed(request: Request) -> None:
    """That it is switched on, who asks manages, and the request comes from this machine straight."""
    uploads: Uploads = request.app.state.uploads
    try:
        MANAGE(request)
        _demand_near(uploads, request)
    except Refused as error:
        if uploads.is_new(current().user, error.problem.title):
            _note_refusal(request.app.state.manager, error.problem)
        raise


def _demand_near(uploads: Uploads, request: Request) -> None:
    if not uploads.are_allowed:
        raise _refusal("UploadsOff", "this server takes no code", "start it with --allow-upload, or install it there")
    if (stranger := _stranger(request)) is not None:
        remedy = "send it from the machine itself, to its loopback address"
        raise _refusal("NotThisMachine", f"code is taken from this machine alone, and this came {stranger}", remedy)


@router.post(
    "",
    status_code=201,
    dependencies=[Depends(_demand_allowed)],
    tags=["plugins"],
    openapi_extra={"requestBody": _BODY},
)
async def upload_plugin(
    request: Request,
    response: Response,
    replace: Annotated[bool, Query(description="true: put it in the place of the plugin of that id")] = False,
) -> said.PluginDetails:
    """Put the plugin in an archive (.zip, .tar.gz) into the user's folder of plugins, if that is switched on.

    Nothing of it is run, and nothing of what it asks for is granted. What is loaded runs on until it is reloaded.
    """
    uploads: Uploads = request.app.state.uploads
    manager: PluginManager = request.app.state.manager
    async with uploads.coming(), _aside(user_folder()) as scratch:
        try:
            archive = await _received(request, scratch)
            record = await asyncio.to_thread(_taken_in, uploads, manager, archive, replace=replace)
        except (PluginError, Refused) as error:
            problem = error.problem if isinstance(error, Refused) else problem_of(error)
            await asyncio.to_thread(_note_refusal, manager, problem)
            raise
    response.headers["Location"] = f"{request.scope.get('root_path', '')}/api/plugins/{record.id}"
    return details_of(request, record)


@asynccontextmanager
async def _aside(into: Path) -> AsyncIterator[Path]:
    """A hidden folder in `into` which is gone afterwards. Waits for others in a thread."""
    with ExitStack() as stack:
        yield await asyncio.to_thread(stack.enter_context, package.aside(into))


async def _received(request: Request, scratch: Path) -> Path:
    """The archive, as a file."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        async with request.form(max_files=1, max_fields=0) as form:
            parts = [part for part in form.values() if isinstance(part, UploadFile)]
            if not parts:
                raise InputError("there is no file among the parts", remedy="send the archive as the part `package`")
            return await _written(scratch / _name_of(parts[0].filename or ""), asking.pieces(parts[0]))
    if kind not in KINDS:
        detail, remedy = f"{kind[:80] or 'a body of no type'} isn't read here", f"send one of {', '.join(KINDS)}"
        raise Refused(Problem(415, "UnsupportedMediaType", detail, remedy, headers={"Connection": "close"}))
    return await _written(scratch / _UNNAMED, request.stream())


async def _written(path: Path, pieces: AsyncIterable[bytes]) -> Path:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    left = package.MAX_ARCHIVE_BYTES
    try:
        async for piece in pieces:
            left -= len(piece)
            if left < 0:
                detail = f"an archive has at most {package.MAX_ARCHIVE_BYTES >> 20} MB"
                remedy = "move large assets out of the plugin"
                raise Refused(Problem(413, "TooLarge", detail, remedy, headers={"Connection": "close"}))
            await asyncio.to_thread(asking.write, descriptor, piece)
    except OSError as error:
        raise PackageError(f"the package can't be kept: {error.strerror}", remedy="make room on the device") from error
    finally:
        os.close(descriptor)
    return path


def _taken_in(uploads: Uploads, manager: PluginManager, archive: Path, *, replace: bool) -> PluginRecord:
    """The plugin where it is now; the journal knows of it."""
    with uploads.putting:  # the hash that is noted is of this one, not of another that came right after it
        record = manager.look(_put(manager, archive, replace=replace))
        assert record.manifest is not None
        code = {"version": record.manifest.metadata.version, "content_hash": record.content_hash}
    manager.events.emit(Event("uploaded", record.id, data=code, user=current().user))
    manager.recorder.flush(_WRITING_S)
    return record


def _note_refusal(manager: PluginManager, problem: Problem) -> None:
    """Among the denials. That it is refused doesn't depend on whether it can be written down."""
    plugin_id, user = str(problem.more.get("plugin_id", "")), current().user or current_user()
    why = f"{problem.title}: {problem.detail}"[:500]
    with suppress(PluginError):
        manager.permissions.journal.add_denial(
            Denial(plugin_id=plugin_id, version="", content_hash="", user=user, permission="upload", target=why)
        )


def _put(manager: PluginManager, archive: Path, *, replace: bool) -> Path:
    folder = user_folder()
    try:
        plugin_id = package.inspect(archive).manifest.id
        manager.discover()
        known = manager.plugins.get(plugin_id, None)
        if known is not None and known.root.parent != folder.resolve():
            # It would come before that one in the search, or never be found.
            message = f"the id {plugin_id!r} is taken by a plugin outside the folder that is uploaded into"
            raise AlreadyThere(message, plugin_id=plugin_id, remedy="give it another id")
        root = package.unpack(archive, folder, replace=replace)
    except PackageError as error:
        message, remedy = error.message.replace(f"{shown(archive.parent)}{os.sep}", ""), error.remedy
        if isinstance(error, AlreadyThere) and error.plugin_id is None:
            message, remedy = f"there is a plugin {plugin_id!r} already", "ask for its replacement: ?replace=true"
        raise type(error)(message, plugin_id=error.plugin_id, remedy=remedy, path=error.path) from error
    manager.discover()
    return root


def _stranger(connection: HTTPConnection) -> str | None:
    """Where a request came from, unless from this machine straight."""
    host = connection.client.host if connection.client is not None else ""
    try:
        is_near = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_near = False
    if not is_near:
        return f"from {host[:80] or 'nowhere'}"
    for name in connection.headers:
        if name in _FORWARDED or name.startswith("x-forwarded-"):
            return f"through a proxy, as its header {name[:80]} says"
    return None


def _name_of(file_name: str) -> str:
    """As a file is called that was sent under this name: its first word, if that is an id."""
    first = file_name.partition(".")[0]
    return f"{first}.zip" if is_id(first) else _UNNAMED


def _refusal(title: str, detail: str, remedy: str) -> Refused:
    # The body wasn't read, and won't be.
    return Refused(Problem(403, title, detail, remedy, headers={"Connection": "close"}))
