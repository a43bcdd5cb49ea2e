"""Call one's own modules like the standard library's.

Attacks: the worker, which imports after the plugin's folder is on the path.
How: socket.py, msgspec.py, json.py, numpy.py and schillinger_plugins in the plugin's folder.
Source: CWE-427; the torchtriton and "import confusion" incidents.
Breach: the host imports one of them (it would write into the canary's folder), or the worker no longer answers.
"""

GROUP = "load"
ENDS = (None, "PluginExecutionError")


def prepare(folder, outside):
    code = f"open({str(outside.folder / 'imported')!r}, 'w').write('x')\n"
    for name in (
        "socket",
        "msgspec",
        "pydantic",
        "sitecustomize",
        "usercustomize",
        "schillinger_plugins",
        "queue",
        "antigravity",
    ):
        (folder / f"{name}.py").write_text(code)
    (folder / "zz.pth").write_text(f"import os; {code}")


def attack(outside):
    return None
