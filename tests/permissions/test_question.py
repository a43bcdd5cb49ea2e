"""The question: its words, and which answers are a yes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from schillinger_plugins import PluginManager
from schillinger_plugins.errors import InputError
from schillinger_plugins.journal import Grant
from schillinger_plugins.permissions import Given, ask, confirmed, question_about

Known = Callable[..., str]
Talk = Callable[..., tuple[tuple[Grant, ...], str]]


@pytest.fixture
def talk(manager: PluginManager) -> Talk:
    """Ask about a plugin, answer line by line; the grants, and all that was said. An answer may be an exception."""

    def talk(
        plugin_id: str, *answers: str | BaseException, permission: str | None = None, given: Given | None = None
    ) -> tuple[tuple[Grant, ...], str]:
        said: list[str] = []
        pending = iter(answers)

        def read(prompt: str) -> str:
            said.append(prompt)
            answer = next(pending)
            if isinstance(answer, BaseException):
                raise answer
            return answer

        record = manager.look(plugin_id)
        question = question_about(manager.permissions, record, permission, given=given)
        assert question is not None
        grants = ask(manager.permissions, question, read=read, tell=said.append, given=given)
        assert not list(pending), "more was answered than asked"
        return grants, "\n".join(said)

    return talk


def test_the_question_says_who_asks_for_what_and_why(talk: Talk, known: Known, music: Path) -> None:
    """Name, id, version, author, folder, permission, reason, and that it is new here."""
    _, said = talk(known(manifest={"display_name": "The Probe"}, author="Ann Author"), "n")
    for part in (
        "The Probe (probe 1.0.0) by Ann Author",
        "plugins/probe; not asked about before",
        f"asks for file_access: read {music}",
        "its reason: to read your tones",
        "Grant file_access to probe? [y/N] ",
    ):
        assert part in said


@pytest.mark.parametrize("answer", ["y", "Y", "yes", " yes \n"])
def test_a_yes_grants(talk: Talk, known: Known, manager: PluginManager, answer: str) -> None:
    """And is remembered."""
    plugin_id = known()
    grants, _ = talk(plugin_id, answer)
    assert [*grants] == manager.permissions.grants(plugin_id)
    assert question_about(manager.permissions, manager.look(plugin_id)) is None


@pytest.mark.parametrize("answer", ["", "n", "no", "yy", "yes!", "1", "sure", "ｙ", "\n"])
def test_everything_else_is_no(talk: Talk, known: Known, manager: PluginManager, answer: str) -> None:
    """The default, too; nothing is written."""
    grants, said = talk(known(), answer)
    assert grants == ()
    assert said.endswith("nothing was granted")
    assert manager.permissions.grants() == []


@pytest.mark.parametrize("interruption", [KeyboardInterrupt(), EOFError()])
def test_an_interrupt_is_no_and_says_so(talk: Talk, known: Known, interruption: BaseException) -> None:
    """Ctrl-C and the end of the input."""
    grants, said = talk(known(), interruption)
    assert grants == ()
    assert said.endswith("interrupted, which means no: nothing was granted")


def test_two_permissions_are_granted_together_or_not_at_all(
    talk: Talk, known: Known, manager: PluginManager, music: Path
) -> None:
    """A plugin that gets half of what it requires is refused anyway."""
    permissions = {
        "file_access": {"reason": "a", "read": [str(music)]},
        "network": {"reason": "b", "hosts": ["example.org"]},
    }
    plugin_id = known(permissions=permissions)
    assert talk(plugin_id, "y", "n")[0] == ()
    assert manager.permissions.grants() == []
    assert len(talk(plugin_id, "y", "y")[0]) == 2
    assert manager.load(plugin_id).state == "loaded"


def test_what_was_said_before_is_told(
    talk: Talk, known: Known, manager: PluginManager, asking: Callable[..., Path], music: Path
) -> None:
    """Since when it is known, what it had, and what has changed."""
    plugin_id = known()
    talk(plugin_id, "y")
    asking(version="2.0.0")
    _, said = talk(plugin_id, "y")
    assert "known since 20" in said
    assert f"before: read {music}, granted for version 1.0.0 on" in said
    assert "this is version 2.0.0" in said
    asking("return {'y': 2}", version="2.0.0")
    assert "the code has changed since" in talk(plugin_id, "n")[1]
    manager.revoke(plugin_id)
    assert "and revoked on" in talk(plugin_id, "n")[1]


def test_folders_are_asked_for_where_none_are_named(talk: Talk, known: Known, music: Path, tmp_path: Path) -> None:
    """One a line, told and asked again when one can't be granted; an empty answer to all grants nothing."""
    plugin_id = known(permissions={}, requires_permissions=["file_access"])
    (tmp_path / "out").mkdir()
    grants, said = talk(plugin_id, "/etc", "", "", str(music), "", str(tmp_path / "out"), "", "y")
    assert "/etc can't be granted" in said
    assert f"it would get: read {music}; write {tmp_path / 'out'}" in said
    assert grants[0].read == (str(music),)
    grants, said = talk(known(version="2", permissions={}, requires_permissions=["file_access"]), "", "")
    assert grants == ()
    assert "nothing was named" in said


