"""The process that is attacked, the control run, and the judgement.

Owns `Host`, `Battlefield` (one user's host, with what lies around it), `alone` (the same attack unconfined) and `judge`, the
list of breaches, which looks from outside and doesn't trust what the sandbox says of itself. Called by `test_escapes`.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from outside import ATTACKS, HERE, Attack, Outside, User

_ANSWER_S = 45.0
_CONTROL_S = 20.0


class Died(Exception):
    """The process that must come to no harm is gone, or stands still."""


class Host:
    """The attacked process, as the harness holds it."""

    def __init__(self, outside: Outside, *, victim: bool) -> None:
        self._errors = tempfile.TemporaryFile()  # closed with it
        self._process = subprocess.Popen(
            [str(outside.user.python), "-P", str(_readable_copy(outside)), *(["--victim"] if victim else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            env=outside.environment(),
            cwd=str(outside.home),
            start_new_session=True,
            **outside.user.process_options,
        )
        self.pid = self._process.pid
        self.state = self.ask(do="state")

    def ask(self, **command: Any) -> Any:
        """Send a command and wait for the answer.

        Raises
        ------
        Died
            If it doesn't come in time.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        watch = threading.Timer(_ANSWER_S, self._kill)
        watch.start()
        try:
            self._process.stdin.write(json.dumps(command) + "\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            watch.cancel()
        if not line:
            self._process.wait(10)
            raise Died(f"the host ended with {self._process.returncode} instead of answering: {self.said()}")
        return json.loads(line)

    def said(self) -> str:
        """What it wrote to standard error."""
        self._errors.seek(0)
        return self._errors.read().decode("utf-8", "replace")[-3000:]

    def close(self) -> None:
        """Let it end; see that it does."""
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._kill()
            self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.close()

    def _kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)


def _readable_copy(outside: Outside) -> Path:
    """The repository may lie where the user can't enter."""
    place = outside.root / "host.py"
    if not place.exists():
        shutil.copyfile(HERE / "host.py", place)
        shutil.copyfile(HERE / "alone.py", outside.root / "alone.py")
        for path in (place, outside.root / "alone.py"):
            path.chmod(0o644)
    return place


@dataclass
class Battlefield:
    """One user's host, with what lies around it."""

    outside: Outside
    host: Host
    warm: dict[str, Any]
    number: int = 0

    @classmethod
    def make(cls, user: User) -> Battlefield:
        """Start the host; load the neighbour."""
        outside = Outside(user)
        host = Host(outside, victim=False)
        try:
            warm = host.ask(do="warm", folder=str(outside.plugin(None, name="neighbour")))
        except BaseException:
            host.close()
            outside.close()
            raise
        return cls(outside, host, warm)

    def attack(self, attack: Attack) -> dict[str, Any]:
        """Run one attack confined; what happened."""
        self.number += 1
        self.outside.restore()
        folder = self.outside.plugin(attack, name=f"attack_{self.number}")
        facts = self.outside.facts(
            host_pid=self.host.pid,
            neighbour_scratch=self.warm["scratch"],
            neighbour_pid=self.warm["pid"],
            neighbour_random=self.warm["random"],
            package=self.warm["package"],
            site_packages=os.path.dirname(self.warm["package"]),
            original=str(folder),
            confined=True,
        )
        answer: dict[str, Any] = self.host.ask(
            do="attack",
            folder=str(folder),
            outside=facts,
            limits=attack.LIMITS,
            calls=attack.CALLS,
            pause_s=attack.PAUSE_S,
            door=attack.DOOR,
        )
        return answer

    def close(self) -> None:
        """End all of it."""
        self.host.close()
        self.outside.close()


