"""The shell of the magics' tests, for plugins that are written here."""

from __future__ import annotations

from tests.magics.conftest import cell, shell

__all__ = ["cell", "shell"]
