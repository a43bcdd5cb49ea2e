"""Workflows: plugins whose definition has steps over other plugins, which the host runs.

`instance` calls the steps one after the other and then the workflow's own plugin; `running` knows what each step gets and
what came of it; `borrowing` decides what a step may use. Called by the manager, to which every instance of the type
WORKFLOW is one of these.
"""

from .instance import WorkflowInstance, make_instance
from .record import WorkflowProvenance, WorkflowResult

__all__ = ["WorkflowInstance", "WorkflowProvenance", "WorkflowResult", "make_instance"]
