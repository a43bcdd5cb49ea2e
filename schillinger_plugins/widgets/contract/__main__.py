"""Write ``widgets/contract.json``, or, with ``--check``, tell whether it is what the structs give. Called by make."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .schema import schema

FILE = Path(__file__).parents[3] / "widgets" / "contract.json"


def main(*, check: bool) -> str:
    """Returns what is wrong, empty if nothing is."""
    if not FILE.parent.is_dir():
        return f"there is no folder {FILE.parent} → run this in a checkout of the repository"
    text = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    if not check:
        FILE.write_text(text, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != text:
        return "widgets/contract.json is not what schillinger_plugins/widgets/contract gives → run: make contract"
    return ""


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]) or None)
