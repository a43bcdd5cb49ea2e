"""``schillinger serve``: plugins over HTTP, until Ctrl-C or SIGTERM.

Owns the command; the server is ``server``'s.
"""

from __future__ import annotations

import contextlib
import os
import signal

import click

from ..errors import InputError
from .console import note, say
from .run import PATHS, open_manager

TOKEN = "SCHILLINGER_TOKEN"  # noqa: S105 - a variable's name
"""The variable with a token that whoever starts the server has made; it is taken out of the environment."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8707, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
@click.option("--name", "names", multiple=True, help="A name under which other machines call it; may be repeated.")
@click.option("--max-body-mb", default=256, show_default=True, type=click.IntRange(1, 65536), help="Largest request.")
@click.option(
    "--certfile",
    "--certificate",
    "certificate",
    type=click.Path(exists=True, dir_okay=False),
    help="TLS: the certificate's file.",
)
@click.option("--keyfile", "--key", "key", type=click.Path(exists=True, dir_okay=False), help="TLS: the key's file.")
@click.option("--allow-plain", is_flag=True, help="Leave this machine without TLS: something before it speaks that.")
@click.option("--root-path", default="", help="Under which a proxy shows it, as /user/ada/schillinger.")
@click.option("--behind-proxy", is_flag=True, help="Called under whatever name a proxy on this machine is called.")
@click.option(
    "--allow-upload",
    is_flag=True,
    help="Let who manages send plugins, from this machine alone; nothing of them is run.",
)
@PATHS
def serve(
    host: str,
    port: int,
    names: tuple[str, ...],
    max_body_mb: int,
    certificate: str | None,
    key: str | None,
    allow_plain: bool,
    root_path: str,
    behind_proxy: bool,
    allow_upload: bool,
    paths: tuple[str, ...],
) -> None:
    """Serve the plugins over HTTP, to whoever has the token, until Ctrl-C.

    \b
    Examples:
      schillinger serve
      schillinger serve --port 0
      schillinger serve --host 0.0.0.0 --name lab.example.org --certfile lab.pem --keyfile lab.key
    """
    try:
        from ..server.serving import Server
        from ..server.tokens import Tokens
    except ImportError as error:
        raise InputError(
            f"the server needs {error.name}", remedy="pip install 'schillinger_plugins[server]'"
        ) from error
    given = os.environ.pop(TOKEN, None)
    with open_manager(paths) as manager:
        server = Server(
            manager,
            host=host,
            port=port,
            names=names,
            max_body_bytes=max_body_mb << 20,
            certificate=certificate,
            key=key,
            allow_plain=allow_plain,
            root_path=root_path,
            behind_proxy=behind_proxy,
            allow_upload=allow_upload,
            tokens=Tokens(),
            token=given,
        )
        say(f"{server.url}/api/plugins")
        if given is None:
            say(f"token {server.token}")
            say(f"page {server.url}/#token={server.token}")
        note(
            f"send it as Authorization: Bearer TOKEN; {server.url}/openapi.json describes every address; Ctrl-C ends it"
        )
        # What ends services ends this one as Ctrl-C does: uvicorn passes both on when all is ended, and the manager has
        # its workers, its folders and its journal to see to.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with contextlib.suppress(KeyboardInterrupt):
            server.run()
        note("ended")
