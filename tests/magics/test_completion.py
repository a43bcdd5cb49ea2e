"""Tab after ``%plugin``."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from IPython.core.completer import provisionalcompleter
from IPython.core.interactiveshell import InteractiveShell

from schillinger_plugins import PluginManager

Probe = Callable[..., str]


def complete(shell: InteractiveShell, text: str) -> dict[str, str]:
    with provisionalcompleter():
        found = list(shell.Completer.completions(text, len(text)))
    return {text[: c.start] + c.text: c.type for c in found}


@pytest.mark.parametrize("before", ["", "r = ", "x = 1\n", "for i in y:\n    r = "])
def test_subcommands_are_completed(shell: InteractiveShell, before: str) -> None:
    """Subcommands and nothing else, also in an assignment and in a later line."""
    found = complete(shell, f"{before}%plugin rel")
    assert list(found) == [f"{before}%plugin reload"]
    assert "run" in " ".join(complete(shell, f"{before}%plugin "))


@pytest.mark.parametrize("subcommand", ["run", "info", "load", "unload", "reload", "logs", "validate"])
def test_ids_are_completed(shell: InteractiveShell, probe: Probe, subcommand: str) -> None:
    """Where a plugin can stand, the ids are offered with the plugin's type."""
    probe()
    assert complete(shell, f"%plugin {subcommand} pro") == {f"%plugin {subcommand} probe": "NODE"}


def test_names_are_completed_with_type_range_and_unit(shell: InteractiveShell, probe: Probe) -> None:
    """Inputs and parameters are offered with what they take; those that are given already are not."""
    probe()
    found = complete(shell, "%plugin run probe ")
    assert found["%plugin run probe gain_db="] == "number −96…24 dB"
    assert found["%plugin run probe audio="] == "input: audio"
    assert found["%plugin run probe mode="] == "fast | slow"
    assert "%plugin run probe --seed" in found
    found = complete(shell, "%plugin run probe gain_db=-6 - 1 ")
    assert "%plugin run probe gain_db=-6 - 1 gain_db=" not in found
    assert list(complete(shell, "%plugin run probe gain_db=-6 au")) == [
        "%plugin run probe gain_db=-6 audio=",
        "%plugin run probe gain_db=-6 automation=",
    ]


def test_choices_are_completed(shell: InteractiveShell, probe: Probe) -> None:
    """The values of a choice and of a switch are offered after the equals sign."""
    probe()
    assert list(complete(shell, "%plugin run probe mode=")) == [
        "%plugin run probe mode='fast'",
        "%plugin run probe mode='slow'",
    ]
    assert list(complete(shell, "%plugin run probe mode='s")) == ["%plugin run probe mode='slow'"]
    assert list(complete(shell, "%plugin run probe invert=T")) == ["%plugin run probe invert=True"]


@pytest.mark.parametrize("use_jedi", [True, False])
def test_expressions_are_left_to_ipython(shell: InteractiveShell, probe: Probe, use_jedi: bool) -> None:
    """After the equals sign the user's variables are offered."""
    probe()
    shell.Completer.use_jedi = use_jedi
    shell.user_ns["my_recording"] = 1
    found = complete(shell, "%plugin run probe audio=my_rec")
    assert "%plugin run probe audio=my_recording" in found
    assert not [text for text in found if "gain_db" in text]


def test_options_are_completed(shell: InteractiveShell, probe: Probe) -> None:
    """Two minus signs are completed to the subcommand's options."""
    probe()
    assert list(complete(shell, "%plugin run probe --s")) == ["%plugin run probe --seed"]
    assert list(complete(shell, "%plugin logs --")) == ["%plugin logs --tail"]


def test_former_versions_are_completed(shell: InteractiveShell, probe: Probe, manager: PluginManager) -> None:
    """Where a version can be named, those that can come back are offered by their hashes."""
    probe()
    manager.load("probe")
    main = manager.plugins["probe"].root / "main.py"
    main.write_text(main.read_text() + "\n# changed\n")
    manager.reload("probe")
    _, former = manager.history("probe")
    assert list(complete(shell, "%plugin rollback probe ")) == [f"%plugin rollback probe {former.short_hash}"]


def test_completing_starts_no_worker(shell: InteractiveShell, probe: Probe, manager: PluginManager) -> None:
    """What a plugin takes is known from its manifest; a plugin that hides it has no names until it is loaded."""
    probe(with_definition=False)
    assert not [text for text in complete(shell, "%plugin run probe ") if text.endswith("=")]
    assert manager.plugins["probe"].state == "discovered"
    manager.load("probe")
    assert "%plugin run probe gain_db=" in complete(shell, "%plugin run probe ")


def test_other_lines_are_not_touched(shell: InteractiveShell, probe: Probe) -> None:
    """Outside ``%plugin`` nothing of ours is offered."""
    probe()
    for text in ("pro", "%plugi", "x = gain_d", "print('%plugin run pro"):
        assert not [one for one in complete(shell, text) if one.endswith(("probe", "gain_db="))]
    assert "%plugin" in complete(shell, "%plugi")
