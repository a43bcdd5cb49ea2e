"""``schillinger serve``: plugins over HTTP, until Ctrl-C.

Owns the command; the server is ``server``'s.
"""

from __future__ import annotations

import contextlib

import click

from ..errors import InputError
from .console import note, say
from .run import PATHS, open_manager


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8707, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--name", "names", multiple=True, help="A name under which other machines call it; may be repeated.")
@click.option("--max-body-mb", default=256, show_default=True, type=click.IntRange(1, 65536), help="Largest request.")
@click.option("--certificate", type=click.Path(exists=True, dir_okay=False), help="TLS: the certificate's file.")
@click.option("--key", type=click.Path(exists=True, dir_okay=False), help="TLS: the key's file.")
@PATHS
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    max_body_mb: int,
    certificate: str | None,
    key: str | None,
    paths: tuple[str, ...],
) -> None:
    """Serve the plugins over HTTP, to whoever has the token, until Ctrl-C.

    \b
    Examples:
      schillinger serve
      schillinger serve --port 0
      schillinger serve --host 0.0.0.0 --name lab.example.org --certificate lab.pem --key lab.key
    """
    try:
        from ..server.serving import Server
    except ImportError as error:
        raise InputError(
            f"the server needs {error.name}", remedy="pip install 'schillinger_plugins[server]'"
        ) from error
    with open_manager(paths) as manager:
        server = Server(
            manager,
            host=host,
            port=port,
            names=names,
            max_body_bytes=max_body_mb << 20,
            certificate=certificate,
            key=key,
        )
        say(f"{server.url}/api/plugins")
        say(f"token {server.token}")
        note(
            f"send it as Authorization: Bearer TOKEN; {server.url}/openapi.json describes every address; Ctrl-C ends it"
        )
        with contextlib.suppress(KeyboardInterrupt):  # raised once more when all is ended
            server.run()
        note("ended")
