"""Routes about plugins: the list, one, the status of all, reload.

Called by ``app`` and ``uploads``. What blocks (reading folders, starting workers) is done in threads.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel

from ..definition import NodeDefinition
from ..permissions import requests_of
from ..registry import PluginRecord
from . import said
from .access import Scope
from .instances import seen
from .problems import problem_of
from .scopes import MANAGE, READ, RUN, sight_of, user_of

if TYPE_CHECKING:
    from ..manager import PluginManager

router = APIRouter(prefix="/api/plugins")


def _manager(request: Request) -> PluginManager:
    manager: PluginManager = request.app.state.manager
    return manager


@router.get("", dependencies=[Depends(READ)], tags=["plugins"])
def list_plugins(
    request: Request,
    limit: said.Limit = 100,
    offset: said.Offset = 0,
    plugin_type: Annotated[str | None, Query(max_length=32, description="only those of this type")] = None,
) -> said.PluginList:
    """The plugins on this machine, broken ones with what is wrong with them."""
    records = list(_manager(request).plugins.values())
    if plugin_type is not None:
        records = [r for r in records if r.manifest and r.manifest.metadata.plugin_type == plugin_type.upper()]
    page = [said.PluginSummary(**_summary(record)) for record in records[offset : offset + limit]]
    return said.PluginList(plugins=page, total=len(records), offset=offset, limit=limit)


@router.get("/system/status", dependencies=[Depends(READ)], tags=["system"])
def system_status(request: Request) -> dict[str, Any]:
    """What is running, what it has used, and how it is confined; of the instances those that the user sees.

    Beside it whose token that is, and what it is good for.
    """
    told, known = _manager(request).status().as_dict(), {one.id for one in seen(request)}
    told["instances"] = [one for one in told["instances"] if one["id"] in known]
    granted: Scope = request.scope["schillinger.scope"]
    asking = {"user": user_of(request), "scope": granted.name.lower()}
    return {**told, "runs": request.app.state.runs.going_on, **asking}


@router.get("/{plugin_id}", dependencies=[Depends(READ)], tags=["plugins"])
def plugin_details(request: Request, response: Response, plugin_id: said.PluginId) -> said.PluginDetails:
    """One plugin: its manifest, its node, its instances. Nothing of it is run."""
    details = details_of(request, _manager(request).plugins[plugin_id])
    _tell_unless_known(request, response, details)
    return details


@router.get("/{plugin_id}/definition", dependencies=[Depends(READ)], tags=["plugins"])
def plugin_definition(request: Request, response: Response, plugin_id: said.PluginId) -> NodeDefinition:
    """A plugin's node: ports, parameters, hints. One whose manifest doesn't tell is asked, which takes ``run``."""
    manager = _manager(request)
    record = manager.plugins[plugin_id]
    if record.manifest is not None and record.definition is None:
        RUN(request)
    told = manager.definition(plugin_id)
    _tell_unless_known(request, response, told)
    return told


@router.post("/{plugin_id}/reload", dependencies=[Depends(MANAGE)], tags=["plugins"])
def reload_plugin(request: Request, plugin_id: said.PluginId) -> said.PluginDetails:
    """Read a plugin anew. If that fails, the code that served goes on serving, and so do its instances."""
    manager = _manager(request)
    manager.reload(plugin_id)
    return details_of(request, manager.plugins[plugin_id])


@router.get("/{plugin_id}/logs", dependencies=[Depends(READ)], tags=["plugins"])
def plugin_logs(
    request: Request, plugin_id: said.PluginId, limit: said.Limit = 100, offset: said.Offset = 0
) -> said.LogList:
    """What a plugin has written and said in the user's calls since it was loaded, in pages, the newest line first."""
    manager, sight = _manager(request), sight_of(request)
    found = [line for line in reversed(manager.logs(manager.plugins[plugin_id].id)) if sight(line.user)]
    page = [
        said.LogDetails(
            at=datetime.fromtimestamp(line.time_s, UTC).isoformat(timespec="milliseconds"),
            instance_id=line.instance_id,
            level=line.level,
            text=line.text,
            run_id=line.run_id,
            version=line.version,
        )
        for line in found[offset : offset + limit]
    ]
    return said.LogList(lines=page, total=len(found), offset=offset, limit=limit)


class NotModified(Exception):
    """The client has it already."""

    def __init__(self, tag: str) -> None:
        super().__init__(tag)
        self.tag = tag


def details_of(request: Request, record: PluginRecord) -> said.PluginDetails:
    """All that a record tells of a plugin, and its instances that the user sees."""
    manifest = record.manifest
    wants = requests_of(manifest) if manifest is not None else ()
    return said.PluginDetails(
        **_summary(record),
        content_hash=record.content_hash if manifest is not None else None,
        manifest=manifest.model_dump(mode="json", exclude={"definition"}) if manifest is not None else None,
        definition=record.definition.as_dict() if record.definition is not None else None,
        asks_for=[said.Wish(permission=one.permission, wants=one.describe(), reason=one.reason or "") for one in wants],
        instances=[one.id for one in seen(request) if one.plugin_id == record.id],
    )


def _tell_unless_known(request: Request, response: Response, told: BaseModel) -> None:
    """Give an answer its ETag, which is another one whatever has changed of it; to who has it already, only that."""
    tag = f'"{hashlib.sha256(told.model_dump_json().encode()).hexdigest()[:32]}"'
    response.headers["ETag"] = tag
    known = request.headers.get("if-none-match", "")
    if tag in known or known.strip() == "*":
        raise NotModified(tag)


def _summary(record: PluginRecord) -> dict[str, Any]:
    manifest = record.manifest
    return {
        "id": record.id,
        "name": manifest.title if manifest else record.id,
        "version": manifest.metadata.version if manifest else None,
        "plugin_type": manifest.metadata.plugin_type if manifest else None,
        "category": manifest.metadata.category if manifest else None,
        "description": manifest.metadata.description if manifest else "",
        "state": record.state,
        "error": problem_of(record.error).as_dict() if record.error else None,
    }
