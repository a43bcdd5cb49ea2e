"""Routes about permissions: how they stand, ask for one, give what somebody else has asked for.

Owns the questions that wait. What asks never gives: a question is answered in a request of its own, by a user who was
made one that grants, and never by the one who asked. What is granted is what the manifest asks for, for the very code that
was asked about. Called by ``app``.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec
from fastapi import APIRouter, Depends, Request

from ..errors import Busy, UnknownPlugin
from . import said
from .problems import Problem
from .scopes import GRANT, READ, RUN, Refused, sight_of, user_of

if TYPE_CHECKING:
    from ..manager import PluginManager

router = APIRouter(prefix="/api/plugins", tags=["permissions"])

MAX_WAITING = 256


@dataclass(frozen=True)
class Ask:
    """A question that waits for somebody who may answer it."""

    id: str
    plugin_id: str
    permission: str
    content_hash: str
    user: str


class NewAsk(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a question."""

    permission: str


@router.get("/permissions", dependencies=[Depends(READ)])
def list_asks(request: Request, limit: said.Limit = 100, offset: said.Offset = 0) -> said.AskList:
    """What the user has asked for and nobody has answered, in pages; what everybody has, for who manages or grants."""
    sight, may_grant = sight_of(request), request.scope["schillinger.may_grant"]
    found = [ask for ask in _asks(request).values() if may_grant or sight(ask.user)]
    page = [_details(request, one) for one in found[offset : offset + limit]]
    return said.AskList(asks=page, total=len(found), offset=offset, limit=limit)


@router.post(
    "/{plugin_id}/permissions",
    status_code=202,
    dependencies=[Depends(RUN)],
    openapi_extra={"requestBody": {**said.body_of(NewAsk), "required": True}},
)
async def ask_permission(request: Request, plugin_id: said.PluginId) -> said.AskDetails:
    """Ask that a plugin may do what its manifest asks for (``file_access``, ``network``). It isn't granted by this."""
    asked = await said.read(request, NewAsk)
    manager: PluginManager = request.app.state.manager
    record = manager.plugins[plugin_id]
    await asyncio.to_thread(manager.permissions.terms, record, asked.permission)  # raises if it doesn't ask for that
    waiting = _asks(request)
    if len(waiting) >= MAX_WAITING:
        raise Busy(f"{MAX_WAITING} questions wait already", remedy="have somebody answer them")
    ask = Ask(secrets.token_hex(8), record.id, asked.permission, record.content_hash, user_of(request))
    waiting[ask.id] = ask
    return _details(request, ask)


@router.post("/permissions/{ask_id}/grant", dependencies=[Depends(GRANT)])
def grant_permission(request: Request, ask_id: said.AskId) -> said.AskDetails:
    """Give what was asked for, from when the plugin is loaded next. By somebody else than who asked."""
    ask = _ask(request, ask_id)
    if ask.user == user_of(request):
        detail = f"{ask.user} has asked for this, and nobody answers their own question"
        raise Refused(Problem(403, "OwnQuestion", detail, "have another user who grants look at it"))
    manager: PluginManager = request.app.state.manager
    record = manager.look(ask.plugin_id)
    if record.content_hash != ask.content_hash:
        _asks(request).pop(ask_id, None)
        detail = "the plugin's code is another one than was asked about"
        raise Refused(Problem(409, "Changed", detail, "look at the new code, and ask again", {"plugin_id": record.id}))
    details = _details(request, ask)
    manager.grant(ask.plugin_id, ask.permission)
    _asks(request).pop(ask_id, None)
    return details


@router.delete("/permissions/{ask_id}", status_code=204, dependencies=[Depends(GRANT)])
def decline_permission(request: Request, ask_id: said.AskId) -> None:
    """Forget a question."""
    _asks(request).pop(_ask(request, ask_id).id, None)


def _asks(request: Request) -> dict[str, Ask]:
    asks: dict[str, Ask] = request.app.state.asks
    return asks


def _ask(request: Request, ask_id: str) -> Ask:
    ask = _asks(request).get(ask_id)
    if ask is None:
        raise UnknownPlugin(f"no question {ask_id[:64]!r} waits", remedy="GET /api/plugins/permissions lists them")
    return ask


def _details(request: Request, ask: Ask) -> said.AskDetails:
    manager: PluginManager = request.app.state.manager
    told: dict[str, Any] = {"wants": "", "reason": ""}
    for one in manager.permissions.requests(ask.plugin_id) if ask.plugin_id in manager.plugins else ():
        if one.permission == ask.permission:
            told = {"wants": one.describe(), "reason": one.reason or ""}
    return said.AskDetails(id=ask.id, plugin_id=ask.plugin_id, permission=ask.permission, user=ask.user, **told)
