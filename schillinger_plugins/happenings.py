"""Happenings: what happens to plugins besides their runs, as records for the journal.

Owns which events those are, and what is told of each: which code it was, and what it brings along as plain data; of a load
or a reload that failed also where, without what configurations call secret. Called by ``recorder``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Protocol

from .events import Event, EventName
from .failures import Failure
from .journal import Happening, packed
from .loaded import LoadedPlugin
from .manifest import Manifest
from .schema.secrecy import hidden_within, told_secrets

NAMES: tuple[EventName, ...] = (
    "loaded",
    "failed",
    "unloaded",
    "reloaded",
    "reload_failed",
    "granted",
    "revoked",
    "instance_created",
    "instance_destroyed",
    "restarted",
    "slept",
    "collected",
    "leaks",
    "uploaded",
)

MAX_TRACEBACK = 8_000
"""Characters of one; the end says most."""


class Configured(Protocol):
    """An instance."""

    @property
    def plugin_id(self) -> str:
        """Of which plugin."""

    @property
    def config(self) -> Mapping[str, Any]:
        """As it was given."""


@dataclass(frozen=True, kw_only=True)
class Happenings:
    """What is told of events.

    Parameters
    ----------
    loaded : Mapping
        The plugins that serve, by id.
    instances : Mapping
        The instances, by id: what they were told in confidence, an error may quote.
    """

    loaded: Mapping[str, LoadedPlugin]
    instances: Mapping[str, Configured] = field(default_factory=lambda: MappingProxyType({}))

    def of(self, event: Event, *, user: str, session: str) -> Happening | None:
        """The record of an event; None for that of a call, which is a run and told as one."""
        detail = {key: value for key, value in event.data.items() if isinstance(value, (str, int, float, bool))}
        name: str = event.name
        plugin = self.loaded.get(event.plugin_id)
        manifest, hashed = (plugin.manifest, plugin.content_hash) if plugin is not None else (None, "")
        version = _version_of(manifest)
        if event.name == "failed":
            if event.instance_id is not None:
                return None
            manifest, hashed = event.data["manifest"], event.data["content_hash"]
            name, version = "load_failed", _version_of(manifest)
            detail = self._why(event.data["failure"], event.plugin_id, manifest)
        elif event.name == "uploaded":  # it is other code than what serves
            version, hashed = str(detail.pop("version")), str(detail.pop("content_hash"))
        elif (report := event.data.get("report")) is not None:
            detail |= {"why": report.why, "before": report.hash_before, "after": report.hash_after}
            if report.error is not None:
                detail |= self._why(Failure.of(report.error, None), event.plugin_id, manifest)
        return Happening(
            at=datetime.now(UTC).isoformat(timespec="milliseconds"),
            user=user,
            session=session,
            name=name,
            plugin_id=event.plugin_id,
            version=version,
            content_hash=hashed,
            instance_id=event.instance_id or "",
            detail=packed(detail),
        )

    def _why(self, failure: Failure | None, plugin_id: str, manifest: Manifest | None) -> dict[str, Any]:
        if failure is None:
            return {"error": "it was interrupted"}
        why = {"kind": failure.kind, "error": failure.message}
        if failure.traceback_text.strip():
            why["traceback"] = failure.traceback_text.strip()[-MAX_TRACEBACK:]
        if manifest is None:
            return why
        configs = [one.config for one in list(self.instances.values()) if one.plugin_id == plugin_id]
        secrets = {
            secret
            for config in (manifest.default_config, *configs)
            for secret in told_secrets(config, manifest.config_schema)
        }
        told: dict[str, Any] = hidden_within(why, sorted(secrets, key=len, reverse=True))
        return told


def _version_of(manifest: Manifest | None) -> str:
    return manifest.metadata.version if manifest is not None else ""
