"""Confinement, tried from inside: each test is what a hostile plugin would do."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import Instance, PluginManager
from schillinger_plugins.errors import PluginExecutionError

Run = Callable[..., Any]
CONTENT = "correct horse battery staple"


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file outside that must stay unread and unchanged."""
    path = tmp_path / "canary" / "secret"
    path.parent.mkdir()
    path.write_text(CONTENT)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    "attack",
    [
        "return {'y': open(path).read()}",
        "return {'y': os.listdir(os.path.dirname(path))}",
        "open(path, 'w').write('owned')",
        "open(path + '2', 'w').write('owned')",
        "os.unlink(path)",
        "os.rename(path, path + '3')",
        "os.rename(path, 'mine')",
        "os.link(path, 'mine'); return {'y': open('mine').read()}",
        "os.symlink(path, 'mine'); return {'y': open('mine').read()}",
        "os.symlink(os.path.dirname(path), 'mine'); open('mine/new', 'w')",
        "os.chmod(path, 0o777)",
        "os.chown(path, 1, 1)",
        "os.utime(path)",
        "os.truncate(path, 0)",
        "os.setxattr(path, 'user.x', b'y')",
        "os.mkdir(path + 'dir')",
        "os.mkfifo(path + 'fifo')",
        "os.chroot(os.path.dirname(path))",
        "return {'y': open(f'/proc/{os.getppid()}/environ').read()}",
        "return {'y': open(f'/proc/{os.getppid()}/maps').read()}",
        "return {'y': os.listdir('/proc/self/fd')}",
        "return {'y': open('/etc/passwd').read()}",
        "return {'y': os.listdir('/')}",
        "return {'y': os.listdir(os.path.expanduser('~root'))}",
        "socket.create_connection(('127.0.0.1', 80), 1)",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
        "socket.socket(socket.AF_UNIX).connect('/var/run/docker.sock')",
        "socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)",
        "os.execv(sys.executable, ['python'])",
        "os.kill(os.getppid(), 0)",
        "os.kill(-1, 0)",
        "os.killpg(0, 0)",
        "os.memfd_create('x')",
        "os.setpriority(os.PRIO_USER, 0, 5)",
        "os.sched_setaffinity(os.getppid(), {0})",
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (16, 16))",
        "import fcntl; fcntl.fcntl(1, fcntl.F_SETOWN, os.getppid())",
        "import fcntl; fcntl.ioctl(1, 0x5412, b'x')",
        "import mmap; mmap.mmap(-1, 4096, mmap.MAP_SHARED | mmap.MAP_ANONYMOUS)",
        "os.setuid(1000)",
        "os.open('/dev/kmsg', os.O_RDONLY)",
        "os.open('/dev/tty', os.O_RDWR)",
        "open(self.context.plugin_dir / 'main.py', 'a').write('owned')",
        "import numpy; open(numpy.__file__, 'a').write('owned')",
    ],
)
def test_the_kernel_refuses(run: Run, canary: Path, attack: str) -> None:
    """The attempt ends in the kernel's refusal, and the canary is as it was."""
    before = canary.stat()
    body = f"path = {str(canary)!r}\n{attack}\nreturn {{'y': 'went through'}}"
    with pytest.raises(PluginExecutionError) as caught:
        run(body)
    assert caught.value.exception_type in {"PermissionError", "FileNotFoundError", "OSError"}
    after = canary.stat()
    assert canary.read_text() == CONTENT
    assert (after.st_mode, after.st_mtime_ns, after.st_uid) == (before.st_mode, before.st_mtime_ns, before.st_uid)
    assert [path.name for path in canary.parent.iterdir()] == ["secret"]


