"""One file has what a bug report needs, and none of the secrets that were planted where people have them."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from schillinger_plugins import PluginManager, cli
from schillinger_plugins.bugreport import gather
from schillinger_plugins.bugreport.report import MAX_LINE_CHARS, MAX_SECTION_CHARS, BugReport, section
from schillinger_plugins.errors import InputError, PluginError, PluginExecutionError, UnknownPlugin
from schillinger_plugins.journal import Retention

from ..conftest import WritePlugin

IN_ENVIRONMENT = "correct horse battery"
IN_CONFIG = "t0ps3cret"
NESTED = "deeply hidden"
IN_URL = "hunter2"
IN_HEADER = "c2VjcmV0"
IN_LINE = "kD3fPq9Zr7TbWx2LmN8vYc4J"
IN_DATABASE = "pgpassword"
PRIVATE = "a melody nobody knows"
SECRETS = (IN_ENVIRONMENT, IN_CONFIG, NESTED, IN_URL, IN_HEADER, IN_LINE, IN_DATABASE)

TALKS = f"""
log = self.context.log
token = self.context.config["token"]
print("connecting with", token, "and", self.context.config["more"]["word"])
print("GET https://ann:{IN_URL}@example.org/a?key={IN_LINE}")
log.warning("Authorization: Basic {IN_HEADER}")
log.info("answered", extra={{"session_id": "{IN_LINE}"}})
print("the host said {IN_ENVIRONMENT}")
print("{IN_LINE}")
melody = inputs["x"]
raise ValueError("no access with " + token)
"""
SCHEMA = {
    "type": "object",
    "properties": {
        "token": {"type": "string", "writeOnly": True},
        "more": {"type": "object", "properties": {"word": {"type": "string", "format": "password"}}},
    },
}


@pytest.fixture
def kept(own_places: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[PluginManager]:
    """A manager that writes a journal, in an environment with secrets, of somebody who has a name."""
    monkeypatch.setenv("LAB_PASSWORD", IN_ENVIRONMENT)
    monkeypatch.setenv("SCHILLINGER_TOKEN", IN_LINE)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with PluginManager(retention=Retention()) as manager:
        yield manager


@pytest.fixture
def failed(kept: PluginManager, write_plugin: WritePlugin) -> PluginManager:
    """It has a plugin that has said all its secrets and failed."""
    config = {"token": IN_CONFIG, "more": {"word": NESTED}}
    folder = write_plugin(body=TALKS, manifest={"config_schema": SCHEMA, "default_config": config})
    with pytest.raises(PluginExecutionError):
        kept.create_instance(kept.load(folder).id).execute({"x": PRIVATE})
    return kept


def test_it_has_what_mends_it(failed: PluginManager) -> None:
    """Versions, level, manifest, hash, traceback with the author's line, log, trace, runs and settings."""
    said = gather(failed, "probe").markdown()
    for part in (
        "This machine",
        "Sandbox",
        "Settings",
        "The plugin",
        "Permissions",
        "Last failure",
        "Log",
        "Trace",
        "Runs",
    ):
        assert f"## {part}\n" in said
    instance = next(iter(failed.instances.values()))
    assert instance.plugin.content_hash in said
    assert '"version": "1.0.0"' in said
    assert "raise ValueError" in said
    assert "main.py" in said
    (ran,) = failed.permissions.journal.runs()
    assert ran.run_id in said.partition("## Runs")[2]
    assert f"{ran.run_id} WARNING" in said.partition("## Log")[2]


@pytest.mark.parametrize("with_values", [False, True])
@pytest.mark.parametrize("form", ["markdown", "as_json"])
def test_no_secret_is_in_it(failed: PluginManager, form: str, with_values: bool) -> None:
    """Not from the environment, configuration, addresses, headers or lines; nor whose machine it is."""
    made = gather(failed, "probe", with_values=with_values)
    said = getattr(made, form)()
    assert [secret for secret in SECRETS if secret in said] == []
    assert str(Path.home()) not in said
    assert os.environ["HOME"] not in said
    assert made.taken >= len(SECRETS)