def judge(attack: Attack, field: Battlefield, answer: dict[str, Any]) -> list[str]:
    """Every breach; none, if the sandbox held."""
    breaches = list(field.outside.changes())
    breaches += field.outside.leaked(answer["text"] + str(answer["evidence"]))
    if "BREACH:" in answer["text"]:
        breaches.append("it says so on its log")
    if answer["evidence"] is not None:
        breaches.append(f"it says: {answer['evidence']}")
    ending = answer["limit"] or answer["error"]
    if attack.ENDS is not None and ending not in attack.ENDS:
        breaches.append(f"it ended with {ending} and not with {attack.ENDS}: {answer['text'][-1500:]}")
    if answer["usable"] is False and attack.USABLE:
        breaches.append(f"the instance can't be used afterwards: {answer['text'][-600:]}")
    if answer["state"] != {**field.host.state, "kept": 0} | {"kept": None} and _differences(
        answer["state"], field.host.state
    ):
        breaches.append(f"the host was changed: {_differences(answer['state'], field.host.state)}")
    if left := set(answer["processes"]) - set(field.warm["left"]):
        breaches.append(f"processes are left: {sorted(left)}")
    if left := set(answer["folders"]) - set(field.warm["folders"]):
        breaches.append(f"folders are left: {sorted(left)[:5]}")
        field.warm["folders"] += left  # the next attack isn't to blame
    if answer["peak_descriptors"] > field.warm["descriptors"] + 100:
        breaches.append(f"the host had {answer['peak_descriptors']} descriptors open")
    if answer["descriptors"] > field.warm["descriptors"]:
        breaches.append(f"the host had {field.warm['descriptors']} descriptors, has {answer['descriptors']}")
    if not answer["alive"]:
        breaches.append("the neighbour no longer answers")
    if answer["wall_s"] > attack.HOST_S:
        breaches.append(f"it took {answer['wall_s']:.1f} s, {attack.HOST_S} s are right")
    if answer["cpu_s"] > attack.HOST_CPU_S:
        breaches.append(f"it cost the host {answer['cpu_s']:.1f} s of CPU time, {attack.HOST_CPU_S} s are right")
    if answer["pause_worker_s"] > attack.PAUSE_WORKER_S:
        breaches.append(
            f"between calls the worker had {answer['pause_worker_s']:.1f} s of CPU time in {attack.PAUSE_S} s"
        )
    if answer["pause_host_s"] > 0.3 * attack.PAUSE_S + 0.2:
        breaches.append(
            f"between calls it cost the host {answer['pause_host_s']:.1f} s of CPU time in {attack.PAUSE_S} s"
        )
    if answer["gap_s"] > 0.5:
        breaches.append(f"the event loop stood still for {answer['gap_s']:.2f} s")
    if answer["grown_bytes"] > attack.HOST_MB * 1e6:
        breaches.append(f"the host took {answer['grown_bytes'] / 1e6:.0f} MB more, {attack.HOST_MB} MB are right")
    if "left_over" in answer:
        breaches.append(f"the host could not forget it: {answer['left_over']}")
    breaches += _shown_badly(answer["text"])
    return breaches


def _differences(now: dict[str, Any], before: dict[str, Any]) -> str:
    return ", ".join(f"{key}: {before.get(key)} → {now[key]}" for key in now if now[key] != before.get(key))


def _shown_badly(text: str) -> Iterator[str]:
    """What would drive a terminal or run in a browser."""
    if "\x1b" in text or "\u202e" in text or "\x07" in text:
        yield "control characters were shown"
    shown = "\n".join(line for line in text.split("SHOWN:")[1:])
    for bad in ("<script>alert", "<img src=x", "<a href='javascript"):
        if bad in shown:
            yield f"{bad} was shown as HTML"


def alone(attack: Attack, outside: Outside, victim: Host) -> tuple[list[str], str]:
    """The control run: what the attack does to the world when nothing confines it, and what it said."""
    outside.restore()
    folder = outside.root / "control"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o755)
    for name, source in (("attack.py", ATTACKS / f"{attack.name}.py"), ("kernel.py", HERE / "kernel.py")):
        shutil.copyfile(source, folder / name)
        (folder / name).chmod(0o644)
    note = outside.folder / "below" / "note"
    note.write_text(outside.secrets["neighbour"])
    outside._own(outside.root)
    outside._before = outside._snapshot()
    facts = outside.facts(
        scratch=str(outside.scratch),
        host_pid=victim.pid,
        neighbour_pid=victim.pid,
        neighbour_scratch=str(note.parent),
        package=str(outside.dummies / "package"),
        site_packages=str(outside.dummies / "site-packages"),
        original=str(outside.dummies / "package"),
        confined=False,
    )
    process = subprocess.Popen(
        [str(outside.user.python), "-P", str(outside.root / "alone.py"), str(folder), json.dumps(facts)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={"PATH": "/usr/bin:/bin", "HOME": str(outside.scratch), **_library_path(outside)},
        cwd=str(outside.scratch),
        start_new_session=True,
        **outside.user.process_options,
    )
    try:
        said = process.communicate(timeout=_CONTROL_S)[0]
    except subprocess.TimeoutExpired:
        said = "(it went on for too long)"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
    effects = outside.changes() + outside.leaked(said)
    for line in said.splitlines():
        with contextlib.suppress(ValueError):
            if isinstance(told := json.loads(line), dict) and told.get("evidence"):
                effects.append(told["evidence"])
    try:
        if changed := _differences(state := victim.ask(do="state"), victim.state):
            effects.append(changed)
            victim.state = state
    except Died as death:
        effects.append(str(death))
    return effects, said


def _library_path(outside: Outside) -> dict[str, str]:
    environment = outside.environment()
    return {name: environment[name] for name in ("LD_LIBRARY_PATH",) if name in environment}
