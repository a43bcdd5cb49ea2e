"""Checks that what the manifest asks for is what the plugin uses. Run last: what was done for all others counts, too."""

from __future__ import annotations

import contextlib
import socket
import sys
import tempfile
from pathlib import Path

from ...sandbox.trace import TraceEvent
from ..check import Check, Failed, Refused, Skipped
from ..subject import Subject

GROUP = "permissions"
_RULES = frozenset({"network", "process", "files-elsewhere"})
_REACHING_OUT = (
    "socket.connect",
    "socket.getaddrinfo",
    "socket.sendto",
    "urllib.",
    "http.",
    f"socket.__new__ <socket> {int(socket.AF_INET)} ",
    f"socket.__new__ <socket> {int(socket.AF_INET6)} ",
)


def _used(subject: Subject) -> str | None:
    with contextlib.suppress(Failed, Refused, Skipped):  # what it did until then counts, too
        subject.fresh(subject.case())
    asked = set(subject.manifest.metadata.requires_permissions)
    ours = {*subject.instances, f"{subject.plugin_id}-load"}
    events = [event for event in subject.manager.trace(subject.plugin_id) if event.instance_id in ours]
    for event in events:
        if event.kind == "process" and not event.what.startswith(("sys.", "signal.")):
            raise Failed(f"it tried to start or signal a process ({event.what}): a plugin has no others")
        if event.kind == "socket" and event.what.startswith(_REACHING_OUT):
            raise Failed(
                f"it reached for the network by itself ({event.what}), which can't work: ask for the permission network and "
                "use context.fetch()"
            )
        if event.kind == "fetch" and "network" not in asked:
            raise Failed(f"it fetched ({event.what}) without asking for network: add it to requires_permissions")
        if event.kind in ("open", "file") and "file_access" not in asked and _is_the_users(event, subject):
            raise Failed(f"it reached for a file of yours ({event.what}) without asking for file_access")
    idle = "network" in asked and not any(event.kind == "fetch" for event in events)
    return "it asks for network, which these calls didn't use" if idle else None


def _is_the_users(event: TraceEvent, subject: Subject) -> bool:
    """Whether a path is in the home folder, and neither the plugin's own nor Python's."""
    path = event.what.partition(" ")[2]
    theirs = (subject.root, sys.prefix, sys.base_prefix, tempfile.gettempdir())
    return path.startswith(f"{Path.home()}/") and not path.startswith(tuple(f"{folder}/" for folder in theirs))


def _written(subject: Subject) -> str | None:
    asked = set(subject.manifest.metadata.requires_permissions)
    found = [
        finding
        for finding in subject.manager.findings(subject.plugin_id).findings
        if finding.rule in _RULES and not finding.file.startswith("tests/")
    ]
    if "network" in asked:
        found = [finding for finding in found if finding.rule != "network"]
    if found:
        raise Failed("\n".join(f"{finding.where}: {finding.message}" for finding in found))
    return None


CHECKS = (
    Check(id="used", group=GROUP, title="it did only what its manifest asks for", run=_used, calls=False),
    Check(
        id="written",
        group=GROUP,
        title="its code reaches only for what its manifest asks for",
        run=_written,
        calls=False,
    ),
)
