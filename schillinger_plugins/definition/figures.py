"""Figures: what comes out of a worker as a drawing, checked before anything draws it.

Owns what the three formats share: that there is exactly one, that it is said in words, and how large it may be. Each has
a module of its own for what makes it dangerous: ``vega`` (a language with addresses and expressions), ``svg`` (a document
with scripts, links and entities), ``bitmap`` (a few bytes that unfold to gigabytes). Refuses whatever is not known to be
harmless, and hands back data made anew, never what the worker sent. Called by ``ports`` for every output of the type
``figure``, and by ``widgets`` before it draws one.

What is not protected from: a figure that lies, or one that takes the browser seconds to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..schema.strict import show
from ..types.figure import FORMATS, Figure
from .bitmap import clean_bitmap
from .ports import Misfit
from .svg import clean_svg
from .vega import clean_vega_lite

MAX_ALT = 2000
"""Characters. Longer descriptions belong beside the figure."""

_HOW = "its author makes it with Figure.vega_lite, Figure.svg or Figure.image"
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def checked(value: Any) -> Figure:
    """A figure that may be drawn.

    Parameters
    ----------
    value : dict
        One of ``vega_lite``, ``svg`` and ``image``, and ``alt``.

    Returns
    -------
    Figure
        Made anew. Checking it again changes nothing.

    Raises
    ------
    Misfit
        With the path of what is refused, as ``("vega_lite", "layer", 1, "encoding", "href")``.
    """
    if not isinstance(value, Mapping):
        raise Misfit(f"is {show(value)} ({type(value).__name__}), expected a figure", remedy=_HOW)
    for key in value:
        if key not in (*FORMATS, "alt"):
            raise Misfit(f"has the key {show(key)}, which no figure has", remedy=_HOW)
    given = [name for name in FORMATS if name in value]
    if len(given) != 1:
        raise Misfit(f"has {' and '.join(given) or 'no drawing'}, expected one of {', '.join(FORMATS)}", remedy=_HOW)
    alt = _alt(value.get("alt"))
    name = given[0]
    if name == "vega_lite":
        return Figure(vega_lite=clean_vega_lite(value[name]), alt=alt)
    if name == "svg":
        return Figure(svg=clean_svg(value[name]), alt=alt)
    data, _ = clean_bitmap(value[name], at=("image",))
    return Figure(image=np.frombuffer(data, np.uint8), alt=alt)


def _alt(alt: Any) -> str:
    remedy = "its author gives alt= a sentence that says what the figure shows"
    if not isinstance(alt, str) or not alt.strip():
        raise Misfit("has no alternative text", remedy=remedy, at=("alt",))
    if len(alt) > MAX_ALT:
        raise Misfit(f"has an alternative text of {len(alt)} characters, at most {MAX_ALT}", remedy=remedy, at=("alt",))
    if not alt.isprintable() or not _BIDI.isdisjoint(alt):
        raise Misfit("has control characters in its alternative text", remedy="write it in one line", at=("alt",))
    return alt
