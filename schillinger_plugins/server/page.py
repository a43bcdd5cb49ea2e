"""The page: the canvas for people, served from the server's own address.

Owns its four files, which are the same for everybody and say nothing, so that they need no token: whoever opens the page
types one in, or has it in the address behind the ``#``, which no browser sends. Refuses to be framed, and everything that
isn't its own (Content-Security-Policy): what a plugin says can't become code here. Called by ``app``.
"""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, Response

router = APIRouter(include_in_schema=False)

_FOLDER = Path(__file__).parents[1] / "widgets" / "static"

_HEADERS = {
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "connect-src 'self'",
            "img-src 'self' blob: data:",
            "media-src blob:",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

# What draws Vega-Lite is a worker, which has this policy and not the page's: it asks nobody for anything.
_ALONE = {**_HEADERS, "Content-Security-Policy": "default-src 'none'"}

_HTML = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Plugins</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="page.css">
<script type="module" src="page.js"></script>
</head>
<body data-token="{token}">
<div id="page"></div>
<noscript>This page needs JavaScript. The addresses of the server are described at openapi.json.</noscript>
</body>
</html>
"""


@router.get("/")
async def page(request: Request) -> Response:
    """The page. Where a proxy adds the token to what it lets through, it asks for none."""
    token = "sent" if "authorization" in request.headers else "asked"
    return HTMLResponse(_HTML.format(token=token), headers=_HEADERS)


@router.get("/page.js")
def script() -> Response:
    """What it does."""
    return FileResponse(_FOLDER / "page.js", media_type="text/javascript", headers=_HEADERS)


@router.get("/vega.js")
def drawer() -> Response:
    """The worker that draws Vega-Lite; loaded when the first is opened."""
    return FileResponse(_FOLDER / "vega.js", media_type="text/javascript", headers=_ALONE)


@router.get("/page.css")
def style() -> Response:
    """How it looks."""
    return FileResponse(_FOLDER / "page.css", media_type="text/css", headers=_HEADERS)
