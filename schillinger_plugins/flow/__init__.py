"""Flows: plugins wired together, run as one.

`flow` is what a person holds, `editing` how it is changed, `keeping` how it comes in and out; `graph`, `document` and
`merge` are its plain data; `problems` says what is wrong with it; `plan`, `schedule`, `running` and `cache` run
it; `signature` tells what a result was made of. Knows no widget and no manager: whoever makes a `Flow` gives it a `Host`,
which the manager is.
"""

from __future__ import annotations

from .batch import Item
from .cache import Cache
from .document import FORMAT
from .events import FlowEvent, FlowEvents, NodeState
from .flow import Flow
from .graph import VALUE
from .host import Host
from .nodes import FlowNode, FlowPort
from .problems import Problem, Remedy
from .run import FlowRun
from .running import Running

__all__ = [
    "FORMAT",
    "VALUE",
    "Cache",
    "Flow",
    "FlowEvent",
    "FlowEvents",
    "FlowNode",
    "FlowPort",
    "FlowRun",
    "Host",
    "Item",
    "NodeState",
    "Problem",
    "Remedy",
    "Running",
]
