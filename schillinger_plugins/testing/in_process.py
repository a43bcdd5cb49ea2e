"""A plugin in the process of its tests, called as its host calls it.

Owns the import of the main file, the way from a test's arguments to `execute`, and the checks against the definition on both
sides. Nothing is confined here: it is for authors, who run code of their own. Made by the fixture `plugin`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections.abc import Coroutine, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from .. import types as sdk
from ..definition import NodeDefinition
from ..errors import DefinitionError, InputError
from ..manifest import FILE_NAME, Manifest
from ..reading import with_content
from ..types import Audio, EffectPlugin, Plugin, PluginContext
from ..types.hints import described


class PluginInProcess:
    """The plugin of a folder.

    Attributes
    ----------
    manifest : Manifest
    definition : NodeDefinition
    module : module
        The main file, for its functions and constants.
    raw : Plugin
        The author's own object.
    context : PluginContext
        What it was given.

    Examples
    --------
    >>> def test_unity(plugin, noise):  # doctest: +SKIP
    ...     sound = noise()
    ...     assert plugin.execute({"audio": sound}, {"gain_db": 0})["audio"] == sound
    """

    def __init__(self, code: Code, context: PluginContext) -> None:
        self.manifest = code.manifest
        self.context = context
        self.module = code.module
        self.raw = _find(self.module, self.manifest)(context)
        if _run(self.raw.initialize()) is False:
            raise InputError("initialize() returned False", plugin_id=context.plugin_id, remedy="see what it logged")
        self.definition = NodeDefinition.parse(described(self.raw), plugin_id=context.plugin_id)

    def execute(
        self,
        inputs: Mapping[str, Any] | None = None,
        parameters: Mapping[str, Any] | None = None,
        *,
        seed: int = 1,
        steps: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> dict[str, Any]:
        """Call it once.

        Parameters
        ----------
        inputs : Mapping
            By port. An audio port takes `Audio` or ``(samples, sample_rate)``. Arrays are read-only for the plugin.
        parameters : Mapping
            By name; the others have their defaults.
        seed : int
            Of ``context.random``.
        steps : Mapping
            Of a workflow: what its steps are taken to have given, by their ids. None is run.

        Returns
        -------
        dict
            The outputs, checked.

        Raises
        ------
        InputError
            If an input or parameter doesn't fit the definition.
        DefinitionError
            If an output doesn't.
        Exception
            What the plugin raises.
        """
        plugin_id = self.context.plugin_id
        given = {name: Audio(*value) if _is_pair(value) else value for name, value in (inputs or {}).items()}
        given = {
            name: _frozen(value) for name, value in self.definition.check_inputs(given, plugin_id=plugin_id).items()
        }
        if steps is not None:
            given["steps"] = {step: {name: _frozen(value) for name, value in of.items()} for step, of in steps.items()}
        checked = self._parameters(parameters or {})
        self.context.reseed(seed)
        outputs = _run(self.raw.execute(given, checked))
        if not isinstance(outputs, dict):
            raise DefinitionError(
                f"execute() must return a dictionary of outputs, not a {type(outputs).__name__}",
                plugin_id=plugin_id,
                remedy='return {"audio": …}',
            )
        return self.definition.check_outputs(outputs, plugin_id=plugin_id)

    def _parameters(self, given: Mapping[str, Any]) -> dict[str, Any]:
        plugin_id = self.context.plugin_id
        return self.definition.check_parameters(
            with_content(self.definition, given, plugin_id=plugin_id), plugin_id=plugin_id
        )

    def process(self, *blocks: Audio, seed: int = 1, **parameters: Any) -> Audio:
        """Have an effect process blocks from the beginning of a sound: what came out, joined.

        Parameters
        ----------
        *blocks : Audio
            As many as there are; see `blocks`.
        **parameters
            For all of them.

        Raises
        ------
        InputError
            If it is no effect, there is no block, or a parameter doesn't fit.
        DefinitionError
            If what comes out has another shape or rate than what went in.
        """
        plugin_id = self.context.plugin_id
        if not isinstance(self.raw, EffectPlugin) or not self.raw.streams():
            raise InputError("only an effect with process() takes blocks", plugin_id=plugin_id, remedy="call execute()")
        if not blocks:
            raise InputError("there is no block", plugin_id=plugin_id, remedy="give one or more")
        checked = self._parameters(parameters)
        self.context.reseed(seed)
        self.raw.reset()
        came = []
        for block in blocks:
            out = self.raw.process(_frozen(block), checked)
            if (
                not isinstance(out, Audio)
                or out.samples.shape != block.samples.shape
                or out.sample_rate != block.sample_rate
            ):
                raise DefinitionError(
                    f"process() returned {out!r} for {block!r}",
                    plugin_id=plugin_id,
                    remedy="return Audio of the same shape and rate",
                )
            came.append(np.array(out.samples))  # an effect may give the same memory back each time
        return Audio(np.concatenate(came, axis=1), blocks[0].sample_rate)

    def blocks(self, sound: Audio, frames: int) -> Iterator[Audio]:
        """A sound, cut into blocks of so many frames; the last one may be shorter."""
        for start in range(0, sound.frames, frames):
            yield Audio(sound.samples[:, start : start + frames], sound.sample_rate)

    def close(self) -> None:
        """Let it clean up."""
        _run(self.raw.cleanup())


def folder_of(path: Path) -> Path:
    """The plugin's folder that a test file lies in.

    Raises
    ------
    InputError
        If there is no ``plugin.json`` beside it or above.
    """
    for folder in path.parents:
        if (folder / FILE_NAME).is_file():
            return folder
    raise InputError(
        f"there is no {FILE_NAME} in a folder above {path}", remedy="put the test into tests/ in the plugin's folder"
    )


class Code:
    """A plugin's main file, imported; `forget` undoes that, since another plugin's modules may have the same names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.manifest = Manifest.read(folder)
        self._known = set(sys.modules)
        _say_older_spelling()
        path = folder / self.manifest.main_file
        places = [place for place in dict.fromkeys((str(folder), str(path.parent))) if place not in sys.path]
        self._places = places
        for place in places:
            sys.path.insert(0, place)
        name = f"schillinger_tested_{self.manifest.id}"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        self.module = importlib.util.module_from_spec(spec)
        sys.modules[name] = self.module
        try:
            spec.loader.exec_module(self.module)
        except BaseException:
            self.forget()
            raise

    def forget(self) -> None:
        """Take its modules and its folder out of Python again."""
        for name in set(sys.modules) - self._known:
            file = getattr(sys.modules[name], "__file__", None)
            if file is not None and Path(file).is_relative_to(self.folder):
                del sys.modules[name]
        for place in self._places:
            if place in sys.path:
                sys.path.remove(place)


