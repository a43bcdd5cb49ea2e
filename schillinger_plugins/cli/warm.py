"""``schillinger warm``: compile numba's kernels now rather than when the first analysis needs them.

Owns nothing but the wait: the sandbox's zygote does the work, in a process that runs no plugin. Called by ``make`` and
when an image is built.
"""

from __future__ import annotations

import click

from .console import note, progress


@click.command("warm", help="Prepare the sandbox: import the audio libraries and compile their kernels into the cache.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
def warm(*, quiet: bool) -> None:
    """Start the audio zygote once; what it compiles stays in the user's cache."""
    from ..policy import Policy
    from ..sandbox.sandbox import Sandbox

    sandbox = Sandbox(total_memory_mb=Policy().total_memory_mb)
    try:
        with progress("preparing the sandbox", quiet=quiet) as on_progress:
            sandbox.zygote("audio", on_progress=on_progress)
    finally:
        sandbox.close()
    note("the sandbox is ready")