def test_another_process_knows_where_it_failed(failed: PluginManager, tmp_path: Path) -> None:
    """By the journal: the author's line, of one plugin and among the last of all, and no secret of its configuration."""
    config = {"token": "anoth3rs3cret"}
    with pytest.raises(PluginExecutionError):
        failed.create_instance("probe", config).execute({"x": PRIVATE})
    failed.recorder.flush(30)
    *_, of_second = failed.permissions.journal.runs()
    assert "raise ValueError" in of_second.traceback
    assert config["token"] not in of_second.traceback + of_second.error
    with PluginManager([tmp_path / "plugins"], retention=Retention(days=0)) as another:
        for made, title in ((gather(another, "probe"), "Last failure"), (gather(another), "Last failures")):
            said = made.markdown()
            of_failure = said.partition(f"## {title}\n")[2].partition("\n## ")[0]
            assert 'raise ValueError("no access with " + token)' in of_failure
            assert "main.py" in of_failure
            assert [secret for secret in (*SECRETS, config["token"], PRIVATE) if secret in of_failure] == []


def test_another_process_knows_why_it_did_not_load(
    kept: PluginManager, write_plugin: WritePlugin, tmp_path: Path
) -> None:
    """By the journal, too, if that is what went wrong last: where it was raised, without what was secret there."""
    manifest = {"config_schema": SCHEMA, "default_config": {"token": IN_CONFIG}}
    folder = write_plugin(body="raise ValueError('before')", manifest=manifest)
    main = (folder / "main.py").read_text()
    with pytest.raises(PluginExecutionError):
        kept.create_instance(kept.load(folder).id).execute({"x": 1})
    kept.unload("probe")
    (folder / "main.py").write_text(f"{main}\nraise RuntimeError('{IN_CONFIG} and {IN_LINE}')\n")
    with pytest.raises(PluginExecutionError):
        kept.load("probe")
    assert kept.recorder.flush(30)
    with PluginManager([tmp_path / "plugins"], retention=Retention(days=0)) as another:
        said = gather(another, "probe").markdown().partition("## Last failure\n")[2].partition("\n## ")[0]
    assert "PluginExecutionError: RuntimeError: (secret) and (secret)" in said
    assert "as it was loaded" in said
    assert "main.py" in said
    assert IN_CONFIG not in said
    assert IN_LINE not in said


QUOTES = f"https://ann:{IN_URL}@example.org/a said {IN_LINE} to a user in /home/bert"


def test_what_errors_quote_is_taken_out_wherever_they_are_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Of runs, of reloads and loads, of plugins that are broken, of what can't be asked, and as the last failures."""
    folder = write_plugin(body=f"raise ValueError({QUOTES!r})")
    main = (folder / "main.py").read_text()
    with pytest.raises(PluginExecutionError):
        kept.create_instance(kept.load(folder).id).execute({"x": 1})
    (folder / "main.py").write_text(f"{main}\nraise ValueError({QUOTES!r})\n")
    with pytest.raises(PluginExecutionError):
        kept.reload("probe")
    write_plugin("broken", manifest={IN_LINE: 1})
    with PluginManager([folder.parent], retention=Retention(days=0)) as another:
        plugins = gather(another).markdown().partition("## Plugins\n")[2].partition("\n## ")[0]
    assert "broken: " in plugins
    assert IN_LINE not in plugins
    for said in (gather(kept, "probe").markdown(), gather(kept).markdown()):
        assert "reload_failed" in said
        assert said.count("a user in /home/(user)") >= 3
        assert [one for one in (IN_URL, IN_LINE, "bert") if one in said] == []


