"""The control run: the same attack in a plain process, to see that it would succeed if nothing confined it.

Run as a program: the folder with the attack, and what it is told of the outside as JSON. Prints what the attack returned.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from types import SimpleNamespace


def main(folder: str, facts: str) -> None:
    """Run the attack in `folder`."""
    sys.path.insert(0, folder)
    outside = SimpleNamespace(**json.loads(facts), plugin=None)
    os.chdir(outside.scratch)
    import attack

    evidence: object = None
    try:
        evidence = attack.attack(outside)
        if inspect.isawaitable(evidence):
            evidence = asyncio.run(_await(evidence))
    except BaseException as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:500], "evidence": None}), flush=True)
        os._exit(0)
    print(json.dumps({"error": None, "evidence": None if evidence is None else str(evidence)[:2000]}), flush=True)
    os._exit(0)


async def _await(awaitable: object) -> object:
    return await awaitable  # type: ignore[misc]  # whatever it is


if __name__ == "__main__":
    main(*sys.argv[1:])
