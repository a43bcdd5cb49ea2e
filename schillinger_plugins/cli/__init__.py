"""The command line: ``schillinger run | list | info | validate | grant | … | warm``, for work without a notebook.

Owns the entry point, the exit codes, and that whatever fails is told in a few lines without frames of this package.
What is asked for goes to stdout, all else (progress, errors, notes) to stderr. Thin over ``manager`` and ``loader``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from ..errors import (
    ConfinementUnavailable,
    InputError,
    LimitExceeded,
    ManifestError,
    PackageError,
    PermissionDenied,
    PluginError,
    ScanError,
    UnknownPlugin,
)
from .authoring import export, new
from .console import complain
from .dev import dev
from .flow import flow
from .grants import grant, permissions, revoke
from .install import install, pack
from .journal import journal, stats
from .report import report
from .run import run_command
from .scan import FOUND, scan
from .serve import serve
from .tell import doctor, info, list_plugins, schema, validate
from .testing import test_command
from .tokens import token
from .top import top
from .warm import warm

OK, FAILED, BAD_INPUT, LIMIT, CONFINEMENT, BUG, INTERRUPTED = 0, 1, 2, 3, 4, 70, 130

_CODES: tuple[tuple[type[PluginError], int], ...] = (
    (LimitExceeded, LIMIT),
    (ConfinementUnavailable, CONFINEMENT),
    (PermissionDenied, CONFINEMENT),
    (ScanError, FOUND),
    (InputError, BAD_INPUT),
    (ManifestError, BAD_INPUT),
    (PackageError, BAD_INPUT),
    (UnknownPlugin, BAD_INPUT),
)

EXIT_CODES = """\b
Exit codes:
  0    it went well
  1    the plugin failed: it raised, crashed, or returned what it must not
  2    bad input: an unknown option, plugin, parameter or file
  3    the plugin exceeded a limit
  4    this machine can't confine it as demanded, or a permission is missing
  5    the static scan found something, or the policy refuses what it found
  6    a test was inconclusive: the plugin could not be called, or nothing was tried
  70   a mistake in this program
  130  interrupted
"""


@click.group(epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="schillinger_plugins")
def program() -> None:
    """Run music and audio plugins in confined processes."""


_COMMANDS = (
    run_command,
    list_plugins,
    info,
    validate,
    scan,
    test_command,
    new,
    export,
    install,
    pack,
    flow,
    dev,
    serve,
    token,
    grant,
    revoke,
    permissions,
    journal,
    stats,
    top,
    report,
    doctor,
    schema,
    warm,
)

for _command in _COMMANDS:
    program.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """The console command ``schillinger``. Always ends in SystemExit with one of the exit codes."""
    sys.exit(_guarded(arguments))


def exit_code(error: PluginError) -> int:
    """The exit code that tells a script what kind of failure it was."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), FAILED)


def _guarded(arguments: Sequence[str] | None) -> int:
    try:
        code = program.main(arguments, prog_name="schillinger", standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (KeyboardInterrupt, click.Abort):
        complain("cancelled")
        return INTERRUPTED
    except PluginError as error:
        complain(error)
        return exit_code(error)
    except BrokenPipeError:
        # Whoever read has seen enough; Python must not complain about it again when it flushes at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        if os.environ.get("SCHILLINGER_DEBUG"):
            raise
        complain(
            f"this is a mistake in schillinger_plugins: {type(error).__name__}: {error}",
            remedy="SCHILLINGER_DEBUG=1 shows where",
        )
        return BUG
