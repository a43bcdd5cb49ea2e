"""Return objects that do something when they are looked at.

Attacks: whoever packs, compares, prints or unpickles.
How: subclasses of dict, str, int and list, and classes with hostile __reduce__, __repr__, __eq__, __hash__, __len__,
__getattr__ and __class__.
Source: CWE-502; the SSTI gadget lists for Python's dunder methods.
Breach: any of these methods runs in the host: it would write into the canary's folder.
"""

GROUP = "python"
ENDS = (None, "DefinitionError", "PluginExecutionError", "WorkerCrashed")
USABLE = True


def _touch(*_, **__):
    with open(_touch.path, "w") as file:
        file.write("ran")
    return "x"


def attack(outside):
    _touch.path = outside.folder + "/ran"
    names = [
        "__reduce__",
        "__reduce_ex__",
        "__repr__",
        "__str__",
        "__format__",
        "__eq__",
        "__getstate__",
        "_repr_html_",
        "_ipython_display_",
    ]
    hostile = type("Hostile", (dict,), dict.fromkeys(names, _touch))
    outside.plugin.kept = hostile(x=type("Text", (str,), {"__repr__": _touch, "__hash__": lambda _: 1})("y"))
    raise RuntimeError(type("Message", (str,), {"__str__": lambda self: "harmless"})("x"))
