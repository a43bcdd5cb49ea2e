"""Authoring: how plugins come into being, from a cell, from a template, and out of here into a folder or an archive.

Owns the texts of plugins before anything of them is run: they are parsed, never executed. Called by the faces.
"""

from __future__ import annotations

from .cell import Cell, cell_folder, read_cell
from .export import export
from .new import ASKS_A_SERVICE, TYPES, new

__all__ = ["ASKS_A_SERVICE", "TYPES", "Cell", "cell_folder", "export", "new", "read_cell"]