def test_what_cannot_be_asked_quotes_nothing(
    kept: PluginManager, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nor do the settings: where things lie, and what is wrong with the journal."""

    def fail() -> None:
        raise PluginError(QUOTES)

    monkeypatch.setattr(kept, "doctor", fail)
    monkeypatch.setenv("SCHILLINGER_PLUGIN_PATH", str(tmp_path / "more"))
    kept.recorder._writer.problem, kept.recorder._writer.dropped = QUOTES, 3
    said = gather(kept).markdown()
    not_to_be_had, settings = (
        said.partition(f"## {title}\n")[2].partition("\n## ")[0] for title in ("Not to be had", "Settings")
    )
    for part in (not_to_be_had, settings):
        assert "a user in /home/(user)" in part
        assert [one for one in (IN_URL, IN_LINE, "bert", str(tmp_path)) if one in part] == []
    assert "~/more" in settings
    assert re.search(r"records lost +3\b", settings)


def test_a_configuration_is_known_by_its_names_and_by_its_schema(
    kept: PluginManager, write_plugin: WritePlugin
) -> None:
    """A key that no schema marks, and the secret of one instance alone."""
    config = {"api_key": "plainword", "token": ""}
    schema = {"properties": {"token": {"writeOnly": True}}}
    body = "told = self.context.config\nprint('with', told['api_key'])\nraise ValueError('no access with ' + told['token'])"
    folder = write_plugin(body=body, manifest={"config_schema": schema, "default_config": config})
    with pytest.raises(PluginExecutionError):
        kept.create_instance(kept.load(folder).id, {"token": "anoth3rs3cret"}).execute({"x": 1})
    said = gather(kept, "probe", with_values=True).markdown()
    assert "with (secret)" in said
    assert [one for one in ("plainword", "anoth3rs3cret") if one in said] == []


def test_parameters_and_configuration_are_values_too(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """Their names are told; what they are only if that is asked for."""
    definition = {"type": "p", "label": "P", "parameters": [{"name": "title", "type": "string"}]}
    manifest = {"default_config": {"room": ""}, "definition": definition}
    folder = write_plugin(body="return {}", definition=definition, manifest=manifest)
    instance = kept.create_instance(kept.load(folder).id, {"room": "a quiet room"})
    instance.execute({}, {"title": PRIVATE})
    said = gather(kept, "probe").markdown()
    assert "parameters title" in said
    assert '"definition"' not in said  # its names are told; all of it would leave no room
    assert [one for one in (PRIVATE, "a quiet room") if one in said] == []
    said = gather(kept, "probe", with_values=True).markdown()
    assert said.count("a quiet room") == 2  # of the instance, and of its run
    assert PRIVATE in said


def test_of_one_plugin_nothing_of_others_is_told(failed: PluginManager, write_plugin: WritePlugin) -> None:
    """Neither its instances, runs and events nor what it said and did."""
    body = "print('said by another')\ntry: open('/done/by/another')\nexcept OSError: pass\nreturn {'y': 1}"
    instance = failed.create_instance(failed.load(write_plugin("stranger", body=body)).id)
    run_id = instance.execute({"x": 1}).provenance.run_id
    said = gather(failed, "probe").markdown()
    assert [word for word in ("stranger", "by another", run_id) if word in said] == []
    said = gather(failed).markdown()
    assert [word for word in ("stranger-1: ", "said by another", "/done/by/another", run_id) if word not in said] == []


def test_of_a_long_log_the_end_is_told(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """However long its lines are: what was said last is nearest to what went wrong."""
    body = "for n in range(58): print(n, 'la ' * 600)\nprint('the very end')\nreturn {'y': 1}"
    kept.create_instance(kept.load(write_plugin(body=body)).id).execute({"x": 1})
    assert "the very end" in gather(kept, "probe").markdown().partition("## Log")[2]


def test_what_is_left_out_is_said_in_the_file(failed: PluginManager) -> None:
    """Beneath the part that it is missing from; and how many lines did not fit."""
    said = gather(failed, "probe").markdown()
    assert "Left out: values of parameters and configuration; with --values they are told." in said
    for keeps_end, where in ((False, -1), (True, 0)):
        lines = section("Log", {}, [f"line {number} " + "x" * 100 for number in range(100)], keeps_end=keeps_end).lines
        assert lines[where] == f"… {101 - len(lines)} lines cut"
        assert f"line {99 if keeps_end else 0} " in lines[-1 if keeps_end else 0]


def test_values_are_told_only_if_that_is_asked_for(failed: PluginManager) -> None:
    """What was given and what names meant may be private; what is left out is said."""
    made = gather(failed, "probe")
    assert PRIVATE not in made.markdown()
    left_out = {title: left for title, _, left in made.contents}
    assert "--values" in left_out["Last failure"]
    assert f"melody = '{PRIVATE}'" in gather(failed, "probe", with_values=True).markdown()


def test_the_journals_password_is_not_told(failed: PluginManager, monkeypatch: pytest.MonkeyPatch) -> None:
    """A journal on a server that is gone is told as a problem, without its address's secrets."""
    from schillinger_plugins.journal import Journal

    failed.permissions.journal = Journal(f"postgresql://ann:{IN_DATABASE}@127.0.0.1:1/db")
    said = gather(failed, "probe").markdown()
    assert IN_DATABASE not in said
    assert "## Not to be had" in said
    assert "PostgreSQL" in said


def test_a_broken_plugin_and_no_plugin_have_one_too(kept: PluginManager, write_plugin: WritePlugin) -> None:
    """What doesn't load is what is reported most; a name that is none is refused."""
    kept.add(write_plugin(main="raise ValueError('broken at once')"))
    with pytest.raises(PluginExecutionError):
        kept.load("probe")
    assert "broken at once" in gather(kept, "probe").markdown()
    assert "## The plugin" not in gather(kept).markdown()
    with pytest.raises(UnknownPlugin):
        gather(kept, "none")


def test_hostile_text_is_capped_and_stays_in_its_block() -> None:
    """Neither its length, nor fences, nor control characters get anywhere."""
    hostile = "x" * 1_000_000 + "\n```\n# Mine\n<script>@everyone\n````\x1b[2J\u202e"
    one = section("Log", {"name": hostile}, [hostile] * 1000, keeps_end=True)
    assert len(one.text) < MAX_SECTION_CHARS + 200
    assert max(map(len, one.text.splitlines())) <= MAX_LINE_CHARS + 10
    said = BugReport(plugin_id=None, made_at="2026", sections=(one,), taken=0).markdown()
    assert "\x1b" not in said
    assert "\u202e" not in said
    inside = said.partition("`````text\n")[2].partition("\n`````\n")[0]
    assert "# Mine" in inside
    assert said.count("# Mine") == inside.count("# Mine")


def test_the_whole_fits_where_people_paste_it(failed: PluginManager) -> None:
    """GitHub takes 65,536 characters."""
    made = gather(failed, "probe", with_values=True)
    full = [section(one.title, {}, ["line " * 100] * 1000) for one in made.sections]
    assert len(BugReport(plugin_id="probe", made_at="2026", sections=tuple(full), taken=0).markdown()) < 65_536


def test_it_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was there stays if it can't be; another form is refused with one that is."""
    made = BugReport(
        plugin_id="probe", made_at="2026-11-28T10:00:00+00:00", sections=(section("A", {"b": "c"}),), taken=0
    )
    file = tmp_path / "report.md"
    file.write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", full)
        with pytest.raises(PluginError, match="No space left"):
            made.write(file)
    assert file.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["report.md"]
    made.write(tmp_path / "report.json")
    assert json.loads((tmp_path / "report.json").read_text())["sections"]["A"]["facts"] == {"b": "c"}
    with pytest.raises(InputError, match=r"a report is \.md or \.json"):
        made.write(tmp_path / "report.zip")
    assert made.file_name == "schillinger-report-probe-20261128100000.md"


def test_the_command_line_has_one(
    failed: PluginManager, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process: what the journal knows of the failure, and of the lines before it."""
    failed.recorder.flush(30)
    monkeypatch.setenv("SCHILLINGER_JOURNAL_DAYS", "0")
    with pytest.raises(SystemExit) as ended:
        cli.main(["report", "probe", "--out", "r.md", "--path", str(tmp_path / "plugins")])
    assert not ended.value.code
    out, err = capsys.readouterr()
    assert "Last failure" in out
    assert "Nothing has been sent" in err
    said = (tmp_path / "r.md").read_text()
    assert "PluginExecutionError: ValueError: no access with (secret)" in said
    assert "WARNING Authorization: (secret)" in said
    assert [secret for secret in SECRETS if secret in said] == []


def test_the_magic_shows_what_is_in_it(failed: PluginManager, tmp_path: Path) -> None:
    """The parts, what was left out, where the file is, and that nothing was sent; what it can't be told is refused."""
    from types import SimpleNamespace

    from schillinger_plugins.magics.report import report

    session: Any = SimpleNamespace(manager=failed)
    shown = repr(report(session, "probe --out r.md --values", None))
    assert shown.startswith("r.md is written")
    assert "Last failure" in shown
    assert "Nothing has been sent" in shown
    assert PRIVATE in (tmp_path / "r.md").read_text()
    for line in ("probe other", "--vales", "probe --out"):
        with pytest.raises(InputError):
            report(session, line, None)
