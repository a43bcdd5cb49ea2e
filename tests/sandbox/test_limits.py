"""Limits: each is enforced, each says which it was, and the instance is usable afterwards."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from schillinger_plugins import Instance
from schillinger_plugins.errors import InputError, LimitExceeded, ProtocolViolation, WorkerCrashed

ONCE = "if inputs.get('x') != 'now': return {'y': 'fine'}\n"


@pytest.mark.parametrize(
    ("limit", "attack", "limits"),
    [
        ("wall", "await asyncio.sleep(60)", {"wall_s": 0.3}),
        ("wall", "time.sleep(60)", {"wall_s": 0.3}),
        ("cpu", "while True: pass", {"cpu_s": 0.3}),
        (
            "cpu",
            "[threading.Thread(target=lambda: sum(range(10**10))).start() for _ in range(3)]; time.sleep(60)",
            {"cpu_s": 0.3},
        ),
        ("memory", "return {'y': len(np.ones(10**9))}", {}),
        ("memory", "return {'y': len([0] * 10**9)}", {}),
        ("memory", "hoard = []\nwhile True: hoard.append(bytearray(10**6))", {"memory_mb": 100}),
        ("file_size", "open('x', 'wb').write(bytes(3 * 10**6))", {"file_size_mb": 2}),
        (
            "file_size",
            "for i in range(100): open(str(i), 'wb').write(bytes(10**6))\ntime.sleep(60)",
            {"scratch_mb": 20},
        ),
        ("open_files", "hoard = [open('/dev/null') for _ in range(1000)]", {}),
        ("processes", "os.fork()", {}),
        ("processes", "os.posix_spawn('/bin/true', ['true'], {})", {}),
        ("processes", "import subprocess; subprocess.run(['/bin/true'])", {}),
        (
            "processes",
            "for _ in range(60): threading.Thread(target=time.sleep, args=(60,)).start()\ntime.sleep(60)",
            {},
        ),
        ("output", "return {'y': np.zeros(10**6)}", {"output_mb": 1}),
    ],
)
def test_limit_is_enforced_and_named(
    make: Callable[..., Instance], limit: str, attack: str, limits: dict[str, float]
) -> None:
    """A plugin that uses too much gets LimitExceeded with the limit's name, and the next call works."""
    instance = make(ONCE + attack)
    with pytest.raises(LimitExceeded) as caught:
        instance.execute({"x": "now"}, limits=limits)
    assert caught.value.limit == limit
    assert caught.value.plugin_id == "probe"
    assert caught.value.remedy
    assert instance.execute()["y"] == "fine"


_FILES = """
        try:
            while True: self.hoard.append(open('/dev/null'))
        except OSError: pass"""


@pytest.mark.parametrize("hoard", ["self.hoard.append(inputs['x'])", _FILES], ids=["arrays", "files"])
def test_a_call_whose_arrays_find_no_room_fails_and_the_worker_goes_on(
    make: Callable[..., Instance], hoard: str
) -> None:
    """A plugin that keeps all that it was given is told so when its descriptors are used up; small calls go on."""
    instance = make(f"self.hoard = getattr(self, 'hoard', [])\nif 'x' in inputs: {hoard}\nreturn {{'y': 'fine'}}")

    def call_until_it_fails() -> None:
        for size in [20_000, *[40_000] * 200]:
            instance.execute({"x": np.full(size, 1.0)}, limits={"wall_s": 5})

    with pytest.raises(LimitExceeded, match="keep copies") as caught:
        call_until_it_fails()
    assert caught.value.limit == "open_files"
    worker = instance._worker
    assert instance.execute()["y"] == "fine"
    assert instance._worker is worker


@pytest.mark.parametrize("at", ["import", "initialize"])
def test_loading_is_under_limits_too(make: Callable[..., Instance], at: str) -> None:
    """A main file that loops at import or in initialize() is ended."""
    loop = "while True: pass"
    main = f"""
from schillinger_plugins.types import NodePlugin
{loop if at == "import" else ""}
class Probe(NodePlugin):
    async def initialize(self):
        {loop}
    async def execute(self, inputs, parameters): return {{}}
    def get_node_definition(self): return {{}}
"""
    with pytest.raises(LimitExceeded) as caught:
        make(main=main, manifest={"limits": {"start_s": 0.5}})
    assert caught.value.limit in ("cpu", "wall")  # whichever a busy machine comes to first


@pytest.mark.parametrize(
    ("attack", "signal"),
    [
        ("import ctypes; ctypes.string_at(0)", 11),
        ("os.abort()", 6),
        ("os._exit(3)", None),
        ("os.kill(os.getpid(), 9)", 9),
    ],
)
def test_a_crash_is_contained_and_named(make: Callable[..., Instance], attack: str, signal: int | None) -> None:
    """A worker that dies raises WorkerCrashed with its signal, and the next call works."""
    instance = make(ONCE + attack)
    with pytest.raises(WorkerCrashed) as caught:
        instance.execute({"x": "now"})
    assert caught.value.signal == signal
    assert instance.execute()["y"] == "fine"


@pytest.mark.parametrize(
    "attack",
    [
        "os.write(3, b'nonsense'); time.sleep(60)",
        "os.close(3); time.sleep(60)",
        "socket.socket(fileno=3).send(b''); time.sleep(60)",
        "from schillinger_plugins.protocol import frames\n"
        "os.write(3, frames.encode(frames.Started(b''))); time.sleep(60)",
        "from schillinger_plugins.protocol import frames\n"
        "os.write(3, frames.encode(frames.Returned(frames.Body(b'', 0, 1 << 40), 0.0, 0))); time.sleep(60)",
        "from schillinger_plugins.protocol import frames\n"
        "os.write(3, frames.encode(frames.Returned(frames.Body(b'\\x01'), 0.0, 0))); time.sleep(60)",
    ],
    ids=["nonsense", "closed", "empty", "wrong frame", "beyond", "no dictionary"],
)
def test_a_forged_answer_is_a_violation(make: Callable[..., Instance], attack: str) -> None:
    """A plugin that writes to the channel itself is ended with ProtocolViolation, and the next call works."""
    instance = make(ONCE + attack)
    with pytest.raises(ProtocolViolation) as caught:
        instance.execute({"x": "now"})
    assert caught.value.plugin_id == "probe"
    assert instance.execute()["y"] == "fine"


def test_honest_progress_is_thinned_out_and_ends_at_the_deadline(make: Callable[..., Instance]) -> None:
    """A plugin that reports without end is neither taken for an attack nor kept alive beyond its limits."""
    instance = make("while True: self.context.on_progress(0.5, 'x'); self.context.progress(0.5)")
    with pytest.raises(LimitExceeded):
        instance.execute(limits={"wall_s": 0.5})


def test_unknown_limits_and_nonsense_are_refused(make: Callable[..., Instance]) -> None:
    """A limit that doesn't exist, or is no positive number, is an InputError that names the nearest."""
    instance = make()
    with pytest.raises(InputError, match="did you mean wall_s"):
        instance.execute(limits={"walls": 3})
    with pytest.raises(InputError, match="positive number"):
        instance.execute(limits={"wall_s": float("nan")})