def test_the_environment_holds_no_secrets(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of the host's environment is seen inside."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", CONTENT)
    assert CONTENT not in str(run("return {'y': dict(os.environ)}"))


def test_no_descriptor_is_inherited(run: Run, canary: Path) -> None:
    """A worker has standard streams, its channel and its trace, and nothing the host had open."""
    with canary.open() as file:
        os.set_inheritable(file.fileno(), True)
        open_ones = run(
            """
            found = []
            for number in range(256):
                try:
                    os.fstat(number); found.append(number)
                except OSError: pass
            return {'y': found}
            """
        )
    assert open_ones[:5] == [0, 1, 2, 3, 4]
    # asyncio's own: an epoll and the two ends of the pair by which it wakes itself
    assert len(open_ones) <= 8


def test_capabilities_are_gone(run: Run) -> None:
    """Even as root, a worker holds no capability, and no_new_privs is set."""
    held = run(
        """
        import ctypes, struct
        header, data = ctypes.create_string_buffer(struct.pack('Ii', 0x20080522, 0)), ctypes.create_string_buffer(24)
        libc = ctypes.CDLL(None, use_errno=True)
        return {'y': [libc.capget(header, data), *struct.unpack('6I', data.raw[:24])]}
        """
    )
    assert held[0] == -1 or not any(held[1:])


def test_scratch_is_writable_private_and_wiped(manager: PluginManager, make: Callable[..., Instance]) -> None:
    """A plugin may write in its scratch folder, which is its home and temporary folder and is gone afterwards."""
    instance = make(
        """
        import tempfile
        with tempfile.NamedTemporaryFile('w', delete=False) as file: file.write('x')
        os.mkdir('sub'); os.rename(file.name, 'sub/moved')
        places = [os.getcwd(), os.environ['HOME'], tempfile.gettempdir(), str(self.context.scratch)]
        return {'y': [places, os.listdir('sub')]}
        """
    )
    (scratch, *others), moved = instance.execute()["y"]
    assert others == [scratch] * 3
    assert moved == ["moved"]
    manager.destroy_instance(instance.id)
    assert not Path(scratch).exists()


def test_input_arrays_are_read_only_inside(run: Run) -> None:
    """A plugin can't write to its inputs, not even by reopening the segment's descriptor."""
    import numpy as np

    sound = np.ones(1000)
    said = run(
        """
        try: inputs['x'][0] = 5
        except ValueError as error: first = str(error)
        try: inputs['x'].flags.writeable = True
        except ValueError as error: second = str(error)
        return {'y': [first, second]}
        """,
        x=sound,
    )
    assert "read-only" in said[0]
    assert "WRITEABLE" in said[1]
    assert (sound == 1).all()


def test_kept_inputs_are_not_overwritten(make: Callable[..., Instance]) -> None:
    """An input array that a plugin keeps still has its values after the next call."""
    import numpy as np

    instance = make(
        """
        if self.kept is None: self.kept = inputs['x']
        return {'y': float(self.kept[0])}
        """
    )
    assert [instance.execute({"x": np.full(100, value)})["y"] for value in (1.0, 2.0, 3.0)] == [1.0, 1.0, 1.0]


def test_two_plugins_do_not_see_each_other(manager: PluginManager, write_plugin: Callable[..., Path]) -> None:
    """One worker can't read the scratch folder or the memory of another."""
    show = "return {'y': [os.getcwd(), os.getpid()]}"
    first = manager.create_instance(manager.load(write_plugin("first", body=show)).id)
    folder, pid = first.execute()["y"]
    spy = f"""
    said = []
    for path in ({folder!r}, '/proc/{pid}/mem', '/proc/{pid}/root', {str(write_plugin("first", body=show))!r}):
        try: os.listdir(path) if os.path.isdir(path) else open(path, 'rb').read(1); said.append(path)
        except OSError: pass
    try: os.kill({pid}, 0); said.append('kill')
    except OSError: pass
    return {{'y': said}}
    """
    second = manager.create_instance(manager.load(write_plugin("second", body=spy)).id)
    assert second.execute()["y"] == []


def test_the_older_spelling_gives_the_same_classes(run: Run) -> None:
    """``from src.plugins.types import NodePlugin`` works inside a worker and means the same class."""
    assert run("from src.plugins.types import NodePlugin as Older; return {'y': Older is NodePlugin}")


WITHOUT_A_LAYER = """
import errno, sys
import pyseccomp as seccomp
deny = seccomp.SyscallFilter(seccomp.ALLOW)
for name in {denied!r}:
    deny.add_rule(seccomp.ERRNO(errno.{errno}), name)
deny.load()
from schillinger_plugins import PluginManager
from schillinger_plugins.errors import ConfinementUnavailable
from schillinger_plugins.policy import Policy
with PluginManager() as manager:
    print(manager.doctor().level)
    print("; ".join(manager.doctor().reasons))
    try:
        manager.load({plugin!r})
    except ConfinementUnavailable as error:
        print("refused:", error)
with PluginManager(policy=Policy(minimum_level="process")) as manager:
    print(manager.create_instance(manager.load({plugin!r}).id).execute({{"x": 1}}).provenance.sandbox_level)
"""


def test_without_landlock_a_plugin_is_refused_and_the_reason_named(write_plugin: Callable[..., Path]) -> None:
    """Where the kernel has no Landlock, the level is process, plugins are refused, and consent is explicit."""
    script = WITHOUT_A_LAYER.format(denied=["landlock_create_ruleset"], errno="ENOSYS", plugin=str(write_plugin()))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )
    lines = done.stdout.splitlines()
    assert lines[0] == "process", done.stderr
    assert "Landlock" in lines[1]
    assert lines[2].startswith("refused: probe: it needs the sandbox level partial")
    assert lines[3] == "process"
