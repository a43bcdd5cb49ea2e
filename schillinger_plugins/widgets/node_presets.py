"""Presets on a node: chosen, saved and deleted by their names, in Python and on the page.

Owns the traits that show them, and that a file which can't be read costs the node nothing else. Where they are kept is the
concern of ``presets``. Base of `NodeWidget`, which says what of its parameters may be saved.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from ..definition import NodeDefinition
from ..errors import InputError
from .bundle import BundledWidget
from .node_files import sentence
from .presets import SavedPresets, whole


class WithPresets(BundledWidget):
    """A widget that has a node's parameters, and presets for them."""

    parameters = traitlets.Dict().tag(sync=True)
    can_save = traitlets.Bool(False).tag(sync=True)
    presets = traitlets.Dict().tag(sync=True)
    saved_presets = traitlets.Dict().tag(sync=True)
    preset_error = traitlets.Unicode("").tag(sync=True)

    _node: NodeDefinition
    _plugin_id: str
    _saved: SavedPresets | None

    def apply_preset(self, name: str) -> None:
        """Set the parameters to a preset: a saved one, or else the author's of that name.

        Raises
        ------
        InputError
            If there is none of that name.
        """
        values = self.saved_presets.get(name, self.presets.get(name))
        if values is None:
            names = [*self.saved_presets, *self.presets]
            remedy = f"there are {', '.join(names)}" if names else "this node has none; save_preset makes one"
            raise InputError(f"no preset is called {name!r}", plugin_id=self._plugin_id, remedy=remedy)
        self.parameters = dict(values)

    def save_preset(self, name: str) -> None:
        """Keep the parameters as they are under a name, for this and later sessions; one of that name is replaced.

        Raises
        ------
        InputError
            If this node keeps none, the name can't be used, or it can't be written.
        """
        self._presets_kept().save(name, self._savable())
        self._show_presets()

    def delete_preset(self, name: str) -> None:
        """Forget a saved preset; the author's stay."""
        self._presets_kept().delete(name)
        self._show_presets()

    def _savable(self) -> dict[str, Any]:
        """The parameters that may outlive the session."""
        raise NotImplementedError

    def _try(self, change: Callable[[str], object], name: str) -> None:
        """As the hand asks for it: what can't be done is said on the node."""
        try:
            change(name)
        except InputError as error:
            self.preset_error = sentence(error)

    def _show_presets(self) -> None:
        """The author's and the person's, as they are now."""
        self.presets = whole(self._node, self._node.presets)
        if self._saved is None:
            return
        try:
            self.saved_presets = whole(self._node, self._saved.read())
            self.preset_error = ""
        except InputError as error:  # the node is as good without them
            self.preset_error = sentence(error)

    def _presets_kept(self) -> SavedPresets:
        if self._saved is None:
            raise InputError(
                "this node keeps no presets", plugin_id=self._plugin_id, remedy="make it with saved=SavedPresets(ID)"
            )
        return self._saved
