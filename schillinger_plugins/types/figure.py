"""Figure: a drawing as data, which the host checks and draws.

Owns the three formats that cross: a Vega-Lite specification, an SVG, a PNG or JPEG. Holds data only and draws nothing;
what the host refuses (addresses, scripts, event handlers) is refused there, whatever made the dictionary. Used by authors
inside a worker, and by callers in a notebook, who find one in the result.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

Format = Literal["vega_lite", "svg", "image"]
FORMATS: tuple[Format, ...] = ("vega_lite", "svg", "image")


class Figure(dict[str, Any]):
    """One drawing: ``{"svg": "<svg …", "alt": "what it shows"}``.

    Make one with `vega_lite`, `svg` or `image`. The alternative text is for those who can't see the figure, and for
    terminals: a sentence that says what it shows.

    Examples
    --------
    >>> Figure.svg("<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 1 1'/>", alt="An empty square")
    figure (SVG): An empty square
    """

    @classmethod
    def vega_lite(cls, spec: Mapping[str, Any], *, alt: str) -> Figure:
        """A figure that the front-end draws from its data.

        Parameters
        ----------
        spec : dict
            A Vega-Lite specification, version 5, with its data in ``data.values`` or ``datasets``. NumPy arrays and
            numbers in it become lists and numbers, NaN and infinities null. At most 200,000 values and 4 MB.
        alt : str
            What it shows.
        """
        return cls({"vega_lite": _plain(spec), "alt": alt})

    @classmethod
    def svg(cls, text: str, *, alt: str) -> Figure:
        """A drawing in lines and text.

        Parameters
        ----------
        text : str
            A whole SVG document, at most 2 MB. Shown as a picture: no script, no links, nothing that is fetched.
        alt : str
            What it shows.
        """
        return cls({"svg": text, "alt": alt})

    @classmethod
    def image(cls, data: bytes, *, alt: str) -> Figure:
        """A picture of pixels.

        Parameters
        ----------
        data : bytes
            A PNG or JPEG file, at most 16 MB.
        alt : str
            What it shows.
        """
        # As an array it crosses through shared memory, where there is room for more than 4 MB.
        return cls({"image": np.frombuffer(data, np.uint8), "alt": alt})

    @property
    def alt(self) -> str:
        """What it shows, in words."""
        return str(self.get("alt", ""))

    @property
    def format(self) -> Format:
        """``vega_lite``, ``svg`` or ``image``.

        Raises
        ------
        ValueError
            If it is none of them, or several.
        """
        found = [name for name in FORMATS if name in self]
        if len(found) != 1:
            raise ValueError(f"a figure has one of {', '.join(FORMATS)}, this one has {', '.join(found) or 'none'}")
        return found[0]

    def __repr__(self) -> str:
        names = {"vega_lite": "Vega-Lite", "svg": "SVG", "image": "picture"}
        held = ", ".join(names[name] for name in FORMATS if name in self)
        return f"figure ({held}): {self.alt}"


def _plain(value: Any) -> Any:
    """Without NumPy's types, and without numbers that JSON hasn't got."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return _plain(value.item())
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
