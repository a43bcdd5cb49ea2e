"""``schillinger token``: who may ask the server, and for what.

Owns the commands; the file is ``server.tokens``'s.
"""

from __future__ import annotations

import click

from ..errors import InputError
from .console import note, say, tell_table

_SCOPES = ("read", "run", "manage")


@click.group()
def token() -> None:
    """Tokens of a server's users. They count for servers that are started afterwards."""


@token.command("new")
@click.argument("user")
@click.option("--scope", default="run", show_default=True, type=click.Choice(_SCOPES), help="What they may do.")
@click.option("--grant", is_flag=True, help="They may also give plugins what others have asked for.")
@click.option("--rate", type=click.FloatRange(min=0.1), help="Requests a second; 200 if not given.")
def new_token(user: str, scope: str, grant: bool, rate: float | None) -> None:
    """Make a token for USER, and show it this once.

    \b
    Examples:
      schillinger token new ada --scope run
      schillinger token new grace --scope manage --grant
    """
    from ..server.access import Scope
    from ..server.tokens import Tokens

    say(Tokens().new(user, Scope[scope.upper()], may_grant=grant, requests_per_s=rate))
    note("it is kept nowhere: only its digest is")


@token.command("list")
def list_tokens() -> None:
    """Whose tokens there are."""
    from ..server.tokens import Tokens

    rows = [(one.user, one.scope, "yes" if one.may_grant else "", one.digest[:8]) for one in Tokens().all()]
    tell_table(("user", "scope", "grants", "digest"), rows)


@token.command("remove")
@click.argument("user")
def remove_tokens(user: str) -> None:
    """Know the tokens of USER no more."""
    from ..server.tokens import Tokens

    count = Tokens().remove(user)
    if not count:
        raise InputError(f"{user!r} has no token", remedy="schillinger token list")
    say(f"removed {count} of {user}")
    note("a server that runs answers to them no more; what goes on for them ends by itself")
