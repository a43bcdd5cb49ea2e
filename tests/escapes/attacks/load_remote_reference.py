"""Have the host fetch a schema.

Attacks: the network, by the host.
How: $ref and $schema that name the listener.
Source: CWE-918; jsonschema's old RefResolver fetched whatever a schema named.
Breach: the listener is called.
"""

import json

GROUP, USABLE, HOST_S, ENDS = "load", False, 8.0, (None, "ManifestError")


def prepare(folder, outside):
    manifest = json.loads((folder / "plugin.json").read_text())
    address = f"http://127.0.0.1:{outside.listeners.facts['tcp_port']}/schema"
    manifest["config_schema"] = {"$schema": address, "type": "object", "properties": {"x": {"$ref": address}}}
    manifest["default_config"] = {"x": 1}
    (folder / "plugin.json").write_text(json.dumps(manifest))


def attack(outside):
    return None
