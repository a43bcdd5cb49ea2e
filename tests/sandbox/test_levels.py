"""Degraded machines: a layer is taken away, and what is left is named, refused where the policy demands more, and held."""

from __future__ import annotations

import subprocess
import sysconfig
import textwrap
import venv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

Machine = Callable[[str, str], list[str]]

OLD_LANDLOCK = "from py_landlock import landlock_sys; landlock_sys.get_abi_version = lambda: 4"
NO_SECCOMP = "import sys; sys.modules['pyseccomp'] = None"
NO_LANDLOCK = "import sys; sys.modules['py_landlock.landlock_sys'] = None"
DOCTOR = "report = manager.doctor()\nprint(report.level)\nprint('; '.join(report.reasons))"


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """Run lines with a `manager` in an interpreter of its own, from which a layer has been taken."""

    def run(taken: str, lines: str, options: Sequence[str] = ()) -> list[str]:
        venv.create(tmp_path / "venv", with_pip=False, symlinks=True)
        site = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
        (site / "taken.pth").write_text(
            f"{sysconfig.get_paths()['purelib']}\n{Path(__file__).parents[2]}\nimport taken_away\n"
        )
        (site / "taken_away.py").write_text(taken)
        script = (
            "from schillinger_plugins import PluginManager\nfrom schillinger_plugins.policy import Policy\n"
            "def refused(action):\n    try: action()\n    except Exception as error: print(type(error).__name__, error)\n"
            f"with PluginManager() as manager:\n{textwrap.indent(lines, '    ')}"
        )
        done = subprocess.run(
            [tmp_path / "venv" / "bin" / "python", "-c", script, *options],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert not done.stderr, done.stderr
        return done.stdout.splitlines()

    return run


def test_an_older_landlock_is_partial_and_still_holds(
    machine: Machine, write_plugin: Callable[..., Path], tmp_path: Path
) -> None:
    """With Landlock's ABI 4 the level says partial and what is missing; files outside stay out of reach all the same."""
    secret = tmp_path / "secret"
    secret.write_text("canary")
    plugin = write_plugin(
        body=f"""
        try: return {{'y': open({str(secret)!r}).read()}}
        except PermissionError: return {{'y': 'kept out'}}
        """
    )
    level, reasons, outcome = machine(
        OLD_LANDLOCK, f"{DOCTOR}\nprint(manager.create_instance(manager.load({str(plugin)!r}).id).execute()['y'])"
    )
    assert level == "partial"
    assert "ABI 4" in reasons
    assert "Linux 6.12" in reasons
    assert outcome == "kept out"


def test_a_policy_of_full_refuses_a_partial_machine(machine: Machine, write_plugin: Callable[..., Path]) -> None:
    """Where the policy demands full, the older kernel is no place for a plugin, and the error says why and what to do."""
    plugin = write_plugin()
    (told,) = machine(
        OLD_LANDLOCK,
        "with PluginManager(policy=Policy(minimum_level='full')) as strict:\n"
        f"    refused(lambda: strict.load({str(plugin)!r}))",
    )
    assert told.startswith("ConfinementUnavailable")
    assert "the sandbox level full, this machine offers partial" in told
    assert "%plugin doctor" in told


@pytest.mark.parametrize(
    ("taken", "layer", "way_out"),
    [(NO_SECCOMP, "seccomp", "apt install libseccomp2"), (NO_LANDLOCK, "Landlock", "Linux 5.13 or newer")],
    ids=["no seccomp", "no Landlock"],
)
def test_a_missing_layer_is_named_and_its_plugins_are_refused(
    machine: Machine, write_plugin: Callable[..., Path], taken: str, layer: str, way_out: str
) -> None:
    """Without one of the two walls the level is process: the reason says which and how to get it, and nothing is run."""
    marker = write_plugin().parent.parent / "it ran"
    plugin = write_plugin(main=f"open({str(marker)!r}, 'w').write('x')")
    level, reasons, told = machine(taken, f"{DOCTOR}\nrefused(lambda: manager.load({str(plugin)!r}))")
    assert level == "process"
    assert f"{layer}: " in reasons
    assert way_out in reasons
    assert told.startswith("ConfinementUnavailable")
    assert layer in told
    assert not marker.exists()


def test_a_filter_that_cannot_be_set_starts_no_worker(machine: Machine, write_plugin: Callable[..., Path]) -> None:
    """Where applying a prepared layer fails, the worker ends before it serves, and the error passes on its words."""
    taken = textwrap.dedent(
        """
        import sys
        if "-I" in sys.orig_argv or sys.flags.isolated:
            from schillinger_plugins.worker import confine
            def refuse(self): raise OSError(22, "the filter was refused")
            confine.Confinement._restrict_syscalls = refuse
        """
    )
    (told,) = machine(taken, f"refused(lambda: manager.load({str(write_plugin())!r}))")
    assert told.startswith("ConfinementUnavailable")
    assert "the filter was refused" in told


def test_consent_to_less_is_explicit_and_recorded(machine: Machine, write_plugin: Callable[..., Path]) -> None:
    """Who asks for the level process gets it, and every result says so."""
    plugin = write_plugin()
    (level,) = machine(
        NO_LANDLOCK,
        "with PluginManager(policy=Policy(minimum_level='process')) as trusting:\n"
        f"    instance = trusting.create_instance(trusting.load({str(plugin)!r}).id)\n"
        "    print(instance.execute().provenance.sandbox_level)",
    )
    assert level == "process"