def test_hosts_are_asked_for_where_none_are_named(talk: Talk, known: Known) -> None:
    """The same for the network."""
    plugin_id = known(permissions={}, requires_permissions=["network"])
    assert talk(plugin_id, "example.org", "api.example.org:8443", "", "y")[0][0].hosts == (
        "example.org",
        "api.example.org:8443",
    )


def test_what_can_not_be_granted_as_asked_is_told_and_asked(talk: Talk, known: Known, music: Path) -> None:
    """The author's folder may not exist here: the user names another, which is shown to be more."""
    plugin_id = known(permissions={"file_access": {"reason": "r", "read": ["/nonexistent/tones"]}})
    grants, said = talk(plugin_id, str(music), "", "", "y")
    assert "can't be granted as it is asked" in said
    assert f"that is more than it asks for: read {music}" in said
    assert grants[0].read == (str(music),)


def test_a_link_is_shown_with_what_is_behind(talk: Talk, known: Known, music: Path, tmp_path: Path) -> None:
    """Who says yes says it to the folder, not to its name; a link that was asked for is not more."""
    (tmp_path / "samples").symlink_to(music)
    plugin_id = known(permissions={"file_access": {"reason": "r", "read": [str(tmp_path / "samples")]}})
    grants, said = talk(plugin_id, "y")
    assert f"it would get: read {music}" in said
    assert "more" not in said
    assert grants[0].read == (str(music),)


def test_a_stranger_s_text_stays_in_its_line(talk: Talk, known: Known, tmp_path: Path) -> None:
    """Author and folder names can't forge a line of ours, drive a terminal or turn the reading direction."""
    folder = tmp_path / "a\u202eb\x1b[31m\nGrant? [yN] y"
    folder.mkdir()
    plugin_id = known(author="Ann\n\nnothing was asked\tfor " + "x" * 9000)
    _, said = talk(plugin_id, "n", given=Given(read=[folder]))
    lines = said.split("\n")
    assert all(line.isprintable() and len(line) < 2000 for line in lines)
    assert not any(line.startswith(("nothing was asked", "Grant? ")) for line in lines)
    assert r"a\u202eb\x1b[31m\nGrant? [yN] y" in said


def test_what_is_given_in_advance_is_not_asked_for(talk: Talk, known: Known, music: Path, tmp_path: Path) -> None:
    """Options of the line replace what the plugin asks for; only the yes is missing."""
    (tmp_path / "less").mkdir()
    grants, _ = talk(known(), "y", permission="file_access", given=Given(write=[tmp_path / "less"]))
    assert (grants[0].read, grants[0].write) == ((), (str(tmp_path / "less"),))


def test_a_slip_in_what_is_given_costs_no_answer(manager: PluginManager, known: Known) -> None:
    """It is told before anything is asked, and options that are about another permission are not dropped."""
    record = manager.look(known())
    with pytest.raises(InputError, match="does not ask for network"):
        question_about(manager.permissions, record, given=Given(hosts=["example.org"]))
    with pytest.raises(InputError, match="about folders, not hosts"):
        question_about(manager.permissions, record, "file_access", given=Given(hosts=["example.org"]))
    with pytest.raises(InputError, match="there is no folder"):
        question_about(manager.permissions, record, "file_access", given=Given(read=["/nonexistent"]))


def test_a_yes_is_for_the_code_that_was_shown(
    manager: PluginManager, known: Known, asking: Callable[..., Path]
) -> None:
    """If the folder changes while a person thinks, the changed code has no grant."""
    plugin_id = known()

    def read(prompt: str) -> str:
        asking("return {'y': 'changed meanwhile'}")
        return "y"

    question = question_about(manager.permissions, manager.look(plugin_id))
    assert question is not None
    assert ask(manager.permissions, question, read=read, tell=lambda _: None)
    assert question_about(manager.permissions, manager.look(plugin_id)) is not None


def test_a_yes_in_advance_shows_the_same(manager: PluginManager, known: Known, music: Path) -> None:
    """Without asking."""
    said: list[str] = []
    question = question_about(manager.permissions, manager.look(known()))
    assert question is not None
    (grant,) = confirmed(manager.permissions, question, tell=said.append)
    assert grant.read == (str(music),)
    assert any("its reason: to read your tones" in line for line in said)