def _say_older_spelling() -> None:
    """``from src.plugins.types import NodePlugin`` gives the same classes, as in a worker."""
    for name in ("src", "src.plugins"):
        if name not in sys.modules:
            sys.modules[name] = package = ModuleType(name)
            package.__path__ = []
    sys.modules.setdefault("src.plugins.types", sys.modules[sdk.__name__])


def _find(module: ModuleType, manifest: Manifest) -> type[Plugin]:
    wanted = manifest.metadata.plugin_type
    base = next(
        cls
        for cls in vars(sdk).values()
        if isinstance(cls, type) and issubclass(cls, Plugin) and getattr(cls, "plugin_type", "") == wanted
    )
    own = [cls for cls in vars(module).values() if isinstance(cls, type) and cls.__module__ == module.__name__]
    fitting = [cls for cls in own if issubclass(cls, base) and not any(other in cls.__subclasses__() for other in own)]
    if len(fitting) != 1:
        raise InputError(
            f"{manifest.main_file} has {len(fitting)} classes that derive from {base.__name__}",
            remedy="a plugin has one",
        )
    return fitting[0]


def _run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(coroutine)


def _is_pair(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], np.ndarray)


def _frozen(value: Any) -> Any:
    """Read-only, as inputs are in a worker; the test's own array stays as it is."""
    array = value.samples if isinstance(value, Audio) else value
    if not isinstance(array, np.ndarray) or not array.flags.writeable:
        return value
    view = array.view()
    view.flags.writeable = False
    return Audio(view, value.sample_rate) if isinstance(value, Audio) else view
