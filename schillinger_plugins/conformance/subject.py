"""The plugin that is tested: how it is called, and what is made up for it to be called with.

Owns the inventing of inputs from the definition, the cases (inputs with the words and the line that repeat them), and the
difference between a plugin that refuses an input clearly and one that falls over it. Calls plugins by the manager's public
interfaces alone, each in a confined worker. Made by ``suite``, used by the checks.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..definition import NodeDefinition, Parameter
from ..errors import InputError, PermissionDenied, PluginError, PluginExecutionError
from ..manager import Instance, PluginManager
from ..manifest import Manifest
from ..result import Result
from ..sandbox import blocking
from ..sandbox.limits import Limits
from ..sandbox.log import Log
from ..types import Audio
from . import sounds
from .check import Failed, Refused, Skipped, Uncalled
from .comparison import not_finite
from .sounds import Sound

SEED = 1
_ASKED = "asked-again"
WALL_S = 30.0
STREAMED_INPUT = "audio"
TOLERANCE = 1e-5
"""Of sound that went another way through the same arithmetic: −100 dB."""

_INVENTED: dict[str, Any] = {"number": 1.0, "integer": 1, "string": "example", "boolean": True}
_ACCIDENTS = frozenset(
    "IndexError KeyError ZeroDivisionError AttributeError NameError UnboundLocalError AssertionError RecursionError "
    "FloatingPointError OverflowError StopIteration StopAsyncIteration LinAlgError UnicodeDecodeError BufferError".split()
)
_OTHERS_SAY = (
    "process() ",
    "generate() ",
    "zero-size array",
    "attempt to get arg",
    "operands could not be broadcast",
    "could not broadcast",
    "cannot reshape",
    "need at least one array",
    "all the input array",
    "setting an array element",
    "matmul: ",
    "shapes (",
    "The truth value of an array",
    "too many values to unpack",
    "not enough values to unpack",
    "only length-1 arrays",
    "only 0-dimensional arrays",
)
"""How the SDK, NumPy and Python begin when an author has not thought of something: no refusal, though a ValueError."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a plugin is given, with the words for it.

    Attributes
    ----------
    line : str
        What repeats it in a notebook.
    """

    inputs: dict[str, Any]
    parameters: dict[str, Any]
    said: str
    line: str


class Subject:
    """A loaded plugin, and instances of it.

    Attributes
    ----------
    config : dict
        Overlaid on its default configuration, for every instance.
    instances : set of str
        Ids of the instances that the test made: what they did is what the plugin did in it.
    """

    def __init__(self, manager: PluginManager, plugin_id: str, config: Mapping[str, Any]) -> None:
        self.manager = manager
        self.plugin_id = plugin_id
        self.config = dict(config)
        record = manager.load(plugin_id)
        assert record.manifest is not None
        assert record.definition is not None
        self.manifest: Manifest = record.manifest
        self.definition: NodeDefinition = record.definition
        self.root = record.root
        self.instances: set[str] = set()

    @property
    def plugin_type(self) -> str:
        """As the manifest has it."""
        return self.manifest.metadata.plugin_type

    @contextlib.contextmanager
    def instance(self) -> Iterator[Instance]:
        """A fresh one, which is destroyed afterwards."""
        instance = self.manager.create_instance(self.plugin_id, self.config)
        self.instances.add(instance.id)
        try:
            yield instance
        finally:
            with contextlib.suppress(PluginError):
                self.manager.destroy_instance(instance.id)

    def definition_asked_again(self) -> NodeDefinition:
        """What another process says that the node is.

        Raises
        ------
        PluginError
            If it doesn't say so, for example since it would have to fetch first.
        """
        plugin, worker = self.manager.spawn_beside(self.plugin_id, Log(self.plugin_id, _ASKED), limits=Limits())
        config = self.manifest.check_config(self.config)
        try:
            said = blocking.drive(plugin.start(worker, _ASKED, config), worker, worker.limits.starting)
        finally:
            worker.end()
        return NodeDefinition.parse(said, plugin_id=self.plugin_id)

    def content_hash(self) -> str:
        """Of the code that instances run now."""
        with self.instance() as instance:
            return instance.plugin.content_hash

    def case(self, sound: Sound | None = None, *, streamed: bool = False, **parameters: Any) -> Case:
        """Inputs for one call: the sound for every audio input, the rest from the example or made up.

        Parameters
        ----------
        streamed : bool
            Whether it is to be given block by block: then there is the input ``audio`` and no other.

        Raises
        ------
        Skipped
            If it needs an input that a stream has not.
        Uncalled
            If a required input can be neither had from the example nor made up.
        """
        sound = sound or sounds.noise()
        example = self.definition.example
        given = {**(example.parameters if example else {}), **parameters}
        inputs: dict[str, Any] = {}
        words = []
        for port in self.definition.inputs:
            if streamed and port.name != STREAMED_INPUT:
                if port.required:
                    raise Skipped(f"its input `{port.name}` is required, and a stream has none but `{STREAMED_INPUT}`")
            elif port.type == "audio":
                inputs[port.name] = sound.audio
                words.append(f"{port.name}={sound.expression}")
            elif example is not None and port.name in example.inputs:
                inputs[port.name] = example.inputs[port.name]
                words.append(f"{port.name}={_short(inputs[port.name])}")
            elif port.required and port.type in _INVENTED:
                inputs[port.name] = _INVENTED[port.type]
                words.append(f"{port.name}={inputs[port.name]!r}")
            elif port.required:
                raise Uncalled(
                    f"its input `{port.name}` ({port.type}) can't be made up: give the definition an `example` with one"
                )
        said = [sound.said] if any(port.type == "audio" for port in self.definition.inputs) else []
        said += [f"{name} = {_short(value)}" for name, value in given.items()]
        words += [f"{name}={_short(value)}" for name, value in given.items()]
        words += [f"--config {name}={_short(value)}" for name, value in self.config.items()]
        return Case(
            inputs=inputs,
            parameters=given,
            said="; ".join(said) or "the defaults",
            line=" ".join(["%plugin run", self.plugin_id, *words, "--seed", str(SEED)]),
        )

    def call(self, instance: Instance, case: Case, *, limits: Mapping[str, float] | None = None) -> Result:
        """One call.

        Raises
        ------
        Failed
            If the plugin falls over the case.
        Refused
            If it refuses it.
        """
        wall_s = min(WALL_S, instance.plugin.limits.wall_s)
        try:
            return instance.execute(
                case.inputs, case.parameters, seed=SEED, limits={"wall_s": wall_s, **(limits or {})}
            )
        except PluginError as error:
            raise _judged(error, case) from error

    def fresh(self, case: Case) -> Result:
        """One call of a fresh instance."""
        with self.instance() as instance:
            return self.call(instance, case)

    def stream(
        self,
        instance: Instance,
        case: Case,
        sizes: Iterable[int],
        *,
        silence_s: float = 0.0,
        changes: Callable[[int], Mapping[str, Any]] = lambda index: {},
    ) -> Audio:
        """The sound of a case block by block, then silence: everything that came out.

        Parameters
        ----------
        sizes : iterable of int
            Of the blocks, in frames; goes on until the sound has ended.
        silence_s : float
            How much silence follows it.
        changes : callable
            Takes the number of a block, gives the parameters that change with it.
        """
        sound: Audio = case.inputs[STREAMED_INPUT]
        samples = np.pad(sound.samples, ((0, 0), (0, round(silence_s * sound.sample_rate))))
        blocks, done = [samples[:, :0]], 0
        try:
            with instance.stream(case.parameters, seed=SEED) as stream:
                for index, size in enumerate(sizes):
                    if done >= samples.shape[1]:
                        break
                    block = Audio(samples[:, done : done + size], sound.sample_rate)
                    blocks.append(stream.process(block, **changes(index)).samples)
                    done += size
        except PluginError as error:
            raise _judged(error, case) from error
        return Audio(np.concatenate(blocks, axis=1), sound.sample_rate)

    def delay(self, instance: Instance, case: Case) -> tuple[int, float]:
        """What an effect says of its latency in frames and its tail in seconds, after the beginning of a case."""
        sound: Audio = case.inputs[STREAMED_INPUT]
        try:
            with instance.stream(case.parameters, seed=SEED) as stream:
                stream.process(Audio(sound.samples[:, :64], sound.sample_rate))
                return stream.latency_frames, stream.tail_s
        except PluginError as error:
            raise _judged(error, case) from error

    def each(self, cases: Iterable[Case], attempt: Callable[[Case], None], *, may_refuse: bool = True) -> str | None:
        """Try every case, and tell of all that fail: the first with its input.

        Parameters
        ----------
        may_refuse : bool
            Whether an exception that the plugin raises on purpose is as good as an answer.

        Returns
        -------
        str
            What was refused, if something was.
        """
        failed: list[Failed] = []
        refused: list[Refused] = []
        for case in cases:
            try:
                attempt(case)
            except Failed as failure:
                failed.append(Failed(failure.message, failure.case or case))
            except Refused as refusal:
                if may_refuse:
                    refused.append(refusal)
                else:
                    failed.append(Failed(f"it refuses it: {refusal.message}", refusal.case))
        if failed:
            others = [f.case.said for f in failed[1:] if f.case is not None]
            more = f"\n(and with {'; '.join(others)})"[:2000] if others else ""
            raise Failed(failed[0].message + more, failed[0].case)
        if not refused:
            return None
        which = "; ".join(refusal.case.said for refusal in refused)
        return f"refused: {which} ({refused[0].message})"[:600]

    def demand_finite(self, outputs: Mapping[str, Any], case: Case, *, arrays: bool = True) -> None:
        """Raise `Failed` where an output holds NaN or infinity."""
        found = not_finite(outputs, arrays=arrays)
        if found:
            raise Failed(found, case)

    def demand_finite_after(self, outputs: Mapping[str, Any], case: Case) -> None:
        """Raise `Failed` where clean noise gives NaN, since something of another case has stayed."""
        found = not_finite(outputs)
        if found:
            raise Failed(f"the next call, on clean noise: {found}", case)

    @cached_property
    def unable(self) -> str:
        """Why nothing can be said of its calls: it fails at its simplest one. Empty if it doesn't."""
        try:
            self.fresh(self.case())
        except Skipped as skipped:
            return str(skipped)
        except Refused as refusal:
            return self.untried(refusal)
        except Failed as failure:
            return f"it fails at its simplest call: {failure.message.splitlines()[0]}"
        return ""

    @property
    def may_refuse(self) -> bool:
        """Whether it may rightly refuse its simplest call: it lacks a service, or an input that makes sense."""
        return self._asks_outside or self._has_made_up

    def untried(self, refusal: Refused) -> str:
        """Why nothing can be said of a plugin that refuses its simplest call."""
        said = refusal.message.partition("\n")[0]
        if self._asks_outside:
            return f"it needs a service outside, and got no answer: {said}"
        if self._has_made_up:
            return f"it refuses the input that was made up: {said}; give the definition an `example`"
        return f"it fails at its simplest call: {said}"

    @property
    def _asks_outside(self) -> bool:
        return "network" in self.manifest.metadata.requires_permissions

    @property
    def _has_made_up(self) -> bool:
        return any(port.required and port.type != "audio" for port in self.definition.inputs)

    @cached_property
    def streams(self) -> bool:
        """Whether it has ``process``."""
        if self.plugin_type != "EFFECT":
            return False
        with self.instance() as instance:
            try:
                with instance.stream(self.case().parameters):
                    return True
            except InputError:
                return False

    @cached_property
    def forgets(self) -> bool:
        """Whether a second call of an instance gives what the first one gave."""
        from .comparison import difference

        case = self.case()
        with self.instance() as instance:
            return not difference(dict(self.call(instance, case)), dict(self.call(instance, case)))

    @property
    def automatable(self) -> list[Parameter]:
        """The parameters that may change within a sound."""
        return [parameter for parameter in self.definition.parameters if parameter.automatable]


def _judged(error: PluginError, case: Case) -> Failed | Refused:
    message = f"{type(error).__name__}: {error.message}"
    if isinstance(error, PluginExecutionError):
        said = error.message.partition(": ")[2].strip()
        if said and error.exception_type not in _ACCIDENTS and not said.startswith(_OTHERS_SAY):
            return Refused(error.message, case)
        return Failed("\n".join(part for part in (error.message, error.traceback_text.strip()) if part), case)
    if isinstance(error, (InputError, PermissionDenied)):
        return Refused(message, case)
    return Failed(message, case)


def _short(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 200 else f"{shown[:199]}…"
