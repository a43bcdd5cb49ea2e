"""Bring a pattern that never ends.

Attacks: the host, which checks the configuration against the plugin's own schema.
How: (a+)+$ against a long string that almost matches; a $ref to the net; a schema that refers to itself.
Source: CWE-1333; CVE-2019-20907-like endless parsing; jsonschema's documentation on remote references.
Breach: loading takes longer than a moment, or the listener is called.
"""

GROUP, USABLE, HOST_S, ENDS = "load", False, 8.0, (None, "ManifestError")
MANIFEST = {
    "config_schema": {"type": "object", "properties": {"x": {"type": "string", "pattern": "^(a+)+$"}}},
    "default_config": {"x": "a" * 5000 + "b"},
}


def attack(outside):
    return None
